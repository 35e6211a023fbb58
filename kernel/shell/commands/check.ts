/**
 * check [-c CHAIN] [URL]
 *
 * Tests each layer that a JSON-RPC call to URL needs, in at most ten seconds, and prints a line for
 * each:
 *
 *     ok|FAIL|skip NAME DETAIL
 *
 * The steps are nic, arp, ping, dns, tcp, tls, http and rpc. The first that fails says why the call
 * cannot work; those after it are skipped. -c is the chain id that the server must report, in
 * decimal or hex (324 or 0x144); the default is any if URL is given, and 324 (ZkSync's) otherwise.
 *
 * Exit codes: 0 no step failed; 1 a step failed; 2 wrong usage; 130 interrupted.
 */
import { NOT_A_NUMBER, parseNumberText } from "../../../core/text";
import { earlier } from "../../../core/time";
import { parseUrl } from "../../../net/service/http/url";
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
import { Session } from "../session";
import { printable } from "../terminal/printable";
import { ANY_CHAIN, CheckContext } from "./check/context";
import { DnsStep, TcpStep, TlsStep } from "./check/host-steps";
import { ArpStep, NicStep, PingStep } from "./check/link-steps";
import { HttpStep, ProbeCall, RpcStep } from "./check/rpc-steps";
import { Step, VERDICT_WORDS, Verdict } from "./check/step";

const DEFAULT_URL: string = "https://mainnet.era.zksync.io";
/** The chain id of DEFAULT_URL. */
const DEFAULT_CHAIN: i64 = 324;
const OPTIONS: StaticArray<string> = ["c|chain:", "h|help"];
const DETAILS: StaticArray<string> = [
  "  URL       https://mainnet.era.zksync.io if none is given",
  "  -c CHAIN  the chain id to expect: 324 or 0x144; any if only URL is given",
];
/** How long all steps may take together, in microseconds. */
const WHOLE_TIME: i64 = 9_900_000;

/** The maximum time between polls of a step, in microseconds. */
const LOOK_AGAIN: i64 = 100_000;

class CheckJob extends Job {
  private readonly steps: Array<Step>;
  private current: i32 = 0;
  private begun: bool = false;
  private lookAgainAt: i64 = 0;
  private readonly endsAt: i64;

  constructor(
    private readonly session: Session,
    private readonly context: CheckContext,
  ) {
    super();
    const ping = new PingStep();
    const probe = new ProbeCall();
    this.steps = [
      new NicStep(ping),
      new ArpStep(),
      ping,
      new DnsStep(),
      new TcpStep(),
      new TlsStep(),
      new HttpStep(probe),
      new RpcStep(probe),
    ];
    this.endsAt = session.now + WHOLE_TIME;
  }

  poll(now: i64): i32 {
    while (this.current < this.steps.length) {
      const step = this.steps[this.current];
      const verdict = this.advance(step, now);
      if (verdict == Verdict.Pending) {
        this.lookAgainAt = earlier(earlier(step.deadline(), this.endsAt), now + LOOK_AGAIN);
        return RUNNING;
      }
      step.end(this.context);
      this.conclude(step, verdict);
      this.current++;
      this.begun = false;
    }
    return this.context.failedStep == "" ? EXIT_OK : EXIT_FAILURE;
  }

  pollAt(): i64 {
    return this.lookAgainAt;
  }

  cancel(): i32 {
    for (let i = 0; i < this.steps.length; i++) this.steps[i].end(this.context);
    return EXIT_INTERRUPTED;
  }

  private advance(step: Step, now: i64): Verdict {
    const failed = this.context.failedStep;
    if (failed != "") {
      step.detail = `not tried: ${failed} failed`;
      return Verdict.Skip;
    }
    if (!this.begun) {
      step.begin(this.context, now);
      this.begun = true;
    }
    const verdict = step.poll(this.context, now);
    if (verdict != Verdict.Pending) return verdict;
    if (now < step.deadline() && now < this.endsAt) return verdict;
    step.detail = step.timeoutText();
    return Verdict.Fail;
  }

  private conclude(step: Step, verdict: Verdict): void {
    const word = VERDICT_WORDS[verdict].padEnd(4);
    this.session.printLine(`${word} ${step.name.padEnd(4)} ${printable(step.detail)}`);
    if (verdict == Verdict.Fail) this.context.failedStep = step.name;
  }
}

/** The `check` command. */
export class Check extends Command {
  constructor(private readonly stack: NetworkStack) {
    super("check", "[-c CHAIN] [URL]", "tests each layer that a JSON-RPC call needs", [
      "check",
      "check http://10.0.2.2:8545/",
      "check -c 1 https://ethereum.example/",
    ]);
  }

  protected details(): StaticArray<string> {
    return DETAILS;
  }

  start(words: Array<string>, session: Session): Job {
    const options = new Options(words, OPTIONS);
    options.expectOperands(0, 1);
    if (options.has("h")) {
      this.explain(session);
      return this.done();
    }
    const given = options.operands.length > 0;
    let chain = given ? ANY_CHAIN : DEFAULT_CHAIN;
    if (options.failure != "") return this.wrongUsage(session, options.failure);
    if (options.has("c")) {
      chain = parseNumberText(options.value("c"), i64.MAX_VALUE);
      if (chain == NOT_A_NUMBER) {
        const shown = printable(options.value("c"));
        return this.wrongUsage(session, `-c ${shown}: expected a chain id such as 324 or 0x144`);
      }
    }
    const text = given ? options.operands[0] : DEFAULT_URL;
    const url = parseUrl(text, "http");
    if (url.error != "") return this.failed(session, `${text}: ${url.error}`, EXIT_USAGE);
    return new CheckJob(session, new CheckContext(this.stack, session.network, url, chain));
  }
}
