/** Times as commands print them. */

/** Microseconds as milliseconds with three decimals: "0.275". */
export function formatMilliseconds(micros: i64): string {
  const time = max<i64>(micros, 0);
  return `${time / 1000}.${(time % 1000).toString().padStart(3, "0")}`;
}
