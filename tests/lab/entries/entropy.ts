/** The seed of the random generator. */
import { Generator } from "../../../core/generator";
import { EntropyReport, seed } from "../../../machine/entropy";

let report: EntropyReport = new EntropyReport();

/** The first 64 bits of a generator seeded here. */
export function first(salt0: u64, salt1: u64): u64 {
  const generator = new Generator();
  report = seed(generator, salt0, salt1);
  return generator.next64();
}
export function text(): string {
  return report.toString();
}
export function jitterHealthy(): bool {
  return report.jitterHealthy;
}
export function sufficient(): bool {
  return report.sufficient();
}
