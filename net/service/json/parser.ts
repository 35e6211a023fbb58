/**
 * The JSON parser (RFC 8259): one pass without recursion, with limits on length, depth and the
 * number of values. Invalid UTF-8, a byte order mark and unpaired surrogates are errors, as is
 * everything outside the grammar.
 */
import { JSON_BYTES_MAXIMUM, JSON_DEPTH, JSON_VALUES } from "../../../core/limits";
import { hexValue, isDigit, utf8Fault } from "../../../core/text";
import { JsonDocument, JsonKind, JsonValue } from "./value";

/** A value or an error. */
class JsonResult {
  constructor(
    /** Null if the text is not JSON. */
    readonly value: JsonValue | null,
    /** The error: "expected a value at byte 17"; "" if there is a value. */
    readonly error: string,
  ) {}
}

/** Parses a copy of `length` bytes: one value, surrounded by white space only. */
export function parseJson(pointer: usize, length: u32): JsonResult {
  const bytes = new StaticArray<u8>(min(length, JSON_BYTES_MAXIMUM));
  memory.copy(changetype<usize>(bytes), pointer, bytes.length);
  return parseOwnedJson(bytes, length);
}

/** Parses a string in the same way. */
export function parseJsonText(text: string): JsonResult {
  const utf8 = String.UTF8.encode(text);
  return parseJson(changetype<usize>(utf8), utf8.byteLength as u32);
}

/** Parses the first `length` bytes of `bytes`. The result keeps `bytes`; do not modify them. */
export function parseOwnedJson(bytes: StaticArray<u8>, length: u32): JsonResult {
  if (length > JSON_BYTES_MAXIMUM) {
    return new JsonResult(null, `expected at most ${JSON_BYTES_MAXIMUM} bytes`);
  }
  const pointer = changetype<usize>(bytes);
  const fault = utf8Fault(pointer, length);
  if (fault >= 0) return new JsonResult(null, `expected UTF-8 at byte ${fault}`);
  const values = max(JSON_VALUES, length / 8);
  const parser = new Parser(new JsonDocument(bytes, length, values));
  if (parser.run()) return new JsonResult(parser.document.root(), "");
  return new JsonResult(null, `expected ${parser.expected} at byte ${parser.at}`);
}

class Parser {
  at: u32 = 0;
  expected: string = "";
  private depth: u32 = 0;
  /** The indexes of the open arrays and objects; the innermost is last. */
  private open: StaticArray<u32> = new StaticArray<u32>(JSON_DEPTH);

  constructor(readonly document: JsonDocument) {}

  run(): bool {
    this.skipSpace();
    if (!this.value()) return false;
    while (this.depth > 0) {
      if (!this.member()) return false;
    }
    this.skipSpace();
    return this.at == this.document.length || this.fail("the end of the text");
  }

  /** Returns the current byte; 0 at the end, as a NUL is never valid. */
  private peek(): u32 {
    return this.at < this.document.length ? load<u8>(this.document.pointer(this.at)) : 0;
  }

  private fail(expected: string): bool {
    this.expected = expected;
    return false;
  }

  private skipSpace(): void {
    for (; ; this.at++) {
      const c = this.peek();
      if (c != 0x20 && c != 0x0a && c != 0x0d && c != 0x09) return;
    }
  }

  /** Parses the next item, or the end, of the innermost open array or object. */
  private member(): bool {
    const container = this.open[this.depth - 1];
    const isObject = this.document.kind(container) == JsonKind.Object;
    const first = this.document.count == container + 1;
    this.skipSpace();
    if (this.peek() == (isObject ? 0x7d : 0x5d)) {
      this.at++;
      this.depth--;
      this.document.closeContainer(container, this.at);
      return true;
    }
    if (!first) {
      if (this.peek() != 0x2c) return this.fail(isObject ? "',' or '}'" : "',' or ']'");
      this.at++;
      this.skipSpace();
    }
    if (isObject) {
      if (this.peek() != 0x22) return this.fail("a name in quotes");
      if (!this.value()) return false;
      this.skipSpace();
      if (this.peek() != 0x3a) return this.fail("':'");
      this.at++;
      this.skipSpace();
    }
    return this.value();
  }

