/**
 * The JSON parser (RFC 8259): one pass without recursion, in steps of bounded length, with limits
 * on length, depth and the number of values. Invalid UTF-8, a byte order mark and unpaired
 * surrogates are errors, as is everything outside the grammar.
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
  const parser = new JsonParser(bytes, length);
  while (!parser.step(u32.MAX_VALUE)) {}
  return parser.result();
}

/** Parses a string in the same way. */
export function parseJsonText(text: string): JsonResult {
  const utf8 = String.UTF8.encode(text);
  return parseJson(changetype<usize>(utf8), utf8.byteLength as u32);
}

/** What comes next, after white space. */
const enum Expect {
  Value = 0,
  /** The first item of an array or object, a comma, or its end. */
  Item = 1,
  Name = 2,
  Colon = 3,
  End = 4,
}

/** The parts of a number (section 6). */
const enum NumberPart {
  None = 0,
  /** Before the first digit. */
  Sign = 1,
  Zero = 2,
  /** A digit after a leading zero, which is an error. */
  Zeros = 3,
  Whole = 4,
  Point = 5,
  Fraction = 6,
  E = 7,
  ExponentSign = 8,
  Exponent = 9,
}

/** Parses one text step by step. */
export class JsonParser {
  private at: u32 = 0;
  /** The end of this step. */
  private pauseAt: u32 = 0;
  private expected: string = "";
  private done: bool = false;
  private state: Expect = Expect.Value;
  /** Bytes known to be UTF-8. */
  private checkedBytes: u32 = 0;
  /** The start of the string or number in progress. */
  private start: u32 = 0;
  private inString: bool = false;
  private stringKind: JsonKind = JsonKind.String;
  /** The last part read of the number in progress. */
  private part: NumberPart = NumberPart.None;
  private depth: u32 = 0;
  /** The indexes of the open arrays and objects; the innermost is last. */
  private open: StaticArray<u32> = new StaticArray<u32>(JSON_DEPTH);
  private readonly document: JsonDocument;

  /** Parses the first `length` bytes of `bytes`. The result keeps `bytes`; do not modify them. */
  constructor(bytes: StaticArray<u8>, length: u32) {
    this.document = new JsonDocument(bytes, length, max(JSON_VALUES, length / 8));
    if (length > JSON_BYTES_MAXIMUM) this.fail(`at most ${JSON_BYTES_MAXIMUM} bytes`);
  }

  /** Parses about `most` more bytes. Returns true once there is a result. */
  step(most: u32): bool {
    const length = this.document.length;
    if (this.done) return true;
    if (this.checkedBytes < length) {
      this.checkText(min(most, length - this.checkedBytes));
      if (this.done || most != u32.MAX_VALUE) return this.done;
    }
    this.pauseAt = most < u32.MAX_VALUE - this.at ? this.at + most : u32.MAX_VALUE;
    while (!this.done && this.at < this.pauseAt) {
      if (this.inString) this.string();
      else if (this.part != NumberPart.None) this.number();
      else {
        this.skipSpace();
        if (this.at < this.pauseAt) this.item();
      }
    }
    return this.done;
  }

  /** Returns the result once `step` has returned true. */
  result(): JsonResult {
    const expected = this.expected;
    if (expected == "") return new JsonResult(this.document.root(), "");
    const place = this.document.length > JSON_BYTES_MAXIMUM ? "" : ` at byte ${this.at}`;
    return new JsonResult(null, `expected ${expected}${place}`);
  }

  /** Checks that the next `length` bytes are UTF-8; they may end within a character. */
  private checkText(length: u32): void {
    const pointer = this.document.pointer(this.checkedBytes);
    const fault = utf8Fault(pointer, length);
    if (fault < 0) {
      this.checkedBytes += length;
      return;
    }
    this.checkedBytes += fault;
    if (length - fault < 4 && this.checkedBytes + length - fault < this.document.length) return;
    this.at = this.checkedBytes;
    this.fail("UTF-8");
  }

  /** Returns the current byte; 0 at the end, as a NUL is never valid. */
  private peek(): u32 {
    return this.at < this.document.length ? load<u8>(this.document.pointer(this.at)) : 0;
  }

  private fail(expected: string): bool {
    this.expected = expected;
    this.done = true;
    return false;
  }

  private skipSpace(): void {
    for (; this.at < this.pauseAt; this.at++) {
      const c = this.peek();
      if (c != 0x20 && c != 0x0a && c != 0x0d && c != 0x09) return;
    }
  }

