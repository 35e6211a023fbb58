/**
 * A JSON text (RFC 8259) that was checked: its bytes, and a table of the values in it.
 *
 *     {"a":[1,true]}      index  kind    start  end  next
 *                         0      Object  0      14   5
 *                         1      String  2      3    2     the name "a", quotes left out
 *                         2      Array   5      13   5
 *                         3      Number  6      7    4
 *                         4      True    8      12   5
 *
 * `next` is the index behind a value and all that is in it. A `JsonValue` is one index into
 * that table; strings and numbers are decoded only when somebody asks.
 */

import { equalsText, hexValue, latin1 } from "../../../kernel/core/text";
import { TextBuilder } from "../../../kernel/core/text-builder";

export const enum JsonKind {
  Null = 0,
  False = 1,
  True = 2,
  Number = 3,
  String = 4,
  /** A string with escapes in it. */
  EscapedString = 5,
  Array = 6,
  Object = 7,
}

const WORDS: u32 = 4;

export class JsonDocument {
  /** Number of values, names of members included. */
  count: u32 = 0;
  private table: StaticArray<u32> = new StaticArray<u32>(16 * WORDS);

  constructor(
    /** Owns the bytes; they are not changed any more. */
    readonly bytes: StaticArray<u8>,
    readonly length: u32,
  ) {}

  pointer(offset: u32): usize {
    return changetype<usize>(this.bytes) + offset;
  }

  root(): JsonValue {
    return new JsonValue(this, 0);
  }

  /** Appends a value that begins at byte `start`; answers its index. */
  add(kind: JsonKind, start: u32, end: u32): u32 {
    const at = this.count * WORDS;
    if (at == (this.table.length as u32)) {
      const larger = new StaticArray<u32>(at * 2);
      memory.copy(changetype<usize>(larger), changetype<usize>(this.table), at << 2);
      this.table = larger;
    }
    this.table[at] = kind;
    this.table[at + 1] = start;
    this.table[at + 2] = end;
    this.count++;
    this.table[at + 3] = this.count;
    return this.count - 1;
  }

  /** Says that the array or object `index` ends before byte `end`, with the values so far. */
  closeContainer(index: u32, end: u32): void {
    this.table[index * WORDS + 2] = end;
    this.table[index * WORDS + 3] = this.count;
  }

  kind(index: u32): JsonKind {
    return this.table[index * WORDS];
  }
  start(index: u32): u32 {
    return this.table[index * WORDS + 1];
  }
  end(index: u32): u32 {
    return this.table[index * WORDS + 2];
  }
  next(index: u32): u32 {
    return this.table[index * WORDS + 3];
  }
}

export class JsonValue {
  constructor(
    readonly document: JsonDocument,
    readonly index: u32,
  ) {}

  kind(): JsonKind {
    return this.document.kind(this.index);
  }
  isNull(): bool {
    return this.kind() == JsonKind.Null;
  }
  isNumber(): bool {
    return this.kind() == JsonKind.Number;
  }
  isString(): bool {
    return this.kind() == JsonKind.String || this.kind() == JsonKind.EscapedString;
  }
  isArray(): bool {
    return this.kind() == JsonKind.Array;
  }
  isObject(): bool {
    return this.kind() == JsonKind.Object;
  }

  /** A string's characters, a number's digits as they stand there; else "". */
  text(): string {
    const length = this.document.end(this.index) - this.document.start(this.index);
    const pointer = this.document.pointer(this.document.start(this.index));
    if (this.kind() == JsonKind.EscapedString)
      return unescapeJson(String.UTF8.decodeUnsafe(pointer, length));
    if (this.kind() == JsonKind.String) return String.UTF8.decodeUnsafe(pointer, length);
    return this.kind() == JsonKind.Number ? latin1(pointer, length) : "";
  }

