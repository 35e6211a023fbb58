/**
 * check [URL]
 *
 * Tests each layer that a JSON-RPC call to URL needs, and prints a line for each:
 *
 *     ok|FAIL|skip NAME detail
 *
 * The steps are nic, arp, ping, dns, tcp, tls, http, rpc.
 * Exit codes: 0 no step failed; 1 a step failed; 2 wrong usage; 130 interrupted.
 */
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
import { CheckContext } from "./check/context";
import { DnsStep, TcpStep, TlsStep } from "./check/host-steps";
import { ArpStep, NicStep, PingStep } from "./check/link-steps";
import { HttpStep, ProbeCall, RpcStep } from "./check/rpc-steps";
import { Step, VERDICT_WORDS, Verdict } from "./check/step";

const DEFAULT_URL: string = "https://mainnet.era.zksync.io";

/** The maximum time between polls of a step, in microseconds. */
const LOOK_AGAIN: i64 = 100_000;

class CheckJob extends Job {
  private readonly steps: Array<Step>;
  private current: i32 = 0;
  private begun: bool = false;
  private failures: u32 = 0;
  private lookAt: i64 = 0;

  constructor(
    private readonly session: Session,
    private readonly context: CheckContext,
  ) {
    super();
    const ping = new PingStep();
    const probe = new ProbeCall();
    this.steps = [
      new NicStep(),
      new ArpStep(),
      ping,
      new DnsStep(),
      new TcpStep(),
      new TlsStep(),
      new HttpStep(probe),
      new RpcStep(probe),
    ];
    ping.prepare(context, session.now);
  }

  poll(now: i64): i32 {
    while (this.current < this.steps.length) {
      const step = this.steps[this.current];
      const verdict = this.advance(step, now);
      if (verdict == Verdict.Pending) {
        this.lookAt = earlier(step.deadline(), now + LOOK_AGAIN);
        return RUNNING;
      }
      step.end(this.context);
      this.conclude(step, verdict);
      this.current++;
      this.begun = false;
    }
    return this.failures == 0 ? EXIT_OK : EXIT_FAILURE;
  }

  pollAt(): i64 {
    return this.lookAt;
  }

  cancel(): i32 {
    for (let i = 0; i < this.steps.length; i++) this.steps[i].end(this.context);
    return EXIT_INTERRUPTED;
  }

  private advance(step: Step, now: i64): Verdict {
    const failed = this.context.failedStep;
    const needed = step.name != "tls" || this.context.url.secure;
    if (failed != "" && needed) {
      step.detail = `not tried: ${failed} failed`;
      return Verdict.Fail;
    }
    if (!this.begun) {
      step.begin(this.context, now);
      this.begun = true;
    }
    const verdict = step.poll(this.context, now);
    if (verdict != Verdict.Pending || now < step.deadline()) return verdict;
    step.detail = step.timeoutText();
    return Verdict.Fail;
  }

  private conclude(step: Step, verdict: Verdict): void {
    const word = VERDICT_WORDS[verdict].padEnd(4);
    this.session.printLine(`${word} ${step.name.padEnd(4)} ${printable(step.detail)}`);
    if (verdict != Verdict.Fail) return;
    this.failures++;
    // Later steps depend on these.
    const name = step.name;
    const needed = name == "dns" || name == "tcp" || name == "tls" || name == "http";
    if (needed && this.context.failedStep == "") this.context.failedStep = step.name;
  }
}

/** The `check` command. */
export class Check extends Command {
  constructor(private readonly stack: NetworkStack) {
    super(
      "check",
      "[URL]",
      "tests each layer that a JSON-RPC call needs",
      ["check", "check http://10.0.2.2:8545/"],
      true,
    );
  }

  start(words: Array<string>, session: Session): Job {
    const options = new Options(words, []);
    options.expectOperands(0, 1);
    if (options.failure != "") return this.wrongUsage(session, options.failure);
    const text = options.operands.length > 0 ? options.operands[0] : DEFAULT_URL;
    const url = parseUrl(text, "http");
    if (url.error != "") return this.failed(session, `${text}: ${url.error}`, EXIT_USAGE);
    return new CheckJob(session, new CheckContext(this.stack, url));
  }
}
