/** Shared by the property tests: a fixed seed that is printed, and inputs, some of them spoilt. */
import fc, { type Arbitrary } from "fast-check";

export const seed = Number(process.env.SEED ?? 20261122);

/** Checks `holds` for `runs` random values. A failure is shrunk, and printed with seed and path. */
export function check<T extends unknown[]>(
  arbitraries: { [K in keyof T]: Arbitrary<T[K]> },
  holds: (...values: T) => void,
  runs = 1000,
): void {
  fc.assert(fc.property(...(arbitraries as unknown as [Arbitrary<unknown>]), holds as never), {
    seed,
    numRuns: runs,
  });
}

/** Returns a test's title with the seed to repeat it. */
export const titled = (title: string) => `${title} (SEED=${seed})`;

export const byte = fc.nat(255);
export const port = fc.nat(65535);
export const word = fc.nat(0xffffffff);
/** Six bytes as a number. */
export const hardware = fc.bigInt(0n, (1n << 48n) - 1n);
export const bytes = (most: number, least = 0) =>
  fc.uint8Array({ minLength: least, maxLength: most });

/** Truncates inputs at random, and overwrites up to four bytes. */
export function spoilt(whole: Arbitrary<Uint8Array>): Arbitrary<Uint8Array> {
  return fc
    .tuple(whole, fc.nat(), fc.array(fc.tuple(fc.nat(), byte), { maxLength: 4 }))
    .map(([content, length, changes]) => {
      const copy = content.slice(0, length % (content.length + 1));
      for (const [at, value] of changes) if (copy.length > 0) copy[at % copy.length] = value;
      return copy;
    });
}
