/** A step of `check`, which becomes one line of its output. */
import { SECOND } from "../../../../core/time";
import { CheckContext } from "./context";

/** The result of a step. */
export const enum Verdict {
  Pending,
  Ok,
  Fail,
  Skip,
}

/** The first word of the line, in the order of `Verdict`. */
export const VERDICT_WORDS: StaticArray<string> = ["", "ok", "FAIL", "skip"];

/** One step. `begin` starts it, `poll` advances it, `end` releases it. */
export abstract class Step {
  /** The end of the line, set with the verdict. */
  detail: string = "";
  protected startedAt: i64 = 0;

  constructor(
    readonly name: string,
    /** The time limit in microseconds. */
    private readonly timeout: i64 = 5 * SECOND,
  ) {}

  /** Returns when the step times out, in microseconds since boot. */
  deadline(): i64 {
    return this.startedAt + this.timeout;
  }

  /** Starts the step and its time limit. */
  begin(context: CheckContext, now: i64): void {
    this.startedAt = now;
    this.start(context, now);
  }

  /** Opens what the step needs, and sends the first request. */
  protected start(_context: CheckContext, _now: i64): void {}

  /** Advances the step without waiting. Sets `detail` with any verdict but Pending. */
  abstract poll(context: CheckContext, now: i64): Verdict;

  /** Releases what the step holds; called after the verdict, or on Ctrl-C. */
  end(_context: CheckContext): void {}

  /** Returns the detail for a step that has timed out. */
  abstract timeoutText(): string;

  protected verdict(verdict: Verdict, detail: string): Verdict {
    this.detail = detail;
    return verdict;
  }
}
