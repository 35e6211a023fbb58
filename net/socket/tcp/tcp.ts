/**
 * All of TCP on one host: finds the connection of a segment, opens and forgets connections, and
 * gives those their turn that have something to do (RFC 9293 section 3.10).
 */
import { TCP_BACKLOG, TCP_LISTENERS, TCP_OWN_CONNECTIONS } from "../../../core/limits";
import { Random } from "../../../core/random";
import { BROADCAST_ADDRESS, isMulticast } from "../../wire/address";
import { Drop } from "../../wire/drop";
import { IcmpError } from "../../wire/icmp";
import { FLAG_ACK, FLAG_FIN, FLAG_RST, FLAG_SYN, TcpHeader } from "../../wire/tcp";
import { SocketError } from "../error";
import { PacketSink } from "../sink";
import { TcpConnection } from "./connection";
import { TcpCounters } from "./counters";
import { expire } from "./deadlines";
import { TimeWaitRecord } from "./end/time-wait";
import { takeSyn } from "./input/handshake";
import { receiveError } from "./input/icmp-error";
import { receiveSegment } from "./input/receive";
import { TcpListener } from "./listen/listener";
import { sendBare, sendReset } from "./output/emit";
import { transmit } from "./output/transmit";
import { MemoryGauge, TcpRegistry } from "./registry";
import { TcpSegment } from "./segment";
import { before } from "./sequence";
import { TcpState } from "./state";
import { TcpSchedule } from "./time/schedule";
import { SINK_RETRY } from "./timing";

export class TcpTable {
  private readonly registry: TcpRegistry;
  private readonly schedule: TcpSchedule;
  private readonly segment: TcpSegment = new TcpSegment();
  private readonly listeners: StaticArray<TcpListener | null> = new StaticArray<TcpListener | null>(
    TCP_LISTENERS as i32,
  );
  private listening: u32 = 0;
  /** When a sink that was busy is asked again. */
  private retryAt: i64 = 0;
  private blocked: bool = false;

  constructor(random: Random) {
    const registry = new TcpRegistry(random);
    this.registry = registry;
    this.schedule = registry.schedule;
  }

  /** From here on `gauge` is asked before a connection is opened. */
  setMemoryGauge(gauge: MemoryGauge): void {
    this.registry.memory = gauge;
  }

  get counters(): TcpCounters {
    return this.schedule.counters;
  }

  // --- opening ---

  /**
   * Begins a connection; its SYN goes out with the next `dispatch`. Without a route, and to what
   * is no host (RFC 1122 section 4.2.3.10), the answer is closed already, with the error
   * Unreachable. Null: no connection, port or memory is left.
   */
  connect(now: i64, remoteAddress: u32, remotePort: u32, sink: PacketSink): TcpConnection | null {
    this.schedule.now = now;
    const local = sink.sourceAddress(remoteAddress);
    if (local == 0 || !sink.isHost(remoteAddress) || remotePort - 1 >= 65535) {
      const unreachable = new TcpConnection(this.schedule);
      unreachable.remoteAddress = remoteAddress;
      unreachable.remotePort = remotePort;
      unreachable.error = SocketError.Unreachable;
      return unreachable;
    }
    const registry = this.registry;
    if (!registry.canBuffer(1) || !this.makeRoom()) return null;
    const port = registry.choosePort(local, remoteAddress, remotePort);
    if (port == 0) return null;
    this.counters.activeOpens++;
    const mtu = sink.mtu(remoteAddress);
    return registry.open(local, port, remoteAddress, remotePort, mtu, TcpState.SynSent, 0);
  }

  /** Listens on a port with up to `backlog` connections waiting. Null: in use, or too many. */
  listen(port: u32, backlog: u32): TcpListener | null {
    if (port - 1 >= 65535 || this.listening == TCP_LISTENERS) return null;
    if (this.listenerOn(port) != null) return null;
    const bounded = backlog < 1 ? 1 : backlog > TCP_BACKLOG ? TCP_BACKLOG : backlog;
    const listener = new TcpListener(this, port, bounded);
    this.listeners[this.listening++] = listener;
    return listener;
  }

  /** Called by `TcpListener.close`. */
  closeListener(listener: TcpListener): void {
    for (let i: u32 = 0; i < this.listening; i++) {
      if (this.listeners[i] !== listener) continue;
      this.listeners[i] = this.listeners[--this.listening];
      this.listeners[this.listening] = null;
      break;
    }
    for (let i: u32 = 0; i < this.registry.count; i++) {
      const connection = this.registry.at(i);
      if (connection.listener !== listener) continue;
      this.registry.leaveListener(connection);
      connection.abort();
    }
  }

  // --- segments ---

