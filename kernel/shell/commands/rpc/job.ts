/** The work of `rpc`: asks one server after the other until one answers, and prints that. */
import { HttpFailure } from "../../../../net/service/http/failure";
import { JsonValue } from "../../../../net/service/json/value";
import { prettyJson, quoteJson, showJson } from "../../../../net/service/json/writer";
import { RpcCall, RpcFailure, RpcOutcome } from "../../../../net/service/json-rpc/call";
import { RpcExchange } from "../../../../net/service/json-rpc/client";
import { quantityText } from "../../../../net/service/json-rpc/quantity";
import { NetworkStack } from "../../../../net/service/stack";
import { EXIT_FAILURE, EXIT_INTERRUPTED, EXIT_OK, Job, RUNNING } from "../../command";
import { printable } from "../../printable";
import { Shell } from "../../shell";

/** curl's code for an HTTP status that is an error. */
const EXIT_STATUS: i32 = 22;

export class RpcJob extends Job {
  private exchange: RpcExchange | null = null;
  /** Which of the servers is asked. */
  private server: i32 = 0;

  constructor(
    private readonly shell: Shell,
    private readonly stack: NetworkStack,
    private readonly urls: Array<string>,
    private readonly calls: Array<RpcCall>,
    private readonly isBatch: bool,
    private readonly timeout: i64,
  ) {
    super();
  }

  poll(now: i64): i32 {
    let exchange = this.exchange;
    if (exchange == null) {
      exchange = this.ask(now);
      this.exchange = exchange;
    }
    if (!exchange.poll()) return RUNNING;
    if (this.server + 1 < this.urls.length && this.mayTryAnother(exchange)) {
      const next = this.urls[this.server + 1];
      const reason = `${this.urls[this.server]}: ${this.calls[0].reason}, trying ${next}`;
      this.shell.error("rpc", printable(reason));
      this.server++;
      this.exchange = null;
      for (let i = 0; i < this.calls.length; i++) this.calls[i].reset();
      return RUNNING;
    }
    return this.print(exchange);
  }

  /** The next server is asked at once. */
  pollAt(): i64 {
    return this.exchange == null ? 0 : super.pollAt();
  }

  cancel(): i32 {
    const exchange = this.exchange;
    if (exchange != null) exchange.cancel(this.shell.now);
    return EXIT_INTERRUPTED;
  }

  private ask(now: i64): RpcExchange {
    const url = this.urls[this.server];
    const rpc = this.stack.rpc;
    if (this.isBatch) return rpc.batch(url, this.calls, this.timeout, now);
    return rpc.call(url, this.calls[0], this.timeout, now);
  }

  /** Nothing came that answers any call, and that is not the calls' own fault. */
  private mayTryAnother(exchange: RpcExchange): bool {
    for (let i = 0; i < this.calls.length; i++) {
      const call = this.calls[i];
      if (call.outcome != RpcOutcome.Failed || call.failure == RpcFailure.Request) return false;
    }
    return exchange.http.failure != HttpFailure.Cancelled;
  }

  private print(exchange: RpcExchange): i32 {
    let code = EXIT_OK;
    for (let i = 0; i < this.calls.length; i++) {
      const call = this.calls[i];
      const name = this.isBatch ? `${printable(call.method)}: ` : "";
      const worst = this.printCall(call, name, exchange);
      if (code == EXIT_OK) code = worst;
      // What befell the whole request is said once.
      if (exchange.http.failure != HttpFailure.None) break;
    }
    return code;
  }

  private printCall(call: RpcCall, name: string, exchange: RpcExchange): i32 {
    const result = call.result;
    if (call.outcome == RpcOutcome.Result && result != null) {
      this.shell.printLine(name + withDecimal(result));
      return EXIT_OK;
    }
    if (call.outcome == RpcOutcome.Error) {
      this.shell.printLine(name + errorObject(call));
      return EXIT_FAILURE;
    }
    this.shell.error("rpc", name + call.reason);
    if (call.failure == RpcFailure.Status) return EXIT_STATUS;
    const failure = exchange.http.failure;
    return failure == HttpFailure.None ? EXIT_FAILURE : (failure as i32);
  }
}

/** The result as JSON; a quantity also as a decimal number: `"0x144" (324)`. */
function withDecimal(result: JsonValue): string {
  const text = prettyJson(result);
  const decimal = result.isString() ? quantityText(showJson(result)) : "";
  return decimal == "" ? text : `${text} (${decimal})`;
}

/** The error object as JSON (JSON-RPC 2.0 section 5.1). */
function errorObject(call: RpcCall): string {
  const data = call.data;
  const rest = data == null ? "" : `,\n  "data": ${prettyJson(data)}`;
  return `{\n  "code": ${call.code},\n  "message": ${quoteJson(call.message)}${rest}\n}`;
}
