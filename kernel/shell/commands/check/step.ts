/** One line of `check`: what is tried, how far it has come, and the verdict. */
import { SECOND } from "../../../../core/time";
import { CheckContext } from "./context";

export const enum Verdict {
  Pending,
  Ok,
  Fail,
  Skip,
}

/** The first word of the line, in the order of `Verdict`. */
export const VERDICT_WORDS: StaticArray<string> = ["", "ok", "FAIL", "skip"];

export abstract class Step {
  /** The rest of the line, once there is a verdict. */
  detail: string = "";
  protected startedAt: i64 = 0;

  constructor(
    readonly name: string,
    /** Microseconds that the step may take. */
    private readonly patience: i64 = 5 * SECOND,
  ) {}

  /** When the step fails for want of an answer, in microseconds since boot. */
  deadline(): i64 {
    return this.startedAt + this.patience;
  }

  begin(context: CheckContext, now: i64): void {
    this.startedAt = now;
    this.start(context, now);
  }

  /** Sends whatever the step waits for. */
  protected start(_context: CheckContext, _now: i64): void {}

  /** Continues without waiting. */
  abstract poll(context: CheckContext, now: i64): Verdict;

  /** Releases what the step holds: it has a verdict, or is cancelled. */
  end(_context: CheckContext): void {}

  /** The detail to print when the time is over. */
  abstract silence(): string;

  protected verdict(verdict: Verdict, detail: string): Verdict {
    this.detail = detail;
    return verdict;
  }
}
