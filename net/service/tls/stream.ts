/**
 * TLS as a stream over a stream (RFC 8446, RFC 5246): the engine implements the protocol, and this
 * class moves the bytes. Ciphertext goes to the engine straight from TCP's receive buffer.
 * Plaintext waits here until it is read, at most as much as a record can hold.
 *
 *     TCP > peekPointer > engine.step | engine.read > block > peekPointer > HTTP
 *     TCP < write < scratch < engine.transmit | engine.write < HTTP
 */
import { allocateBlock, freeBlock } from "../../../core/block";
import { TLS_READ_BYTES } from "../../../core/limits";
import { NEVER, SECOND } from "../../../core/time";
import {
  TLS_AGAIN,
  TLS_NEW_SESSION,
  TLS_STATE_MASK,
  TlsBytesField,
  TlsNumberField,
  TlsState,
} from "../../../core/tls-codes";
import { Wakeable, wake } from "../../../core/wakeable";
import { Stream, StreamFailure, StreamStatus } from "../stream/stream";
import { failureOf, failureWords } from "./failure";
import { releaseCleanly } from "./farewells";
import { groupName } from "./names";
import { TlsOutbox } from "./outbox";
import { TlsResumption } from "./resumption";
import { TlsOptions, TlsShared, TlsTimes } from "./shared";

/** The time limits of a handshake, from its first step, and of closing. */
const HANDSHAKE_TIME: i64 = 30 * SECOND;
const CLOSE_TIME: i64 = 5 * SECOND;
/** Plaintext bytes of a full record (glue/config.h), and the most that a record adds to them. */
const RECORD: u32 = 4096;
const OVERHEAD: u32 = 48;
/** `TlsNumberField.Refusals` before the peer's certificate has been verified. */
const NO_VERDICT: u32 = 0xffffffff;

/** One TLS connection, made by TlsService. It is Connecting until the handshake is complete. */
export class TlsStream implements Stream {
  readonly times: TlsTimes = new TlsTimes();
  /** Version, suite, group and protocol in one line; "" until the handshake is complete. */
  summary: string = "";
  /** When the handshake or the close times out, in microseconds since boot. */
  deadline: i64 = NEVER;
  private state: TlsState = TlsState.Handshaking;
  /** Whether the engine can proceed without further input. */
  private again: bool = true;
  private kind: StreamFailure = StreamFailure.None;
  private reason: string = "";
  /** Unread plaintext: `length` bytes from `start` in a block, allocated at the first read. */
  private block: usize = 0;
  private start: u32 = 0;
  private length: u32 = 0;
  /** Whether `close` was called, whether it has closed `below`, and whether `release` was. */
  private closing: bool = false;
  private belowClosed: bool = false;
  private releasing: bool = false;
  private freed: bool = false;
  private subscriber: Wakeable | null = null;
  readonly resumption: TlsResumption;
  private readonly outbox: TlsOutbox;

  constructor(
    private readonly shared: TlsShared,
    readonly below: Stream,
    private readonly handle: u32,
    readonly options: TlsOptions,
  ) {
    this.outbox = new TlsOutbox(shared, handle, below);
    this.resumption = new TlsResumption(shared, handle, options);
  }

  // --- for TlsService ---

  /** Reports whether the handshake is running. */
  handshaking(): bool {
    return !this.freed && this.state < TlsState.Open;
  }

  /** Reports whether the connection is over and its memory is freed. */
  isFreed(): bool {
    return this.freed;
  }

  /** Reports whether `stepHandshake` can make progress. */
  ready(): bool {
    const below = this.below;
    const status = below.status();
    if (!this.handshaking() || status == StreamStatus.Connecting) return false;
    if (!this.outbox.empty()) return this.outbox.ready();
    return this.again || below.readable() > 0 || status != StreamStatus.Open;
  }

  /** Takes one step of the handshake. */
  stepHandshake(now: i64): void {
    const below = this.below;
    if (this.times.began == 0) {
      if (below.status() == StreamStatus.Failed) {
        this.fail(below.failureKind(), below.failure());
        return;
      }
      this.times.began = now;
      this.deadline = now + HANDSHAKE_TIME;
    }
    const here = below.peekLength();
    if (here > 0 && this.times.answered == 0) this.times.answered = now;
    const taken = this.step(now);
    if (this.state == TlsState.Failed) this.engineFailed();
    else if (this.state == TlsState.Open) this.opened(now);
    else if (this.state == TlsState.PeerClosed) this.fail(StreamFailure.Protocol, this.earlyEnd());
    else if (this.isCutOff(taken)) this.fail(StreamFailure.Protocol, this.earlyEnd());
  }

  /** Fails the handshake, or aborts the close, once the deadline has passed. */
  checkDeadline(now: i64): void {
    if (now < this.deadline) return;
    if (this.releasing) this.end(true);
    else this.fail(StreamFailure.TimedOut, "TLS handshake timed out after 30 s");
  }

