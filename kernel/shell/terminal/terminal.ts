/**
 * The output of the console: a queue of text that is sent to the serial port as fast as the port
 * accepts it, with CR LF at the end of lines. Control characters are escaped, except in text queued
 * with `control`.
 */
import { OUTPUT_BACKLOG, OUTPUT_ROOM } from "../../../core/limits";
import { REPLACEMENT, Utf8Decoder } from "../../../core/utf8";
import { printableLines } from "./printable";
import { SerialPort } from "./serial-port";

/** The least number of sent chunks for which the queue is compacted. */
const COMPACTION: i32 = 512;

export class Terminal {
  /** Whether the last text printed ended its line. */
  atLineStart: bool = true;
  private chunks: Array<string> = [];
  /** The index of the first chunk that is not completely encoded, and its units that are. */
  private head: i32 = 0;
  private position: i32 = 0;
  /** UTF-16 units in the queue that are not encoded yet. */
  private queued: u32 = 0;
  /** Units refused because the queue was full. */
  private refused: u32 = 0;
  /** The next bytes to send: encoded[sent .. filled). */
  private readonly encoded: StaticArray<u8> = new StaticArray<u8>(128);
  private sent: u32 = 0;
  private filled: u32 = 0;
  private readonly decoder: Utf8Decoder = new Utf8Decoder();

  constructor(readonly port: SerialPort) {}

  /** Queues text. Control characters other than line feed and tab are escaped. */
  print(text: string): void {
    if (text.length == 0) return;
    const safe = printableLines(text);
    this.enqueue(safe);
    this.atLineStart = safe.endsWith("\n");
  }

  printLine(text: string): void {
    this.print(text + "\n");
  }

  /** Queues UTF-8 text; a character may be split between two calls. */
  printBytes(pointer: usize, length: u32): void {
    this.print(this.decoder.decode(pointer, length));
  }

  /** Starts a new line unless the cursor is at the start of one. */
  freshLine(): void {
    if (!this.atLineStart) this.print("\n");
  }

  /** Queues text as it is, with its control characters. */
  control(text: string): void {
    if (text.length > 0) this.enqueue(text);
  }

  /** Rings the bell for a key that was refused, if there is room. */
  bell(): void {
    if (this.room() > 0) this.control("\x07");
  }

  /** Returns the UTF-16 units that may be printed before a job should wait. */
  room(): u32 {
    return this.queued >= OUTPUT_ROOM ? 0 : OUTPUT_ROOM - this.queued;
  }

  /** Reports whether the port has taken everything. */
  empty(): bool {
    return this.queued == 0 && this.sent == this.filled;
  }

  /** Reports whether the last character has left the machine. */
  flushed(): bool {
    return this.empty() && this.port.flushed();
  }

  /** Sends bytes until the port accepts no more or the queue is empty. */
  drain(): void {
    while (!this.empty()) {
      if (this.sent == this.filled) this.encode();
      const left = this.filled - this.sent;
      const taken = this.port.write(changetype<usize>(this.encoded) + this.sent, left);
      this.sent += taken;
      if (taken < left) return;
    }
  }

  private enqueue(text: string): void {
    if (this.queued + text.length > OUTPUT_BACKLOG) {
      this.refused += text.length;
      return;
    }
    this.chunks.push(text);
    this.queued += text.length;
  }

  /** Fills `encoded` from the queue. */
  private encode(): void {
    this.sent = 0;
    this.filled = 0;
    const capacity = this.encoded.length - 4;
    while ((this.filled as i32) <= capacity && this.head < this.chunks.length) {
      const chunk = this.chunks[this.head];
      while ((this.filled as i32) <= capacity && this.position < chunk.length) {
        this.encodePoint(this.nextPoint(chunk));
      }
      if (this.position < chunk.length) break;
      this.position = 0;
      this.chunks[this.head++] = "";
    }
    if (this.head == this.chunks.length) this.restart();
    else if (this.head >= COMPACTION && 2 * this.head >= this.chunks.length) this.compact();
  }

  /** Drops sent chunks, so that a queue that never empties does not grow without bound. */
  private compact(): void {
    this.chunks = this.chunks.slice(this.head);
    this.head = 0;
  }

  /** Resets the empty queue, and reports text that was refused. */
  private restart(): void {
    if (this.head > 0) this.chunks = [];
    this.head = 0;
    if (this.refused == 0) return;
    const refused = this.refused;
    this.refused = 0;
    this.enqueue(`\n[${refused} characters of output were lost]\n`);
    this.atLineStart = true;
  }

  private nextPoint(chunk: string): u32 {
    const unit = chunk.charCodeAt(this.position++) as u32;
    this.queued--;
    if (unit >>> 11 != 0x1b) return unit;
    const second = this.position < chunk.length ? (chunk.charCodeAt(this.position) as u32) : 0;
    if (unit >= 0xdc00 || second >>> 10 != 0x37) return REPLACEMENT;
    this.position++;
    this.queued--;
    return 0x10000 + ((unit & 0x3ff) << 10) + (second & 0x3ff);
  }

  /** Encodes a character as UTF-8 (RFC 3629 section 3), and a line feed as CR LF. */
  private encodePoint(point: u32): void {
    if (point == 0x0a) this.put(0x0d);
    if (point < 0x80) {
      this.put(point);
      return;
    }
    if (point < 0x800) {
      this.put(0xc0 | (point >> 6));
    } else {
      if (point < 0x10000) {
        this.put(0xe0 | (point >> 12));
      } else {
        this.put(0xf0 | (point >> 18));
        this.put(0x80 | ((point >> 12) & 0x3f));
      }
      this.put(0x80 | ((point >> 6) & 0x3f));
    }
    this.put(0x80 | (point & 0x3f));
  }

  private put(byte: u32): void {
    this.encoded[this.filled++] = byte as u8;
  }
}
