/**
 * The head of an HTTP message: start line and fields, as bytes with an index of the fields. Memory
 * grows as bytes arrive, up to the constructor's limits.
 */
import { equalsIgnoringCase, latin1 } from "../../../../core/text";
import { isBlank } from "./grammar";

/** Words of the index per field: the offsets and lengths of its name and value. */
const WORDS: u32 = 4;

/** Filled by HeadParser. Fields are numbered from 0 in the order received. */
export class HttpHead {
  /** The y in HTTP/1.y. */
  minorVersion: u32 = 0;
  /** The status of a response, 100 to 999. */
  status: u32 = 0;
  /** Method and target of a request; the method is at offset 0. */
  methodLength: u32 = 0;
  targetStart: u32 = 0;
  targetLength: u32 = 0;
  /** The reason phrase of a response, which may be empty. */
  reasonStart: u32 = 0;
  reasonLength: u32 = 0;
  /** The length of the head so far. */
  length: u32 = 0;
  fieldCount: u32 = 0;
  private bytes: StaticArray<u8>;
  private fields: StaticArray<u32>;

  constructor(
    private maximumBytes: u32,
    private maximumFields: u32,
  ) {
    this.bytes = new StaticArray<u8>(512);
    this.fields = new StaticArray<u32>(16 * WORDS);
  }

  /** Empties the head for the next message. */
  clear(): void {
    this.length = 0;
    this.fieldCount = 0;
    this.status = 0;
    this.methodLength = 0;
  }

  /** Returns the address of a byte; invalid after the next `append`. */
  pointer(offset: u32): usize {
    return changetype<usize>(this.bytes) + offset;
  }

  /** Appends bytes. Returns false if the head would exceed its limit. */
  append(pointer: usize, length: u32): bool {
    const wanted = this.length + length;
    if (wanted > this.maximumBytes) return false;
    let capacity = this.bytes.length as u32;
    if (wanted > capacity) {
      while (capacity < wanted) capacity *= 2;
      const larger = new StaticArray<u8>(capacity);
      memory.copy(changetype<usize>(larger), changetype<usize>(this.bytes), this.length);
      this.bytes = larger;
    }
    memory.copy(this.pointer(this.length), pointer, length);
    this.length = wanted;
    return true;
  }

  /** Adds a field by the offsets of its parts. Returns false if there are too many. */
  addField(nameStart: u32, nameLength: u32, valueStart: u32, valueLength: u32): bool {
    if (this.fieldCount >= this.maximumFields) return false;
    const at = this.fieldCount * WORDS;
    if (at == (this.fields.length as u32)) {
      const larger = new StaticArray<u32>(at * 2);
      memory.copy(changetype<usize>(larger), changetype<usize>(this.fields), at << 2);
      this.fields = larger;
    }
    this.fields[at] = nameStart;
    this.fields[at + 1] = nameLength;
    this.fieldCount++;
    this.setLastValue(valueStart, valueLength);
    return true;
  }

  /** Changes the value of the last field, after a folded line has extended it. */
  setLastValue(start: u32, length: u32): void {
    const at = (this.fieldCount - 1) * WORDS;
    this.fields[at + 2] = start;
    this.fields[at + 3] = length;
  }

  valueStart(field: u32): u32 {
    return this.fields[field * WORDS + 2];
  }
  valueLength(field: u32): u32 {
    return this.fields[field * WORDS + 3];
  }
  valuePointer(field: u32): usize {
    return this.pointer(this.valueStart(field));
  }

  name(field: u32): string {
    return latin1(this.pointer(this.fields[field * WORDS]), this.fields[field * WORDS + 1]);
  }
  value(field: u32): string {
    return latin1(this.valuePointer(field), this.valueLength(field));
  }

  /** Returns the index of the next field named `name` (lower case) from `from` on, or -1. */
  find(name: string, from: u32 = 0): i32 {
    for (let i = from; i < this.fieldCount; i++) {
      const at = i * WORDS;
      if (equalsIgnoringCase(this.pointer(this.fields[at]), this.fields[at + 1], name)) return i;
    }
    return -1;
  }

  /** Returns the value of the first field named `name` (lower case), or null. */
  get(name: string): string | null {
    const field = this.find(name);
    return field < 0 ? null : this.value(field);
  }

  /** Reports whether any field named `name` lists `token`; both in lower case. */
  hasToken(name: string, token: string): bool {
    for (let field = this.find(name); field >= 0; field = this.find(name, field + 1)) {
      const items = new ListItems(this.valuePointer(field), this.valueLength(field));
      while (items.next()) {
        if (items.equals(token)) return true;
      }
    }
    return false;
  }

  method(): string {
    return latin1(this.pointer(0), this.methodLength);
  }
  target(): string {
    return latin1(this.pointer(this.targetStart), this.targetLength);
  }
  reason(): string {
    return latin1(this.pointer(this.reasonStart), this.reasonLength);
  }
}

/** Iterates over a comma-separated list, without the blanks around elements (section 5.6.1). */
export class ListItems {
  pointer: usize = 0;
  length: u32 = 0;
  private at: usize;
  private readonly end: usize;

  constructor(pointer: usize, length: u32) {
    this.at = pointer;
    this.end = pointer + length;
  }

  /** Reports whether the element equals `text`, which is in lower case, ignoring case. */
  equals(text: string): bool {
    return equalsIgnoringCase(this.pointer, this.length, text);
  }

  /** Moves to the next element, which may be empty. Returns false at the end. */
  next(): bool {
    if (this.at > this.end) return false;
    let comma = this.at;
    while (comma < this.end && load<u8>(comma) != 0x2c) comma++;
    let start = this.at;
    let end = comma;
    while (start < end && isBlank(load<u8>(start))) start++;
    while (end > start && isBlank(load<u8>(end - 1))) end--;
    this.pointer = start;
    this.length = (end - start) as u32;
    this.at = comma + 1;
    return true;
  }
}
