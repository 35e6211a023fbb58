/**
 * TLS for the whole stack: opens connections over streams, drives their handshakes one bounded
 * step a turn, so that nothing else starves, and sees each connection to its end.
 */
import { TLS_CONNECTIONS } from "../../../core/limits";
import { Pollable } from "../../../core/pollable";
import { earlier, NEVER } from "../../../core/time";
import { TlsOption } from "../../../core/tls-codes";
import { Stream, StreamListener } from "../stream/stream";
import { NO_HANDLE, TlsEngine } from "./engine";
import { TlsSessions } from "./sessions";
import { TlsOptions, TlsShared } from "./shared";
import { TlsStream } from "./stream";

export class TlsService implements Pollable {
  /** Why the last `connect` or `accept` answered null. */
  refusal: string = "";
  private readonly shared: TlsShared;
  private streams: Array<TlsStream> = [];
  /** Whose turn it is to take a step. */
  private next: i32 = 0;

  constructor(readonly engine: TlsEngine) {
    this.shared = new TlsShared(engine);
  }

  get sessions(): TlsSessions {
    return this.shared.sessions;
  }

  get count(): u32 {
    return this.streams.length;
  }

  /**
   * Begins a handshake as the client over `below`, which may still be connecting; null, and a
   * `refusal`, when there can be none: then `below` is as it was.
   */
  connect(below: Stream, options: TlsOptions, now: i64): TlsStream | null {
    const stream = this.open(below, options);
    if (stream == null || options.insecure) return stream;
    const session = this.sessions.take(options.host, options.port, now);
    if (session != null) stream.resumption.offer(session);
    return stream;
  }

  /** The same as the server. */
  accept(below: Stream): TlsStream | null {
    const options = new TlsOptions();
    options.server = true;
    return this.open(below, options);
  }

  /** One turn; true: call again at once. */
  poll(now: i64): bool {
    if (this.streams.length == 0) return false;
    this.engine.tick();
    const streams = this.streams;
    for (let i = streams.length - 1; i >= 0; i--) {
      const stream = streams[i];
      stream.startCloseTimer(now);
      stream.leave();
      stream.checkDeadline(now);
      if (!stream.isFreed()) continue;
      streams.splice(i, 1);
      if (i < this.next) this.next--;
    }
    return this.step(now);
  }

  pollAt(_now: i64): i64 {
    let at = NEVER;
    for (let i = 0; i < this.streams.length; i++) at = earlier(at, this.streams[i].deadline);
    return at;
  }

  private open(below: Stream, options: TlsOptions): TlsStream | null {
    this.refusal = this.engine.obstacle();
    if (this.refusal != "") return null;
    let handle = NO_HANDLE;
    if ((this.streams.length as u32) < TLS_CONNECTIONS) handle = this.openHandle(options);
    if (handle == NO_HANDLE) {
      this.refusal = "TLS has no memory for another connection";
      return null;
    }
    const stream = new TlsStream(this.shared, below, handle, options);
    this.streams.push(stream);
    return stream;
  }

  private openHandle(options: TlsOptions): u32 {
    if (options.server) return this.engine.openServer(TlsOption.None);
    const bits: u32 = options.insecure ? TlsOption.Insecure | TlsOption.NoTickets : TlsOption.None;
    return this.engine.openClient(options.host, bits);
  }

  /** One step for the next connection that has something to do. */
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

/** Takes connections for a server and puts TLS over each. */
export class TlsListener implements StreamListener {
  constructor(
    private readonly listener: StreamListener,
    private readonly tls: TlsService,
  ) {}

  /** A stream whose handshake is still to come: it is Connecting until then. */
  accept(): Stream | null {
    let below = this.listener.accept();
    while (below != null) {
      const stream = this.tls.accept(below);
      if (stream != null) return stream;
      below.abort();
      below = this.listener.accept();
    }
    return null;
  }

  close(): void {
    this.listener.close();
  }
}
