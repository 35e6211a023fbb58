/** The last bytes of a stream as first sent, to detect retransmissions that differ. */

/** Bytes that are kept, more than a kernel's send buffer holds; a power of two. */
const KEPT = 1 << 17;
/** The size of the buffer at first, which most streams never exceed; a power of two. */
const FEW = 1 << 12;

export class SentBytes {
  private bytes = new Uint8Array(FEW);
  private end: number;
  /** Everything from here up to `end` is known. */
  private from: number;

  constructor(private readonly start: number) {
    this.from = start;
    this.end = start;
  }

  /** Adds a segment; returns the offset in the stream at which it differs from before, or -1. */
  add(sequence: number, text: Uint8Array): number {
    const ahead = (sequence - this.end) | 0;
    const begin = (sequence - this.start) | 0;
    this.makeRoom(begin < 0 ? KEPT : begin + text.length);
    const mask = this.bytes.length - 1;
    // A gap: the segments in between were sent while the cable was unplugged.
    if (ahead > 0) this.from = sequence;
    for (let i = 0; i < text.length; i++) {
      const place = (begin + i) & mask;
      const known = ahead + i < 0 && ahead + i >= -KEPT && ((sequence + i - this.from) | 0) >= 0;
      if (known && this.bytes[place] !== text[i]) return (sequence + i - this.start) >>> 0;
      this.bytes[place] = text[i];
    }
    const beyond = ahead + text.length;
    if (beyond > 0) this.end = (sequence + text.length) >>> 0;
    return -1;
  }

  /** Grows to hold a stream of `length` bytes, up to KEPT. */
  private makeRoom(length: number): void {
    const { bytes } = this;
    if (length <= bytes.length || bytes.length === KEPT) return;
    let size = bytes.length;
    while (size < length && size < KEPT) size *= 2;
    this.bytes = new Uint8Array(size);
    this.bytes.set(bytes);
  }
}
