/**
 * A valid JSON text (RFC 8259): its bytes, and a table of the values in it.
 *
 *     {"a":[1,true]}      index  kind    start  end  next
 *                         0      Object  0      14   5
 *                         1      String  2      3    2     the name "a", without quotes
 *                         2      Array   5      13   5
 *                         3      Number  6      7    4
 *                         4      True    8      12   5
 *
 * `next` is the index after a value and its contents. A `JsonValue` is an index into the table;
 * strings and numbers are decoded on demand.
 */
import { latin1 } from "../../../core/text";
import { TextBuilder } from "../../../core/text-builder";
import { JsonCharacters } from "./characters";

export const enum JsonKind {
  Null = 0,
  False = 1,
  True = 2,
  Number = 3,
  String = 4,
  /** A string that contains escapes. */
  EscapedString = 5,
  Array = 6,
  Object = 7,
}

const WORDS: u32 = 4;
/** Values in one part of the table, as a power of two; parts spare copying a growing table. */
const PART_BITS: u32 = 12;
const PART_VALUES: u32 = 1 << PART_BITS;
/** The index of a value that does not exist. */
const NO_VALUE: u32 = u32.MAX_VALUE;

/** The bytes of a JSON text and the table of its values. */
export class JsonDocument {
  /** The number of values, member names included. */
  count: u32 = 0;
  private readonly parts: Array<StaticArray<u32>> = [new StaticArray<u32>(16 * WORDS)];
  /** Shared by all string reads, so only one can be in progress. */
  private readonly reader: JsonCharacters = new JsonCharacters();

  constructor(
    /** Owned by the document; never modified. */
    readonly bytes: StaticArray<u8>,
    readonly length: u32,
    /** The largest number of values that the table may hold. */
    readonly maximumValues: u32,
  ) {}

  pointer(offset: u32): usize {
    return changetype<usize>(this.bytes) + offset;
  }

  /** Returns the outermost value. */
  root(): JsonValue {
    return new JsonValue(this, 0);
  }

  /** Appends a value that spans bytes `start` to `end` (exclusive). Returns its index. */
  add(kind: JsonKind, start: u32, end: u32): u32 {
    const index = this.count++;
    if ((index & (PART_VALUES - 1)) == 0 && index > 0) {
      this.parts.push(new StaticArray<u32>(PART_VALUES * WORDS));
    } else if (index < PART_VALUES) this.growFirst(index);
    this.set(index, 0, kind);
    this.set(index, 1, start);
    this.set(index, 2, end);
    this.set(index, 3, this.count);
    return index;
  }

  /** Doubles the first part, which starts small, if it has no room for `index`. */
  private growFirst(index: u32): void {
    const first = this.parts[0];
    if (index * WORDS < (first.length as u32)) return;
    const larger = new StaticArray<u32>(2 * first.length);
    memory.copy(changetype<usize>(larger), changetype<usize>(first), (first.length as usize) << 2);
    this.parts[0] = larger;
  }

  /** Ends array or object `index` before byte `end`; it contains all values added since. */
  closeContainer(index: u32, end: u32): void {
    this.set(index, 2, end);
    this.set(index, 3, this.count);
  }

  kind(index: u32): JsonKind {
    return this.word(index, 0);
  }
  start(index: u32): u32 {
    return this.word(index, 1);
  }
  end(index: u32): u32 {
    return this.word(index, 2);
  }
  next(index: u32): u32 {
    return this.word(index, 3);
  }

  private word(index: u32, word: u32): u32 {
    return this.parts[index >>> PART_BITS][(index & (PART_VALUES - 1)) * WORDS + word];
  }

  private set(index: u32, word: u32, value: u32): void {
    this.parts[index >>> PART_BITS][(index & (PART_VALUES - 1)) * WORDS + word] = value;
  }

  /** Returns the characters of string `index`, valid until the next read of any string. */
  characters(index: u32): JsonCharacters {
    this.reader.begin(this.pointer(this.start(index)), this.end(index) - this.start(index));
    return this.reader;
  }

  /** Reports whether the string `index` equals `text`. */
  equals(index: u32, text: string): bool {
    const characters = this.characters(index);
    let i = 0;
    while (characters.more && i < text.length) {
      if (characters.next() != (text.charCodeAt(i++) as u32)) return false;
    }
    return !characters.more && i == text.length;
  }

