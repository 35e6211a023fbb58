/**
 * The clock: microseconds since boot from the time-stamp counter, whose frequency is found
 * once, and the wall clock on top of it. Nothing here is to be called from an interrupt but
 * `now`, which changes nothing.
 */
import { SECOND } from "../core/time";
import { cpuid, timestamp } from "./host";
import { latchRuler, PIT_FREQUENCY, readRuler, rulerEnded, startRuler } from "./pit";

/** Where the frequency came from, for the log. */
export const enum ClockSource {
  /** Not calibrated yet: `now` is 0. */
  None = 0,
  /** CPUID leaf 0x15 (and 0x16 for the crystal). */
  Cpuid = 1,
  /** CPUID leaf 0x40000010 of a hypervisor. */
  Hypervisor = 2,
  /** Measured against the 8254. */
  Pit = 3,
  /** None of these: taken for 1 GHz. */
  Guess = 4,
}

const HYPERVISOR_BIT: u32 = 1 << 31;
const HYPERVISOR_LEAF: u32 = 0x40000000;
const HYPERVISOR_FREQUENCY: u32 = 0x40000010;
/** 10 ms of the ruler. */
const MEASURE_TICKS: u32 = 11_932;
const MEASURE_TRIES: u32 = 4;
/** Reads of a ruler that does not move before it is taken for absent. */
const RULER_READS: u32 = 200_000;

let hertz: u64 = 0;
/** 2^32 microseconds a tick, rounded down. */
let scale: u64 = 0;
let origin: u64 = 0;
let source: ClockSource = ClockSource.None;
/** Microseconds since 1970 at `now` = 0, or -1 when the time of day is unknown. */
let wallOrigin: i64 = -1;
let wallSource: string = "no clock";

/** Starts the clock at 0 and finds its frequency: at once by CPUID, else in about 10 ms. */
export function calibrate(): void {
  origin = timestamp();
  source = ClockSource.Cpuid;
  hertz = cpuidFrequency();
  if (hertz == 0) {
    source = ClockSource.Hypervisor;
    hertz = hypervisorFrequency();
  }
  if (hertz == 0) {
    source = ClockSource.Pit;
    hertz = measureFrequency();
  }
  if (hertz == 0) {
    source = ClockSource.Guess;
    hertz = 1_000_000_000;
  }
  scale = ((SECOND as u64) << 32) / hertz;
}

/** Microseconds since `calibrate`. Whole seconds are exact, so rounding does not add up. */
export function now(): i64 {
  if (hertz == 0) return 0;
  const ticks = timestamp() - origin;
  const seconds = ticks / hertz;
  const rest = ticks - seconds * hertz;
  return (seconds * (SECOND as u64) + ((rest * scale) >> 32)) as i64;
}

/** Ticks of the time-stamp counter a second. */
export function frequency(): u64 {
  return hertz;
}

export function clockSource(): ClockSource {
  return source;
}

/** Tells the clock that it is `micros` (microseconds since 1970, UTC) at this moment. */
export function setWallClock(micros: i64): void {
  wallOrigin = micros - now();
}

/** The same, and where it is from, in words: "real-time clock". */
export function setWallClockFrom(micros: i64, source: string): void {
  setWallClock(micros);
  wallSource = source;
}

/** Where the time of day is from. */
export function wallClockSource(): string {
  return wallSource;
}

/** Microseconds since 1970 (UTC), or -1 when nobody has told the time. */
export function wallClock(): i64 {
  return wallOrigin < 0 ? -1 : wallOrigin + now();
}

/** The counter's frequency by leaves 0x15 and 0x16 (Intel SDM vol. 3, 19.7.3), or 0. */
function cpuidFrequency(): u64 {
  if (cpuid(0, 0, 0) < 0x15) return 0;
  const denominator = cpuid(0x15, 0, 0) as u64;
  const numerator = cpuid(0x15, 0, 1) as u64;
  const crystal = cpuid(0x15, 0, 2) as u64;
  if (denominator == 0 || numerator == 0) return 0;
  if (crystal != 0) return plausible((crystal * numerator) / denominator);
  if (cpuid(0, 0, 0) < 0x16) return 0;
  // The crystal is not told, but the counter runs at the base frequency then.
  return plausible((cpuid(0x16, 0, 0) as u64) * 1_000_000);
}

/** What the hypervisor says: kilohertz in EAX (the convention of VMware and KVM), or 0. */
function hypervisorFrequency(): u64 {
  if ((cpuid(1, 0, 2) & HYPERVISOR_BIT) == 0) return 0;
  if (cpuid(HYPERVISOR_LEAF, 0, 0) < HYPERVISOR_FREQUENCY) return 0;
  return plausible((cpuid(HYPERVISOR_FREQUENCY, 0, 0) as u64) * 1000);
}

/** A frequency between 10 MHz and 100 GHz, or 0. */
function plausible(frequency: u64): u64 {
  return frequency >= 10_000_000 && frequency <= 100_000_000_000 ? frequency : 0;
}

/** Measures 10 ms of the ruler; a measurement that took far too long is done again. */
function measureFrequency(): u64 {
  for (let i: u32 = 0; i < MEASURE_TRIES; i++) {
    startRuler();
    const start = sample();
    const startCount = sampleCount;
    let reads: u32 = 0;
    let end = start;
    do {
      end = sample();
      if (++reads > RULER_READS) return 0;
    } while (sampleCount - startCount < MEASURE_TICKS);
    if (rulerEnded()) continue;
    const counts = (sampleCount - startCount) as u64;
    return plausible(((end - start) * PIT_FREQUENCY) / counts);
  }
  return 0;
}

/** The ruler's count that belongs to what `sample` answered. */
let sampleCount: u32 = 0;

/**
 * The time-stamp counter at the moment that the ruler was latched. Of three tries the one
 * counts that took the shortest, for a virtual machine may be put to sleep in the middle.
 */
function sample(): u64 {
  let best: u64 = u64.MAX_VALUE;
  let middle: u64 = 0;
  for (let i = 0; i < 3; i++) {
    const before = timestamp();
    latchRuler();
    const width = timestamp() - before;
    const count = readRuler();
    if (width < best) {
      best = width;
      middle = before + width / 2;
      sampleCount = count;
    }
  }
  return middle;
}
