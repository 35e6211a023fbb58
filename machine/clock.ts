/**
 * The clock: microseconds since boot, from the time-stamp counter, and the wall clock derived from
 * it. Interrupt handlers may call only `now`, because it changes nothing.
 */
import { SECOND } from "../core/time";
import { cpuid, timestamp } from "./host";
import { isVirtual } from "./hypervisor";
import { latchRuler, PIT_FREQUENCY, readRuler, rulerEnded, startRuler } from "./pit";

/** The source of the frequency. */
const enum ClockSource {
  /** Not calibrated: `now` returns 0. */
  None = 0,
  /** CPUID leaf 0x15, or leaf 0x16 if leaf 0x15 lacks the crystal's frequency. */
  Cpuid = 1,
  /** CPUID leaf 0x40000010 of a hypervisor. */
  Hypervisor = 2,
  /** Measured against the 8254. */
  Pit = 3,
  /** Assumed to be 1 GHz, because all sources failed. */
  Guess = 4,
}

const HYPERVISOR_LEAF: u32 = 0x40000000;
const HYPERVISOR_FREQUENCY: u32 = 0x40000010;
/** Ticks of the 8254 in 10 ms. */
const MEASURE_TICKS: u32 = 11_932;
const MEASURE_TRIES: u32 = 4;
/** Reads after which an 8254 that does not count is considered absent. */
const RULER_READS: u32 = 200_000;

let hertz: u64 = 0;
/** Microseconds per tick in units of 2^-32, rounded down. */
let scale: u64 = 0;
let origin: u64 = 0;
let source: ClockSource = ClockSource.None;
/** Microseconds since 1970 at `now` = 0, or -1 if the time of day is unknown. */
let wallOrigin: i64 = -1;
let wallSource: string = "no clock";

/** Starts the clock at 0. Gets its frequency from CPUID, or else measures it for about 10 ms. */
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

/**
 * Returns the microseconds since `calibrate`, or 0 before it. Whole seconds are exact, so rounding
 * errors do not accumulate.
 */
export function now(): i64 {
  if (hertz == 0) return 0;
  const ticks = timestamp() - origin;
  const seconds = ticks / hertz;
  const rest = ticks - seconds * hertz;
  return (seconds * (SECOND as u64) + ((rest * scale) >> 32)) as i64;
}

/** Returns the frequency of the time-stamp counter in hertz. */
export function frequency(): u64 {
  return hertz;
}

/** Returns the source of that frequency. */
export function clockSource(): ClockSource {
  return source;
}

/** Sets the wall clock to `micros`, in microseconds since 1970 (UTC). */
export function setWallClock(micros: i64): void {
  wallOrigin = micros - now();
}

/** Sets the wall clock and names its source, such as "real-time clock". */
export function setWallClockFrom(micros: i64, source: string): void {
  setWallClock(micros);
  wallSource = source;
}

/** Returns the source of the time of day. */
export function wallClockSource(): string {
  return wallSource;
}

/** Microseconds since 1970 (UTC), or -1 if the time of day is unknown. */
export function wallClock(): i64 {
  return wallOrigin < 0 ? -1 : wallOrigin + now();
}

/** Returns the frequency from CPUID leaves 0x15 and 0x16 (Intel SDM vol. 3, 19.7.3), or 0. */
function cpuidFrequency(): u64 {
  if (cpuid(0, 0, 0) < 0x15) return 0;
  const denominator = cpuid(0x15, 0, 0) as u64;
  const numerator = cpuid(0x15, 0, 1) as u64;
  const crystal = cpuid(0x15, 0, 2) as u64;
  if (denominator == 0 || numerator == 0) return 0;
  if (crystal != 0) return plausible((crystal * numerator) / denominator);
  if (cpuid(0, 0, 0) < 0x16) return 0;
  // Without a crystal frequency the counter runs at the processor's base frequency.
  return plausible((cpuid(0x16, 0, 0) as u64) * 1_000_000);
}

/** Returns the frequency that the hypervisor reports (VMware and KVM: kHz in EAX), or 0. */
function hypervisorFrequency(): u64 {
  if (!isVirtual()) return 0;
  if (cpuid(HYPERVISOR_LEAF, 0, 0) < HYPERVISOR_FREQUENCY) return 0;
  return plausible((cpuid(HYPERVISOR_FREQUENCY, 0, 0) as u64) * 1000);
}

/** Returns the frequency if it is between 10 MHz and 100 GHz, otherwise 0. */
function plausible(frequency: u64): u64 {
  return frequency >= 10_000_000 && frequency <= 100_000_000_000 ? frequency : 0;
}

/** Measures the counter for 10 ms of the 8254; repeats a measurement that takes too long. */
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

/** Ticks of the 8254 from `startRuler` to the last `sample`. */
let sampleCount: u32 = 0;

/**
 * Returns the time-stamp counter at the moment that the 8254 is latched. Uses the shortest of three
 * tries, because a virtual machine may be descheduled during one.
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
