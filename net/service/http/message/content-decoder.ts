/**
 * Decodes content codings (RFC 9110 section 8.4.1) as a body arrives: gzip (RFC 1952), and deflate,
 * which is the zlib format (RFC 1950) or, from some servers, bare DEFLATE data (RFC 1951). The
 * error messages are those of zlib, except the one about data after the end.
 */
import { crc32 } from "../../../../core/crc32";
import { Inflate } from "../../../../core/inflate";
import { BodySink } from "./body";
import { HttpHead, ListItems } from "./head";

/** The value of Accept-Encoding. */
export const ACCEPTED_CODINGS: string = "deflate, gzip";
/** The largest prime below 2^16 (RFC 1950 section 8.2). */
const ADLER_MODULUS: u32 = 65521;

/** How many bytes can be added before the sums could overflow. */
const ADLER_BLOCK: u32 = 5552;

/** Bytes to be passed by address: one of a gzip header, or two that are no zlib header but data. */
const scratch = new StaticArray<u8>(4);

/** Flags of a gzip header. */
const HEADER_CRC: u32 = 2;
const EXTRA: u32 = 4;
const NAME: u32 = 8;
const COMMENT: u32 = 16;
const RESERVED: u32 = 0xe0;

const enum Step {
  /** The ten fixed bytes of a gzip header. */
  GzipHeader = 0,
  ExtraLength = 1,
  Extra = 2,
  Name = 3,
  Comment = 4,
  HeaderCrc = 5,
  /** The two bytes of a zlib header, if there is one. */
  ZlibHeader = 6,
  Data = 7,
  /** gzip: CRC-32 and length; zlib: Adler-32. */
  Trailer = 8,
  /** After a whole stream. */
  Over = 9,
}

export const enum ContentCoding {
  Identity = 0,
  Gzip = 1,
  Deflate = 2,
  Unknown = 3,
}

/** Returns the coding of a response's content; more than one is unknown. */
export function contentCoding(head: HttpHead): ContentCoding {
  const name = "content-encoding";
  let coding = ContentCoding.Identity;
  for (let field = head.find(name); field >= 0; field = head.find(name, field + 1)) {
    const items = new ListItems(head.valuePointer(field), head.valueLength(field));
    while (items.next()) {
      if (items.equals("identity")) continue;
      if (coding != ContentCoding.Identity) return ContentCoding.Unknown;
      const isGzip = items.equals("gzip") || items.equals("x-gzip");
      if (isGzip) coding = ContentCoding.Gzip;
      else coding = items.equals("deflate") ? ContentCoding.Deflate : ContentCoding.Unknown;
    }
  }
  return coding;
}

/** Decodes one body into a sink. */
export class ContentDecoder {
  /** Why the content is invalid; "" while it is valid. */
  error: string = "";
  /** Bytes passed to the sink. */
  produced: u64 = 0;
  /** Whether the sink refused data. */
  refused: bool = false;
  /** The work that `decode` may do until this is set again, once a turn: see `Inflate.run`. */
  budget: u32 = 0;
  private readonly inflate: Inflate = new Inflate();
  private readonly gzip: bool;
  private step: Step;
  /** Whether it is bare DEFLATE data. */
  private raw: bool = false;
  /** Whether no byte has been read. */
  private untouched: bool = true;
  /** The number of bytes read in the current step, and the last four of them. */
  private index: u32 = 0;
  private word: u32 = 0;
  /** The flags of a gzip header, and the length of its extra field. */
  private flags: u32 = 0;
  private extraLength: u32 = 0;
  /** Checksum and length of a stream's content. */
  private check: u32;
  private length: u32 = 0;
  /** The first byte of a zlib header, which may turn out to be data. */
  private first: u32 = 0;
  /** The CRC-32 of a gzip header. */
  private headerCheck: u32 = 0;

  constructor(
    coding: ContentCoding,
    private readonly sink: BodySink,
  ) {
    this.gzip = coding == ContentCoding.Gzip;
    this.step = this.gzip ? Step.GzipHeader : Step.ZlibHeader;
    this.check = this.gzip ? 0 : 1;
  }

  /** Whether there is output that the sink had no room for, or that needs another turn. */
  get full(): bool {
    return this.inflate.pending > 0 || this.inflate.blocked;
  }

  /** Reports whether the content may end here: it is empty, or its last stream is complete. */
  ended(): bool {
    const raw = this.raw && this.inflate.finished;
    return !this.full && (raw || this.untouched || this.step == Step.Over);
  }

  /**
   * Decodes up to `length` bytes. Returns how many it consumed: all, unless the content is invalid,
   * `full` is true or the budget is used up. Then call it again later; if `full`, even without more
   * input.
   */
  decode(pointer: usize, length: u32): u32 {
    let at: u32 = 0;
    while (this.error == "" && this.flush()) {
      if (this.step == Step.Data) {
        at += this.inflate.run(pointer + at, length - at, this.budget);
        this.budget -= min(this.budget, this.inflate.work);
        // Output that precedes a fault is passed on first.
        if (this.inflate.pending > 0) continue;
        if (this.inflate.error != "") this.error = this.inflate.error;
        else if (this.inflate.finished) this.enter(this.raw ? Step.Over : Step.Trailer);
        else if (at == length || this.budget == 0) break;
      } else {
        if (at == length || this.budget == 0) break;
        this.budget--;
        this.header(load<u8>(pointer + at++));
      }
    }
    return at;
  }

