/** `rpc`: one JSON-RPC 2.0 call over HTTP; prints the result or the error object. */
import { HttpFailure } from "../../../net/service/http/failure";
import { prettyJson, quoteJson } from "../../../net/service/json/writer";
import { RpcCall, RpcFailure, RpcOutcome } from "../../../net/service/json-rpc/call";
import { RpcExchange } from "../../../net/service/json-rpc/client";
import { NetworkStack } from "../../../net/service/stack";
import {
  Command,
  EXIT_FAILURE,
  EXIT_INTERRUPTED,
  EXIT_OK,
  EXIT_USAGE,
  Job,
  RUNNING,
} from "../command";
import { Options } from "../options";
import { Shell } from "../shell";

const OPTIONS: StaticArray<string> = ["t|timeout:"];
const LONGEST_TIME: i64 = 86_400;
/** curl's code for an HTTP status that is an error. */
const EXIT_STATUS: i32 = 22;

class RpcJob extends Job {
  private exchange: RpcExchange | null = null;

  constructor(
    private readonly shell: Shell,
    private readonly stack: NetworkStack,
    private readonly url: string,
    private readonly call: RpcCall,
    private readonly timeout: i64,
  ) {
    super();
  }

  poll(now: i64): i32 {
    let exchange = this.exchange;
    if (exchange == null) {
      exchange = this.stack.rpc.call(this.url, this.call, this.timeout, now);
      this.exchange = exchange;
    }
    if (!exchange.poll()) return RUNNING;
    const call = this.call;
    const result = call.result;
    if (call.outcome == RpcOutcome.Result && result != null) {
      this.shell.printLine(prettyJson(result));
      return EXIT_OK;
    }
    if (call.outcome == RpcOutcome.Error) {
      this.shell.printLine(errorObject(call));
      return EXIT_FAILURE;
    }
    this.shell.error("rpc", call.reason);
    if (call.failure == RpcFailure.Status) return EXIT_STATUS;
    const failure = exchange.http.failure;
    return failure == HttpFailure.None ? EXIT_FAILURE : (failure as i32);
  }

  cancel(): i32 {
    const exchange = this.exchange;
    if (exchange != null) exchange.cancel(this.shell.now);
    return EXIT_INTERRUPTED;
  }
}

export class Rpc extends Command {
  constructor(private readonly stack: NetworkStack) {
    super(
      "rpc",
      "[-t SECONDS] URL METHOD [JSON-PARAMS]",
      "calls a method by JSON-RPC and prints the result",
      [
        "rpc http://10.0.2.2:8545 eth_chainId",
        "rpc http://10.0.2.2:8545 eth_getBlockByNumber '[\"latest\", false]'",
      ],
      true,
    );
  }

  start(words: Array<string>, shell: Shell): Job {
    const options = new Options(words, OPTIONS);
    const timeout = options.seconds("t", 0, LONGEST_TIME);
    options.expectOperands(2, 3);
    if (options.failure != "") return shell.wrongUsage(this, options.failure);
    const operands = options.operands;
    const call = new RpcCall(operands[1], operands.length > 2 ? operands[2] : "");
    if (call.outcome == RpcOutcome.Failed) {
      shell.error(this.name, call.reason);
      return shell.done(EXIT_USAGE);
    }
    return new RpcJob(shell, this.stack, operands[0], call, timeout);
  }
}

/** The error object as JSON (JSON-RPC 2.0 section 5.1). */
function errorObject(call: RpcCall): string {
  const data = call.data;
  const rest = data == null ? "" : `,\n  "data": ${prettyJson(data)}`;
  return `{\n  "code": ${call.code},\n  "message": ${quoteJson(call.message)}${rest}\n}`;
}
