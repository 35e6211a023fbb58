/**
 * TCP on one host (RFC 9293 section 3.10): opens connections, finds the connection that a segment
 * belongs to, and gives a turn to each connection that has something to do.
 */

import { MemoryGauge } from "../../../core/memory-gauge";
import { Random } from "../../../core/random";
import { Timed } from "../../../core/timer-queue";
import { Ipv4Address } from "../../wire/address";
import { Drop } from "../../wire/drop";
import { PROTOCOL_TCP } from "../../wire/ipv4";
import { FLAG_ACK, FLAG_FIN, FLAG_RST, FLAG_SYN, TcpHeader } from "../../wire/tcp";
import { Endpoints } from "../endpoints";
import { SocketError } from "../error";
import { ErrorReport } from "../error-report";
import { Path } from "../path";
import { PacketSink } from "../sink";
import { TcpConnection } from "./connection";
import { ControlBlock, ListenQueue } from "./control-block";
import { TcpCounter, TcpCounters } from "./counters";
import { expire } from "./deadlines";
import { TimeWaitRecord } from "./end/time-wait";
import { receiveError } from "./input/icmp-error";
import { receiveSegment } from "./input/receive";
import { ListenerOwner, TcpListener } from "./listen/listener";
import { Listeners } from "./listen/listeners";
import { prepareFastOpen } from "./open/fast-open";
import { sendBare, sendReset } from "./output/emit";
import { transmit } from "./output/transmit";
import { PassiveOpen } from "./passive-open";
import { isPeer } from "./receive/acceptance";
import { TcpRegistry } from "./registry";
import { TcpSegment } from "./segment";
import { TcpSettings } from "./settings";
import { SocketOptions } from "./socket-options";
import { TcpState } from "./state";
import { Schedule } from "./time/schedule";
import { SINK_RETRY } from "./timing";

export class Tcp implements ListenerOwner {
  readonly counters: TcpCounters;
  readonly settings: TcpSettings;
  private readonly registry: TcpRegistry;
  private readonly schedule: Schedule;
  private readonly listeners: Listeners;
  private readonly passive: PassiveOpen;
  /** The segment that `process` handles next. */
  readonly segment: TcpSegment = new TcpSegment();
  /** Scratch space for ends other than those of a segment. */
  private readonly ends: Endpoints = new Endpoints();
  /** Whether the sink was busy in the last `dispatch`, and when to try it again. */
  private blocked: bool = false;
  private retryAt: i64 = 0;
  /** The options of connections for which none were chosen. */
  private readonly usual: SocketOptions = new SocketOptions();
  /** The path of the last connection that this host opened. */
  private readonly opening: Path = new Path();
  /** The path of the last connection accepted, or of the last answer without a connection. */
  private readonly path: Path;

  constructor(random: Random) {
    const registry = new TcpRegistry(random);
    const path = new Path();
    const passive = new PassiveOpen(registry, path, random);
    this.registry = registry;
    this.path = path;
    this.passive = passive;
    this.schedule = registry.schedule;
    this.counters = registry.schedule.counters;
    this.settings = registry.schedule.settings;
    this.listeners = registry.listeners;
  }

  /** From now on connections are opened, and buffers filled, only while `gauge` allows it. */
  setMemoryGauge(gauge: MemoryGauge): void {
    this.schedule.pages.setGauge(gauge);
  }

  // --- opening ---

  /**
   * Begins a connection; its SYN is sent in the next `dispatch`. If there is no route, no host can
   * have the address (RFC 1122 section 4.2.3.10), or the port is invalid, the connection returned
   * is closed and has the error of its path, usually NetworkUnreachable. Returns null if no
   * connection, port or memory is left, or the chosen local port is in use.
   */
  connect(
    now: i64,
    remoteAddress: Ipv4Address,
    remotePort: u32,
    sink: PacketSink,
    chosen: SocketOptions | null = null,
  ): TcpConnection | null {
    this.schedule.setNow(now);
    const options = chosen != null ? chosen : this.usual;
    const ends = this.ends;
    const path = this.opening;
    path.setMark(options.mark);
    // The local port is not known yet; a counter distributes connections among next hops.
    path.setFlow(
      PROTOCOL_TCP,
      ((this.counters.of(TcpCounter.ActiveOpens) as u32) << 16) | remotePort,
    );
    path.towardIpv4(remoteAddress);
    const reachable = sink.lookUp(path);
    ends.setIpv4(path.source.ipv4, 0, remoteAddress, remotePort);
    if (ends.local.isUnspecified || !path.toHost || remotePort - 1 >= 65535) {
      const unreachable = new ControlBlock(this.schedule);
      unreachable.endpoints.setRemoteIpv4(remoteAddress, remotePort);
      unreachable.failToOpen(reachable ? SocketError.NetworkUnreachable : path.error);
      return new TcpConnection(unreachable);
    }
    const registry = this.registry;
    if (!registry.canBuffer(1) || !this.passive.makeRoom(0)) {
      this.listeners.noteShortage();
      return null;
    }
    const port = options.localPort;
    if (port != 0 && !options.reuseAddress && registry.uses(port)) return null;
    if (port == 0 ? !registry.ports.choose(ends) : !registry.ports.take(ends, port)) return null;
    this.counters.add(TcpCounter.ActiveOpens);
    const initial = registry.initialSequence(ends, 0);
    const block = registry.open(ends, path.mtu, TcpState.SynSent, initial);
    block.negotiated.limit(options.segmentSize);
    block.adopt(options);
    if (options.fastOpenConnect) prepareFastOpen(block);
    return new TcpConnection(block);
  }

