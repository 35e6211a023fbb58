/**
 * Opens connections for listeners (RFC 9293 sections 3.10.7.1 and 3.10.7.2). While a listener has
 * too many half-open connections, SYNs are answered with cookies, and connections begin with the
 * ACK that returns one (RFC 4987 section 3.6).
 */
import { TCP_OWN_CONNECTIONS, TCP_OWN_SLOTS } from "../../../core/limits";
import { Random } from "../../../core/random";
import { MILLISECOND, NEVER } from "../../../core/time";
import { Drop } from "../../wire/drop";
import { FLAG_ACK, FLAG_ECE, FLAG_FIN, FLAG_RST, FLAG_SYN } from "../../wire/tcp";
import { TcpOptions } from "../../wire/tcp-options";
import { SocketError } from "../error";
import { Path } from "../path";
import { PacketSink } from "../sink";
import { acceptsOffer, EcnMode } from "./congestion/ecn";
import { ControlBlock } from "./control-block";
import { TcpCounter } from "./counters";
import { EarlyOpen } from "./early-open";
import { restoreSyn, takeSyn } from "./input/handshake";
import { TcpListener } from "./listen/listener";
import { Listeners } from "./listen/listeners";
import {
  COOKIE_LIFETIME,
  carriesEcn,
  NO_SHIFT,
  optionBits,
  SynCookies,
  takeOptions,
  timestampWith,
} from "./listen/syn-cookies";
import { announcedSize } from "./negotiated";
import { sendSynAck } from "./output/emit";
import { SYN_WINDOW, windowShift } from "./receive/receiver";
import { TcpRegistry } from "./registry";
import { TcpSegment } from "./segment";
import { CookieMode } from "./settings";
import { TcpState } from "./state";
import { timestampAt } from "./time/timestamps";

export class PassiveOpen {
  /** Why `restore` did not open a connection for an ACK of a cookie; otherwise None. */
  drop: Drop = Drop.None;
  private readonly listeners: Listeners;
  private readonly cookies: SynCookies;
  private readonly early: EarlyOpen;
  /** The options that a cookie carries. */
  private readonly options: TcpOptions = new TcpOptions();

  /** `path` is scratch space for the way back to a peer. */
  constructor(
    private readonly registry: TcpRegistry,
    private readonly path: Path,
    random: Random,
  ) {
    this.listeners = registry.listeners;
    this.cookies = new SynCookies(random);
    this.early = new EarlyOpen(registry.schedule, random);
  }

  /**
   * Handles a SYN, or any other segment that has no connection, except those that `restore` takes;
   * for `above`, see `TcpRegistry.initialSequence`. The caller sends the RST of a segment that is
   * refused.
   */
  receive(segment: TcpSegment, sink: PacketSink, above: u32): Drop {
    if (segment.has(FLAG_RST)) return Drop.TcpNoSocket;
    const listener = this.listeners.on(segment.endpoints.localPort);
    if (listener == null || segment.has(FLAG_ACK)) {
      segment.refuse();
      return Drop.TcpNoSocket;
    }
    // A SYN with a FIN opens nothing; without a SYN there is nothing to do.
    if (!segment.has(FLAG_SYN) || segment.has(FLAG_FIN)) return Drop.TcpNoSocket;
    const drop = this.admit(listener);
    if (drop != Drop.None) return drop;
    const mode = this.registry.schedule.settings.cookies;
    const crowded = listener.halfOpen.count >= listener.backlog;
    if (mode == CookieMode.Always || (crowded && mode == CookieMode.Crowded)) {
      return this.sendCookie(listener, segment, sink) ? Drop.None : Drop.TcpBacklog;
    }
    if (crowded) this.dropHalfOpen(listener);
    this.open(listener, segment, sink, above);
    return Drop.None;
  }

  /**
   * If a segment acknowledges a cookie, returns a new connection in SYN-RECEIVED, which must then
   * handle the segment. Returns null if it acknowledges none, or must be dropped (see `drop`).
   */
  restore(segment: TcpSegment, sink: PacketSink): ControlBlock | null {
    this.drop = Drop.None;
    if ((segment.flags & (FLAG_ACK | FLAG_SYN | FLAG_RST)) != FLAG_ACK) return null;
    const listener = this.listeners.on(segment.endpoints.localPort);
    const now = this.registry.schedule.now;
    if (listener == null || listener.cookieAt + COOKIE_LIFETIME <= now) return null;
    const ends = segment.endpoints;
    const initial = segment.sequence - 1;
    const size = this.cookies.check(ends, initial, segment.acknowledgment - 1, now);
    const sentAt = size == 0 ? NEVER : this.timeOfCookie(segment, now);
    if (sentAt == NEVER) {
      this.registry.schedule.counters.add(TcpCounter.SyncookiesFailed);
      return null;
    }
    this.drop = this.admit(listener);
    if (this.drop != Drop.None) return null;
    return this.reopen(listener, segment, sink, size, sentAt);
  }

  /**
   * Reports whether an inbound connection leaves enough memory for those that this host opens. If
   * not, the listeners learn it.
   */
  canAccept(): bool {
    if (this.registry.canBuffer(1 + TCP_OWN_CONNECTIONS)) return true;
    this.listeners.noteShortage();
    return false;
  }

  /**
   * Makes room for a connection beside `reserved` free slots: if necessary, drops half-open
   * connections (RFC 4987 section 3.4), then orphans, those without progress for the longest time
   * first. Returns false if that does not suffice.
   */
  makeRoom(reserved: u32): bool {
    const registry = this.registry;
    for (let i: u32 = 0; i < this.listeners.count && !registry.hasRoom(reserved); i++) {
      this.dropHalfOpen(this.listeners.at(i));
    }
    while (!registry.hasRoom(reserved)) {
      const orphan = registry.stalestOrphan();
      if (orphan == null) return false;
      orphan.end(SocketError.NoResources);
      registry.schedule.counters.add(TcpCounter.AbortOnMemory);
      registry.settle(orphan);
    }
    return true;
  }

