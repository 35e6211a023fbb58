/**
 * The TCP of scripted peers: a small RFC 9293, whose only option is MSS. It accepts data only in
 * order, resends everything from the first missing byte, and can misbehave.
 */
import { be16, be32 } from "../packets/bytes.ts";
import type { SegmentFields } from "../packets/tcp.ts";
import type { Random } from "../random.ts";
import { type PeerBehavior, polite } from "./peer-behavior.ts";
import { MILLISECOND, SECOND, type World } from "./world.ts";

const [FIN, SYN, RST, PSH, ACK] = [1, 2, 4, 8, 16];
const SEGMENT = 1460;
const FIRST_TIMEOUT = 300 * MILLISECOND;
const LONGEST_TIMEOUT = 4 * SECOND;
const TRIES = 30;

export { type PeerBehavior, polite };

type Send = (to: number, fields: SegmentFields) => void;

/** Returns the signed distance a - b of two sequence numbers. */
const distance = (a: number, b: number) => (a - b) | 0;

export class Connection {
  onData: (data: Buffer) => void = () => {};
  /** Called when the other end has sent its last byte. */
  onFinish: () => void = () => {};
  /** Called at the end, with "" or the reason. */
  onClose: (why: string) => void = () => {};
  received = 0;
  closed = false;
  established = false;
  behavior = polite;
  private queue: Buffer = Buffer.alloc(0);
  /** The sequence number of the first byte of `queue`. */
  private una: number;
  /** The next sequence number to send; goes back to `una` to send again. */
  private next: number;
  /** One past the highest sequence number ever sent. */
  private most: number;
  private expected = 0;
  /** The right edge of the offered window, and until when it does not move. */
  private edge = 0;
  private closedUntil = 0;
  /** The window that the other end offers. */
  private window = SEGMENT;
  private peerSegment = 536;
  private finWanted = false;
  private finReceived = false;
  private timeout = FIRST_TIMEOUT;
  private tries = 0;
  private timer = 0;
  private ackPending = false;

  constructor(
    private readonly stack: TcpStack,
    readonly remote: number,
    readonly remotePort: number,
    readonly localPort: number,
    initial: number,
    private readonly passive: boolean,
  ) {
    this.una = initial;
    this.next = initial;
    this.most = initial;
  }

  write(data: Uint8Array): void {
    this.queue = Buffer.concat([this.queue, data]);
    if (this.established) this.push();
  }
  close(): void {
    this.finWanted = true;
    if (this.established) this.push();
  }
  abort(): void {
    this.emit(RST | ACK, this.next);
    this.end("aborted");
  }

  /**
   * Sends a keep-alive (RFC 9293 section 3.8.4), as the other end may be gone and its RST lost.
   * Sends none once the window was closed by `closedAfter`.
   */
  keepAlive(): void {
    if (this.established && this.closedUntil === 0) this.emit(ACK, (this.una - 1) >>> 0);
  }

  /** Sends the first segment: SYN, or SYN and ACK. */
  open(): void {
    this.next = (this.una + 1) >>> 0;
    this.most = this.next;
    this.emitSyn();
    this.arm();
  }

  receive(segment: Buffer): void {
    if (this.closed) return;
    const flags = segment[13];
    const sequence = be32(segment, 4);
    const data = segment.subarray((segment[12] >> 4) * 4);
    if (flags & SYN) {
      this.receiveSyn(segment, flags, sequence);
      return;
    }
    const offset = distance(sequence, this.expected);
    if (flags & RST) {
      if (offset === 0 || (!this.established && !this.passive)) this.end("reset");
      // A challenge ACK (RFC 5961 section 3.2): if the RST was genuine, its sender answers with
      // another RST, which has the right number.
      else if (offset > 0 && offset < distance(this.edge, this.expected)) this.emit(ACK, this.next);
      return;
    }
    if ((flags & ACK) === 0) return;
    if (offset < -65536 || offset > 65536) return;
    this.acknowledge(be32(segment, 8), be16(segment, 14));
    if (this.closed) return;
    this.take(data, offset, (flags & FIN) !== 0);
    if (!this.closed && this.established) this.push();
  }

  private receiveSyn(segment: Buffer, flags: number, sequence: number): void {
    this.readOptions(segment);
    if (this.established) {
      if (distance(sequence, this.expected) === -1) this.emit(ACK, this.next);
      return;
    }
    this.expected = (sequence + 1) >>> 0;
    this.edge = this.expected;
    if (this.passive) {
      this.window = be16(segment, 14);
      if (this.next === this.una) this.open();
      else this.emitSyn();
    } else if (flags & ACK) {
      this.acknowledge(be32(segment, 8), be16(segment, 14));
      this.emit(ACK, this.next);
      this.push();
    }
  }

