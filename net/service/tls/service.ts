/**
 * TLS for the whole stack: opens connections over streams, runs their handshakes, and keeps each
 * connection until its close_notify is sent. Each turn takes one bounded step of one handshake.
 */
import { TLS_CONNECTIONS, TLS_OWN_CONNECTIONS } from "../../../core/limits";
import { Pollable } from "../../../core/pollable";
import { earlier } from "../../../core/time";
import { TlsOption } from "../../../core/tls-codes";
import { Wakeable, wake } from "../../../core/wakeable";
import { Stream, StreamListener } from "../stream/stream";
import { NO_HANDLE, TlsEngine } from "./engine";
import { TlsSessions } from "./sessions";
import { TlsOptions, TlsShared } from "./shared";
import { TlsStream } from "./stream";

/** Runs up to TLS_CONNECTIONS connections over one engine. */
export class TlsService extends Pollable {
  /** Why the last `connect` or `accept` returned null. */
  refusal: string = "";
  private readonly shared: TlsShared;
  private streams: Array<TlsStream> = [];
  /** The index of the connection to step next. */
  private next: i32 = 0;

  constructor(readonly engine: TlsEngine) {
    super();
    this.shared = new TlsShared(engine);
  }

  /** The cache of resumable sessions. */
  get sessions(): TlsSessions {
    return this.shared.sessions;
  }

  /** Whether there is a slot for one more connection of a server. */
  get acceptsMore(): bool {
    return this.count < TLS_CONNECTIONS - TLS_OWN_CONNECTIONS;
  }

  /** The number of connections that are not yet freed. */
  get count(): u32 {
    return this.streams.length;
  }

  /**
   * Starts a client handshake over `below`, which may still be connecting. On failure, sets
   * `refusal`, leaves `below` alone and returns null.
   */
  connect(below: Stream, options: TlsOptions, now: i64): TlsStream | null {
    const stream = this.open(below, options);
    if (stream == null || options.insecure || options.fresh) return stream;
    const session = this.sessions.take(options.host, options.port, now);
    if (session != null) stream.resumption.offer(session);
    return stream;
  }

  /** Starts a server handshake; otherwise like `connect`. */
  accept(below: Stream): TlsStream | null {
    const options = new TlsOptions();
    options.server = true;
    return this.open(below, options);
  }

  /** Takes at most one step of one handshake, so that nothing else starves. */
  poll(now: i64): bool {
    this.engine.tick();
    const streams = this.streams;
    const before = streams.length;
    for (let i = streams.length - 1; i >= 0; i--) {
      const stream = streams[i];
      stream.startCloseTimer(now);
      stream.continueRelease();
      stream.checkDeadline(now);
      if (!stream.isFreed()) continue;
      streams.splice(i, 1);
      if (i < this.next) this.next--;
    }
    const farewells = this.shared.farewells;
    farewells.poll(now);
    this.dormant = streams.length == 0 && farewells.count == 0;
    // A server may wait for the slot of one that was freed.
    const freed = streams.length < before;
    return this.step(now) || freed;
  }

  pollAt(_now: i64): i64 {
    let at = this.shared.farewells.pollAt();
    for (let i = 0; i < this.streams.length; i++) at = earlier(at, this.streams[i].deadline);
    return at;
  }

  private open(below: Stream, options: TlsOptions): TlsStream | null {
    this.refusal = this.engine.obstacle();
    if (this.refusal != "") return null;
    let handle = NO_HANDLE;
    const room = options.server ? this.acceptsMore : this.count < TLS_CONNECTIONS;
    if (room) handle = this.openHandle(options);
    if (handle == NO_HANDLE) {
      this.refusal = "TLS: too many connections or out of memory";
      return null;
    }
    const stream = new TlsStream(this.shared, below, handle, options);
    this.streams.push(stream);
    this.dormant = false;
    return stream;
  }

  private openHandle(options: TlsOptions): u32 {
    if (options.server) return this.engine.openServer(TlsOption.None);
    let bits: u32 = options.insecure ? TlsOption.Insecure | TlsOption.NoTickets : TlsOption.None;
    if (!options.alpn) bits |= TlsOption.NoAlpn;
    return this.engine.openClient(options.host, bits);
  }

  /** Takes one step of the next connection that is ready. */
  private step(now: i64): bool {
    const count = this.streams.length;
    for (let i = 0; i < count; i++) {
      const index = (this.next + i) % count;
      const stream = this.streams[index];
      if (!stream.ready()) continue;
      this.next = index + 1;
      stream.stepHandshake(now);
      return true;
    }
    return false;
  }
}

/** Accepts connections for a server, with TLS over each. */
export class TlsListener implements StreamListener {
  private relief: Wakeable | null = null;

  constructor(
    private readonly listener: StreamListener,
    private readonly tls: TlsService,
  ) {}

  /**
   * Returns a stream that is Connecting until its handshake is complete. If all slots are taken,
   * peers wait until one is free; if memory is short, they are turned away.
   */
  accept(): Stream | null {
    while (this.listener.hasWaiting() && this.tls.acceptsMore) {
      const below = this.listener.accept()!;
      const stream = this.tls.accept(below);
      if (stream != null) return stream;
      below.abort();
      wake(this.relief);
    }
    if (this.listener.hasWaiting()) wake(this.relief);
    return null;
  }

  hasWaiting(): bool {
    return this.listener.hasWaiting();
  }

  onShortage(relief: Wakeable): void {
    this.relief = relief;
    this.listener.onShortage(relief);
  }

  close(): void {
    this.listener.close();
  }
}
