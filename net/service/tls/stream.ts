/**
 * TLS as a stream over a stream (RFC 8446, RFC 5246): the engine knows the protocol, this moves
 * the bytes. Ciphertext goes to it straight from TCP's receive buffer; plaintext waits here,
 * a record's worth, until it is read.
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
  TlsBytes,
  TlsNumber,
  TlsState,
} from "../../../core/tls-codes";
import { Stream, StreamFailure, StreamStatus } from "../stream/stream";
import { failureWords } from "./failure";
import { groupName } from "./names";
import { TlsOutbox } from "./outbox";
import { TlsResumption } from "./resumption";
import { TlsOptions, TlsShared, TlsTimes } from "./shared";

/** From the first byte on, so long may a handshake take; and the last bytes of a connection. */
const HANDSHAKE_TIME: i64 = 30 * SECOND;
const LEAVE_TIME: i64 = 5 * SECOND;
/** Plaintext that an engine puts into one record at least, and what a record adds at most. */
const RECORD: u32 = 4096;
const OVERHEAD: u32 = 48;
/** Of the peer's certificate, where none has come yet. */
const NO_VERDICT: u32 = 0xffffffff;

export class TlsStream implements Stream {
  readonly times: TlsTimes = new TlsTimes();
  /** Version, suite, group, protocol in one line; "" until the handshake is over. */
  summary: string = "";
  /** Microseconds since boot when the handshake or the leave-taking must be over. */
  deadline: i64 = NEVER;
  private state: TlsState = TlsState.Handshaking;
  /** The engine can go on though nothing more has come. */
  private again: bool = true;
  private kind: StreamFailure = StreamFailure.None;
  private reason: string = "";
  /** Plaintext to be read: `length` bytes from `start` in a block that exists while needed. */
  private block: usize = 0;
  private start: u32 = 0;
  private length: u32 = 0;
  private closing: bool = false;
  private closed: bool = false;
  private leaving: bool = false;
  private freed: bool = false;
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

  // --- for the service that drives handshakes ---

  /** Neither verified nor failed yet. */
  handshaking(): bool {
    return !this.freed && this.state < TlsState.Open;
  }

  /** Nothing is left to do for it; its owner has let go of it. */
  isFreed(): bool {
    return this.freed;
  }

  /** A step of the handshake would find something to do. */
  ready(): bool {
    const below = this.below;
    const status = below.status();
    if (!this.handshaking() || status == StreamStatus.Connecting) return false;
    if (!this.outbox.empty()) return this.outbox.ready();
    return this.again || below.readable() > 0 || status != StreamStatus.Open;
  }

