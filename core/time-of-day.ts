/** The time of day as an object that is handed in, to those who ask for it and who correct it. */

/** What `wallClockSource` says of a clock that ran while the machine was off. */
export const REAL_TIME_CLOCK: string = "real-time clock";

export interface TimeOfDay {
  /** Microseconds since 1970 (UTC), or -1 when nobody has told the time. */
  wallClock(): i64;
  /** Where that time is from, in words: "real-time clock". */
  wallClockSource(): string;
  /** Microseconds since 1970 before which no time is right: when the kernel was built. */
  floor(): i64;
  /** Tells the time, and where it is from. */
  setWallClock(micros: i64, source: string): void;
}
