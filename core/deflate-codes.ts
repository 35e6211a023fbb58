/** The alphabets of DEFLATE and their fixed codes (RFC 1951 sections 3.2.5 to 3.2.7). */
import { HuffmanCode } from "./huffman";

/** The sizes of the alphabets: literals and lengths, distances, code lengths. */
export const LITERALS: u32 = 288;
export const DISTANCES: u32 = 32;
export const CODE_LENGTHS: u32 = 19;

/** The order in which a block stores the code lengths (section 3.2.7). */
export const ORDER: StaticArray<u8> = [
  16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
];
/** The shortest length of codes 257 to 285, and their extra bits (section 3.2.5). */
export const LENGTH_BASE: StaticArray<u16> = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131,
  163, 195, 227, 258,
];
export const LENGTH_BITS: StaticArray<u8> = [
  0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
];
/** The shortest distance of codes 0 to 29; code c has (c >> 1) - 1 extra bits from 4 on. */
export const DISTANCE_BASE: StaticArray<u16> = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049,
  3073, 4097, 6145, 8193, 12289, 16385, 24577,
];

/** The fixed codes (section 3.2.6); valid after `buildFixedCodes`. */
export const fixedLiterals = new HuffmanCode(LITERALS);
export const fixedDistances = new HuffmanCode(DISTANCES);

/** Builds the fixed codes on the first call. */
export function buildFixedCodes(): void {
  if (fixedLiterals.counts[8] > 0) return;
  const lengths = new StaticArray<u8>(LITERALS as i32);
  for (let i: u32 = 0; i < LITERALS; i++) {
    lengths[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
  }
  fixedLiterals.build(lengths, 0, LITERALS, false);
  lengths.fill(5);
  fixedDistances.build(lengths, 0, DISTANCES, false);
}
