/** Durations and times of day as the commands print them. */

/** Returns microseconds as milliseconds with three decimals: "0.275". */
export function formatMilliseconds(micros: i64): string {
  const time = max<i64>(micros, 0);
  return `${time / 1000}.${(time % 1000).toString().padStart(3, "0")}`;
}

/** Returns microseconds since any midnight as `hh:mm:ss.micros`. */
export function formatTimeOfDay(micros: i64): string {
  const second = micros / 1_000_000;
  const hours = ((second / 3600) % 24).toString().padStart(2, "0");
  const minutes = ((second / 60) % 60).toString().padStart(2, "0");
  const seconds = (second % 60).toString().padStart(2, "0");
  return `${hours}:${minutes}:${seconds}.${(micros % 1_000_000).toString().padStart(6, "0")}`;
}
