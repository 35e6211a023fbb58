/**
 * rpc [-t SECONDS] [-b] [-H HEADER]... URL... METHOD [JSON-PARAMS] [METHOD [JSON-PARAMS]...]
 *
 * Calls a method by JSON-RPC 2.0 over HTTP and prints its result or the error object as JSON, a
 * quantity ("0x144") also in decimal. -b sends several calls as one batch. -H adds a header field
 * to the requests to every URL, such as 'Authorization: Bearer KEY'; as with curl, `NAME:` omits a
 * field and `NAME;` sends it empty.
 *
 * The next URL is tried if no call got a result or an error object, if the HTTP status is 429 or
 * 5xx, or if every call got error -32005 (limit exceeded).
 *
 * Exit codes: 0 success; 1 an error object or a malformed response; curl's codes for a failed
 * request (22 for an HTTP error status); 2 wrong usage; 130 interrupted.
 */
import { RPC_BATCH_CALLS } from "../../../core/limits";
import { HttpField } from "../../../net/service/http/client/request";
import { RpcCall, RpcOutcome } from "../../../net/service/json-rpc/call";
import { NetworkStack } from "../../../net/service/stack";
import { Command, EXIT_USAGE, Job } from "../command";
import { HEADER_FORMS, parseHeaderOption } from "../header-option";
import { Options } from "../options";
import { Session } from "../session";
import { printable } from "../terminal/printable";
import { RpcJob, RpcOptions } from "./rpc/job";

const OPTIONS: StaticArray<string> = ["t|timeout:", "b|batch", "H|header:"];
const MAX_SECONDS: i64 = 86_400;

/** The `rpc` command. */
export class Rpc extends Command {
  constructor(private readonly stack: NetworkStack) {
    super(
      "rpc",
      "[-t SECONDS] [-b] [-H HEADER]... URL... METHOD [JSON-PARAMS] [METHOD [JSON-PARAMS]...]",
      "calls a method by JSON-RPC and prints the result (-b: several as one batch)",
      [
        "rpc https://mainnet.era.zksync.io eth_chainId",
        "rpc http://10.0.2.2:8545 eth_getBlockByNumber '[\"latest\", false]'",
        "rpc http://10.0.2.2:8545 http://10.0.2.2:8546 eth_blockNumber",
        'rpc -b http://10.0.2.2:8545 eth_chainId eth_getBalance \'["0x0", "latest"]\'',
      ],
      true,
    );
  }

  explain(session: Session): void {
    super.explain(session);
    session.printLine(
      "-H fields are sent to every URL. NAME: omits a field, NAME; sends it empty.",
    );
    session.printLine(
      "The next URL is tried if no call got a result or an error object, if the HTTP",
    );
    session.printLine("status is 429 or 5xx, or if every call got error -32005 (limit exceeded).");
  }

  start(words: Array<string>, session: Session): Job {
    const options = new Options(words, OPTIONS);
    const timeout = options.seconds("t", 0, MAX_SECONDS);
    options.expectOperands(2, i32.MAX_VALUE);
    if (options.failure != "") return this.wrongUsage(session, options.failure);
    const headers = options.values("H");
    const fields: Array<HttpField> = [];
    for (let i = 0; i < headers.length; i++) {
      const field = parseHeaderOption(headers[i]);
      if (field == null) {
        return this.wrongUsage(session, `-H ${printable(headers[i])}: ${HEADER_FORMS}`);
      }
      fields.push(field);
    }
    const operands = options.operands;
    // The first operand is a URL; so are those directly after it that contain "://".
    let next = 1;
    while (next < operands.length && operands[next].includes("://")) next++;
    const urls = operands.slice(0, next);
    const calls: Array<RpcCall> = [];
    for (; next < operands.length; next++) {
      const more = next + 1 < operands.length ? operands[next + 1] : "";
      const hasParams = isParams(more) || (!options.has("b") && more != "");
      const call = new RpcCall(operands[next], hasParams ? more : "");
      if (call.outcome == RpcOutcome.Failed) {
        session.error(this.name, call.reason);
        return this.done(EXIT_USAGE);
      }
      calls.push(call);
      if (hasParams) next++;
      if (options.has("b") || next + 1 >= operands.length) continue;
      const extra = printable(operands[next + 1]);
      return this.wrongUsage(session, `extra operand '${extra}'`);
    }
    if (calls.length == 0) return this.wrongUsage(session, "missing method");
    if ((calls.length as u32) > RPC_BATCH_CALLS) {
      return this.wrongUsage(
        session,
        `too many calls: ${calls.length} (at most ${RPC_BATCH_CALLS})`,
      );
    }
    const how = new RpcOptions();
    how.isBatch = options.has("b");
    how.timeout = timeout;
    how.fields = fields;
    return new RpcJob(session, this.stack, urls, calls, how);
  }
}

/** Reports whether a word is params, an array or object, rather than the next method. */
function isParams(word: string): bool {
  const text = word.trimStart();
  return text.startsWith("[") || text.startsWith("{");
}
