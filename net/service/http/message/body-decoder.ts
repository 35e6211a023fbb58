/**
 * Finds the content in the bytes of a message body (RFC 9112 sections 6 and 7) without copying: the
 * caller passes `payload` bytes to the sink, and framing to `frame`.
 *
 *     4;name=value CRLF      frame: size, extensions dropped
 *     Wiki CRLF              payload 4, then frame
 *     0 CRLF                 frame: the last chunk
 *     X: y CRLF              frame: the trailer, dropped
 *     CRLF                   finished
 */
import { HTTP_CHUNK_EXTENSION_BYTES, HTTP_TRAILER_BYTES } from "../../../../core/limits";
import { CR, hexValue, LF } from "../../../../core/text";
import { BodyKind } from "./framing";
import { isBlank, isFieldCharacter, isTokenCharacter } from "./grammar";

/** The maximum digits of a chunk size, leading zeros included. */
const SIZE_DIGITS: u32 = 32;
/** Bytes of extensions that a chunk of any size may have. */
const FREE_EXTENSION: u64 = 16;

const enum ChunkState {
  /** In the digits of a size. */
  Size = 0,
  /** After a size: blanks before ";" or the line end, which some old servers send. */
  Space = 1,
  Extension = 2,
  /** After ";" in a request. */
  ExtensionName = 3,
  SizeLineFeed = 4,
  DataReturn = 5,
  DataLineFeed = 6,
  /** At the start of a line of the trailer. */
  TrailerStart = 7,
  TrailerName = 8,
  TrailerValue = 9,
  TrailerLineFeed = 10,
  LastLineFeed = 11,
}

/** Decodes one body at a time. */
export class BodyDecoder {
  /** Bytes of content that come next. If 0 and the body is not finished, call `frame`. */
  payload: u64 = 0;
  finished: bool = false;
  /** Why the body is rejected, or "". */
  error: string = "";
  private kind: BodyKind = BodyKind.None;
  private state: ChunkState = ChunkState.Size;
  /** The size of the chunk and its digits so far, while the size is read. */
  private size: u64 = 0;
  private digits: u32 = 0;
  /** Bytes of the current chunk's extensions. */
  private extension: u32 = 0;
  /** Bytes of extensions beyond what the chunks so far allow. */
  private excess: u32 = 0;
  private trailerBytes: u32 = 0;
  private strict: bool = false;

  /**
   * Begins a body; `length` is used only for BodyKind.Length. With `strict`, which is for requests,
   * only named extensions may follow a chunk size: a proxy might interpret anything else there
   * differently (request smuggling).
   */
  start(kind: BodyKind, length: u64, strict: bool = false): void {
    this.kind = kind;
    this.strict = strict;
    this.payload =
      kind == BodyKind.Length ? length : kind == BodyKind.UntilClose ? u64.MAX_VALUE : 0;
    this.finished = kind == BodyKind.None || (kind == BodyKind.Length && length == 0);
    this.error = "";
    this.state = ChunkState.Size;
    this.size = 0;
    this.digits = 0;
    this.extension = 0;
    this.excess = 0;
    this.trailerBytes = 0;
  }

  /** Called after `length` bytes of content, at most `payload`, were passed to the sink. */
  took(length: u32): void {
    if (this.kind == BodyKind.UntilClose) return;
    this.payload -= length;
    if (this.payload > 0) return;
    if (this.kind == BodyKind.Length) this.finished = true;
    else this.state = ChunkState.DataReturn;
  }

  /** Called when the peer has closed. Returns true if the body is complete. */
  end(): bool {
    if (this.kind == BodyKind.UntilClose) this.finished = true;
    return this.finished;
  }

  /** Parses framing up to content, the body's end or an error. Returns how much it consumed. */
  frame(pointer: usize, length: u32): u32 {
    let at: u32 = 0;
    while (at < length && this.payload == 0 && !this.finished) {
      if (!this.step(load<u8>(pointer + at))) break;
      at++;
    }
    return at;
  }

  private fail(error: string): bool {
    this.error = error;
    return false;
  }

