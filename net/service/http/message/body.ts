/**
 * Bodies of HTTP messages as they are sent (sources) and received (sinks). A source shows
 * where its bytes lie, a sink is shown them where they arrived: neither makes a copy.
 */
import { crc32 } from "../../../../core/crc32";
import { Stream } from "../../stream/stream";
import { HttpHead } from "./head";

export abstract class BodySource {
  /** Bytes in all. */
  abstract length(): u64;
  /** Where the next bytes lie, and how many lie there in one piece (0 at the end). */
  abstract peekPointer(): usize;
  abstract peekLength(): u32;
  /** Goes on by `length` bytes, at most `peekLength()`. */
  abstract consume(length: u32): void;
  /** Back to the first byte, for a request that is sent once more. */
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

  /** Moves as many bytes to `stream` as it takes; answers how many. */
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

/** Bytes that lie in memory: a copy of a block, or the UTF-8 of a string. */
export class BytesSource extends BodySource {
  private position: u32 = 0;

  constructor(
    /** Not changed from here on. */
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

/** Bytes after which the pattern begins anew. */
const PERIOD: u32 = 65536;
/** One period; filled when the first PatternSource is made. */
const pattern = new StaticArray<u8>(PERIOD);

function fillPattern(): void {
  for (let i: u32 = 0; i < PERIOD; i++) pattern[i] = (i * 131 + (i >>> 8) * 7) as u8;
}

/** N bytes, byte i being (i*131 + (i>>8)*7) & 255 with i counted anew every 65,536. */
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

export abstract class BodySink {
  /** The head of each final response, redirects that are followed included. */
  head(_head: HttpHead): void {}
  /** Bytes that `data` will take now; 0 to be asked again later. */
  room(): u32 {
    return u32.MAX_VALUE;
  }
  /** The next bytes of the body, at most `room()`; false ends the exchange with a failure. */
  abstract data(pointer: usize, length: u32): bool;
}

/** Counts, and keeps the CRC-32 where that is wanted; the bytes are dropped. */
export class CountingSink extends BodySink {
  bytes: u64 = 0;
  crc: u32 = 0;

  constructor(private withCrc: bool = false) {
    super();
  }

  data(pointer: usize, length: u32): bool {
    this.bytes += length;
    if (this.withCrc) this.crc = crc32(this.crc, pointer, length);
    return true;
  }
}

/** Keeps the body in memory, up to a bound. */
export class CollectingSink extends BodySink {
  length: u32 = 0;
  private bytes: StaticArray<u8> = new StaticArray<u8>(1024);

  constructor(
    /** More bytes than this end the exchange. */
    private maximum: u32,
  ) {
    super();
  }

  pointer(): usize {
    return changetype<usize>(this.bytes);
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
