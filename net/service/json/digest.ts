/**
 * A keyed hash for comparing JSON values: equal values have equal digests, however they are
 * written. Members of an object may be in any order, strings may be escaped, and numbers are
 * compared by value (1, 1.0 and 10e-1). Different values have the same digest with a probability of
 * 2^-64, because nobody else knows the key. If an object repeats a name, every member counts.
 */
import { Random } from "../../../core/random";
import { siphash } from "../../../core/siphash";
import { isDigit } from "../../../core/text";
import { JsonCharacters } from "./characters";
import { JsonDocument, JsonKind, JsonValue } from "./value";

/** The key that all digests to be compared share. */
export class DigestKey {
  readonly first: u64;
  readonly second: u64;

  constructor(random: Random) {
    this.first = ((random.next32() as u64) << 32) | random.next32();
    this.second = ((random.next32() as u64) << 32) | random.next32();
  }
}

/** UTF-16 units that are hashed at once. */
const BLOCK_UNITS: u32 = 32;
/** Longer numbers are compared as text. */
const LONGEST_NUMBER: u32 = 4096;
/** Stands for the kind of a number that is compared as text. */
const LONG_NUMBER: u32 = 0x100;
/** Exponents beyond this are considered equal. */
const LARGEST_EXPONENT: i64 = 1_000_000_000_000_000;

/** An array or object whose end has not been reached. */
class Open {
  /** The digest of the items: an array's are chained in order, an object's are summed. */
  digest: u64 = 0;
  name: u64 = 0;
  named: bool = false;

  constructor(
    readonly end: u32,
    readonly isObject: bool,
  ) {}
}

/** Computes one digest, step by step. */
export class JsonDigest {
  /** The digest, once `step` has returned true. */
  value: u64 = 0;
  private readonly document: JsonDocument;
  private at: u32;
  private readonly end: u32;
  private readonly open: Array<Open> = [];
  private readonly characters: JsonCharacters = new JsonCharacters();
  private inText: bool = false;
  private textKind: u32 = JsonKind.String;
  /** The digest of the text so far, and the units not yet in it. */
  private text: u64 = 0;
  private readonly block: StaticArray<u16> = new StaticArray<u16>(BLOCK_UNITS);
  private filled: u32 = 0;
  /** The input of `mix`. */
  private readonly pair: StaticArray<u64> = new StaticArray<u64>(2);

  constructor(
    value: JsonValue,
    private readonly key: DigestKey,
  ) {
    this.document = value.document;
    this.at = value.index;
    this.end = this.document.next(value.index);
  }

  /** Reads about `most` values or characters. Returns true once `value` is the digest. */
  step(most: u32): bool {
    for (let i: u32 = 0; i < most; i++) {
      if (this.inText) this.readUnit();
      else if (this.innerEnds()) this.close();
      else if (this.at == this.end) return true;
      else this.read(this.at++);
    }
    return false;
  }

  private innerEnds(): bool {
    const depth = this.open.length;
    return depth > 0 && this.open[depth - 1].end == this.at;
  }

  private close(): void {
    const inner = this.open.pop();
    this.add(this.mix(inner.isObject ? JsonKind.Object : JsonKind.Array, inner.digest));
  }

  private read(index: u32): void {
    const document = this.document;
    const kind = document.kind(index);
    if (kind >= JsonKind.Array) {
      this.open.push(new Open(document.next(index), kind == JsonKind.Object));
      return;
    }
    const start = document.start(index);
    const length = document.end(index) - start;
    if (kind == JsonKind.Number && length <= LONGEST_NUMBER) {
      this.readNumber(document.pointer(start), length);
    } else if (kind >= JsonKind.Number) {
      this.textKind = kind == JsonKind.Number ? LONG_NUMBER : JsonKind.String;
      this.characters.begin(document.pointer(start), length);
      this.text = 0;
      this.inText = true;
    } else this.add(this.mix(kind, 0));
  }

  private readUnit(): void {
    if (this.characters.more) {
      this.feed(this.characters.next());
      return;
    }
    this.inText = false;
    this.add(this.mix(this.textKind, this.textDigest()));
  }

  /** Adds a number: its digits without leading and trailing zeros, and the last one's exponent. */
  private readNumber(pointer: usize, length: u32): void {
    const end = pointer + length;
    let at = pointer;
    const negative = load<u8>(at) == 0x2d;
    if (negative) at++;
    let exponent: i64 = 0;
    let zeros: i64 = 0;
    let inFraction = false;
    let empty = true;
    this.text = 0;
    for (; at < end && (load<u8>(at) | 0x20) != 0x65; at++) {
      const c: u32 = load<u8>(at);
      if (!isDigit(c)) {
        inFraction = true;
        continue;
      }
      if (inFraction) exponent--;
      if (c == 0x30) {
        if (!empty) zeros++;
        continue;
      }
      for (; zeros > 0; zeros--) this.feed(0x30);
      this.feed(c);
      empty = false;
    }
    if (at < end) exponent += readExponent(at + 1, end);
    const digits = this.textDigest();
    // The kind tells the signs apart: Number if it is negative, True if it is positive.
    if (empty) this.add(this.mix(JsonKind.Number, 0));
    else
      this.add(
        this.mix(negative ? JsonKind.Number : JsonKind.True, this.mix(exponent + zeros, digits)),
      );
  }

  private feed(unit: u32): void {
    this.block[this.filled++] = unit as u16;
    if (this.filled == BLOCK_UNITS) this.flush();
  }

  private flush(): void {
    const bytes = this.filled << 1;
    const hash = siphash(this.key.first, this.key.second, changetype<usize>(this.block), bytes);
    this.text = this.mix(this.text, hash);
    this.filled = 0;
  }

  private textDigest(): u64 {
    this.flush();
    return this.text;
  }

  /** Adds the digest of a value or a member's name to that of the array or object around it. */
  private add(digest: u64): void {
    if (this.open.length == 0) {
      this.value = digest;
      return;
    }
    const inner = this.open[this.open.length - 1];
    if (!inner.isObject) {
      inner.digest = this.mix(inner.digest, digest);
    } else if (!inner.named) {
      inner.name = digest;
      inner.named = true;
    } else {
      inner.digest += this.mix(inner.name, digest);
      inner.named = false;
    }
  }

  private mix(first: u64, second: u64): u64 {
    const pair = changetype<usize>(this.pair);
    store<u64>(pair, first);
    store<u64>(pair, second, 8);
    return siphash(this.key.first, this.key.second, pair, 16);
  }
}

/** Returns an exponent, limited to LARGEST_EXPONENT in either direction. */
function readExponent(pointer: usize, end: usize): i64 {
  let at = pointer;
  const sign: u32 = load<u8>(at);
  if (!isDigit(sign)) at++;
  let value: i64 = 0;
  for (; at < end; at++) {
    value = min(value * 10 + ((load<u8>(at) as i64) - 0x30), LARGEST_EXPONENT);
  }
  return sign == 0x2d ? -value : value;
}