  /** Continues the close that `release` began. */
  continueRelease(): void {
    if (!this.releasing || this.freed) return;
    const status = this.below.status();
    const broken = status == StreamStatus.Failed || status == StreamStatus.Connecting;
    if (broken || this.flush()) this.end(false);
  }

  // --- about the peer ---

  /** Returns a number about the connection; 0 once it is freed. */
  number(what: TlsNumberField): i32 {
    return this.freed ? 0 : this.shared.engine.number(this.handle, what);
  }

  /** Copies a text or a certificate if it fits. Returns its length in either case. */
  bytes(what: TlsBytesField, index: u32, destination: usize, capacity: u32): u32 {
    if (this.freed) return 0;
    return this.shared.engine.bytes(this.handle, what, index, destination, capacity);
  }

  /** Returns a text; "" if it is longer than TLS_READ_BYTES. */
  text(what: TlsBytesField): string {
    const scratch = changetype<usize>(this.shared.scratch);
    const length = this.bytes(what, 0, scratch, TLS_READ_BYTES);
    return length > TLS_READ_BYTES ? "" : String.UTF8.decodeUnsafe(scratch, length);
  }

  /** Returns the faults found in the peer's certificate, as bits of `TlsRefusal`; 0 if none. */
  refusals(): u32 {
    const refusals = this.number(TlsNumberField.Refusals) as u32;
    return refusals == NO_VERDICT ? 0 : refusals;
  }

  // --- Stream ---

  poll(now: i64): void {
    if (this.freed || this.state < TlsState.Open) return;
    this.below.poll(now);
    this.flush();
    if (this.length == 0 && this.state == TlsState.Open) this.fill(now);
  }

  status(): StreamStatus {
    if (this.state == TlsState.Failed) return StreamStatus.Failed;
    if (this.state < TlsState.Open) return StreamStatus.Connecting;
    if (this.state == TlsState.Open || this.length > 0) return StreamStatus.Open;
    return StreamStatus.Finished;
  }

  failureKind(): StreamFailure {
    return this.kind;
  }
  failure(): string {
    return this.reason;
  }
  transport(): Stream {
    return this.below;
  }
  readable(): u32 {
    return this.length;
  }
  peekPointer(): usize {
    return this.block + this.start;
  }
  peekLength(): u32 {
    return this.length;
  }

  consume(length: u32): void {
    assert(length <= this.length, "consumed more bytes than are readable");
    this.start += length;
    this.length -= length;
  }

  read(destination: usize, capacity: u32): u32 {
    const count = min(capacity, this.length);
    if (count == 0) return 0;
    memory.copy(destination, this.peekPointer(), count);
    this.consume(count);
    return count;
  }

  writable(): u32 {
    if (!this.canWrite() || !this.outbox.empty()) return 0;
    const room = this.below.writable();
    const records = room / RECORD + 1;
    return room > records * OVERHEAD ? room - records * OVERHEAD : 0;
  }

  write(source: usize, length: u32): u32 {
    let taken: u32 = 0;
    while (taken < length && this.canWrite() && this.flush()) {
      const room = this.below.writable();
      if (room <= OVERHEAD) break;
      const part = min(length - taken, room - OVERHEAD);
      const count = this.shared.engine.write(this.handle, source + taken, part);
      if (count == 0) break;
      taken += count;
    }
    this.flush();
    return taken;
  }

  close(): void {
    if (this.closing || this.freed) return;
    this.closing = true;
    if (this.state == TlsState.Open || this.state == TlsState.PeerClosed) {
      this.shared.engine.close(this.handle);
    }
    this.flush();
  }

  subscribe(subscriber: Wakeable | null): void {
    this.subscriber = subscriber;
    this.below.subscribe(subscriber);
  }
  setKeepAlive(idle: i64): void {
    this.below.setKeepAlive(idle);
  }

  release(): void {
    if (this.releasing || this.freed) return;
    const status = this.below.status();
    const established = this.state == TlsState.Open || this.state == TlsState.PeerClosed;
    if (this.state == TlsState.Failed) {
      this.abort();
    } else if (!established || status == StreamStatus.Failed || this.length > 0) {
      this.end(true);
    } else {
      this.close();
      this.releasing = true;
      this.deadline = NEVER;
      this.continueRelease();
    }
  }

  /** Aborts the connection, but still sends a queued alert. */
  abort(): void {
    if (this.freed) return;
    const alert = this.shared.engine.number(this.handle, TlsNumberField.AlertSent);
    const hasAlert = this.state == TlsState.Failed && alert >= 0;
    this.end(!hasAlert, hasAlert);
  }

  /** Sets the deadline of the close unless it is already set. */
  startCloseTimer(now: i64): void {
    if (this.releasing && this.deadline == NEVER) this.deadline = now + CLOSE_TIME;
  }

  // --- internal ---