  /**
   * A segment that passed `parseTcp`, from `source` to the own address `destination`. What must
   * be answered is answered by the next `dispatch`, a RST for no connection at once.
   */
  process(
    now: i64,
    source: u32,
    destination: u32,
    pointer: usize,
    length: u32,
    sink: PacketSink,
  ): Drop {
    this.schedule.now = now;
    if (!isPeer(source) || !isPeer(destination)) return Drop.TcpBroadcast;
    const segment = this.segment;
    segment.load(source, destination, pointer, length);
    this.counters.segmentsIn++;
    const port = segment.destinationPort;
    const connection = this.registry.connections.find(
      destination,
      port,
      source,
      segment.sourcePort,
    );
    if (connection != null) return this.processConnection(connection, segment, now, sink);
    const record = this.registry.timeWaits.find(destination, port, source, segment.sourcePort);
    if (record != null) return this.processTimeWait(record, segment, now, sink);
    return this.processNew(segment, sink, 0);
  }

  /** An ICMP error that quotes the first `length` bytes (at least 8) of a segment sent. */
  processError(
    now: i64,
    kind: IcmpError,
    nextHopMtu: u32,
    source: u32,
    destination: u32,
    pointer: usize,
    length: u32,
  ): void {
    if (length < 8) return;
    this.schedule.now = now;
    const header = TcpHeader.at(pointer);
    const from = header.sourcePort;
    const to = header.destinationPort;
    const connection = this.registry.connections.find(source, from, destination, to);
    if (connection == null) return;
    receiveError(connection, kind, nextHopMtu, header.sequence);
    this.registry.settle(connection);
  }

  // --- time ---

  /** Gives every connection that is due its turn. True: there is more, but the sink is busy. */
  dispatch(now: i64, sink: PacketSink): bool {
    const schedule = this.schedule;
    schedule.now = now;
    let due = schedule.timers.expired(now);
    while (due != null) {
      expire(due, now);
      due = schedule.timers.expired(now);
    }
    this.registry.timeWaits.expire(now);
    this.blocked = false;
    // Those that are busy go to the end of the list, so one blocked way does not block another.
    for (let left = schedule.activeCount; left > 0; left--) {
      const connection = schedule.take()!;
      if (!connection.attached) continue;
      if (transmit(connection, sink, now)) {
        this.registry.settle(connection);
      } else {
        this.blocked = true;
        schedule.wake(connection);
      }
    }
    if (this.blocked) this.retryAt = now + SINK_RETRY;
    return this.blocked;
  }

  /** When `dispatch` wants to be called next: 0 = now, NEVER = when something comes in. */
  pollAt(): i64 {
    if (this.schedule.activeCount > 0) return this.blocked ? this.retryAt : 0;
    const timers = this.schedule.timers.nextAt();
    const timeWaits = this.registry.timeWaits.nextAt();
    return timers < timeWaits ? timers : timeWaits;
  }

  /** An own address is gone: what used it fails, and nothing more is sent from it. */
  addressGone(address: u32): void {
    for (let i: u32 = 0; i < this.registry.count; i++) {
      const connection = this.registry.at(i);
      if (connection.localAddress != address || connection.lingering) continue;
      connection.resetDue = false;
      if (connection.state != TcpState.Closed) connection.end(SocketError.AddressGone);
    }
    this.registry.timeWaits.forgetAddress(address);
  }

  // --- for `ss` ---

  connectionCount(): u32 {
    return this.registry.count;
  }
  /** The connections from 0 to `connectionCount` - 1, in no order. */
  connectionAt(index: u32): TcpConnection {
    return this.registry.at(index);
  }
  listenerCount(): u32 {
    return this.listening;
  }
  listenerAt(index: u32): TcpListener {
    return this.listeners[index]!;
  }
  timeWaitCount(): u32 {
    return this.registry.timeWaits.count;
  }

  // --- segments, one kind each ---

  private processConnection(
    connection: TcpConnection,
    segment: TcpSegment,
    now: i64,
    sink: PacketSink,
  ): Drop {
    const before = connection.state;
    const listener = connection.listener;
    if (before == TcpState.SynReceived && listener != null && !segment.has(FLAG_RST)) {
      // Nobody accepts: the last ACK counts as lost, and comes again with the SYN,ACK.
      if (segment.has(FLAG_ACK) && listener.ready.count >= listener.backlog) {
        return Drop.TcpBacklog;
      }
      if (!this.canAccept()) return Drop.TcpLimit;
    }
    const drop = receiveSegment(connection, segment, now);
    if (segment.refused) this.refuse(segment, sink);
    if (connection.state != before) {
      if (before == TcpState.SynReceived && listener != null && connection.wasEstablished) {
        listener.halfOpen.remove(connection);
        listener.ready.push(connection);
      }
      this.registry.settle(connection);
    }
    return drop;
  }

