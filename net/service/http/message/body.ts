/**
 * Bodies of HTTP messages: sources provide the bytes to send, sinks take the bytes received. Both
 * avoid copies: a source exposes its own memory, and a sink reads the receive buffer.
 */
import { crc32 } from "../../../../core/crc32";
import { Stream } from "../../stream/stream";
import { HttpHead } from "./head";

/** The bytes of a body to send. */
export abstract class BodySource {
  /** Returns the total length in bytes. */
  abstract length(): u64;
  /** Returns the address of the next bytes. */
  abstract peekPointer(): usize;
  /** Returns how many bytes are contiguous there; 0 at the end. */
  abstract peekLength(): u32;
  /** Advances by `length` bytes, at most `peekLength()`. */
  abstract consume(length: u32): void;
  /** Goes back to the first byte, for a request that is sent again. */
  abstract rewind(): void;

  /** Moves up to `capacity` bytes to `destination`. Returns how many. */
  read(destination: usize, capacity: u32): u32 {
    let done: u32 = 0;
    for (
      let length = this.peekLength();
      length > 0 && done < capacity;
      length = this.peekLength()
    ) {
      const part = min(capacity - done, length);
      memory.copy(destination + done, this.peekPointer(), part);
      this.consume(part);
      done += part;
    }
    return done;
  }

  /** Writes as many bytes to `stream` as it accepts. Returns how many. */
  writeTo(stream: Stream): u32 {
    let done: u32 = 0;
    for (let length = this.peekLength(); length > 0; length = this.peekLength()) {
      const taken = stream.write(this.peekPointer(), length);
      this.consume(taken);
      done += taken;
      if (taken < length) break;
    }
    return done;
  }
}

/** Bytes in memory, such as a string in UTF-8. */
export class BytesSource extends BodySource {
  private position: u32 = 0;

  constructor(
    /** Must not be modified afterwards. */
    private bytes: ArrayBuffer,
  ) {
    super();
  }

  static ofText(text: string): BytesSource {
    return new BytesSource(String.UTF8.encode(text));
  }

  length(): u64 {
    return this.bytes.byteLength;
  }
  peekPointer(): usize {
    return changetype<usize>(this.bytes) + this.position;
  }
  peekLength(): u32 {
    return (this.bytes.byteLength as u32) - this.position;
  }
  consume(length: u32): void {
    this.position += length;
  }
  rewind(): void {
    this.position = 0;
  }
}

/** The period of the pattern in bytes. */
const PERIOD: u32 = 65536;
/** One period, filled by the first PatternSource. */
const pattern = new StaticArray<u8>(PERIOD);

function fillPattern(): void {
  for (let i: u32 = 0; i < PERIOD; i++) pattern[i] = (i * 131 + (i >>> 8) * 7) as u8;
}

/** N bytes of a pattern: byte i is (j*131 + (j>>8)*7) & 255, where j is i modulo 65,536. */
export class PatternSource extends BodySource {
  private position: u64 = 0;

  constructor(private total: u64) {
    super();
    if (pattern[1] == 0) fillPattern();
  }

  length(): u64 {
    return this.total;
  }
  peekPointer(): usize {
    return changetype<usize>(pattern) + ((this.position as u32) & (PERIOD - 1));
  }
  peekLength(): u32 {
    const here = PERIOD - ((this.position as u32) & (PERIOD - 1));
    return min<u64>(here, this.total - this.position) as u32;
  }
  consume(length: u32): void {
    this.position += length;
  }
  rewind(): void {
    this.position = 0;
  }
}

/** Takes the bytes of a body as they arrive. */
export abstract class BodySink {
  /**
   * Receives the head of every response that is not interim (1xx): also of redirects that are
   * followed, and of a proxy's response to CONNECT.
   */
  head(_head: HttpHead): void {}
  /** Returns how many bytes `data` accepts now. After 0, `room` is called again later. */
  room(): u32 {
    return u32.MAX_VALUE;
  }
  /** Receives the next bytes, at most `room()`. Returning false fails the exchange. */
  abstract data(pointer: usize, length: u32): bool;
}

/** Counts and discards the bytes of the last body; computes their CRC-32 if `withCrc` is set. */
export class CountingSink extends BodySink {
  bytes: u64 = 0;
  crc: u32 = 0;

  constructor(private withCrc: bool = false) {
    super();
  }

  head(_head: HttpHead): void {
    this.bytes = 0;
    this.crc = 0;
  }
  data(pointer: usize, length: u32): bool {
    this.bytes += length;
    if (this.withCrc) this.crc = crc32(this.crc, pointer, length);
    return true;
  }
}

/** Keeps the body in memory, up to a limit. */
export class CollectingSink extends BodySink {
  length: u32 = 0;
  private bytes: StaticArray<u8> = new StaticArray<u8>(1024);

  constructor(
    /** The maximum length; the exchange fails if the body is longer. */
    private maximum: u32,
  ) {
    super();
  }

  pointer(): usize {
    return changetype<usize>(this.bytes);
  }

  /** Returns the block whose first `length` bytes are the body. Call it last. */
  block(): StaticArray<u8> {
    return this.bytes;
  }

  data(pointer: usize, length: u32): bool {
    if (length > this.maximum - this.length) return false;
    const wanted = this.length + length;
    let capacity = this.bytes.length as u32;
    if (wanted > capacity) {
      while (capacity < wanted) capacity *= 2;
      const larger = new StaticArray<u8>(min(capacity, this.maximum));
      memory.copy(changetype<usize>(larger), this.pointer(), this.length);
      this.bytes = larger;
    }
    memory.copy(this.pointer() + this.length, pointer, length);
    this.length = wanted;
    return true;
  }
}