  private readOptions(segment: Buffer): void {
    for (let i = 20; i + 3 < (segment[12] >> 4) * 4; i += segment[i] === 1 ? 1 : segment[i + 1]) {
      if (segment[i] === 0 || (segment[i] !== 1 && segment[i + 1] < 2)) return;
      if (segment[i] === 2) this.peerSegment = be16(segment, i + 2);
    }
  }

  private acknowledge(number: number, window: number): void {
    if (distance(number, this.most) > 0) return;
    this.window = window;
    let fresh = distance(number, this.una);
    if (fresh < 0) return;
    if (fresh > 0) {
      this.tries = 0;
      this.timeout = FIRST_TIMEOUT;
      if (!this.established) {
        this.established = true;
        fresh--;
      }
      const bytes = Math.min(fresh, this.queue.length);
      this.queue = this.queue.subarray(bytes);
      this.una = number;
      if (distance(this.next, number) < 0) this.next = number;
      this.arm();
      // More than the bytes sent: the FIN is acknowledged, too.
      if (fresh > bytes) this.finAcknowledged = true;
    }
    if (this.finAcknowledged && this.finReceived) this.end("");
  }
  private finAcknowledged = false;

  private take(data: Buffer, offset: number, fin: boolean): void {
    if (data.length === 0 && !fin) return;
    if (offset <= 0 && offset + data.length >= 0 && !this.finReceived) {
      const room = distance(this.edge, this.expected);
      const all = data.subarray(-offset);
      const fresh = all.subarray(0, room);
      this.received += fresh.length;
      this.expected = (this.expected + fresh.length) >>> 0;
      const { resetAfter, closedAfter, closedFor } = this.behavior;
      if (resetAfter > 0 && this.received >= resetAfter) {
        this.abort();
        return;
      }
      if (closedAfter > 0 && this.closedUntil === 0 && this.received >= closedAfter) {
        this.closedUntil = this.stack.world.now + closedFor;
      }
      if (fresh.length > 0) this.onData(fresh);
      if (this.closed) return;
      if (fin && fresh.length === all.length) {
        this.finReceived = true;
        this.expected = (this.expected + 1) >>> 0;
        if (distance(this.expected, this.edge) > 0) this.edge = this.expected;
        this.onFinish();
      }
    }
    this.sendAck();
    if (this.finAcknowledged && this.finReceived) this.end("");
  }

  /** Returns the window field of the next segment. */
  offer(): number {
    const wanted = (this.expected + this.behavior.window) >>> 0;
    const open = this.stack.world.now >= this.closedUntil;
    if (open && distance(wanted, this.edge) > 0) this.edge = wanted;
    return distance(this.edge, this.expected);
  }

  private sendAck(): void {
    if (this.behavior.ackDelay === 0) {
      this.emit(ACK, this.next);
      return;
    }
    if (this.ackPending) return;
    this.ackPending = true;
    this.stack.world.after(this.behavior.ackDelay, () => {
      this.ackPending = false;
      if (!this.closed) this.emit(ACK, this.next);
    });
  }

  /** Sends what the window allows. */
  private push(): void {
    const { behavior } = this;
    const size = Math.min(behavior.segment, this.peerSegment);
    const room = Math.min(this.window + behavior.overrun, behavior.flight * size);
    // The timer runs for data that is in flight from now on, not for an earlier time.
    if (this.next === this.una) this.arm();
    for (;;) {
      const from = distance(this.next, this.una);
      const length = Math.min(size, this.queue.length - from, room - from);
      const last = this.finWanted && from + Math.max(length, 0) === this.queue.length;
      if (length <= 0 && !(last && from === this.queue.length && !this.finAcknowledged)) return;
      const data = this.queue.subarray(from, from + Math.max(length, 0));
      this.emit(ACK | (last ? FIN : 0) | (data.length > 0 ? PSH : 0), this.next, data);
      this.next = (this.next + data.length + (last ? 1 : 0)) >>> 0;
      if (distance(this.next, this.most) > 0) this.most = this.next;
      if (last) return;
    }
  }

