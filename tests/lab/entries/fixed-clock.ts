/**
 * A clock for stacks whose time of day does not matter: it never runs, and shows the time to which
 * it was last set.
 */
import { REAL_TIME_CLOCK, TimeOfDay } from "../../../core/time-of-day";

export class FixedClock implements TimeOfDay {
  private micros: i64 = 1_800_000_000_000_000;
  private source: string = REAL_TIME_CLOCK;

  wallClock(): i64 {
    return this.micros;
  }
  wallClockSource(): string {
    return this.source;
  }
  floor(): i64 {
    return 0;
  }
  setWallClock(micros: i64, source: string): void {
    this.micros = micros;
    this.source = source;
  }
}
