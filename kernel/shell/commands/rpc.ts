/**
 * rpc [OPTION]... URL... METHOD [PARAMS]
 *
 * Calls a method by JSON-RPC 2.0, over HTTP or a WebSocket (ws:// and wss://), and prints its
 * result or the error object as JSON, a quantity ("0x144") also in decimal.
 *
 *     -b            sends several calls, METHOD [PARAMS]..., as one batch
 *     -q N          queries all servers at once, and prints what N of them agree on
 *     -S            subscribes, and prints each notification as one line of JSON until Ctrl-C
 *     -c N          with -S: ends after N notifications
 *     -H HEADER     adds a header field to the requests to every URL, such as
 *                   'Authorization: Bearer KEY'; as with curl, `NAME:` omits it, `NAME;` sends it
 *                   empty
 *     -t SECONDS    limits the time of each try (30); not with -S
 *     --retry N     retries up to N times after transient faults (2): no response, HTTP 408,
 *                   429, 500, 502, 503 and 504, error -32005 (limit exceeded); not with -q or -S
 *     --retry-max-time SECONDS   starts no retry after this time (10; 0: no limit)
 *
 * The next URL is tried if no call got a result or an error object, if the HTTP status is 429 or
 * 5xx, or if every call got error -32005. Tries follow at 1 s, 2 s, 4 s and so on, with jitter, or
 * after the server's Retry-After. A call that may have been carried out is sent again only if its
 * method is known to change nothing (net/service/json-rpc/repeat.ts).
 *
 * With -q, results are compared as JSON values, and errors by their code and data.
 *
 * Exit codes: 0 success; 1 an error object or a malformed response; 4 too few servers agree; curl's
 * codes for a failed request (22 for an HTTP error status); 2 wrong usage; 130 interrupted.
 */
import { NetworkStack } from "../../../net/service/stack";
import { Command, Job } from "../command";
import { Session } from "../session";
import { AgreementJob } from "./rpc/agreement-job";
import { RpcArguments } from "./rpc/arguments";
import { RpcJob } from "./rpc/job";
import { SubscriptionJob } from "./rpc/subscription-job";

const DETAILS: StaticArray<string> = [
  "  -b              sends several calls (METHOD [PARAMS]...) as one batch",
  "  -q N            queries all URLs at once, and prints what N of them agree on",
  "  -S              subscribes: one line of JSON for each notification, until Ctrl-C",
  "  -c N            with -S: ends after N notifications",
  "  -H HEADER       fields for every URL; NAME: omits one, NAME; sends it empty",
  "  -t SECONDS      time limit of each try (30); not with -S",
  "  --retry N       retries up to N times after transient faults (2); not with -q or -S",
  "  --retry-max-time SECONDS   starts no retry after this time (10)",
  "The next URL is tried if no call got a result or an error object, if the HTTP",
  "status is 429 or 5xx, or if every call got error -32005 (limit exceeded). Calls",
  "that may have been carried out are sent again only if they change nothing.",
];

/** The `rpc` command. */
export class Rpc extends Command {
  constructor(private readonly stack: NetworkStack) {
    super(
      "rpc",
      "[OPTION]... URL... METHOD [PARAMS]",
      "calls a method by JSON-RPC over HTTP or WebSocket and prints the result",
      [
        "rpc https://mainnet.era.zksync.io eth_chainId",
        "rpc http://10.0.2.2:8545 eth_getBlockByNumber '[\"latest\", false]'",
        "rpc -q 2 http://10.0.2.2:8545 http://10.0.2.2:8546 eth_blockNumber",
        'rpc -b http://10.0.2.2:8545 eth_chainId eth_getBalance \'["0x0", "latest"]\'',
        "rpc -S wss://mainnet.era.zksync.io/ws eth_subscribe '[\"newHeads\"]'",
      ],
      true,
    );
  }

  protected details(): StaticArray<string> {
    return DETAILS;
  }

  beforeNetwork(words: Array<string>, session: Session): Job | null {
    return this.refuse(new RpcArguments(words), session);
  }

  start(words: Array<string>, session: Session): Job {
    const given = new RpcArguments(words);
    const refused = this.refuse(given, session);
    if (refused != null) return refused;
    if (given.subscribes) return new SubscriptionJob(session, this.stack, given);
    if (given.quorum > 0) return new AgreementJob(session, this.stack, given);
    return new RpcJob(session, this.stack, given);
  }

  /** Returns the job of words that ask for help or are wrong, or null. */
  private refuse(given: RpcArguments, session: Session): Job | null {
    if (given.help) {
      this.explain(session);
      return this.done();
    }
    return given.failure == "" ? null : this.wrongUsage(session, given.failure);
  }
}