  /** One step of the handshake. */
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
    else if (this.state == TlsState.PeerClosed) this.fail(StreamFailure.Protocol, this.cutOff());
    else if (this.isCutOff(taken)) this.fail(StreamFailure.Protocol, this.cutOff());
  }

  /** To be called when the time is up: the handshake's, or that to take leave. */
  checkDeadline(now: i64): void {
    if (now < this.deadline) return;
    if (this.leaving) this.end(true);
    else this.fail(StreamFailure.TimedOut, "the TLS handshake took more than 30 s");
  }

  /** Goes on taking leave. */
  leave(): void {
    if (!this.leaving || this.freed) return;
    const status = this.below.status();
    const broken = status == StreamStatus.Failed || status == StreamStatus.Connecting;
    if (broken || this.flush()) this.end(false);
  }

  // --- what is known of the peer ---

  /** A number about the connection. */
  number(what: TlsNumber): i32 {
    return this.freed ? 0 : this.shared.engine.number(this.handle, what);
  }

  /** Copies a text or a certificate where all of it fits; answers its length. */
  bytes(what: TlsBytes, index: u32, destination: usize, capacity: u32): u32 {
    if (this.freed) return 0;
    return this.shared.engine.bytes(this.handle, what, index, destination, capacity);
  }

  /** A text of the engine's. */
  text(what: TlsBytes): string {
    const scratch = changetype<usize>(this.shared.scratch);
    const length = this.bytes(what, 0, scratch, TLS_READ_BYTES);
    return length > TLS_READ_BYTES ? "" : String.UTF8.decodeUnsafe(scratch, length);
  }

  /** What is wrong with the peer's certificate, bits of `TlsRefusal`; 0 for nothing. */
  refusals(): u32 {
    const refusals = this.number(TlsNumber.Refusals) as u32;
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
    assert(length <= this.length, "more consumed than there is");
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

  setKeepAlive(idle: i64): void {
    this.below.setKeepAlive(idle);
  }

  release(): void {
    if (this.leaving || this.freed) return;
    const status = this.below.status();
    const talks = this.state == TlsState.Open || this.state == TlsState.PeerClosed;
    if (this.state == TlsState.Failed) {
      this.abort();
    } else if (!talks || status == StreamStatus.Failed || this.length > 0) {
      this.end(true);
    } else {
      this.close();
      this.leaving = true;
      this.deadline = i64.MAX_VALUE;
      this.leave();
    }
  }

  /** What stands in the stream below goes out where it is an alert that says why. */
  abort(): void {
    if (this.freed) return;
    const refused = this.state == TlsState.Failed && this.kind != StreamFailure.TimedOut;
    this.end(!refused);
  }

  /** Gives the time for taking leave; nothing happens once it is set. */
  startCloseTimer(now: i64): void {
    if (this.leaving && this.deadline == i64.MAX_VALUE) this.deadline = now + LEAVE_TIME;
  }

  // --- within ---

  private canWrite(): bool {
    const open = this.state == TlsState.Open || this.state == TlsState.PeerClosed;
    return open && !this.closing && !this.freed;
  }

  /**
   * One step of the engine over what has come, and what it has for the peer goes out; answers
   * how much was taken.
   */
  private step(now: i64): u32 {
    const below = this.below;
    const engine = this.shared.engine;
    const taken = engine.step(this.handle, below.peekPointer(), below.peekLength());
    below.consume(taken);
    // Only what was sent lets it go on.
    this.flush();
    const state = engine.state(this.handle);
    this.state = (state & TLS_STATE_MASK) as TlsState;
    this.again = (state & TLS_AGAIN) != 0;
    if ((state & TLS_NEW_SESSION) != 0) this.resumption.keep(now);
    return taken;
  }

  /** Sends what the engine has; true when nothing is left to be sent. */
  private flush(): bool {
    if (this.freed || !this.outbox.flush()) return false;
    if (this.closing && !this.closed) {
      this.closed = true;
      this.below.close();
    }
    return true;
  }

  /** Reads plaintext until the block is full or nothing more has come. */
  private fill(now: i64): void {
    const engine = this.shared.engine;
    if (this.block == 0) this.block = allocateBlock(TLS_READ_BYTES);
    this.start = 0;
    while (this.length < TLS_READ_BYTES && this.state == TlsState.Open) {
      const end = this.block + this.length;
      const count = engine.read(this.handle, end, TLS_READ_BYTES - this.length);
      this.length += count;
      // A step may take nothing and end what the one before began, and more may lie behind it.
      const began = this.again;
      if (count == 0 && this.step(now) == 0 && !this.again && !began) break;
    }
    if (this.state == TlsState.Failed) this.engineFailed();
    else if (this.state == TlsState.Open && this.length == 0) this.noteEnd();
  }

  /** The stream below may have ended though TLS has not (RFC 8446 section 6.1). */
  private noteEnd(): void {
    const below = this.below;
    if (below.readable() > 0) return;
    const status = below.status();
    if (status == StreamStatus.Failed) this.fail(below.failureKind(), below.failure());
    if (status != StreamStatus.Finished) return;
    const reason = "the peer ended the connection without close_notify: something may be missing";
    this.fail(StreamFailure.Protocol, reason);
  }

  /** The stream below has ended in the middle of the handshake, after a step that took so much. */
  private isCutOff(taken: u32): bool {
    const status = this.below.status();
    // The engine reads nothing more before it has sent what it never can.
    if (status == StreamStatus.Failed && !this.outbox.empty()) return true;
    if (taken > 0 || this.again || this.below.readable() > 0) return false;
    return status == StreamStatus.Finished || status == StreamStatus.Failed;
  }

  private opened(now: i64): void {
    this.times.finished = now;
    this.deadline = NEVER;
    this.resumption.opened();
    const protocol = this.text(TlsBytes.Alpn);
    const group = groupName(this.number(TlsNumber.Group));
    let summary = `${this.text(TlsBytes.Version)}, ${this.text(TlsBytes.CipherSuite)}`;
    if (group != "") summary += `, ${group}`;
    if (protocol != "") summary += `, ALPN ${protocol}`;
    if (this.resumption.resumed) summary += ", resumed";
    this.summary = summary;
  }

  private engineFailed(): void {
    const refusals = this.options.insecure ? 0 : this.refusals();
    const words = failureWords(this.shared.engine, this.handle, refusals);
    this.fail(refusals != 0 ? StreamFailure.Certificate : StreamFailure.Protocol, words);
  }

  private cutOff(): string {
    return this.below.status() == StreamStatus.Failed
      ? `TLS: ${this.below.failure()} during the handshake`
      : "TLS: the peer closed the connection during the handshake";
  }

  private fail(kind: StreamFailure, reason: string): void {
    this.state = TlsState.Failed;
    const old = kind == StreamFailure.Protocol && this.resumption.refused();
    this.kind = old ? StreamFailure.Session : kind;
    this.reason = reason;
    this.deadline = NEVER;
  }

  /** Forgets what came: unread bytes would make TCP reset what is on its way. */
  private drop(): void {
    const below = this.below;
    for (let here = below.peekLength(); here > 0; here = below.peekLength()) below.consume(here);
  }

  /** Gives everything back; what stands in the stream below still goes out, or not. */
  private end(abruptly: bool): void {
    this.freed = true;
    this.resumption.end();
    this.leaving = false;
    this.deadline = NEVER;
    this.shared.engine.free(this.handle);
    if (this.block != 0) freeBlock(this.block, TLS_READ_BYTES);
    this.block = 0;
    this.length = 0;
    if (abruptly) {
      this.below.abort();
    } else {
      this.drop();
      this.below.release();
    }
  }
}
