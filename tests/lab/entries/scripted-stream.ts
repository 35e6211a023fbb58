/** A stream whose other end is a test: it delivers bytes and reads what was sent. */
import { latin1 } from "../../../core/text";
import { Wakeable, wake } from "../../../core/wakeable";
import {
  Stream,
  StreamFailure,
  StreamListener,
  StreamStatus,
} from "../../../net/service/stream/stream";

class Bytes {
  length: u32 = 0;
  start: u32 = 0;
  private block: StaticArray<u8> = new StaticArray<u8>(1024);

  pointer(): usize {
    return changetype<usize>(this.block) + this.start;
  }
  add(pointer: usize, length: u32): void {
    const wanted = this.start + this.length + length;
    if (wanted > (this.block.length as u32)) {
      const larger = new StaticArray<u8>((this.length + length) * 2);
      memory.copy(changetype<usize>(larger), this.pointer(), this.length);
      this.block = larger;
      this.start = 0;
    }
    memory.copy(this.pointer() + this.length, pointer, length);
    this.length += length;
  }
  drop(length: u32): void {
    assert(length <= this.length, "more bytes consumed than there were");
    this.start += length;
    this.length -= length;
    if (this.length == 0) this.start = 0;
  }
}

export class ScriptedStream implements Stream {
  state: StreamStatus = StreamStatus.Open;
  kind: StreamFailure = StreamFailure.None;
  /** Bytes that `write` still accepts. */
  room: u32 = u32.MAX_VALUE;
  /** The maximum number of bytes that `peek` shows at once. */
  window: u32 = u32.MAX_VALUE;
  closed: bool = false;
  released: bool = false;
  aborted: bool = false;
  writes: u32 = 0;
  /** The number of bytes sent, for bodies too long to keep. */
  total: u64 = 0;
  /** Whether sent bytes are kept for `takeSent`. */
  keeps: bool = true;
  readonly incoming: Bytes = new Bytes();
  readonly outgoing: Bytes = new Bytes();
  label: string = "";
  private subscriber: Wakeable | null = null;

  poll(_now: i64): void {}
  status(): StreamStatus {
    if (this.state == StreamStatus.Finished && this.incoming.length > 0) return StreamStatus.Open;
    return this.state;
  }
  failureKind(): StreamFailure {
    return this.kind;
  }
  failure(): string {
    return "scripted failure";
  }
  transport(): Stream {
    return this;
  }
  readable(): u32 {
    return this.incoming.length;
  }
  peekPointer(): usize {
    return this.incoming.pointer();
  }
  peekLength(): u32 {
    return min(this.incoming.length, this.window);
  }
  consume(length: u32): void {
    assert(length <= this.peekLength(), "more bytes consumed than were shown");
    this.incoming.drop(length);
  }
  read(destination: usize, capacity: u32): u32 {
    const length = min(capacity, this.peekLength());
    memory.copy(destination, this.peekPointer(), length);
    this.consume(length);
    return length;
  }
  writable(): u32 {
    return this.closed ? 0 : min<u32>(this.room, 65536);
  }
  write(source: usize, length: u32): u32 {
    const taken = min(length, this.writable());
    if (this.keeps) this.outgoing.add(source, taken);
    this.room -= taken;
    this.total += taken;
    this.writes++;
    return taken;
  }
  close(): void {
    this.closed = true;
  }
  release(): void {
    assert(!this.released && !this.aborted, "ended twice");
    this.released = true;
  }
  subscribe(subscriber: Wakeable | null): void {
    this.subscriber = subscriber;
  }
  /** Wakes the subscriber, as TCP does for whatever happens. */
  notify(): void {
    wake(this.subscriber);
  }
  setKeepAlive(_idle: i64): void {}
  abort(): void {
    assert(!this.released && !this.aborted, "ended twice");
    this.aborted = true;
  }
  /** Returns what was sent since the last call. */
  takeSent(): string {
    const text = latin1(this.outgoing.pointer(), this.outgoing.length);
    this.outgoing.drop(this.outgoing.length);
    return text;
  }
  /** "open", or how it was ended. */
  ending(): string {
    if (this.aborted) return "aborted";
    if (this.released) return "released";
    return this.closed ? "closed" : "open";
  }
}

export class ScriptedListener implements StreamListener {
  waiting: Array<ScriptedStream> = [];
  closed: bool = false;

  relief: Wakeable | null = null;

  onShortage(relief: Wakeable): void {
    this.relief = relief;
  }
  hasWaiting(): bool {
    return this.waiting.length > 0;
  }
  accept(): Stream | null {
    return this.waiting.length == 0 ? null : this.waiting.shift();
  }
  close(): void {
    this.closed = true;
  }
}
