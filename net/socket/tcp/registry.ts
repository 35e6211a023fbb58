/**
 * Which connections there are, and how they come and go: into the table with `open`, and out of
 * it through TIME-WAIT, through a while in which the rest can be read, or at once.
 */
import {
  FRAME_HEADROOM,
  FRAME_STORAGE,
  HEAP_RESERVE,
  TCP_CONNECTIONS,
  TCP_RECEIVE_BYTES,
  TCP_SEND_BYTES,
} from "../../../core/limits";
import { Random } from "../../../core/random";
import { NEVER } from "../../../core/time";
import { IPV4_HEADER } from "../../wire/ipv4";
import { TCP_HEADER } from "../../wire/tcp";
import { TcpConnection } from "./connection";
import { ConnectionHash, TupleHash } from "./demux";
import { TimeWaitTable } from "./end/time-wait";
import { SequenceSource } from "./open/initial-sequence";
import { PortSource } from "./open/local-ports";
import { TcpState } from "./state";
import { TcpSchedule } from "./time/schedule";
import { LINGER, SEGMENT_SIZE_MINIMUM } from "./timing";

/** Says how much memory is left: a new connection is refused when it would be too little. */
export interface MemoryGauge {
  freeBytes(): u32;
}

export class TcpRegistry {
  /** Asked before a connection is opened; null: there is enough. */
  memory: MemoryGauge | null = null;
  count: u32 = 0;
  readonly schedule: TcpSchedule;
  readonly connections: ConnectionHash;
  readonly timeWaits: TimeWaitTable;
  private readonly sequences: SequenceSource;
  private readonly ports: PortSource;
  private readonly all: StaticArray<TcpConnection | null> = new StaticArray<TcpConnection | null>(
    TCP_CONNECTIONS as i32,
  );

  constructor(readonly random: Random) {
    const hash = new TupleHash(random);
    this.schedule = new TcpSchedule(random);
    this.sequences = new SequenceSource(random);
    const connections = new ConnectionHash(hash);
    const timeWaits = new TimeWaitTable(hash);
    this.connections = connections;
    this.timeWaits = timeWaits;
    this.ports = new PortSource(random, connections, timeWaits);
  }

  at(index: u32): TcpConnection {
    return this.all[index]!;
  }

  full(): bool {
    return this.count == TCP_CONNECTIONS;
  }

  /** True while there is memory for the buffers of so many more connections. */
  canBuffer(more: u32): bool {
    const memory = this.memory;
    if (memory == null) return true;
    const wanted = more * (TCP_RECEIVE_BYTES + TCP_SEND_BYTES);
    return memory.freeBytes() >= HEAP_RESERVE + wanted + this.promisedBytes();
  }

  /** A port for an active open, or 0. */
  choosePort(local: u32, remote: u32, remotePort: u32): u32 {
    return this.ports.choose(local, remote, remotePort);
  }

  /**
   * Makes a connection between these ends, whose state is `state`, with its initial sequence
   * number. With `above`, that is to lie behind `above` (RFC 1122 section 4.2.2.13).
   */
  open(
    local: u32,
    localPort: u32,
    remote: u32,
    remotePort: u32,
    mtu: u32,
    state: TcpState,
    above: u32,
  ): TcpConnection {
    const now = this.schedule.now;
    const connection = new TcpConnection(this.schedule);
    connection.localAddress = local;
    connection.localPort = localPort;
    connection.remoteAddress = remote;
    connection.remotePort = remotePort;
    connection.state = state;
    connection.ownSegmentSize = segmentSizeOf(mtu);
    connection.progressAt = now;
    let initial = this.sequences.initial(now, local, localPort, remote, remotePort);
    if (above != 0 && ((initial - above) as i32) < 0) initial = above;
    connection.sender.start(initial);
    connection.attached = true;
    connection.tableIndex = this.count;
    this.all[this.count++] = connection;
    this.connections.insert(connection);
    connection.wake();
    return connection;
  }

  /** Draws the consequences of a connection's state after anything was done with it. */
  settle(connection: TcpConnection): void {
    if (!connection.attached) return;
    if (connection.lingering) {
      if (connection.receiver.ring.length == 0) this.forget(connection);
    } else if (connection.state == TcpState.Closed) {
      if (!connection.resetDue) this.retire(connection);
    } else if (connection.state == TcpState.TimeWait && connection.acknowledgmentsDue == 0) {
      this.enterTimeWait(connection);
    }
  }

  /** Takes a connection out of the queue of the listener that it waits in. */
  leaveListener(connection: TcpConnection): void {
    const listener = connection.listener;
    if (listener == null) return;
    if (connection.wasEstablished) listener.ready.remove(connection);
    else listener.halfOpen.remove(connection);
    connection.listener = null;
  }

  /** Once the last ACK is out, a record takes the connection's place. */
  private enterTimeWait(connection: TcpConnection): void {
    const timeWaits = this.timeWaits;
    if (timeWaits.full) this.schedule.counters.timeWaitOverflows++;
    const receiver = connection.receiver;
    const record = timeWaits.add(
      connection.localAddress,
      connection.localPort,
      connection.remoteAddress,
      connection.remotePort,
      this.schedule.now,
    );
    record.sendNext = connection.sender.maximum;
    record.receiveNext = receiver.next;
    record.window = (receiver.window >>> receiver.shift) as u16;
    this.retire(connection);
  }

  /** The connection is over: its ends are free again. What can still be read stays for a while. */
  private retire(connection: TcpConnection): void {
    const unread = connection.receiver.ring.length > 0;
    const wanted = unread && connection.listener == null && !connection.orphaned;
    const counters = this.schedule.counters;
    if (!connection.wasEstablished) counters.attemptFails++;
    else if (connection.error != 0) counters.establishedResets++;
    this.connections.remove(connection);
    this.leaveListener(connection);
    connection.sender.release();
    connection.retransmitAt = NEVER;
    connection.acknowledgeAt = NEVER;
    connection.idleAt = NEVER;
    if (wanted) {
      connection.lingering = true;
      connection.setIdle(this.schedule.now + LINGER);
    } else {
      this.forget(connection);
    }
  }

  private forget(connection: TcpConnection): void {
    connection.receiver.release();
    this.schedule.timers.remove(connection);
    const last = this.all[--this.count]!;
    this.all[connection.tableIndex] = last;
    last.tableIndex = connection.tableIndex;
    this.all[this.count] = null;
    connection.attached = false;
    connection.lingering = false;
  }

  /** Buffers that the connections may still take; those that are half open are asked again. */
  private promisedBytes(): u32 {
    let promised: u32 = 0;
    for (let i: u32 = 0; i < this.count; i++) {
      const connection = this.all[i]!;
      if (connection.state == TcpState.SynReceived && connection.listener != null) continue;
      if (!connection.receiver.ring.allocated) promised += TCP_RECEIVE_BYTES;
      if (!connection.sender.ring.allocated) promised += TCP_SEND_BYTES;
    }
    return promised;
  }
}

/** The segment size to name for a path: what its MTU leaves, as far as a frame holds it. */
function segmentSizeOf(mtu: u32): u32 {
  const headers = IPV4_HEADER + TCP_HEADER;
  if (mtu <= headers) return SEGMENT_SIZE_MINIMUM;
  const room = FRAME_STORAGE - FRAME_HEADROOM;
  return mtu - headers < room ? mtu - headers : room;
}
