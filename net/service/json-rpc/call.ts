/** One call of JSON-RPC 2.0 (section 4): the request, and in the end its result or failure. */
import { RPC_MEMBERS, RPC_MESSAGE_LENGTH } from "../../../core/limits";
import { parseJsonText } from "../json/parser";
import { JsonValue } from "../json/value";
import { quoteJson, showJson, writeJson } from "../json/writer";

export const enum RpcOutcome {
  Pending = 0,
  /** `result` is set. */
  Result = 1,
  /** The server returned an error: `error`, `code` and `message` are set. */
  Error = 2,
  /** There is no valid response: `failure` and `reason` are set. */
  Failed = 3,
}

export const enum RpcFailure {
  None = 0,
  /** Not sent: invalid params or header fields, or too many calls or requests at once. */
  Request = 1,
  /** No complete HTTP response: see the exchange's `failure`. */
  Http = 2,
  /** An HTTP status other than 2xx without a JSON-RPC error. */
  Status = 3,
  /** The response is not JSON. */
  NotJson = 4,
  /** The response is JSON, but not a JSON-RPC 2.0 response. */
  Envelope = 5,
  /** The response's id is not the call's. */
  Id = 6,
  /** The batch response has no element for this call. */
  Missing = 7,
}

/** A call; JsonRpcClient sends and settles it. */
export class RpcCall {
  /** Set when the call is sent; unique within the client. */
  id: u32 = 0;
  outcome: RpcOutcome = RpcOutcome.Pending;
  result: JsonValue | null = null;
  /** The response's error. Section 5.1 requires an object, but some servers send a string. */
  error: JsonValue | null = null;
  /** The error's code; 0 if it is not an integer. */
  code: i64 = 0;
  /** The error's message, or the whole error as JSON; cut after RPC_MESSAGE_LENGTH characters. */
  message: string = "";
  failure: RpcFailure = RpcFailure.None;
  /** Why the call failed. */
  reason: string = "";
  /** The params as JSON text. */
  private params: string = "[]";

  /** `params` is the JSON text of an array or an object; "" means []. */
  constructor(
    readonly method: string,
    params: string = "",
  ) {
    if (params != "") this.takeParams(params);
  }

  private takeParams(params: string): void {
    const parsed = parseJsonText(params);
    const value = parsed.value;
    if (value == null) {
      this.fail(RpcFailure.Request, "params: not JSON: " + parsed.error);
    } else if (!value.isArray() && !value.isObject()) {
      this.fail(RpcFailure.Request, "params: expected a JSON array or object");
    } else {
      this.params = writeJson(value);
    }
  }

  /** Returns an unsent call with the same method and params. */
  copy(): RpcCall {
    const copy = new RpcCall(this.method);
    copy.params = this.params;
    return copy;
  }

  /** Returns the request object as JSON text. */
  text(): string {
    const method = quoteJson(this.method);
    return `{"jsonrpc":"2.0","id":${this.id},"method":${method},"params":${this.params}}`;
  }

  /** Settles the call as failed. */
  fail(failure: RpcFailure, reason: string): void {
    this.outcome = RpcOutcome.Failed;
    this.failure = failure;
    this.reason = reason;
    this.result = null;
    this.error = null;
  }

  /** Resets the outcome, so that the call can be sent to another server. */
  reset(): void {
    this.outcome = RpcOutcome.Pending;
    this.failure = RpcFailure.None;
    this.reason = "";
    this.result = null;
    this.error = null;
    this.code = 0;
    this.message = "";
  }

  /** Reports whether the error has the form that section 5.1 requires. */
  isErrorObject(): bool {
    const error = this.error;
    return error != null && error.isObject() && error.hasAtMost(RPC_MEMBERS);
  }

  /** Settles the call with a result. */
  succeed(result: JsonValue): void {
    this.outcome = RpcOutcome.Result;
    this.result = result;
  }

  /** Settles the call with the server's error. */
  takeError(error: JsonValue): void {
    const few = error.hasAtMost(RPC_MEMBERS);
    const code = few ? error.get("code") : null;
    const message = error.isString() ? error : few ? error.get("message") : null;
    this.outcome = RpcOutcome.Error;
    this.error = error;
    this.code = code != null && code.isInteger() ? code.integer() : 0;
    if (message != null && message.isString()) this.message = bounded(message);
    else this.message = showJson(error, RPC_MESSAGE_LENGTH);
  }
}

/** Returns a string, cut after RPC_MESSAGE_LENGTH characters and followed by "..." if longer. */
function bounded(value: JsonValue): string {
  const text = value.textPrefix(RPC_MESSAGE_LENGTH + 1);
  return text.length <= RPC_MESSAGE_LENGTH ? text : text.substring(0, RPC_MESSAGE_LENGTH) + "...";
}
