/** The last bytes of a stream as they were sent first: are they sent alike when sent again? */

/** More than a kernel's send buffer holds; a power of two. */
const KEPT = 1 << 17;

export class Said {
  private readonly bytes = new Uint8Array(KEPT);
  private end: number;
  /** From here on everything up to `end` is known. */
  private from: number;

  constructor(private readonly start: number) {
    this.from = start;
    this.end = start;
  }

  /** Takes a segment's text; answers how far into the stream it differs from before, or -1. */
  add(sequence: number, text: Uint8Array): number {
    const offset = (sequence - this.end) | 0;
    // What was said meanwhile had no cable to go out by.
    if (offset > 0) this.from = sequence;
    for (let i = 0; i < text.length; i++) {
      const place = (sequence + i) & (KEPT - 1);
      const known = offset + i < 0 && offset + i >= -KEPT && ((sequence + i - this.from) | 0) >= 0;
      if (known && this.bytes[place] !== text[i]) return (sequence + i - this.start) >>> 0;
      this.bytes[place] = text[i];
    }
    const beyond = offset + text.length;
    if (beyond > 0) this.end = (sequence + text.length) >>> 0;
    return -1;
  }
}
