/** Canonical Huffman codes, as DEFLATE describes them (RFC 1951 section 3.2.2). */

/** The longest code (section 3.2.1), in bits. */
export const LONGEST_CODE: u32 = 15;

/** A code: its symbols in the order of their codes. */
export class HuffmanCode {
  /** The number of codes of each length. */
  readonly counts: StaticArray<u16> = new StaticArray<u16>((LONGEST_CODE + 1) as i32);
  readonly symbols: StaticArray<u16>;
  private readonly offsets: StaticArray<u16> = new StaticArray<u16>((LONGEST_CODE + 1) as i32);

  constructor(size: u32) {
    this.symbols = new StaticArray<u16>(size as i32);
  }

  /**
   * Builds the code from the lengths of `count` symbols, at `from` in `lengths`; 0 means unused.
   * Returns false if the lengths are oversubscribed or incomplete; `single` allows one code of one
   * bit, or none.
   */
  build(lengths: StaticArray<u8>, from: u32, count: u32, single: bool): bool {
    const counts = this.counts;
    counts.fill(0);
    for (let i: u32 = 0; i < count; i++) counts[lengths[from + i]]++;
    const codes = count - (counts[0] as u32);
    counts[0] = 0;
    let left: i32 = 1;
    let offset: u16 = 0;
    for (let length: u32 = 1; length <= LONGEST_CODE; length++) {
      left = (left << 1) - (counts[length] as i32);
      if (left < 0) return false;
      this.offsets[length] = offset;
      offset += counts[length];
    }
    for (let i: u32 = 0; i < count; i++) {
      const length = lengths[from + i];
      if (length != 0) this.symbols[this.offsets[length]++] = i as u16;
    }
    // With `single`, a code without symbols or with one code of one bit may be incomplete.
    return left == 0 || (single && (codes == 0 || (codes == 1 && counts[1] == 1)));
  }
}