  /** Parses a value, or the start of an array or object. */
  private value(): bool {
    if (this.document.count >= this.document.maximumValues) {
      return this.fail(`at most ${this.document.maximumValues} values`);
    }
    const c = this.peek();
    if (c == 0x22) return this.string();
    if (c == 0x7b) return this.container(JsonKind.Object);
    if (c == 0x5b) return this.container(JsonKind.Array);
    if (c == 0x2d || isDigit(c)) return this.number();
    if (c == 0x74) return this.word("true", JsonKind.True);
    if (c == 0x66) return this.word("false", JsonKind.False);
    if (c == 0x6e) return this.word("null", JsonKind.Null);
    return this.fail("a value");
  }

  private container(kind: JsonKind): bool {
    if (this.depth == JSON_DEPTH) return this.fail(`a depth of at most ${JSON_DEPTH}`);
    this.open[this.depth] = this.document.add(kind, this.at, this.at);
    this.depth++;
    this.at++;
    return true;
  }

  private word(text: string, kind: JsonKind): bool {
    const start = this.at;
    for (let i = 0; i < text.length; i++, this.at++) {
      if (this.peek() != text.charCodeAt(i)) return this.fail(text);
    }
    this.document.add(kind, start, this.at);
    return true;
  }

  /** Skips digits. Returns false if there are none. */
  private digits(): bool {
    const start = this.at;
    while (isDigit(this.peek())) this.at++;
    return this.at > start;
  }

  /** [ "-" ] int [ frac ] [ exp ] (section 6). */
  private number(): bool {
    const start = this.at;
    if (this.peek() == 0x2d) this.at++;
    if (this.peek() == 0x30) {
      this.at++;
      if (isDigit(this.peek())) return this.fail("a number without leading zeros");
    } else if (!this.digits()) return this.fail("a digit");
    if (this.peek() == 0x2e) {
      this.at++;
      if (!this.digits()) return this.fail("a digit");
    }
    if ((this.peek() | 0x20) == 0x65) {
      this.at++;
      if (this.peek() == 0x2b || this.peek() == 0x2d) this.at++;
      if (!this.digits()) return this.fail("a digit");
    }
    this.document.add(JsonKind.Number, start, this.at);
    return true;
  }

  private string(): bool {
    this.at++;
    const start = this.at;
    let kind = JsonKind.String;
    for (let c = this.peek(); c != 0x22; c = this.peek()) {
      if (c < 0x20) return this.fail("the string to go on, without control characters");
      this.at++;
      if (c == 0x5c) {
        kind = JsonKind.EscapedString;
        if (!this.escape()) return false;
      }
    }
    this.document.add(kind, start, this.at);
    this.at++;
    return true;
  }

  /** Parses what follows a backslash (section 7). */
  private escape(): bool {
    const c = this.peek();
    if (c == 0x75) {
      this.at++;
      const unit = this.hex4();
      if (unit < 0) return this.fail("four hex digits");
      if (unit < 0xd800 || unit > 0xdfff) return true;
      if (unit > 0xdbff) return this.fail("the first half of a surrogate pair before this");
      const second = this.peek() == 0x5c ? this.secondHalf() : -1;
      return (second >= 0xdc00 && second <= 0xdfff) || this.fail("the rest of a surrogate pair");
    }
    if (!isSimpleEscape(c)) return this.fail('one of " \\ / b f n r t u after the backslash');
    this.at++;
    return true;
  }

  private secondHalf(): i32 {
    this.at++;
    if (this.peek() != 0x75) return -1;
    this.at++;
    return this.hex4();
  }

  private hex4(): i32 {
    let value = 0;
    for (let i = 0; i < 4; i++, this.at++) {
      const digit = hexValue(this.peek());
      if (digit < 0) return -1;
      value = (value << 4) | digit;
    }
    return value;
  }
}

/** Reports whether a backslash and `c` form an escape: `c` is one of " \ / b f n r t. */
function isSimpleEscape(c: u32): bool {
  if (c == 0x22 || c == 0x5c || c == 0x2f || c == 0x62) return true;
  return c == 0x66 || c == 0x6e || c == 0x72 || c == 0x74;
}
