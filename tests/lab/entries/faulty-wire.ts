/** A wire between two TCP hosts that loses, duplicates, reorders, corrupts and delays packets. */
import { NEVER } from "../../../core/time";
import { FramePool } from "../../../net/phy/pool";
import { Path } from "../../../net/socket/path";
import { PacketSink, SendResult } from "../../../net/socket/sink";
import { Tcp } from "../../../net/socket/tcp/tcp";
import { Drop } from "../../../net/wire/drop";
import { Frame } from "../../../net/wire/frame";
import { parseTcp } from "../../../net/wire/tcp";
import { SequenceRandom } from "./sequence-random";

class Packet {
  constructor(
    readonly arrivesAt: i64,
    readonly pointer: usize,
    readonly length: u32,
    readonly source: u32,
    readonly destination: u32,
  ) {}
}

/** The wire's faults in thousandths, and its times in microseconds. */
class Faults {
  loss: u32 = 0;
  duplicate: u32 = 0;
  reorder: u32 = 0;
  corrupt: u32 = 0;
  delay: u32 = 1000;
  /** The most extra delay of a reordered packet. */
  reorderDelay: u32 = 0;
}

export class Wire {
  private packets: Array<Packet> = [];
  readonly random: SequenceRandom = new SequenceRandom();
  readonly faults: Faults = new Faults();
  /** A hash of the lengths and times of all packets: equal for equal runs. */
  traceHash: u32 = 0;
  lost: u32 = 0;
  now: i64 = 0;
  /** When the last packet that was not reordered arrives. */
  private last: i64 = 0;

  /** Discards all packets and counts, and starts again at `now` from `seed`. */
  reset(seed: u32, now: i64): void {
    for (let i = 0; i < this.packets.length; i++) heap.free(this.packets[i].pointer);
    this.packets = [];
    // The hosts may draw from the same seed; the wire must draw other numbers than they do.
    this.random.seed(seed ^ 0x5bd1e995);
    this.traceHash = 0x811c9dc5;
    this.lost = 0;
    this.now = now;
    this.last = now;
  }

  chance(thousandths: u32): bool {
    return this.random.next32() % 1000 < thousandths;
  }

  carry(pointer: usize, length: u32, source: u32, destination: u32): void {
    this.traceHash = (this.traceHash ^ length ^ (this.now as u32)) * 0x01000193;
    if (this.chance(this.faults.loss)) {
      this.lost++;
      return;
    }
    this.put(pointer, length, source, destination);
    if (this.chance(this.faults.duplicate)) this.put(pointer, length, source, destination);
  }

  /** The earliest arrival, or NEVER. */
  nextAt(): i64 {
    let at = NEVER;
    for (let i = 0; i < this.packets.length; i++) {
      if (this.packets[i].arrivesAt < at) at = this.packets[i].arrivesAt;
    }
    return at;
  }

  private put(pointer: usize, length: u32, source: u32, destination: u32): void {
    const faults = this.faults;
    let at = this.now + faults.delay;
    if (this.chance(faults.reorder)) at += this.random.next32() % (faults.reorderDelay + 1);
    else if (at < this.last) at = this.last;
    else this.last = at;
    const copy = heap.alloc(length);
    memory.copy(copy, pointer, length);
    if (this.chance(faults.corrupt)) {
      const bit = this.random.next32() % (length * 8);
      const where = copy + (bit >>> 3);
      const mask: u32 = (1 as u32) << (bit & 7);
      store<u8>(where, ((load<u8>(where) as u32) ^ mask) as u8);
    }
    this.packets.push(new Packet(at, copy, length, source, destination));
  }

  /** Delivers each packet that has arrived by now to its destination. */
  deliver(left: Host, right: Host): void {
    const arriving = this.packets;
    this.packets = [];
    for (let i = 0; i < arriving.length; i++) {
      const packet = arriving[i];
      if (packet.arrivesAt > this.now) {
        this.packets.push(packet);
        continue;
      }
      const host = packet.destination == left.own ? left : right;
      host.receive(packet.pointer, packet.length, packet.source);
      heap.free(packet.pointer);
    }
  }
}

class WireSink implements PacketSink {
  constructor(
    private readonly own: u32,
    private readonly wire: Wire,
    private readonly pool: FramePool,
  ) {}

  lookUp(path: Path): bool {
    path.settleIpv4(1, this.own, path.destination.ipv4, 1500);
    path.toHost = true;
    return true;
  }
  allocate(path: Path): Frame | null {
    this.lookUp(path);
    return this.pool.allocate();
  }
  send(frame: Frame, path: Path, _protocol: u32): SendResult {
    this.wire.carry(frame.start, frame.length, path.source.ipv4, path.destination.ipv4);
    this.pool.release(frame);
    return SendResult.Sent;
  }
  confirm(_path: Path): void {}
  sendBytes(_pointer: usize, _length: u32, _path: Path, _protocol: u32): SendResult {
    return SendResult.TooLong;
  }
}

/** A host with the address `own` at one end of the wire. */
export class Host {
  readonly tcp: Tcp;
  readonly sink: PacketSink;

  constructor(
    readonly own: u32,
    private readonly wire: Wire,
    pool: FramePool,
    random: SequenceRandom,
  ) {
    this.tcp = new Tcp(random);
    this.sink = new WireSink(own, wire, pool);
  }

  receive(pointer: usize, length: u32, from: u32): void {
    if (parseTcp(pointer, length, from, this.own) != Drop.None) return;
    this.tcp.segment.load(from, this.own, pointer, length, 0);
    this.tcp.process(this.wire.now, this.sink);
  }

  dispatch(): void {
    this.tcp.dispatch(this.wire.now, this.sink);
  }
}