  /** Reports whether value `index` is an integer that fits an i64; NO_VALUE is not. */
  isInteger(index: u32): bool {
    if (index == NO_VALUE || this.kind(index) != JsonKind.Number) return false;
    return fitsInteger(this.pointer(this.start(index)), this.end(index) - this.start(index));
  }

  /** Returns the value of number `index`, for which `isInteger` holds. */
  integer(index: u32): i64 {
    const end = this.pointer(this.end(index));
    let at = this.pointer(this.start(index));
    const negative = load<u8>(at) == 0x2d;
    let value: u64 = 0;
    for (at += negative ? 1 : 0; at < end; at++) value = value * 10 + (load<u8>(at) - 0x30);
    return (negative ? 0 - value : value) as i64;
  }

  /** Returns the index of the value of member `name` of object `index`, or NO_VALUE. */
  member(index: u32, name: string): u32 {
    let found = NO_VALUE;
    if (this.kind(index) != JsonKind.Object) return found;
    const end = this.next(index);
    for (let at = index + 1; at < end; ) {
      const value = this.next(at);
      if (this.equals(at, name)) found = value;
      at = this.next(value);
    }
    return found;
  }
}

/** One value of a document. Methods that do not apply to its kind return "", 0, null or []. */
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

  /** Returns the characters of a string, or a number as written; "" for other kinds. */
  text(): string {
    const length = this.document.end(this.index) - this.document.start(this.index);
    const pointer = this.document.pointer(this.document.start(this.index));
    if (this.kind() == JsonKind.String) return String.UTF8.decodeUnsafe(pointer, length);
    if (this.kind() == JsonKind.EscapedString) return this.textPrefix(length);
    return this.kind() == JsonKind.Number ? latin1(pointer, length) : "";
  }

  /** Returns at most the first `most` UTF-16 units of a string; "" for other kinds. */
  textPrefix(most: u32): string {
    if (!this.isString()) return "";
    const bytes = this.document.end(this.index) - this.document.start(this.index);
    const text = new TextBuilder(min(most, bytes));
    const characters = this.document.characters(this.index);
    while (characters.more && text.length < most) text.addUnit(characters.next());
    return text.toString();
  }

  /** Reports whether the value is written as an integer ("1", not "1.0") that fits an i64. */
  isInteger(): bool {
    return this.document.isInteger(this.index);
  }

  /** Returns the value of an integer; 0 unless `isInteger`. */
  integer(): i64 {
    return this.isInteger() ? this.document.integer(this.index) : 0;
  }

  /** Returns the number of an array's elements or an object's members; 0 for other kinds. */
  count(): u32 {
    if (this.kind() < JsonKind.Array) return 0;
    const end = this.document.next(this.index);
    let count: u32 = 0;
    for (let at = this.index + 1; at < end; at = this.document.next(at)) count++;
    return this.isObject() ? count >>> 1 : count;
  }

  /** Reports whether a value has at most `most` elements or members; true for other kinds. */
  hasAtMost(most: u32): bool {
    if (this.kind() < JsonKind.Array) return true;
    const end = this.document.next(this.index);
    const items: u32 = this.isObject() ? 2 * most : most;
    let at = this.index + 1;
    for (let i: u32 = 0; i < items && at < end; i++) at = this.document.next(at);
    return at >= end;
  }

  /** Returns an array's elements, or an object's names and values in turn; [] for other kinds. */
  items(): Array<JsonValue> {
    const items: Array<JsonValue> = [];
    if (this.kind() < JsonKind.Array) return items;
    const end = this.document.next(this.index);
    for (let at = this.index + 1; at < end; at = this.document.next(at)) {
      items.push(new JsonValue(this.document, at));
    }
    return items;
  }

  /** Returns the first element of an array, or null. */
  first(): JsonValue | null {
    if (!this.isArray() || this.document.next(this.index) == this.index + 1) return null;
    return new JsonValue(this.document, this.index + 1);
  }

  /** Returns the value of member `name`, or null. If the name is repeated, the last one wins. */
  get(name: string): JsonValue | null {
    const found = this.document.member(this.index, name);
    return found == NO_VALUE ? null : new JsonValue(this.document, found);
  }
}

/** Reports whether the text of a valid JSON number is an integer that fits an i64. */
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
