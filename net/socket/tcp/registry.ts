/**
 * The connections of a host. `open` adds one. When it is over, it is removed at once or, if there
 * is unread data, when its user has read or released it. A connection in TIME-WAIT is replaced by
 * a small record.
 */

import { TCP_CONNECTION_BYTES, TCP_CONNECTIONS_FIRST } from "../../../core/limits";
import { Random } from "../../../core/random";
import { Endpoints } from "../endpoints";
import { SocketError } from "../error";
import { ControlBlock, ListenQueue } from "./control-block";
import { TcpCounter } from "./counters";
import { Demux } from "./demux";
import { TimeWaitTable } from "./end/time-wait";
import { EndpointsHash } from "./endpoints-hash";
import { Listeners } from "./listen/listeners";
import { InitialSequences } from "./open/initial-sequence";
import { LocalPorts } from "./open/local-ports";
import { TcpState } from "./state";
import { Schedule } from "./time/schedule";
import { ORPHAN_STALE } from "./timing";

/** Bytes for one connection in all tables: here, the timers, and two chains of the hash table. */
const TABLE_SPACE: u32 = 16;

export class TcpRegistry {
  count: u32 = 0;
  readonly schedule: Schedule;
  readonly connections: Demux;
  readonly timeWaits: TimeWaitTable;
  readonly ports: LocalPorts;
  readonly listeners: Listeners = new Listeners();
  private readonly sequences: InitialSequences;
  private all: StaticArray<ControlBlock | null> = new StaticArray<ControlBlock | null>(
    TCP_CONNECTIONS_FIRST as i32,
  );

  constructor(random: Random) {
    const hash = new EndpointsHash(random);
    this.schedule = new Schedule(random);
    this.sequences = new InitialSequences(random);
    const connections = new Demux(hash);
    const timeWaits = new TimeWaitTable(hash);
    this.connections = connections;
    this.timeWaits = timeWaits;
    this.ports = new LocalPorts(random, connections, timeWaits);
  }

  /** Returns a connection by its index, from 0 to `count` - 1. */
  at(index: u32): ControlBlock {
    return this.all[index]!;
  }

  /** Reports whether any connection, or one in TIME-WAIT, has this local port. */
  uses(port: u32): bool {
    for (let i: u32 = 0; i < this.count; i++) {
      const block = this.all[i]!;
      if (block.endpoints.localPort == port && !block.keptForReading) return true;
    }
    return this.timeWaits.uses(port);
  }

  /** Reports whether more than `reserved` slots are free; enlarges the tables if necessary. */
  hasRoom(reserved: u32): bool {
    const wanted = this.count + reserved;
    if (wanted >= this.schedule.settings.connections) return false;
    return wanted < (this.all.length as u32) || this.enlarge();
  }

  /**
   * Returns the orphan (a connection its user has released) that has made no progress for longest,
   * and for at least ORPHAN_STALE, or null.
   */
  stalestOrphan(): ControlBlock | null {
    let stalest: ControlBlock | null = null;
    let progressAt = this.schedule.now - ORPHAN_STALE;
    for (let i: u32 = 0; i < this.count; i++) {
      const block = this.all[i]!;
      if (!block.orphaned || block.liveness.progressAt > progressAt) continue;
      stalest = block;
      progressAt = block.liveness.progressAt;
    }
    return stalest;
  }

  /** Reports whether there is memory for `more` more connections. */
  canBuffer(more: u32): bool {
    return this.schedule.pages.allows(more * TCP_CONNECTION_BYTES);
  }

  /**
   * Returns an initial sequence number for a connection between these ends. It is not before
   * `above`, unless `above` is 0 (RFC 1122 section 4.2.2.13).
   */
  initialSequence(ends: Endpoints, above: u32): u32 {
    const initial = this.sequences.next(ends, this.schedule.now);
    return above != 0 && ((initial - above) as i32) < 0 ? above : initial;
  }

  /** Returns the offset of the timestamps between these ends. */
  clockOffset(ends: Endpoints): u32 {
    return this.sequences.clockOffset(ends);
  }

