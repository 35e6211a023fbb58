/** `rpc`: JSON-RPC 2.0 over HTTP; prints the result or the error object. */
import { RPC_BATCH_CALLS } from "../../../core/limits";
import { RpcCall, RpcOutcome } from "../../../net/service/json-rpc/call";
import { NetworkStack } from "../../../net/service/stack";
import { Command, EXIT_USAGE, Job } from "../command";
import { Options } from "../options";
import { printable } from "../printable";
import { Shell } from "../shell";
import { RpcJob } from "./rpc/job";

const OPTIONS: StaticArray<string> = ["t|timeout:", "b|batch"];
const LONGEST_TIME: i64 = 86_400;

export class Rpc extends Command {
  constructor(private readonly stack: NetworkStack) {
    super(
      "rpc",
      "[-t SECONDS] [-b] URL... METHOD [JSON-PARAMS] [METHOD [JSON-PARAMS]...]",
      "calls a method by JSON-RPC and prints the result (-b: several in one request)",
      [
        "rpc https://mainnet.era.zksync.io eth_chainId",
        "rpc http://10.0.2.2:8545 eth_getBlockByNumber '[\"latest\", false]'",
        "rpc http://10.0.2.2:8545 http://10.0.2.2:8546 eth_blockNumber",
        'rpc -b http://10.0.2.2:8545 eth_chainId eth_getBalance \'["0x0", "latest"]\'',
      ],
      true,
    );
  }

  start(words: Array<string>, shell: Shell): Job {
    const options = new Options(words, OPTIONS);
    const timeout = options.seconds("t", 0, LONGEST_TIME);
    options.expectOperands(2, i32.MAX_VALUE);
    if (options.failure != "") return shell.wrongUsage(this, options.failure);
    const operands = options.operands;
    // The first word is a URL in any case, those after it where they look like one.
    let next = 1;
    while (next < operands.length && operands[next].includes("://")) next++;
    const urls = operands.slice(0, next);
    const calls: Array<RpcCall> = [];
    for (; next < operands.length; next++) {
      const more = next + 1 < operands.length ? operands[next + 1] : "";
      const hasParams = isParams(more) || (!options.has("b") && more != "");
      const call = new RpcCall(operands[next], hasParams ? more : "");
      if (call.outcome == RpcOutcome.Failed) {
        shell.error(this.name, call.reason);
        return shell.done(EXIT_USAGE);
      }
      calls.push(call);
      if (hasParams) next++;
      if (options.has("b") || next + 1 >= operands.length) continue;
      const extra = printable(operands[next + 1]);
      return shell.wrongUsage(this, `${extra} is one operand too many`);
    }
    if (calls.length == 0) return shell.wrongUsage(this, "a method is missing");
    if ((calls.length as u32) > RPC_BATCH_CALLS) {
      return shell.wrongUsage(this, `${calls.length} calls are more than ${RPC_BATCH_CALLS}`);
    }
    return new RpcJob(shell, this.stack, urls, calls, options.has("b"), timeout);
  }
}

/** Parameters are an array or an object; a method's name begins with neither bracket. */
function isParams(word: string): bool {
  const text = word.trimStart();
  return text.startsWith("[") || text.startsWith("{");
}
