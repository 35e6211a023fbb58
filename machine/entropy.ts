/**
 * What seeds the random generator: the processor's own source where it has one, and the jitter
 * of the time-stamp counter around port reads, whose health is tested as NIST SP 800-90B
 * section 4.4 says (repetition count and adaptive proportion). Time of day and hardware address
 * are mixed in too, but counted for nothing.
 */
import { Generator } from "../core/generator";
import { wallClock } from "./clock";
import { hardwareRandom, timestamp } from "./host";
import { latchRuler, readRuler } from "./pit";

/** Jitter samples taken; each is believed to hold half a bit at most. */
const SAMPLES: u32 = 1024;
/** 64-bit words asked of the processor. */
const WORDS: u32 = 8;
/** Bytes of an entropy device that suffice. */
const DEVICE_BYTES: u32 = 32;
/** Section 4.4.1 for an assumed half bit a sample: 1 + ceil(30 / 0.5). */
const REPETITIONS: u32 = 61;
/** Section 4.4.2 for a window of 512 and half a bit a sample. */
const WINDOW: u32 = 512;
const PROPORTION: u32 = 410;

/** What the seed is worth. */
export class EntropyReport {
  /** Words that the processor's generator gave. */
  hardwareWords: u32 = 0;
  /** Bytes that a device for the purpose gave. */
  deviceBytes: u32 = 0;
  /** The jitter passed its health tests. */
  jitterHealthy: bool = false;

  /** True when the seed may be used for keys. */
  sufficient(): bool {
    if (this.hardwareWords >= WORDS / 2 || this.deviceBytes >= DEVICE_BYTES) return true;
    return this.jitterHealthy;
  }

  /** What was found, in words. */
  toString(): string {
    const processor =
      this.hardwareWords == 0
        ? "the processor has no random generator"
        : `${this.hardwareWords} words of the processor's random generator`;
    const jitter = this.jitterHealthy ? "healthy jitter" : "jitter that failed its health tests";
    const device = this.deviceBytes == 0 ? "" : `, ${this.deviceBytes} bytes of a device`;
    return `${processor}${device}, ${jitter}`;
  }
}

/**
 * Seeds the generator from everything there is. `salt0` and `salt1` are whatever else differs
 * between machines and boots: hardware address, time of day.
 */
export function seed(generator: Generator, salt0: u64, salt1: u64): EntropyReport {
  const report = new EntropyReport();
  generator.add(salt0);
  generator.add(salt1);
  generator.add(timestamp());
  for (let i: u32 = 0; i < WORDS; i++) {
    const word = hardwareRandom();
    if (word == 0) continue;
    generator.add(word);
    report.hardwareWords++;
  }
  report.jitterHealthy = addJitter(generator);
  return report;
}

/** Adds SAMPLES time differences, eight to a word rotated over each other; true = healthy. */
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
    // The tests look at what is random: the low bits of how long the reads took.
    const noise = (took as u32) & 255;
    same = i != 0 && noise == last ? same + 1 : 1;
    last = noise;
    if (same >= REPETITIONS) healthy = false;
    if (i % WINDOW == 0) {
      reference = noise;
      matches = 0;
    } else if (noise == reference && ++matches >= PROPORTION) healthy = false;
  }
  return healthy;
}

/** What the last seed was worth. */
let lastReport: EntropyReport = new EntropyReport();

/**
 * A generator seeded from everything there is; `hardwareAddress` differs between machines, and
 * `device` are the bytes of an entropy device, which are wiped.
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

/** What `seededGenerator` found. */
export function entropyReport(): EntropyReport {
  return lastReport;
}
