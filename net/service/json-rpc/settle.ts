/** Matches JSON-RPC 2.0 responses (sections 5 and 6) to their calls. */
import { JsonValue } from "../json/value";
import { isId, RpcCall, RpcFailure, RpcOutcome } from "./call";

/** Settles a single call by its response. */
export function settleCall(call: RpcCall, response: JsonValue): void {
  const fault = envelopeFault(response);
  if (fault != "") {
    call.fail(RpcFailure.Envelope, fault);
    return;
  }
  const id = response.get("id");
  if (isId(id, call.id)) settle(call, response);
  else call.fail(RpcFailure.Id, foreign(response));
}

/** Settles the calls of a batch; the responses may be in any order (section 6). */
export function settleBatch(calls: Array<RpcCall>, response: JsonValue): void {
  if (!response.isArray()) {
    const fault = envelopeFault(response);
    failAll(calls, RpcFailure.Envelope, fault == "" ? foreign(response) : fault);
    return;
  }
  const responses = response.items();
  if (responses.length == 0) {
    failAll(calls, RpcFailure.Envelope, "the batch response is empty");
    return;
  }
  for (let i = 0; i < responses.length; i++) settleOne(calls, responses[i]);
  for (let i = 0; i < calls.length; i++) {
    const call = calls[i];
    if (call.outcome != RpcOutcome.Pending) continue;
    call.fail(RpcFailure.Missing, `the batch response lacks id ${call.id}`);
  }
}

/** Fails every call that is still pending. */
export function failAll(calls: Array<RpcCall>, failure: RpcFailure, reason: string): void {
  for (let i = 0; i < calls.length; i++) {
    if (calls[i].outcome == RpcOutcome.Pending) calls[i].fail(failure, reason);
  }
}

/** Settles the call that one element of a batch response belongs to, if any. */
function settleOne(calls: Array<RpcCall>, response: JsonValue): void {
  if (!response.isObject()) return;
  const id = response.get("id");
  for (let i = 0; i < calls.length; i++) {
    const call = calls[i];
    if (!isId(id, call.id)) continue;
    // A response may repeat an id thousands of times: do not allocate each time.
    if (call.outcome == RpcOutcome.Failed) return;
    if (call.outcome != RpcOutcome.Pending) {
      call.fail(RpcFailure.Envelope, `two responses for id ${call.id}`);
      return;
    }
    const fault = envelopeFault(response);
    if (fault != "") {
      call.fail(RpcFailure.Envelope, fault);
    } else {
      settle(call, response);
    }
  }
}

function settle(call: RpcCall, response: JsonValue): void {
  const error = response.get("error");
  const result = response.get("result");
  if (error != null) call.takeError(error);
  else if (result != null) call.succeed(result);
}

/** Returns what is wrong with the members of a response object (section 5), or "". */
function envelopeFault(response: JsonValue): string {
  if (!response.isObject()) return "the response is not an object";
  const version = response.get("jsonrpc");
  if (version == null || !version.isString() || version.textPrefix(4) != "2.0") {
    return "the response is not JSON-RPC 2.0";
  }
  const error = response.get("error");
  const result = response.get("result");
  if (error != null && result != null) return "the response has both result and error";
  if (error == null && result == null) return "the response has neither result nor error";
  return error == null || error.isObject() ? "" : "the response's error is not an object";
}

/**
 * Describes a well-formed response whose id is not the call's. An error whose id is null or absent
 * means that the server could not parse the request (section 5).
 */
function foreign(response: JsonValue): string {
  const id = response.get("id");
  const error = response.get("error");
  if (error == null || (id != null && !id.isNull())) return "the response id does not match";
  const probe = new RpcCall("");
  probe.takeError(error);
  if (probe.outcome != RpcOutcome.Error) return probe.reason;
  return `the server could not parse the request: error ${probe.code}: ${probe.message}`;
}