  private step(c: u32): bool {
    if (this.state >= ChunkState.TrailerStart) return this.trailerStep(c);
    if (this.state == ChunkState.Size) return this.sizeStep(c);
    if (this.state <= ChunkState.ExtensionName) {
      return this.extensionStep(c);
    }
    if (this.state == ChunkState.SizeLineFeed) {
      if (c != LF) return this.fail("Malformed encoding found in chunked-encoding");
      return this.sizeRead();
    }
    const wanted = this.state == ChunkState.DataReturn ? CR : LF;
    if (c != wanted) return this.fail("Malformed encoding found in chunked-encoding");
    this.state = wanted == CR ? ChunkState.DataLineFeed : ChunkState.Size;
    return true;
  }

  private sizeStep(c: u32): bool {
    const digit = hexValue(c);
    if (digit >= 0) {
      this.digits++;
      if (this.digits > SIZE_DIGITS || this.size > (i64.MAX_VALUE as u64) >> 4) {
        return this.fail("Too long hexadecimal number in chunked-encoding");
      }
      this.size = (this.size << 4) | (digit as u64);
      return true;
    }
    if (this.digits == 0)
      return this.fail("Illegal or missing hexadecimal sequence in chunked-encoding");
    this.state = ChunkState.Space;
    return this.extensionStep(c);
  }

  private extensionStep(c: u32): bool {
    if (this.state == ChunkState.ExtensionName) {
      if (!isTokenCharacter(c)) return this.fail("malformed chunk extension");
      this.state = ChunkState.Extension;
    }
    if (c == CR) {
      this.state = ChunkState.SizeLineFeed;
      return true;
    }
    this.extension++;
    if (this.extension > HTTP_CHUNK_EXTENSION_BYTES) return this.fail("chunk extensions too long");
    if (this.state == ChunkState.Space) {
      if (isBlank(c) && !this.strict) return true;
      if (c != 0x3b)
        return this.fail("Illegal or missing hexadecimal sequence in chunked-encoding");
      this.state = this.strict ? ChunkState.ExtensionName : ChunkState.Extension;
      return true;
    }
    return isFieldCharacter(c) || this.fail("control character in a chunk extension");
  }

  /** Ends a size line. As in Go's net/http, long extensions are allowed only with enough data. */
  private sizeRead(): bool {
    const allowed = FREE_EXTENSION + min<u64>(this.size, HTTP_CHUNK_EXTENSION_BYTES) * 2;
    const used = (this.excess as u64) + this.extension;
    this.excess = used > allowed ? ((used - allowed) as u32) : 0;
    this.extension = 0;
    if (this.excess > HTTP_CHUNK_EXTENSION_BYTES) return this.fail("chunk extensions too long");
    this.state = this.size == 0 ? ChunkState.TrailerStart : ChunkState.DataReturn;
    this.payload = this.size;
    this.size = 0;
    this.digits = 0;
    return true;
  }

  /** Checks and drops the fields after the last chunk (RFC 9110 section 6.5.1). */
  private trailerStep(c: u32): bool {
    this.trailerBytes++;
    if (this.trailerBytes > HTTP_TRAILER_BYTES) return this.fail("trailer too long");
    if (this.state == ChunkState.TrailerStart) {
      if (c == CR) this.state = ChunkState.LastLineFeed;
      else if (isTokenCharacter(c)) this.state = ChunkState.TrailerName;
      else return this.fail("malformed trailer");
    } else if (this.state == ChunkState.TrailerName) {
      if (c == 0x3a) this.state = ChunkState.TrailerValue;
      else if (!isTokenCharacter(c)) return this.fail("malformed trailer");
    } else if (this.state == ChunkState.TrailerValue) {
      if (c == CR) this.state = ChunkState.TrailerLineFeed;
      else if (!isFieldCharacter(c)) return this.fail("malformed trailer");
    } else {
      if (c != LF) return this.fail("malformed trailer");
      if (this.state == ChunkState.LastLineFeed) this.finished = true;
      else this.state = ChunkState.TrailerStart;
    }
    return true;
  }
}