  /**
   * Listens on a port with up to `backlog` connections waiting, at least 1 and at most `somaxconn`.
   * Returns null if the port is in use or invalid, or there are too many listeners. With `reuse`
   * (SO_REUSEADDR), connections of the port, and those in TIME-WAIT, do not count.
   */
  listen(port: u32, backlog: u32, reuse: bool = true): TcpListener | null {
    if (port - 1 >= 65535 || this.listeners.full || this.listeners.on(port) != null) return null;
    if (!reuse && this.registry.uses(port)) return null;
    const most = this.settings.backlogMaximum;
    const bounded = backlog < 1 ? 1 : backlog > most ? most : backlog;
    const listener = new TcpListener(this, port, bounded);
    this.listeners.add(listener);
    return listener;
  }

  /** See `TcpListener.close`. */
  closeListener(listener: TcpListener): void {
    const registry = this.registry;
    for (let i: u32 = 0; i < registry.count; i++) {
      const block = registry.at(i);
      if (this.listeners.holding(block) !== listener) continue;
      listener.leave(block);
      block.abort();
    }
    this.listeners.remove(listener);
  }

  // --- segments ---

  /**
   * Handles the segment that was loaded into `segment`. A connection answers in the next
   * `dispatch`; RSTs, SYN cookies, and ACKs in TIME-WAIT are sent at once.
   */
  process(now: i64, sink: PacketSink): Drop {
    this.schedule.setNow(now);
    const segment = this.segment;
    const ends = segment.endpoints;
    if (!isPeer(ends.remote.ipv4) || !isPeer(ends.local.ipv4)) return Drop.TcpBroadcast;
    this.counters.add(TcpCounter.InSegs);
    const block = this.registry.connections.find(ends);
    if (block != null) return this.processConnection(block, segment, now, sink);
    const record = this.registry.timeWaits.find(ends);
    if (record != null) return this.processTimeWait(record, segment, now, sink);
    return this.processNew(segment, sink, 0);
  }

  /** Handles an ICMP error about a segment that this host sent. */
  processError(now: i64, report: ErrorReport): void {
    this.schedule.setNow(now);
    const header = TcpHeader.at(report.pointer);
    const ends = report.quoted;
    ends.ports = (header.sourcePort << 16) | header.destinationPort;
    const block = this.registry.connections.find(ends);
    if (block == null) return;
    receiveError(block, report.kind, report.mtu, header.sequence);
    this.registry.settle(block);
  }

  // --- time ---

  /** Gives every connection that is due its turn. Returns true if the sink is busy: call again. */
  dispatch(now: i64, sink: PacketSink): bool {
    const schedule = this.schedule;
    schedule.setNow(now);
    for (;;) {
      const due = schedule.timers.expired(now);
      if (due == null) break;
      expire(blockOf(due), now);
    }
    const expired = this.registry.timeWaits.expire(now);
    this.counters.addMany(TcpCounter.TW, expired);
    this.blocked = false;
    // A connection with a busy sink goes to the end of the list, so that it does not block others.
    for (let left = schedule.activeCount; left > 0; left--) {
      const block = blockOf(schedule.take()!);
      if (!block.attached) continue;
      if (transmit(block, sink, now)) {
        this.registry.settle(block);
      } else {
        this.blocked = true;
        block.wake();
      }
    }
    if (this.blocked) this.retryAt = now + SINK_RETRY;
    return this.blocked;
  }

  /**
   * Returns when to call `dispatch` next: 0 means now; NEVER means after the next segment or user
   * call.
   */
  pollAt(): i64 {
    if (this.schedule.activeCount > 0) return this.blocked ? this.retryAt : 0;
    const timers = this.schedule.timers.nextAt();
    const timeWaits = this.registry.timeWaits.nextAt();
    return timers < timeWaits ? timers : timeWaits;
  }

  /** Ends all connections of a removed local address, and sends nothing more from it. */
  addressGone(address: Ipv4Address): void {
    const registry = this.registry;
    this.ends.setIpv4(address, 0, 0, 0);
    const gone = this.ends.local;
    for (let i: u32 = 0; i < registry.count; i++) {
      const block = registry.at(i);
      if (!block.endpoints.local.equals(gone) || block.keptForReading) continue;
      block.clearReset();
      if (block.state != TcpState.Closed) block.end(SocketError.AddressGone);
    }
    registry.timeWaits.forgetAddress(gone);
  }

  // --- for `ss` ---

