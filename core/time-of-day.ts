/** The time of day as an object that is passed in to whatever reads or corrects it. */

/** The `wallClockSource` of a clock that runs while the machine is off. */
export const REAL_TIME_CLOCK: string = "real-time clock";

export interface TimeOfDay {
  /** Microseconds since 1970 (UTC), or -1 if the time is unknown. */
  wallClock(): i64;
  /** Names the source of that time, for example "real-time clock". */
  wallClockSource(): string;
  /** Microseconds since 1970 of the build; any earlier time is wrong. */
  floor(): i64;
  /** Sets the time and names its source. */
  setWallClock(micros: i64, source: string): void;
}