  /** Parses what comes next. Returns false if it cannot. */
  private item(): bool {
    if (this.state == Expect.Value) return this.value();
    if (this.state == Expect.Item) return this.next();
    if (this.state == Expect.Name) {
      if (this.peek() != 0x22) return this.fail("a name in quotes");
      return this.value();
    }
    if (this.state == Expect.Colon) {
      if (this.peek() != 0x3a) return this.fail("':'");
      this.at++;
      this.state = Expect.Value;
      return true;
    }
    if (this.at != this.document.length) return this.fail("the end of the text");
    this.done = true;
    return true;
  }

  /** Parses a comma, or the end, of the innermost open array or object. */
  private next(): bool {
    const container = this.open[this.depth - 1];
    const isObject = this.document.kind(container) == JsonKind.Object;
    const first = this.document.count == container + 1;
    if (this.peek() == (isObject ? 0x7d : 0x5d)) {
      this.at++;
      this.depth--;
      this.document.closeContainer(container, this.at);
      return this.ended();
    }
    if (!first) {
      if (this.peek() != 0x2c) return this.fail(isObject ? "',' or '}'" : "',' or ']'");
      this.at++;
    }
    this.state = isObject ? Expect.Name : Expect.Value;
    return true;
  }

  /** Called after a value, or a name. */
  private ended(): bool {
    if (this.state == Expect.Name) this.state = Expect.Colon;
    else this.state = this.depth == 0 ? Expect.End : Expect.Item;
    return true;
  }

  /** Parses a value, or the start of a longer one. */
  private value(): bool {
    if (this.document.count >= this.document.maximumValues) {
      return this.fail(`at most ${this.document.maximumValues} values`);
    }
    const c = this.peek();
    if (c == 0x22) return this.beginString();
    if (c == 0x7b) return this.container(JsonKind.Object);
    if (c == 0x5b) return this.container(JsonKind.Array);
    if (c == 0x2d || isDigit(c)) return this.beginNumber();
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
    this.state = Expect.Item;
    return true;
  }

  private word(text: string, kind: JsonKind): bool {
    const start = this.at;
    for (let i = 0; i < text.length; i++, this.at++) {
      if (this.peek() != text.charCodeAt(i)) return this.fail(text);
    }
    this.document.add(kind, start, this.at);
    return this.ended();
  }

  private beginNumber(): bool {
    this.start = this.at;
    this.part = NumberPart.Sign;
    if (this.peek() == 0x2d) this.at++;
    return true;
  }

  /** Continues [ "-" ] int [ frac ] [ exp ] (section 6) until it ends or this step does. */
  private number(): bool {
    while (this.at < this.pauseAt) {
      const next = this.nextPart(this.peek());
      if (next == NumberPart.None) return this.endNumber();
      if (next == NumberPart.Zeros) return this.fail("a number without leading zeros");
      this.part = next;
      this.at++;
    }
    return true;
  }

  /** Returns the part that the character belongs to; None if it does not continue the number. */
  private nextPart(c: u32): NumberPart {
    const part = this.part;
    if (isDigit(c)) {
      if (part == NumberPart.Sign) return c == 0x30 ? NumberPart.Zero : NumberPart.Whole;
      if (part == NumberPart.Zero) return NumberPart.Zeros;
      if (part == NumberPart.Point) return NumberPart.Fraction;
      const inExponent = part == NumberPart.E || part == NumberPart.ExponentSign;
      return inExponent ? NumberPart.Exponent : part;
    }
    const isWhole = part == NumberPart.Zero || part == NumberPart.Whole;
    if (c == 0x2e && isWhole) return NumberPart.Point;
    if ((c | 0x20) == 0x65 && (isWhole || part == NumberPart.Fraction)) return NumberPart.E;
    const isSign = c == 0x2b || c == 0x2d;
    return isSign && part == NumberPart.E ? NumberPart.ExponentSign : NumberPart.None;
  }

  private endNumber(): bool {
    const part = this.part;
    this.part = NumberPart.None;
    const whole = part == NumberPart.Zero || part == NumberPart.Whole;
    if (!whole && part != NumberPart.Fraction && part != NumberPart.Exponent) {
      return this.fail("a digit");
    }
    this.document.add(JsonKind.Number, this.start, this.at);
    return this.ended();
  }

  private beginString(): bool {
    this.at++;
    this.start = this.at;
    this.inString = true;
    this.stringKind = JsonKind.String;
    return true;
  }

  /** Continues the string in progress until it ends or this step does. */
  private string(): bool {
    while (this.at < this.pauseAt) {
      const c = this.peek();
      if (c == 0x22) {
        this.document.add(this.stringKind, this.start, this.at);
        this.inString = false;
        this.at++;
        return this.ended();
      }
      if (c < 0x20) return this.fail("the string to go on, without control characters");
      this.at++;
      if (c == 0x5c) {
        this.stringKind = JsonKind.EscapedString;
        if (!this.escape()) return false;
      }
    }
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