  connectionCount(): u32 {
    return this.registry.count;
  }
  /** Returns a connection by its index, from 0 to `connectionCount` - 1, in no order. */
  connectionAt(index: u32): TcpConnection {
    return new TcpConnection(this.registry.at(index));
  }
  listenerCount(): u32 {
    return this.listeners.count;
  }
  listenerAt(index: u32): TcpListener {
    return this.listeners.at(index);
  }
  orphanCount(): u32 {
    return this.schedule.orphans;
  }
  timeWaitCount(): u32 {
    return this.registry.timeWaits.count;
  }

  // --- segments for a connection, a TIME-WAIT record or neither ---

  private processConnection(
    block: ControlBlock,
    segment: TcpSegment,
    now: i64,
    sink: PacketSink,
  ): Drop {
    const previous = block.state;
    let listener: TcpListener | null = null;
    if (previous == TcpState.SynReceived) {
      if (block.queue == ListenQueue.HalfOpen) listener = this.listeners.holding(block);
      if (listener != null && !segment.has(FLAG_RST)) {
        // The backlog is full: drop the last ACK. The peer sends it again after another SYN,ACK.
        if (segment.has(FLAG_ACK) && listener.full) {
          this.counters.listenOverflow();
          return Drop.TcpBacklog;
        }
        if (!this.passive.canAccept()) return Drop.TcpLimit;
        if (defers(listener, block, segment, now)) {
          this.counters.add(TcpCounter.DeferAcceptDrop);
          return Drop.None;
        }
      }
    }
    const drop = receiveSegment(block, segment, now);
    block.notify();
    if (segment.refused) this.refuse(segment, sink);
    if (drop == Drop.None) sink.confirm(block.path);
    if (block.state != previous) {
      if (listener != null && block.wasEstablished) listener.makeReady(block);
      if (previous == TcpState.SynReceived) this.registry.endFastOpen(block);
      this.registry.settle(block);
    }
    return drop;
  }

  /**
   * Handles a segment in TIME-WAIT (RFC 9293 section 3.10.7.4, RFC 1337, RFC 6191 for SYNs). Only a
   * new connection between the same ends removes the record, and only the peer's FIN restarts it.
   */
  private processTimeWait(
    record: TimeWaitRecord,
    segment: TcpSegment,
    now: i64,
    sink: PacketSink,
  ): Drop {
    const timeWaits = this.registry.timeWaits;
    // Ignore RSTs (RFC 1337), and bare ACKs, so that two hosts do not answer each other forever.
    if (segment.has(FLAG_RST) || segment.span == 0) return Drop.TcpUnacceptable;
    const ends = segment.endpoints;
    const opens = (segment.flags & (FLAG_SYN | FLAG_ACK | FLAG_FIN)) == FLAG_SYN;
    if (opens && record.mayReopen(segment, this.settings.timestamps)) {
      if (this.listeners.on(ends.localPort) != null) {
        const drop = this.processNew(segment, sink, record.sendNext + 65536);
        if (drop == Drop.None) timeWaits.remove(record);
        return drop;
      }
    }
    if (record.takeFinAgain(segment)) timeWaits.restart(record, now);
    if (!record.takeAck(now)) {
      this.counters.add(TcpCounter.ACKSkippedTimeWait);
      return Drop.TcpUnacceptable;
    }
    const bare = this.schedule.bare;
    record.acknowledge(bare, now);
    this.path.along(ends);
    sendBare(sink, this.path, ends, bare);
    this.counters.add(TcpCounter.OutSegs);
    return Drop.TcpUnacceptable;
  }

  /** Handles a segment in CLOSED or LISTEN (RFC 9293 sections 3.10.7.1 and 3.10.7.2). */
  private processNew(segment: TcpSegment, sink: PacketSink, above: u32): Drop {
    const passive = this.passive;
    const block = passive.restore(segment, sink);
    if (block != null) return this.processConnection(block, segment, this.schedule.now, sink);
    if (passive.drop != Drop.None) return passive.drop;
    const drop = passive.receive(segment, sink, above);
    if (segment.refused) this.refuse(segment, sink);
    return drop;
  }

  private refuse(segment: TcpSegment, sink: PacketSink): void {
    this.path.along(segment.endpoints);
    if (!sendReset(sink, this.path, segment, this.schedule.bare)) return;
    this.counters.add(TcpCounter.OutRsts);
    this.counters.add(TcpCounter.OutSegs);
  }
}

/**
 * Reports whether a listener ignores this last ACK of a handshake, because it waits for data
 * (TCP_DEFER_ACCEPT). After that time, the SYN,ACK is sent again, and its ACK is not ignored.
 */
function defers(listener: TcpListener, block: ControlBlock, segment: TcpSegment, now: i64): bool {
  const time = listener.options.deferAccept;
  if (time == 0 || segment.span > 0 || !segment.has(FLAG_ACK)) return false;
  if (segment.acknowledgment != block.sender.next) return false;
  if (block.deferredUntil == 0) block.deferUntil(block.liveness.progressAt + time);
  return now < block.deferredUntil;
}

/** Returns an entry of the schedule as a control block, which every entry is. */
function blockOf(entry: Timed): ControlBlock {
  return changetype<ControlBlock>(entry);
}