  /** True for a number written as an integer ("1", not "1.0" or "1e0") that fits an i64. */
  isInteger(): bool {
    if (!this.isNumber()) return false;
    const pointer = this.document.pointer(this.document.start(this.index));
    return fitsInteger(pointer, this.document.end(this.index) - this.document.start(this.index));
  }

  /** The value of a number for which `isInteger`; else 0. */
  integer(): i64 {
    if (!this.isInteger()) return 0;
    const end = this.document.pointer(this.document.end(this.index));
    let at = this.document.pointer(this.document.start(this.index));
    const negative = load<u8>(at) == 0x2d;
    let value: u64 = 0;
    for (at += negative ? 1 : 0; at < end; at++) value = value * 10 + (load<u8>(at) - 0x30);
    return (negative ? 0 - value : value) as i64;
  }

  /** Elements of an array or members of an object; else 0. */
  count(): u32 {
    if (this.kind() < JsonKind.Array) return 0;
    const end = this.document.next(this.index);
    let count: u32 = 0;
    for (let at = this.index + 1; at < end; at = this.document.next(at)) count++;
    return this.isObject() ? count >>> 1 : count;
  }

  /** The elements of an array, or names and values in turn of an object; else none. */
  items(): Array<JsonValue> {
    const items: Array<JsonValue> = [];
    if (this.kind() < JsonKind.Array) return items;
    const end = this.document.next(this.index);
    for (let at = this.index + 1; at < end; at = this.document.next(at)) {
      items.push(new JsonValue(this.document, at));
    }
    return items;
  }

  /** The member of that name, or null. Of several with one name the last counts. */
  get(name: string): JsonValue | null {
    if (!this.isObject()) return null;
    let found: JsonValue | null = null;
    const end = this.document.next(this.index);
    for (let at = this.index + 1; at < end; ) {
      const value = this.document.next(at);
      if (this.named(at, name)) found = new JsonValue(this.document, value);
      at = this.document.next(value);
    }
    return found;
  }

  private named(at: u32, name: string): bool {
    const start = this.document.start(at);
    if (this.document.kind(at) == JsonKind.String) {
      const length = this.document.end(at) - start;
      if (equalsText(this.document.pointer(start), length, name)) return true;
      if (length == (name.length as u32)) return false;
    }
    return new JsonValue(this.document, at).text() == name;
  }
}

/** True when checked number text is an integer from i64.MIN_VALUE to i64.MAX_VALUE. */
function fitsInteger(pointer: usize, length: u32): bool {
  const negative = load<u8>(pointer) == 0x2d;
  const limit: u64 = negative ? 1 << 63 : (i64.MAX_VALUE as u64);
  let value: u64 = 0;
  for (let i: u32 = negative ? 1 : 0; i < length; i++) {
    const digit = (load<u8>(pointer + i) as u32) - 0x30;
    if (digit > 9 || value > (limit - digit) / 10) return false;
    value = value * 10 + digit;
  }
  return true;
}

/** The characters that checked string text with escapes means (section 7). */
function unescapeJson(text: string): string {
  const plain = new TextBuilder();
  for (let i = 0; i < text.length; i++) {
    let c: u32 = text.charCodeAt(i);
    if (c == 0x5c) {
      i++;
      c = text.charCodeAt(i);
      if (c == 0x75) {
        c = unicode(text, i + 1);
        i += 4;
      } else {
        c = simpleEscape(c);
      }
    }
    plain.addUnit(c);
  }
  return plain.toString();
}

function unicode(text: string, at: i32): u32 {
  let unit = 0;
  for (let i = at; i < at + 4; i++) unit = (unit << 4) | hexValue(text.charCodeAt(i));
  return unit;
}

/** What b, f, n, r and t mean behind a backslash; the others mean themselves. */
function simpleEscape(c: u32): u32 {
  if (c == 0x62) return 0x08;
  if (c == 0x66) return 0x0c;
  if (c == 0x6e) return 0x0a;
  if (c == 0x72) return 0x0d;
  return c == 0x74 ? 0x09 : c;
}