  private canWrite(): bool {
    const open = this.state == TlsState.Open || this.state == TlsState.PeerClosed;
    return open && !this.closing && !this.freed;
  }

  /** Steps the engine and sends its output. Returns how many bytes of input it consumed. */
  private step(now: i64): u32 {
    const below = this.below;
    const engine = this.shared.engine;
    const taken = engine.step(this.handle, below.peekPointer(), below.peekLength());
    below.consume(taken);
    // The engine cannot proceed until its output is sent.
    this.flush();
    const state = engine.state(this.handle);
    this.state = (state & TLS_STATE_MASK) as TlsState;
    this.again = (state & TLS_AGAIN) != 0;
    if ((state & TLS_NEW_SESSION) != 0) this.resumption.keep(now);
    return taken;
  }

  /** Sends the engine's output. Returns true if all of it was sent. */
  private flush(): bool {
    if (this.freed || !this.outbox.flush()) return false;
    if (this.closing && !this.belowClosed) {
      this.belowClosed = true;
      this.below.close();
    }
    return true;
  }

  /** Reads plaintext until the block is full or the input is used up. */
  private fill(now: i64): void {
    const engine = this.shared.engine;
    if (this.block == 0) this.block = allocateBlock(TLS_READ_BYTES);
    this.start = 0;
    while (this.length < TLS_READ_BYTES && this.state == TlsState.Open) {
      const end = this.block + this.length;
      const count = engine.read(this.handle, end, TLS_READ_BYTES - this.length);
      this.length += count;
      // If `again` was set, the step may only have completed the previous one: try once more.
      const unfinished = this.again;
      if (count == 0 && this.step(now) == 0 && !this.again && !unfinished) break;
    }
    if (this.state == TlsState.Failed) this.engineFailed();
    else if (this.state == TlsState.Open && this.length == 0) this.noteEnd();
  }

  /** Fails if the stream below has ended without close_notify (RFC 8446 section 6.1). */
  private noteEnd(): void {
    const below = this.below;
    if (below.readable() > 0) return;
    const status = below.status();
    if (status == StreamStatus.Failed) this.fail(below.failureKind(), below.failure());
    if (status != StreamStatus.Finished) return;
    const reason = "TLS: connection closed without close_notify, data may be truncated";
    this.fail(StreamFailure.Protocol, reason);
  }

  /**
   * Reports whether the stream below has ended and its input is used up. `taken` is what the last
   * step consumed.
   */
  private isCutOff(taken: u32): bool {
    const status = this.below.status();
    // The engine reads nothing until its output is sent, which is now impossible.
    if (status == StreamStatus.Failed && !this.outbox.empty()) return true;
    if (taken > 0 || this.again || this.below.readable() > 0) return false;
    return status == StreamStatus.Finished || status == StreamStatus.Failed;
  }

  private opened(now: i64): void {
    this.times.finished = now;
    this.deadline = NEVER;
    this.resumption.opened();
    const protocol = this.text(TlsBytesField.Alpn);
    const group = groupName(this.number(TlsNumberField.Group));
    let summary = `${this.text(TlsBytesField.Version)}, ${this.text(TlsBytesField.CipherSuite)}`;
    if (group != "") summary += `, ${group}`;
    if (protocol != "") summary += `, ALPN ${protocol}`;
    if (this.resumption.resumed) summary += ", resumed";
    this.summary = summary;
    wake(this.subscriber);
  }

  private engineFailed(): void {
    const refusals = this.options.insecure ? 0 : this.refusals();
    const words = failureWords(this.shared.engine, this.handle, refusals);
    this.fail(failureOf(refusals), words);
  }

  /** Returns the message for a stream below that ended during the handshake. */
  private earlyEnd(): string {
    return this.below.status() == StreamStatus.Failed
      ? `TLS: ${this.below.failure()} during the handshake`
      : "TLS: the peer closed the connection during the handshake";
  }

  private fail(kind: StreamFailure, reason: string): void {
    this.state = TlsState.Failed;
    const withSession = kind == StreamFailure.Protocol && this.resumption.handshakeFailed();
    this.kind = withSession ? StreamFailure.Session : kind;
    this.reason = reason;
    this.deadline = NEVER;
    wake(this.subscriber);
  }

  /**
   * Frees everything. If `abruptly`, also discards unsent data of the stream below; if
   * `lingering`, reads from it for a while.
   */
  private end(abruptly: bool, lingering: bool = false): void {
    this.freed = true;
    this.resumption.end();
    this.releasing = false;
    this.deadline = NEVER;
    this.shared.engine.free(this.handle);
    if (this.block != 0) freeBlock(this.block, TLS_READ_BYTES);
    this.block = 0;
    this.length = 0;
    if (abruptly) {
      this.below.abort();
    } else if (lingering) {
      this.shared.farewells.add(this.below);
    } else {
      releaseCleanly(this.below);
    }
  }
}