  /** Passes output to the sink. Returns false if some is left. */
  private flush(): bool {
    const inflate = this.inflate;
    while (inflate.pending > 0) {
      const length = min(inflate.outputLength(), this.sink.room());
      if (length == 0) return false;
      const pointer = inflate.outputPointer();
      this.check = this.gzip
        ? crc32(this.check, pointer, length)
        : adler32(this.check, pointer, length);
      this.length += length;
      this.produced += length;
      if (!this.sink.data(pointer, length)) {
        this.refused = true;
        return false;
      }
      inflate.take(length);
    }
    return true;
  }

  private enter(step: Step): void {
    this.step = step;
    this.index = 0;
    this.word = 0;
  }

  /** Takes a byte of a header or a trailer. */
  private header(c: u32): void {
    this.untouched = false;
    this.word = (this.word >>> 8) | (c << 24);
    this.index++;
    if (this.gzip && this.step < Step.HeaderCrc) this.extendHeaderCheck(c);
    switch (this.step) {
      case Step.GzipHeader:
        this.gzipHeader(c);
        break;
      case Step.ExtraLength:
        if (this.index < 2) break;
        this.extraLength = this.word >>> 16;
        this.enter(Step.Extra);
        if (this.extraLength == 0) this.afterExtra();
        break;
      case Step.Extra:
        if (this.index == this.extraLength) this.afterExtra();
        break;
      case Step.Name:
        if (c == 0) this.afterName();
        break;
      case Step.Comment:
        if (c == 0) this.afterComment();
        break;
      case Step.HeaderCrc:
        this.headerCrc();
        break;
      case Step.ZlibHeader:
        this.zlibHeader(c);
        break;
      case Step.Trailer:
        this.trailer();
        break;
      default:
        this.nextStream(c);
    }
  }

  private gzipHeader(c: u32): void {
    const index = this.index;
    if ((index == 1 && c != 0x1f) || (index == 2 && c != 0x8b)) {
      this.error = "incorrect header check";
    } else if (index == 3 && c != 8) this.error = "unknown compression method";
    else if (index == 4) {
      this.flags = c;
      if ((c & RESERVED) != 0) this.error = "unknown header flags set";
    } else if (index == 10) {
      if ((this.flags & EXTRA) != 0) this.enter(Step.ExtraLength);
      else this.afterExtra();
    }
  }

  private extendHeaderCheck(c: u32): void {
    store<u8>(changetype<usize>(scratch), c as u8);
    this.headerCheck = crc32(this.headerCheck, changetype<usize>(scratch), 1);
  }

  /** Compares the low half of the CRC-32 of the preceding header (RFC 1952 section 2.3.1). */
  private headerCrc(): void {
    if (this.index < 2) return;
    if (this.word >>> 16 != (this.headerCheck & 0xffff)) this.error = "header crc mismatch";
    this.enter(Step.Data);
  }

  private afterExtra(): void {
    if ((this.flags & NAME) != 0) this.enter(Step.Name);
    else this.afterName();
  }

  private afterName(): void {
    if ((this.flags & COMMENT) != 0) this.enter(Step.Comment);
    else this.afterComment();
  }

  private afterComment(): void {
    if ((this.flags & HEADER_CRC) != 0) this.enter(Step.HeaderCrc);
    else this.enter(Step.Data);
  }

  /** The first two bytes are a zlib header (RFC 1950 section 2.2), or data. */
  private zlibHeader(c: u32): void {
    if (this.index == 1) {
      this.first = c;
      // Method 8 with a window of up to 32 KiB; nothing else can be a header.
      if ((c & 15) == 8 && c >>> 4 <= 7) return;
      this.beginRaw(1);
    } else if (((this.first << 8) | c) % 31 != 0 || (c & 0x20) != 0) this.beginRaw(2);
    else this.enter(Step.Data);
  }

  /** Begins without a header: the first `count` bytes are data. */
  private beginRaw(count: u32): void {
    this.raw = true;
    const bytes = this.word >>> (32 - 8 * count);
    this.enter(Step.Data);
    // These few bits produce too little output to fill the window.
    store<u32>(changetype<usize>(scratch), bytes);
    this.inflate.run(changetype<usize>(scratch), count, u32.MAX_VALUE);
    if (this.inflate.error != "") this.error = "incorrect header check";
  }

  private trailer(): void {
    const index = this.index;
    if (index == 4 && !this.gzip) {
      if (bswap<u32>(this.word) != this.check) this.error = "incorrect data check";
      this.enter(Step.Over);
    } else if (index == 4 && this.word != this.check) this.error = "incorrect data check";
    else if (index == 8 && this.gzip) {
      if (this.word != this.length) this.error = "incorrect length check";
      this.enter(Step.Over);
    }
  }

  /** Takes the first byte after a stream: gzip streams may follow each other (RFC 1952, 2.2). */
  private nextStream(c: u32): void {
    if (!this.gzip) {
      this.error = "data after the end of the stream";
      return;
    }
    this.inflate.reset();
    this.check = 0;
    this.length = 0;
    this.headerCheck = 0;
    this.extendHeaderCheck(c);
    this.step = Step.GzipHeader;
    this.index = 1;
    this.gzipHeader(c);
  }
}

/** Extends an Adler-32 checksum (RFC 1950 section 8.2); it starts with 1. */
function adler32(check: u32, pointer: usize, length: u32): u32 {
  let low = check & 0xffff;
  let high = check >>> 16;
  for (let from: u32 = 0; from < length; from += ADLER_BLOCK) {
    const to = min(length, from + ADLER_BLOCK);
    for (let i = from; i < to; i++) {
      low += load<u8>(pointer + i);
      high += low;
    }
    low %= ADLER_MODULUS;
    high %= ADLER_MODULUS;
  }
  return (high << 16) | low;
}
