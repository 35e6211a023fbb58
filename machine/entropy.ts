/**
 * Seeds the random generator from the processor's own and an entropy device, if there are any, and
 * from the jitter of the time-stamp counter around port reads, whose health is tested by NIST
 * SP 800-90B section 4.4 (repetition count and adaptive proportion). Time of day and hardware
 * address are mixed in but not counted as entropy.
 */
import { Generator } from "../core/generator";
import { wallClock } from "./clock";
import { hardwareRandom, timestamp } from "./host";
import { latchRuler, readRuler } from "./pit";

/** Jitter samples to take; each is assumed to hold half a bit of entropy. */
const SAMPLES: u32 = 1024;
/**
 * How many times samples are taken, at most, until they pass the tests: on a busy host the virtual
 * time-stamp counter may stand still for a while.
 */
const ROUNDS: u32 = 4;
/** 64-bit words requested from the processor. */
const WORDS: u32 = 8;
/** Bytes from an entropy device that suffice for a seed. */
const DEVICE_BYTES: u32 = 32;
/** The cutoff of section 4.4.1 for half a bit per sample, false alarms 2^-30: 1 + ceil(30/0.5). */
const REPETITIONS: u32 = 61;
/** The window of section 4.4.2, and its cutoff for half a bit per sample, false alarms 2^-20. */
const WINDOW: u32 = 512;
const PROPORTION: u32 = 410;

/** The quality of a seed. */
export class EntropyReport {
  /** Words from the processor: from RDSEED, and from RDRAND where that had none. */
  seedWords: u32 = 0;
  randomWords: u32 = 0;
  /** Bytes from an entropy device. */
  deviceBytes: u32 = 0;
  /** Whether the jitter passed its health tests. */
  jitterHealthy: bool = false;

  /** Reports whether the seed has enough entropy for keys. */
  sufficient(): bool {
    const enough = this.hardwareWords() >= WORDS / 2 || this.deviceBytes >= DEVICE_BYTES;
    return enough || this.jitterHealthy;
  }

  /** For the log: "seeded from timing jitter (no RDRAND); health tests passed". */
  toString(): string {
    let sources = "";
    if (this.seedWords > 0) sources = `${this.seedWords} words of RDSEED, `;
    if (this.randomWords > 0) sources += `${this.randomWords} words of RDRAND, `;
    if (this.deviceBytes > 0) sources += `${this.deviceBytes} bytes of virtio-rng, `;
    const missing = this.hardwareWords() == 0 ? " (no RDRAND)" : "";
    const health = this.jitterHealthy ? "passed" : "failed";
    return `seeded from ${sources}timing jitter${missing}; health tests ${health}`;
  }

  private hardwareWords(): u32 {
    return this.seedWords + this.randomWords;
  }
}

/**
 * Seeds the generator from all sources except an entropy device. `salt0` and `salt1` differ between
 * machines and boots: hardware address, time of day.
 */
export function seed(generator: Generator, salt0: u64, salt1: u64): EntropyReport {
  const report = new EntropyReport();
  generator.add(salt0);
  generator.add(salt1);
  generator.add(timestamp());
  for (let i: u32 = 0; i < WORDS; i++) {
    const fromSeed = hardwareRandom(true);
    const word = fromSeed != 0 ? fromSeed : hardwareRandom(false);
    if (word == 0) continue;
    generator.add(word);
    if (fromSeed != 0) report.seedWords++;
    else report.randomWords++;
  }
  for (let round: u32 = 0; round < ROUNDS && !report.jitterHealthy; round++) {
    report.jitterHealthy = addJitter(generator);
  }
  return report;
}

/** Adds SAMPLES time differences, eight to a word. Returns whether the health tests passed. */
function addJitter(generator: Generator): bool {
  let healthy = true;
  let last: u32 = 0;
  let same: u32 = 0;
  let reference: u32 = 0;
  let matches: u32 = 0;
  let word: u64 = 0;
  for (let i: u32 = 0; i < SAMPLES; i++) {
    const before = timestamp();
    latchRuler();
    const count = readRuler();
    const took = timestamp() - before;
    word = rotl<u64>(word, 8) ^ took ^ ((count as u64) << 48);
    if ((i & 7) == 7) generator.add(word);
    // The tests examine the random part: the low bits of the duration of the reads.
    const noise = (took as u32) & 255;
    same = i != 0 && noise == last ? same + 1 : 1;
    last = noise;
    if (same >= REPETITIONS) healthy = false;
    if (i % WINDOW == 0) {
      reference = noise;
      matches = 1;
    } else if (noise == reference && ++matches >= PROPORTION) healthy = false;
  }
  return healthy;
}

/** The report on the last seed. */
let lastReport: EntropyReport = new EntropyReport();

/**
 * Returns a generator seeded from all sources. `device` holds the bytes of an entropy device, which
 * are erased; `hardwareAddress` differs between machines.
 */
export function seededGenerator(hardwareAddress: u64, device: StaticArray<u8>): Generator {
  const generator = new Generator();
  const report = seed(generator, hardwareAddress, max<i64>(wallClock(), 0) as u64);
  const pointer = changetype<usize>(device);
  for (let i = 0; i + 8 <= device.length; i += 8) generator.add(load<u64>(pointer + i));
  report.deviceBytes = device.length;
  memory.fill(pointer, 0, device.length);
  lastReport = report;
  return generator;
}

/** Returns the report on the seed of `seededGenerator`. */
export function entropyReport(): EntropyReport {
  return lastReport;
}
