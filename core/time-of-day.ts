/** The time of day as an explicit dependency of the code that reads or corrects it. */

/** What `wallClockSource` returns for a time read from the clock that runs with the power off. */
export const REAL_TIME_CLOCK: string = "real-time clock";

/** A wall clock that can be set. */
export interface TimeOfDay {
  /** Microseconds since 1970 (UTC), or -1 if the time is unknown. */
  wallClock(): i64;
  /** Names the source of that time, for example "real-time clock". */
  wallClockSource(): string;
  /** The date of the source code, in microseconds since 1970 (UTC); earlier times are wrong. */
  floor(): i64;
  /** Sets the time, in microseconds since 1970 (UTC), and names its source. */
  setWallClock(micros: i64, source: string): void;
}
