/** One line of `check`: what is tried, how far it is, and what came of it. */
import { SECOND } from "../../../../core/time";
import { CheckContext } from "./context";

export const enum Verdict {
  Pending,
  Ok,
  Fail,
  Skip,
}

/** In the order of `Verdict`, as the lines begin. */
export const VERDICT_WORDS: StaticArray<string> = ["", "ok", "FAIL", "skip"];

export abstract class Step {
  /** The rest of the line, once there is a verdict. */
  detail: string = "";
  protected startedAt: i64 = 0;

  constructor(
    readonly name: string,
    /** How long it may take, in microseconds. */
    private readonly patience: i64 = 5 * SECOND,
  ) {}

  /** The time when it fails for want of an answer. */
  deadline(): i64 {
    return this.startedAt + this.patience;
  }

  begin(context: CheckContext, now: i64): void {
    this.startedAt = now;
    this.start(context, now);
  }

  /** What begins it. */
  protected start(_context: CheckContext, _now: i64): void {}

  /** Goes on without waiting. */
  abstract poll(context: CheckContext, now: i64): Verdict;

  /** Gives back what it holds, when it has a verdict or is cancelled. */
  end(_context: CheckContext): void {}

  /** What to say when the time is over. */
  abstract silence(): string;

  protected verdict(verdict: Verdict, detail: string): Verdict {
    this.detail = detail;
    return verdict;
  }
}
