/**
 * The job of `rpc -q N`: queries all servers at once, prints what N of them agree on as soon as
 * they do, and reports servers that fail or differ within another second. Results are compared as
 * JSON values, and errors by code and data, as servers word their messages differently.
 */
import { NEVER, SECOND } from "../../../../core/time";
import { DigestKey, JsonDigest } from "../../../../net/service/json/digest";
import { JsonValue } from "../../../../net/service/json/value";
import { showJson } from "../../../../net/service/json/writer";
import { RpcCall, RpcOutcome } from "../../../../net/service/json-rpc/call";
import { RpcExchange } from "../../../../net/service/json-rpc/exchange";
import { NetworkStack } from "../../../../net/service/stack";
import { EXIT_INTERRUPTED, Job, RUNNING } from "../../command";
import { Session } from "../../session";
import { printable } from "../../terminal/printable";
import { RpcArguments } from "./arguments";
import { OutcomePrinter } from "./printer";

/** The exit code if too few servers agree. */
const EXIT_DISAGREEMENT: i32 = 4;
/** Values and characters of each answer read in one turn. */
const COMPARED: u32 = 8192;
/** How long to wait for the other servers after an agreement, to report those that differ. */
const REST_TIME: i64 = 1 * SECOND;
/** Characters shown of an answer that differs. */
const SHOWN: u32 = 60;
const NULL_DIGEST: u64 = 0;

/** One server's answer. */
class Answer {
  /** Whether the answer can be compared, or has failed. */
  settled: bool = false;
  failed: bool = false;
  /** Whether `report` has printed the answer, or found that it agrees. */
  reported: bool = false;
  /** What is compared. */
  first: u64 = NULL_DIGEST;
  second: u64 = NULL_DIGEST;
  private digest: JsonDigest | null = null;
  private stage: i32 = 0;

  constructor(
    readonly url: string,
    readonly call: RpcCall,
    readonly exchange: RpcExchange,
  ) {}

  /** Continues without waiting. Returns true once `settled` is set. */
  advance(key: DigestKey): bool {
    if (this.settled) return true;
    if (!this.exchange.poll()) return false;
    if (this.call.outcome == RpcOutcome.Failed) {
      this.failed = true;
      this.settled = true;
      return true;
    }
    let digest = this.digest;
    if (digest == null) {
      const part = this.part(this.stage);
      if (part != null) digest = new JsonDigest(part, key);
      this.digest = digest;
    }
    if (digest != null && !digest.step(COMPARED)) return false;
    const value = digest == null ? NULL_DIGEST : digest.value;
    if (this.stage == 0) this.first = value;
    else this.second = value;
    this.digest = null;
    this.stage++;
    this.settled = this.stage == 2;
    return this.settled;
  }

  /** Returns what is compared: the result, or the code and the data of the error. */
  private part(stage: i32): JsonValue | null {
    const call = this.call;
    if (call.outcome == RpcOutcome.Result) return stage == 0 ? call.result : null;
    const error = call.error!;
    const code = call.isErrorObject() ? error.get("code") : null;
    if (stage == 0) return code == null ? error : code;
    return code == null ? null : error.get("data");
  }

  agrees(other: Answer): bool {
    const alike = this.settled && other.settled && !this.failed && !other.failed;
    if (!alike || this.call.outcome != other.call.outcome) return false;
    return this.first == other.first && this.second == other.second;
  }

  text(): string {
    const result = this.call.result;
    if (result != null) return showJson(result, SHOWN);
    const error = this.call.error;
    return error == null ? this.call.reason : `error ${showJson(error, SHOWN)}`;
  }
}

/**
 * Runs until all servers have answered or failed; once enough agree, for at most REST_TIME more.
 */
export class AgreementJob extends Job {
  private readonly answers: Array<Answer> = [];
  private readonly key: DigestKey;
  /** What enough servers agree on. */
  private agreed: Answer | null = null;
  private printer: OutcomePrinter | null = null;
  private comparing: bool = false;
  /** When the job ends, once there is an agreement. */
  private endsAt: i64 = NEVER;

  constructor(
    private readonly session: Session,
    stack: NetworkStack,
    private readonly given: RpcArguments,
  ) {
    super();
    this.key = new DigestKey(stack.rpc.random);
    for (let i = 0; i < given.urls.length; i++) {
      const call = given.calls[0].copy();
      const url = given.urls[i];
      const exchange = stack.rpc.call(url, call, given.timeout, session.now, given.fields);
      this.answers.push(new Answer(url, call, exchange));
    }
  }

  poll(now: i64): i32 {
    const settled = this.compare();
    let printer = this.printer;
    if (printer == null) {
      const agreed = this.findAgreement();
      if (agreed == null) return settled ? this.fail() : RUNNING;
      const failure = agreed.exchange.failure;
      printer = new OutcomePrinter(this.session, [agreed.call], false, failure);
      this.agreed = agreed;
      this.printer = printer;
      this.endsAt = now + REST_TIME;
    }
    if (!printer.print()) return RUNNING;
    this.report();
    if (!settled && now < this.endsAt) return RUNNING;
    this.cancelAll();
    return printer.code;
  }

  pollAt(): i64 {
    const printer = this.printer;
    if (this.comparing || (printer != null && !printer.done)) return 0;
    return this.endsAt;
  }

  cancel(): i32 {
    this.cancelAll();
    return EXIT_INTERRUPTED;
  }

  private cancelAll(): void {
    for (let i = 0; i < this.answers.length; i++) {
      this.answers[i].exchange.cancel(this.session.now);
    }
  }

  /** Continues to compare the answers. Returns true once all of them are settled. */
  private compare(): bool {
    let settled: bool = true;
    this.comparing = false;
    for (let i = 0; i < this.answers.length; i++) {
      const answer = this.answers[i];
      if (answer.advance(this.key)) continue;
      settled = false;
      if (answer.exchange.done) this.comparing = true;
    }
    return settled;
  }

  private fail(): i32 {
    this.report();
    const quorum = this.given.quorum;
    const all = this.answers.length;
    this.session.error("rpc", `no answer that ${quorum} of ${all} servers agree on`);
    return EXIT_DISAGREEMENT;
  }

  /** Returns an answer that enough servers gave, or null. */
  private findAgreement(): Answer | null {
    const answers = this.answers;
    for (let i = 0; i < answers.length; i++) {
      let alike: i64 = 0;
      for (let j = 0; j < answers.length; j++) if (answers[i].agrees(answers[j])) alike++;
      if (alike >= this.given.quorum) return answers[i];
    }
    return null;
  }

  /** Reports servers that have failed or differ; all answers if there is no agreement. */
  private report(): void {
    const agreed = this.agreed;
    for (let i = 0; i < this.answers.length; i++) {
      const answer = this.answers[i];
      if (!answer.settled || answer.reported) continue;
      answer.reported = true;
      if (agreed != null && answer.agrees(agreed)) continue;
      const verb = answer.failed || agreed == null ? "" : "disagrees: ";
      this.session.error("rpc", printable(`${answer.url}: ${verb}${answer.text()}`));
    }
  }
}
