/**
 * `check`: the whole way to a JSON-RPC answer, a line for each step of it:
 *
 *     ok|FAIL|skip NAME detail
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
import { printable } from "../printable";
import { Shell } from "../shell";
import { CheckContext } from "./check/context";
import { DnsStep, TcpStep, TlsStep } from "./check/host-steps";
import { ArpStep, NicStep, PingStep } from "./check/link-steps";
import { HttpStep, ProbeCall, RpcStep } from "./check/rpc-steps";
import { Step, VERDICT_WORDS, Verdict } from "./check/step";

const DEFAULT_URL: string = "https://mainnet.era.zksync.io";

/** How often to look again while a step waits. */
const LOOK_AGAIN: i64 = 100_000;

class CheckJob extends Job {
  private readonly steps: Array<Step>;
  private current: i32 = 0;
  private begun: bool = false;
  private failures: u32 = 0;
  private lookAt: i64 = 0;

  constructor(
    private readonly shell: Shell,
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
    ping.prepare(context, shell.now);
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
    const broken = this.context.broken;
    const needed = step.name != "tls" || this.context.url.secure;
    if (broken != "" && needed) {
      step.detail = `not tried: ${broken} failed`;
      return Verdict.Fail;
    }
    if (!this.begun) {
      step.begin(this.context, now);
      this.begun = true;
    }
    const verdict = step.poll(this.context, now);
    if (verdict != Verdict.Pending || now < step.deadline()) return verdict;
    step.detail = step.silence();
    return Verdict.Fail;
  }

  private conclude(step: Step, verdict: Verdict): void {
    const word = VERDICT_WORDS[verdict].padEnd(4);
    this.shell.printLine(`${word} ${step.name.padEnd(4)} ${printable(step.detail)}`);
    if (verdict != Verdict.Fail) return;
    this.failures++;
    // Nothing can come of the steps after these.
    const name = step.name;
    const needed = name == "dns" || name == "tcp" || name == "tls" || name == "http";
    if (needed && this.context.broken == "") this.context.broken = step.name;
  }
}

export class Check extends Command {
  constructor(private readonly stack: NetworkStack) {
    super(
      "check",
      "[URL]",
      "tries every step of the way to a JSON-RPC answer",
      ["check", "check http://10.0.2.2:8545/"],
      true,
    );
  }

  start(words: Array<string>, shell: Shell): Job {
    const options = new Options(words, []);
    options.expectOperands(0, 1);
    if (options.failure != "") return shell.wrongUsage(this, options.failure);
    const text = options.operands.length > 0 ? options.operands[0] : DEFAULT_URL;
    const url = parseUrl(text, "http");
    if (url.error != "") return shell.failed(this, `${text}: ${url.error}`, EXIT_USAGE);
    if (url.unsupported) return shell.wrongUsage(this, `${text} is no URL of http or https`);
    return new CheckJob(shell, new CheckContext(this.stack, url));
  }
}
