/** The kernel's TLS engine: its start, and its report on the clock. */
import { Generator } from "../../../core/generator";
import { TimeOfDay } from "../../../core/time-of-day";
import { NativeTls } from "../../../kernel/start/tls-engine";
import { EntropyReport } from "../../../machine/entropy";

class Clock implements TimeOfDay {
  wallClock(): i64 {
    return 1_795_356_430_000_000;
  }
  wallClockSource(): string {
    return "a test";
  }
  floor(): i64 {
    return 0;
  }
  setWallClock(_micros: i64, _source: string): void {}
}

function engine(words: u32, bytes: u32, healthy: bool): NativeTls {
  const report = new EntropyReport();
  report.randomWords = words;
  report.deviceBytes = bytes;
  report.jitterHealthy = healthy;
  return new NativeTls(new Generator(), report, new Clock());
}

export function obstacle(words: u32, bytes: u32, healthy: bool): string {
  return engine(words, bytes, healthy).obstacle();
}
export function clock(): string {
  return engine(8, 0, true).clock();
}