  /** Makes room for one more connection of a listener, or returns why there is none. */
  private admit(listener: TcpListener): Drop {
    const counters = this.registry.schedule.counters;
    if (listener.full) {
      listener.countDrop();
      counters.listenOverflow();
      return Drop.TcpBacklog;
    }
    if (this.canAccept()) {
      if (this.makeRoom(TCP_OWN_SLOTS)) return Drop.None;
      this.listeners.noteShortage();
    }
    counters.add(TcpCounter.ListenDrops);
    return Drop.TcpLimit;
  }

  /** Enters SYN-RECEIVED. */
  private open(listener: TcpListener, segment: TcpSegment, sink: PacketSink, above: u32): void {
    const registry = this.registry;
    const initial = registry.initialSequence(segment.endpoints, above);
    const block = this.add(listener, segment, sink, initial);
    takeSyn(block, segment, registry.schedule.now);
    this.early.consider(listener, block, segment);
  }

  /** Enters SYN-RECEIVED for an ACK of a cookie, which carried `size` and was sent at `sentAt`. */
  private reopen(
    listener: TcpListener,
    segment: TcpSegment,
    sink: PacketSink,
    size: u32,
    sentAt: i64,
  ): ControlBlock {
    const schedule = this.registry.schedule;
    const settings = schedule.settings;
    const stamped = settings.timestamps && segment.timestamped;
    const carried = stamped ? segment.echo : NO_SHIFT;
    const withEcn = carriesEcn(carried) && settings.ecn != EcnMode.Off;
    takeOptions(this.options, size, carried);
    const block = this.add(listener, segment, sink, segment.acknowledgment - 1);
    restoreSyn(block, segment, this.options, withEcn, sentAt);
    schedule.counters.add(TcpCounter.SyncookiesRecv);
    return block;
  }

  private add(
    listener: TcpListener,
    segment: TcpSegment,
    sink: PacketSink,
    initial: u32,
  ): ControlBlock {
    const ends = segment.endpoints;
    const path = this.path;
    path.along(ends);
    sink.lookUp(path);
    const block = this.registry.open(ends, path.mtu, TcpState.SynReceived, initial);
    block.negotiated.limit(listener.options.segmentSize);
    block.adopt(listener.options);
    block.statistics.arrived(0, this.registry.schedule.now);
    listener.halfOpen.push(block);
    this.registry.schedule.counters.add(TcpCounter.PassiveOpens);
    return block;
  }

  /**
   * Answers a SYN with a cookie: the sequence number and timestamp of the SYN,ACK encode what
   * `restore` needs. Returns false if it could not be sent.
   */
  private sendCookie(listener: TcpListener, segment: TcpSegment, sink: PacketSink): bool {
    const schedule = this.registry.schedule;
    const settings = schedule.settings;
    const ends = segment.endpoints;
    const now = schedule.now;
    const path = this.path;
    path.along(ends);
    sink.lookUp(path);
    const peer = segment.synOptions();
    // Without timestamps, there is no place for options.
    const stamped = settings.timestamps && segment.timestamped;
    const selective = stamped && settings.selective && peer.sackPermitted;
    const withEcn = stamped && acceptsOffer(segment.flags, segment.ecn, settings.ecn);
    const scaled = stamped && settings.scaling && peer.scaled;
    const options = schedule.synOptions;
    options.set(announcedSize(path.mtu, listener.options.segmentSize), selective);
    if (scaled) options.scale(windowShift(settings.receiveMaximum));
    if (stamped) {
      const bits = optionBits(scaled ? peer.windowShift : NO_SHIFT, selective, withEcn);
      const clock = timestampAt(now, this.registry.clockOffset(ends));
      options.stamp(timestampWith(clock, bits), segment.timestamp);
    }
    const bare = schedule.bare;
    const flags = FLAG_SYN | FLAG_ACK | (withEcn ? FLAG_ECE : 0);
    const cookie = this.cookies.make(ends, segment.sequence, peer.segmentSize, now);
    bare.set(flags, cookie, segment.sequence + 1, SYN_WINDOW);
    if (!sendSynAck(sink, path, ends, bare, options)) return false;
    listener.noteCookie(now);
    schedule.counters.add(TcpCounter.SyncookiesSent);
    schedule.counters.add(TcpCounter.OutSegs);
    return true;
  }

  /**
   * Returns when the cookie was sent, according to the timestamp that the segment echoes; now if it
   * has none, and NEVER if the timestamp cannot be a cookie's. The lowest bits of the timestamp
   * hold options, so the result may be up to 63 ms too early.
   */
  private timeOfCookie(segment: TcpSegment, now: i64): i64 {
    const settings = this.registry.schedule.settings;
    if (!settings.timestamps || !segment.timestamped) return now;
    const clock = timestampAt(now, this.registry.clockOffset(segment.endpoints));
    const age = ((clock - segment.echo) as i64) * MILLISECOND;
    return age < COOKIE_LIFETIME && age <= now ? now - age : NEVER;
  }

  /** Drops the oldest half-open connection of a listener, if there is one. */
  private dropHalfOpen(listener: TcpListener): void {
    const oldest = listener.halfOpen.first;
    if (oldest == null) return;
    listener.countDrop();
    oldest.end(SocketError.NoResources);
    this.registry.settle(oldest);
  }
}