  /** TIME-WAIT (RFC 9293 section 3.10.7.4, RFC 1337, RFC 6191 for SYNs). */
  private processTimeWait(
    record: TimeWaitRecord,
    segment: TcpSegment,
    now: i64,
    sink: PacketSink,
  ): Drop {
    // RSTs are ignored (RFC 1337), and bare ACKs too: two hosts must not answer one another.
    if (segment.has(FLAG_RST) || segment.span == 0) return Drop.TcpUnacceptable;
    const syn = segment.has(FLAG_SYN) && !segment.has(FLAG_ACK);
    if (syn && before(record.receiveNext, segment.sequence)) {
      if (this.listenerOn(segment.destinationPort) != null) {
        const above = record.sendNext + 65536;
        this.registry.timeWaits.remove(record);
        return this.processNew(segment, sink, above);
      }
    }
    if (segment.has(FLAG_FIN) && !segment.has(FLAG_SYN))
      this.registry.timeWaits.restart(record, now);
    sendBare(
      sink,
      segment.destination,
      segment.destinationPort,
      segment.source,
      segment.sourcePort,
      record.sendNext,
      record.receiveNext,
      FLAG_ACK,
      record.window,
    );
    this.counters.segmentsOut++;
    return Drop.TcpUnacceptable;
  }

  /** CLOSED and LISTEN (RFC 9293 sections 3.10.7.1 and 3.10.7.2). */
  private processNew(segment: TcpSegment, sink: PacketSink, above: u32): Drop {
    if (segment.has(FLAG_RST)) return Drop.TcpNoSocket;
    const listener = this.listenerOn(segment.destinationPort);
    if (listener == null || segment.has(FLAG_ACK)) {
      this.refuse(segment, sink);
      return Drop.TcpNoSocket;
    }
    // A SYN with a FIN is no way to open a connection; without a SYN there is nothing to do.
    if (!segment.has(FLAG_SYN) || segment.has(FLAG_FIN)) return Drop.TcpNoSocket;
    if (listener.ready.count >= listener.backlog) {
      listener.dropped++;
      this.counters.listenDrops++;
      return Drop.TcpBacklog;
    }
    if (listener.halfOpen.count >= listener.backlog) this.dropHalfOpen(listener);
    if (!this.canAccept() || !this.makeRoom()) {
      this.counters.listenDrops++;
      return Drop.TcpLimit;
    }
    this.openPassive(listener, segment, sink, above);
    return Drop.None;
  }

  /** SYN-RECEIVED for a SYN. With `above`, the ISN is to lie behind that number (RFC 1122). */
  private openPassive(
    listener: TcpListener,
    segment: TcpSegment,
    sink: PacketSink,
    above: u32,
  ): void {
    const remote = segment.source;
    const connection = this.registry.open(
      segment.destination,
      segment.destinationPort,
      remote,
      segment.sourcePort,
      sink.mtu(remote),
      TcpState.SynReceived,
      above,
    );
    connection.passive = true;
    takeSyn(connection, segment);
    connection.listener = listener;
    listener.halfOpen.push(connection);
    this.counters.passiveOpens++;
  }

  /** True while another's connection leaves enough for those that this host opens. */
  private canAccept(): bool {
    return this.registry.canBuffer(1 + TCP_OWN_CONNECTIONS);
  }

  /** Sees to it that there is room in the table: one that is half open goes (RFC 4987, 3.2). */
  private makeRoom(): bool {
    for (let i: u32 = 0; i < this.listening && this.registry.full(); i++) {
      this.dropHalfOpen(this.listeners[i]!);
    }
    return !this.registry.full();
  }

  private dropHalfOpen(listener: TcpListener): void {
    const oldest = listener.halfOpen.first;
    if (oldest == null) return;
    listener.dropped++;
    oldest.end(SocketError.NoResources);
    this.registry.settle(oldest);
  }

  private refuse(segment: TcpSegment, sink: PacketSink): void {
    if (!sendReset(sink, segment)) return;
    this.counters.resetsOut++;
    this.counters.segmentsOut++;
  }

  private listenerOn(port: u32): TcpListener | null {
    for (let i: u32 = 0; i < this.listening; i++) {
      const listener = this.listeners[i]!;
      if (listener.port == port) return listener;
    }
    return null;
  }
}

/** An address that a segment can come from or go to: no group (RFC 9293 MUST-57), not 0. */
function isPeer(address: u32): bool {
  return address != 0 && address != BROADCAST_ADDRESS && !isMulticast(address);
}
