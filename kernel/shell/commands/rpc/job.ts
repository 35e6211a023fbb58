/** The job of `rpc`: tries the servers in turn until one is good, and prints the last response. */
import { TextBuilder } from "../../../../core/text-builder";
import { HttpFailure } from "../../../../net/service/http/client/failure";
import { HttpField } from "../../../../net/service/http/client/request";
import { JsonValue } from "../../../../net/service/json/value";
import { JsonWriter } from "../../../../net/service/json/writer";
import { RpcCall, RpcFailure, RpcOutcome } from "../../../../net/service/json-rpc/call";
import { RpcExchange } from "../../../../net/service/json-rpc/client";
import { quantityText } from "../../../../net/service/json-rpc/quantity";
import { NetworkStack } from "../../../../net/service/stack";
import { EXIT_FAILURE, EXIT_INTERRUPTED, EXIT_OK, Job, RUNNING } from "../../command";
import { Session } from "../../session";
import { printable } from "../../terminal/printable";

/** curl's exit code for an HTTP error status. */
const EXIT_STATUS: i32 = 22;
const TOO_MANY_REQUESTS: u32 = 429;
/** The code of JSON-RPC errors for exceeded limits (EIP-1474). */
const LIMIT_EXCEEDED: i64 = -32005;
/** Characters printed at a time, so that a long result is never in memory as one string. */
const PIECE: u32 = 4096;
/** Characters read of a result; a quantity has at most 66. */
const QUANTITY: u32 = 80;

/** How the calls are sent. */
export class RpcOptions {
  /** Whether to send all calls in one request. */
  isBatch: bool = false;
  /** Microseconds for each server; 0: the client's default. */
  timeout: i64 = 0;
  /** Header fields for every request. */
  fields: Array<HttpField> = [];
}

/** Runs until every outcome is printed. */
export class RpcJob extends Job {
  private exchange: RpcExchange | null = null;
  /** Index of the current server. */
  private server: i32 = 0;
  /** Calls whose outcome has been printed, or is being printed by `writer`. */
  private printed: i32 = 0;
  private writer: JsonWriter | null = null;
  /** The text to print after the value of `writer`. */
  private tail: string = "";
  private code: i32 = EXIT_OK;

  constructor(
    private readonly session: Session,
    private readonly stack: NetworkStack,
    private readonly urls: Array<string>,
    private readonly calls: Array<RpcCall>,
    private readonly options: RpcOptions,
  ) {
    super();
  }

  poll(now: i64): i32 {
    let exchange = this.exchange;
    if (exchange == null) {
      exchange = this.send(now);
      this.exchange = exchange;
    }
    if (!exchange.poll()) return RUNNING;
    if (this.printed == 0 && this.server + 1 < this.urls.length && this.mayTryAnother(exchange)) {
      const next = this.urls[this.server + 1];
      const reason = reasonOf(this.calls);
      this.session.error("rpc", printable(`${this.urls[this.server]}: ${reason}, trying ${next}`));
      this.server++;
      this.exchange = null;
      for (let i = 0; i < this.calls.length; i++) this.calls[i].reset();
      return RUNNING;
    }
    return this.print(exchange);
  }

  /** Returns 0 if the next server is to be called or there is more to print. */
  pollAt(): i64 {
    return this.exchange == null || this.writer != null ? 0 : super.pollAt();
  }

  cancel(): i32 {
    const exchange = this.exchange;
    if (exchange != null) exchange.cancel(this.session.now);
    return EXIT_INTERRUPTED;
  }

  private send(now: i64): RpcExchange {
    const url = this.urls[this.server];
    const rpc = this.stack.rpc;
    const options = this.options;
    const timeout = options.timeout;
    const fields = options.fields;
    if (options.isBatch) return rpc.batch(url, this.calls, timeout, now, fields);
    return rpc.call(url, this.calls[0], timeout, now, fields);
  }

  /**
   * Reports whether to try the next server: this one is overloaded or broken, or no call got a
   * response, although none is invalid or was cancelled.
   */
  private mayTryAnother(exchange: RpcExchange): bool {
    if (isUnavailable(exchange)) return true;
    for (let i = 0; i < this.calls.length; i++) {
      const call = this.calls[i];
      if (call.outcome != RpcOutcome.Failed || call.failure == RpcFailure.Request) return false;
    }
    return exchange.http.failure != HttpFailure.Cancelled;
  }

  /** Prints as much as fits. Returns RUNNING until every outcome is printed. */
  private print(exchange: RpcExchange): i32 {
    while (this.session.room() > 0) {
      if (this.writer != null) this.printPiece();
      else if (this.printed == this.calls.length) return this.code;
      else this.printCall(this.calls[this.printed++], exchange);
    }
    return RUNNING;
  }

  private printCall(call: RpcCall, exchange: RpcExchange): void {
    const name = this.options.isBatch ? `${printable(call.method)}: ` : "";
    const result = call.result;
    if (call.outcome == RpcOutcome.Result && result != null) {
      this.session.print(name);
      this.begin(result, 0, decimalOf(result) + "\n");
    } else if (call.outcome == RpcOutcome.Error) {
      this.session.print(name);
      this.printError(call);
    } else {
      this.session.error("rpc", name + printable(call.reason));
      this.printFailure(call, exchange.http.failure);
    }
  }

  /** Prints the error as the server sent it (JSON-RPC 2.0 section 5.1). */
  private printError(call: RpcCall): void {
    this.fail(EXIT_FAILURE);
    this.begin(call.error!, 0, "\n");
  }

  private printFailure(call: RpcCall, failure: HttpFailure): void {
    if (call.failure == RpcFailure.Status) this.fail(EXIT_STATUS);
    else this.fail(failure == HttpFailure.None ? EXIT_FAILURE : (failure as i32));
    // A failure of the whole request is printed once.
    if (failure != HttpFailure.None) this.printed = this.calls.length;
  }

  private begin(value: JsonValue, depth: i32, tail: string): void {
    this.writer = new JsonWriter(value, true, depth);
    this.tail = tail;
  }

  private fail(code: i32): void {
    if (this.code == EXIT_OK) this.code = code;
  }

  private printPiece(): void {
    const text = new TextBuilder(PIECE);
    const more = this.writer!.write(text, PIECE);
    this.session.print(text.toString());
    if (more) return;
    this.writer = null;
    this.session.print(this.tail);
  }
}

/** Reports whether the status is 429 or 5xx, or every call has exceeded a limit. */
function isUnavailable(exchange: RpcExchange): bool {
  const status = exchange.http.status();
  if (status == TOO_MANY_REQUESTS || status >= 500) return true;
  for (let i = 0; i < exchange.calls.length; i++) {
    const call = exchange.calls[i];
    if (call.outcome != RpcOutcome.Error || call.code != LIMIT_EXCEEDED) return false;
  }
  return true;
}

/** Returns why the first call without a result failed. */
function reasonOf(calls: Array<RpcCall>): string {
  let i = 0;
  while (i + 1 < calls.length && calls[i].outcome == RpcOutcome.Result) i++;
  const call = calls[i];
  return call.outcome == RpcOutcome.Error ? `error ${call.code}: ${call.message}` : call.reason;
}

/** Returns " (324)" for the quantity "0x144", and "" for any other value. */
function decimalOf(result: JsonValue): string {
  const decimal = quantityText(result.textPrefix(QUANTITY));
  return decimal == "" ? "" : ` (${decimal})`;
}