  /** Starts the timer that resends from the first missing byte on, or probes a closed window. */
  private arm(): void {
    const number = ++this.timer;
    this.stack.world.after(this.timeout, () => {
      if (this.closed || number !== this.timer) return;
      const idle = this.established && this.queue.length === 0 && !this.finWanted;
      if (idle || (this.finAcknowledged && this.established)) {
        this.arm();
        return;
      }
      if (++this.tries > TRIES) {
        this.emit(RST | ACK, this.next);
        this.end("timed out");
        return;
      }
      this.timeout = Math.min(2 * this.timeout, LONGEST_TIMEOUT);
      if (!this.established) this.emitSyn();
      else {
        this.next = this.una;
        if (this.window === 0 && this.queue.length > 0) this.probe();
        else this.push();
      }
      this.arm();
    });
  }

  private probe(): void {
    this.emit(ACK, this.next, this.queue.subarray(0, 1));
    this.next = (this.una + 1) >>> 0;
    if (distance(this.next, this.most) > 0) this.most = this.next;
  }

  private emitSyn(): void {
    const flags = this.passive ? SYN | ACK : SYN;
    this.stack.emit(this, flags, this.una, this.expected, Buffer.of(2, 4, 5, 180), true);
  }

  private emit(flags: number, sequence: number, data: Uint8Array = new Uint8Array()): void {
    this.stack.emit(this, flags, sequence, this.expected, data, false);
  }

  private end(why: string): void {
    if (this.closed) return;
    this.closed = true;
    this.stack.forget(this);
    this.onClose(why);
  }
}

export class TcpStack {
  /** Called with each accepted connection, by port. */
  readonly listeners = new Map<number, (connection: Connection) => void>();
  private readonly connections = new Map<string, Connection>();
  private nextPort = 20_000;

  constructor(
    readonly world: World,
    private readonly random: Random,
    private readonly send: Send,
  ) {}

  connect(remote: number, port: number, behavior = polite): Connection {
    this.nextPort = this.nextPort < 60_000 ? this.nextPort + 1 : 20_000;
    const connection = this.add(remote, port, this.nextPort, false);
    connection.behavior = behavior;
    connection.open();
    return connection;
  }

  receive(source: number, segment: Buffer): void {
    const [remotePort, localPort] = [be16(segment, 0), be16(segment, 2)];
    let connection = this.connections.get(key(source, remotePort, localPort));
    const flags = segment[13];
    if (!connection) {
      const accept = this.listeners.get(localPort);
      if (accept && (flags & (SYN | ACK | RST)) === SYN) {
        connection = this.add(source, remotePort, localPort, true);
        accept(connection);
      } else if ((flags & RST) === 0) {
        this.refuse(source, segment, flags);
        return;
      }
    }
    connection?.receive(segment);
  }

  keepAlive(): void {
    for (const connection of this.connections.values()) connection.keepAlive();
  }

  /** The number of open connections. */
  get count(): number {
    return this.connections.size;
  }

  forget(connection: Connection): void {
    this.connections.delete(key(connection.remote, connection.remotePort, connection.localPort));
  }

  emit(
    connection: Connection,
    flags: number,
    sequence: number,
    acknowledgment: number,
    data: Uint8Array,
    asOptions: boolean,
  ): void {
    const { remote, remotePort, localPort } = connection;
    const window = connection.offer();
    this.send(remote, {
      sourcePort: localPort,
      destinationPort: remotePort,
      sequence,
      acknowledgment: flags & ACK ? acknowledgment : 0,
      flags,
      window,
      options: asOptions ? [...data] : [],
      payload: asOptions ? undefined : data,
    });
  }

  private add(remote: number, port: number, localPort: number, passive: boolean): Connection {
    // Half of the connections start just before sequence numbers wrap or change sign.
    const edge = this.random.pick([0, 0, 2 ** 31, 2 ** 32]);
    const initial =
      (edge === 0 ? this.random.bits() : edge - this.random.between(0, 100_000)) >>> 0;
    const connection = new Connection(this, remote, port, localPort, initial, passive);
    this.connections.set(key(remote, port, localPort), connection);
    return connection;
  }

  /** Sends a RST for a segment of no connection (RFC 9293 section 3.5.2). */
  private refuse(source: number, segment: Buffer, flags: number): void {
    const length = segment.length - (segment[12] >> 4) * 4;
    const more = (flags & SYN ? 1 : 0) + (flags & FIN ? 1 : 0);
    const hasAck = (flags & ACK) !== 0;
    this.send(source, {
      sourcePort: be16(segment, 2),
      destinationPort: be16(segment, 0),
      sequence: hasAck ? be32(segment, 8) : 0,
      acknowledgment: hasAck ? 0 : be32(segment, 4) + length + more,
      flags: hasAck ? RST : RST | ACK,
      window: 0,
    });
  }
}

function key(remote: number, remotePort: number, localPort: number): string {
  return `${remote}:${remotePort}:${localPort}`;
}
