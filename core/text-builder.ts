/** Builds a string by appending to a buffer that grows by doubling. */
export class TextBuilder {
  /** Characters (UTF-16 units) so far. */
  length: u32 = 0;
  private units: StaticArray<u16>;

  /** `capacity`: initial size in characters. */
  constructor(capacity: u32 = 64) {
    this.units = new StaticArray<u16>(max<u32>(capacity, 1));
  }

  /** Appends a string. */
  add(text: string): void {
    const count = text.length as u32;
    this.reserve(count);
    const end = changetype<usize>(this.units) + (this.length << 1);
    memory.copy(end, changetype<usize>(text), count << 1);
    this.length += count;
  }

  /** Appends one UTF-16 unit. */
  addUnit(unit: u32): void {
    this.reserve(1);
    this.units[this.length] = unit as u16;
    this.length++;
  }

  /** Appends the `count` lowest hexadecimal digits of `value`, without an intermediate string. */
  addHex(value: u32, count: u32): void {
    for (let shift = count << 2; shift > 0; shift -= 4) {
      const digit = (value >>> (shift - 4)) & 15;
      this.addUnit(digit < 10 ? 0x30 + digit : 0x57 + digit);
    }
  }

  /** Appends the characters of `text` from `start` to `end` (exclusive). */
  addPart(text: string, start: u32, end: u32): void {
    this.reserve(end - start);
    const to = changetype<usize>(this.units) + (this.length << 1);
    memory.copy(to, changetype<usize>(text) + (start << 1), (end - start) << 1);
    this.length += end - start;
  }

  /** Returns the string so far. */
  toString(): string {
    return String.UTF16.decodeUnsafe(changetype<usize>(this.units), (this.length as usize) << 1);
  }

  /** Returns the string and starts over with the same buffer. */
  take(): string {
    const text = this.toString();
    this.length = 0;
    return text;
  }

  /** Makes room for `more` characters. */
  private reserve(more: u32): void {
    const wanted = this.length + more;
    let capacity = this.units.length as u32;
    if (wanted <= capacity) return;
    while (capacity < wanted) capacity *= 2;
    const larger = new StaticArray<u16>(capacity);
    memory.copy(changetype<usize>(larger), changetype<usize>(this.units), this.length << 1);
    this.units = larger;
  }
}
