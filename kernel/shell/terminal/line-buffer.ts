/**
 * The line being typed: UTF-16 units in a block of fixed size, and the cursor, which is never
 * inside a surrogate pair or before a mark of zero width. A character with such a pair, most often
 * an emoji, is also two columns wide on terminals.
 */
import { LINE_LENGTH } from "../../../core/limits";
import { isZeroWidth } from "../../../core/text";

export class LineBuffer {
  length: i32 = 0;
  cursor: i32 = 0;
  private readonly units: StaticArray<u16> = new StaticArray<u16>(LINE_LENGTH);

  unit(index: i32): u32 {
    return this.units[index];
  }

  /** Inserts a character, by its code point, at the cursor. Returns false if there is no room. */
  insert(point: u32): bool {
    const count = point > 0xffff ? 2 : 1;
    if (this.length + count > this.units.length) return false;
    const at = changetype<usize>(this.units) + 2 * this.cursor;
    memory.copy(at + 2 * count, at, 2 * (this.length - this.cursor));
    if (count == 2) {
      this.units[this.cursor] = (0xd7c0 + (point >> 10)) as u16;
      this.units[this.cursor + 1] = (0xdc00 | (point & 0x3ff)) as u16;
    } else {
      this.units[this.cursor] = point as u16;
    }
    this.cursor += count;
    this.length += count;
    return true;
  }

  /** Returns where the character before `index` begins; -1 if there is none. */
  before(index: i32): i32 {
    let end = index;
    while (end > 1 && isZeroWidth(this.unit(end - 1))) end--;
    return end >= 2 && this.isPair(end - 2) ? end - 2 : end - 1;
  }

  /** Returns where the character at `index` ends; beyond the length if there is none. */
  after(index: i32): i32 {
    let end = index + 2 <= this.length && this.isPair(index) ? index + 2 : index + 1;
    while (end < this.length && isZeroWidth(this.unit(end))) end++;
    return end;
  }

  /** Reports whether the units at `index` and after it are a surrogate pair. */
  isPair(index: i32): bool {
    return this.units[index] >>> 10 == 0x36 && this.units[index + 1] >>> 10 == 0x37;
  }

  /** Returns how many columns the units before `index` take. */
  columnsTo(index: i32): i32 {
    return columnsOf(this.units, index);
  }

  /** Removes and returns the units from `start` up to `end`; the cursor moves to `start`. */
  remove(start: i32, end: i32): string {
    const removed = this.textOf(start, end);
    const base = changetype<usize>(this.units);
    memory.copy(base + 2 * start, base + 2 * end, 2 * (this.length - end));
    this.length -= end - start;
    this.cursor = start;
    return removed;
  }

  /** Inserts a text at the cursor. Returns false if not all of it fits. */
  insertText(text: string): bool {
    for (let i = 0; i < text.length; i++) {
      const point = text.codePointAt(i);
      if (!this.insert(point)) return false;
      if (point > 0xffff) i++;
    }
    return true;
  }

  set(text: string): void {
    this.length = 0;
    this.cursor = 0;
    this.insertText(text);
  }

  text(): string {
    return this.textOf(0, this.length);
  }

  textOf(start: i32, end: i32): string {
    return String.UTF16.decodeUnsafe(changetype<usize>(this.units) + 2 * start, 2 * (end - start));
  }

  /** Returns the start of the word before the cursor. With `blanks`, only blanks separate words. */
  wordStart(blanks: bool): i32 {
    let at = this.cursor;
    while (at > 0 && !this.inWord(at - 1, blanks)) at--;
    while (at > 0 && this.inWord(at - 1, blanks)) at--;
    return at;
  }

  /** Returns the end of the word after the cursor. */
  wordEnd(): i32 {
    let at = this.cursor;
    while (at < this.length && !this.inWord(at, false)) at++;
    while (at < this.length && this.inWord(at, false)) at++;
    return at;
  }

  private inWord(index: i32, blanks: bool): bool {
    const unit: u32 = this.units[index];
    if (blanks) return unit != 0x20;
    const letter = (unit | 0x20) - 0x61 < 26;
    return letter || unit - 0x30 < 10 || unit >= 0x80;
  }
}

/** Returns how many columns the first `length` units take: each one, but those of zero width. */
export function columnsOf(units: StaticArray<u16>, length: i32): i32 {
  let columns = 0;
  for (let i = 0; i < length; i++) if (!isZeroWidth(units[i])) columns++;
  return columns;
}
