/**
 * The measured part of a test, which is the same on both ends: the data streams, when the test
 * began and ends, and its intervals. The sender writes one block again and again; the receiver
 * drops what arrives without copying it.
 */
import { IPERF3_BLOCK_BYTES } from "../../../core/limits";
import { earlier, MILLISECOND, NEVER, SECOND } from "../../../core/time";
import { discard } from "../stream/discard";
import { DataStream } from "./data-stream";
import { TestParameters } from "./parameters";
import { IDLE_PATIENCE } from "./states";

/** How often a limited sender sends, as iperf3's pacing timer. */
const PACE: i64 = MILLISECOND;

/** Returns the block that is sent: digits, as with iperf3's --repeating-payload. */
function newBlock(): StaticArray<u8> {
  const block = new StaticArray<u8>(IPERF3_BLOCK_BYTES as i32);
  for (let i = 0; i < block.length; i++) block[i] = (0x30 + (i % 10)) as u8;
  return block;
}

/** Prints intervals; see report.ts. */
export interface IntervalPrinter {
  /** `from` and `to` are microseconds since the test began. */
  interval(transfer: Transfer, from: i64, to: i64): void;
}

export class Transfer {
  readonly streams: Array<DataStream> = [];
  running: bool = false;
  /**
   * When counting began, in microseconds since boot, and the microseconds from then to the end of
   * the test.
   */
  startedAt: i64 = 0;
  duration: i64 = 0;
  /** Bytes sent or received on all streams since counting began. */
  total: u64 = 0;
  /** Whether the test has run, or is running. */
  private started: bool = false;
  /** Whether the streams were given up: their objects may be reused. */
  private ended: bool = false;
  private readonly block: StaticArray<u8> | null;
  /** The end of the time to omit, when counting restarts; 0 if it has passed or there is none. */
  private omitUntil: i64 = 0;
  /** When the interval began, and when the next one is due. */
  private intervalAt: i64 = 0;
  private nextAt: i64 = 0;
  private progressAt: i64 = 0;

  constructor(
    readonly parameters: TestParameters,
    readonly sends: bool,
    /** Microseconds between reports; 0 for a single one at the end. */
    private readonly interval: i64,
    /** Null for no reports. */
    private readonly printer: IntervalPrinter | null,
  ) {
    this.block = sends ? newBlock() : null;
  }

  /** Starts the test, with all its streams. */
  start(now: i64): void {
    const omitSeconds = this.parameters.omitSeconds;
    if (omitSeconds > 0) this.omitUntil = now + omitSeconds * SECOND;
    this.running = true;
    this.started = true;
    this.progressAt = now;
    this.begin(now);
  }

  /** Moves data. Returns true if there was any. */
  poll(now: i64): bool {
    if (this.omitUntil > 0 && now >= this.omitUntil) {
      this.omitUntil = 0;
      this.begin(now);
    }
    if (this.interval > 0 && now >= this.nextAt) this.endInterval(now);
    const before = this.total;
    const streams = this.streams;
    for (let i = 0; i < streams.length; i++) {
      this.total += this.sends ? this.sendOn(streams[i], now) : streams[i].receive();
    }
    if (this.total == before) return false;
    this.progressAt = now;
    return true;
  }

  /** Ends the test: prints the last interval. */
  finish(now: i64): void {
    this.duration = now - this.startedAt;
    this.running = false;
    this.printInterval(now);
    for (let i = 0; i < this.streams.length; i++) this.streams[i].end();
  }

  /**
   * Drops what still arrives after the test, so that the peer is not blocked. Data that arrives
   * before TestRunning is left alone, and counted once the test runs.
   */
  drain(): void {
    if (!this.started || this.ended) return;
    for (let i = 0; i < this.streams.length; i++) discard(this.streams[i].stream);
  }

  /** Reports whether the test has reached the end that its parameters set. */
  isOver(now: i64): bool {
    if (now >= this.endsAt()) return true;
    const bytes = this.parameters.bytes;
    if (bytes == 0 || this.omitUntil > 0 || this.total < bytes) return false;
    // Wait until all of it has arrived, or the receiver would count less.
    for (let i = 0; i < this.streams.length; i++) {
      if (!this.streams[i].acknowledged()) return false;
    }
    return true;
  }

  /** Returns when the test ends; NEVER if bytes end it. */
  endsAt(): i64 {
    const seconds = this.parameters.seconds;
    const countedFrom = this.omitUntil > 0 ? this.omitUntil : this.startedAt;
    return seconds == 0 ? NEVER : countedFrom + seconds * SECOND;
  }

  /** Returns why the test cannot go on, or "". */
  failure(now: i64): string {
    for (let i = 0; i < this.streams.length; i++) {
      const reason = this.streams[i].failure(this.sends);
      if (reason != "") return reason;
    }
    return now - this.progressAt >= IDLE_PATIENCE ? "idle timeout for receiving data" : "";
  }

  /** Returns when to poll next if nothing arrives. */
  pollAt(now: i64): i64 {
    let at = this.progressAt + IDLE_PATIENCE;
    if (this.omitUntil > 0) at = earlier(at, this.omitUntil);
    if (this.interval > 0) at = earlier(at, this.nextAt);
    if (this.sends && this.parameters.rate > 0) at = earlier(at, now + PACE);
    return this.running ? at : NEVER;
  }

  /** Gives up all streams; what was counted remains. */
  endStreams(): void {
    if (this.ended) return;
    for (let i = 0; i < this.streams.length; i++) this.streams[i].stream.release();
    this.ended = true;
    this.running = false;
  }

  private sendOn(stream: DataStream, now: i64): u64 {
    const block = this.block;
    if (block == null) return 0;
    let most: u64 = u64.MAX_VALUE;
    const parameters = this.parameters;
    if (parameters.bytes > 0 && this.omitUntil == 0) {
      most = this.total < parameters.bytes ? parameters.bytes - this.total : 0;
    }
    if (parameters.rate > 0) {
      const elapsed = ((now - this.startedAt) / MILLISECOND) as u64;
      const allowed = ((parameters.rate / 8) * elapsed) / 1000 + block.length;
      most = min(most, allowed > stream.bytes ? allowed - stream.bytes : 0);
    }
    return stream.send(changetype<usize>(block), block.length, most);
  }

  private begin(now: i64): void {
    this.startedAt = now;
    this.intervalAt = now;
    this.nextAt = now + this.interval;
    this.total = 0;
    for (let i = 0; i < this.streams.length; i++) this.streams[i].begin();
  }

  private endInterval(now: i64): void {
    if (this.omitUntil == 0) this.printInterval(now);
    this.intervalAt = now;
    while (this.nextAt <= now) this.nextAt += this.interval;
    for (let i = 0; i < this.streams.length; i++) this.streams[i].beginInterval();
  }

  /** Prints the interval, unless it is short and empty. */
  private printInterval(now: i64): void {
    let bytes: u64 = 0;
    for (let i = 0; i < this.streams.length; i++) bytes += this.streams[i].intervalBytes;
    if (bytes == 0 && (now - this.intervalAt) * 10 < this.interval) return;
    const printer = this.printer;
    if (printer == null) return;
    printer.interval(this, this.intervalAt - this.startedAt, now - this.startedAt);
  }
}
