/**
 * The only clock of a test run: guests, certificates and time servers use it, never this machine's
 * time of day. It starts at noon of the day after the commit that the kernel was built from,
 * because a kernel rejects times before that commit, and runs like the monotonic clock.
 */
import { readFileSync } from "node:fs";
import { root } from "./process.ts";

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

/** Milliseconds from the monotonic clock to this one; processes inherit it from their parent. */
const VARIABLE = "TEST_CLOCK_OFFSET";

const monotonic = () => Number(process.hrtime.bigint() / 1_000_000n);

/** The commit's time in milliseconds since 1970: the earliest that a kernel accepts. */
export function buildTime(): number {
  const seconds = Number(readFileSync(`${root}build/build-time`, "utf8"));
  if (!(seconds > 0)) throw new Error("build/build-time holds no time, expected one by make");
  return seconds * 1000;
}

/** Milliseconds since 1970 by the test clock. */
export function testNow(): number {
  process.env[VARIABLE] ??= String(Math.floor(buildTime() / DAY) * DAY + 1.5 * DAY - monotonic());
  return monotonic() + Number(process.env[VARIABLE]);
}

/** A moment as QEMU's `-rtc base=` takes it, in UTC. */
export function rtcBase(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 19);
}