  /**
   * Opens a connection between these ends in `state`, over a path with this MTU, with the sequence
   * number `initial` for its SYN.
   */
  open(ends: Endpoints, mtu: u32, state: TcpState, initial: u32): ControlBlock {
    const schedule = this.schedule;
    const block = new ControlBlock(schedule);
    block.endpoints.copy(ends);
    block.path.along(ends);
    block.negotiated.announce(mtu);
    block.timestamps.start(this.sequences.clockOffset(ends));
    block.open(state, initial);
    block.attach();
    block.tableIndex = this.count;
    this.all[this.count++] = block;
    this.connections.insert(block);
    block.wake();
    return block;
  }

  /** Removes a connection if it is over. Called whenever its state may have changed. */
  settle(block: ControlBlock): void {
    if (!block.attached) return;
    if (block.keptForReading) {
      if (block.receiver.ring.length == 0) this.forget(block);
    } else if (block.state == TcpState.Closed) {
      if (!block.resetDue) this.retire(block);
    } else if (block.state == TcpState.TimeWait && block.acknowledgments.due == 0) {
      this.enterTimeWait(block);
    }
  }

  /** Notes at its listener that the handshake of a connection is over, if data preceded its end. */
  endFastOpen(block: ControlBlock): void {
    if (!block.fastOpen.pending) return;
    block.fastOpen.settle();
    const listener = this.listeners.on(block.endpoints.localPort);
    const reset = block.error == SocketError.Reset;
    if (listener != null) listener.fastOpens.end(reset, this.schedule.now);
  }

  /** Removes a connection from the queue of its listener, if it waits in one. */
  leaveListener(block: ControlBlock): void {
    const listener = this.listeners.holding(block);
    if (listener != null) listener.leave(block);
  }

  /** Replaces a connection with a record, once its last ACK was sent. */
  private enterTimeWait(block: ControlBlock): void {
    const timeWaits = this.timeWaits;
    if (timeWaits.full) this.schedule.counters.add(TcpCounter.TimeWaitOverflow);
    const receiver = block.receiver;
    const window = receiver.window >>> receiver.shift;
    const now = this.schedule.now;
    const sendNext = block.sender.maximum;
    const record = timeWaits.add(block.endpoints, sendNext, receiver.next, window, now);
    if (block.negotiated.timestamps) {
      record.keepTimestamps(block.timestamps.recent, block.timestamps.offset);
    }
    this.retire(block);
  }

  /** Frees the ends of a connection that is over. Keeps data that its user may still read. */
  private retire(block: ControlBlock): void {
    const unread = block.receiver.ring.length > 0;
    const wanted = unread && block.queue == ListenQueue.None && !block.orphaned;
    const counters = this.schedule.counters;
    if (!block.wasEstablished) counters.add(TcpCounter.AttemptFails);
    else if (block.error != SocketError.None) counters.add(TcpCounter.EstabResets);
    this.connections.remove(block);
    this.endFastOpen(block);
    if (block.fastOpen.tried) this.judgeFastOpen(block);
    this.leaveListener(block);
    block.sender.release();
    block.stopTimers();
    if (wanted) block.keepForReading();
    else this.forget(block);
  }

  /** Notes whether a connection whose SYN used Fast Open has carried data, or was reset at once. */
  private judgeFastOpen(block: ControlBlock): void {
    const blackHole = this.schedule.blackHole;
    if (block.statistics.dataSegmentsIn > 0) blackHole.passed();
    else if (block.wasEstablished && block.error == SocketError.Reset) {
      blackHole.detected(this.schedule.now);
    }
  }

  private forget(block: ControlBlock): void {
    const last = this.all[--this.count]!;
    this.all[block.tableIndex] = last;
    last.tableIndex = block.tableIndex;
    this.all[this.count] = null;
    block.forget();
  }

  /** Makes room for twice as many connections. Returns false if memory is short. */
  private enlarge(): bool {
    const old = this.all;
    const capacity = 2 * old.length;
    const wanted = TCP_CONNECTION_BYTES + (capacity as u32) * TABLE_SPACE;
    if (!this.schedule.pages.allows(wanted)) return false;
    const all = new StaticArray<ControlBlock | null>(capacity);
    for (let i: u32 = 0; i < this.count; i++) all[i] = old[i];
    this.all = all;
    this.schedule.timers.enlarge(capacity);
    this.connections.enlarge();
    return true;
  }
}
