/**
 * Connections in TIME-WAIT. Each has a record of 80 bytes in a table of fixed size, which finds
 * records by their ends and keeps them in a queue by age. If the table is full, the oldest is
 * evicted early.
 */
import { allocateBlock } from "../../../../core/block";
import { TCP_TIME_WAITS } from "../../../../core/limits";
import { MILLISECOND, NEVER } from "../../../../core/time";
import { IpAddress } from "../../../wire/ip-address";
import { FLAG_ACK, FLAG_FIN, FLAG_SYN } from "../../../wire/tcp";
import { Endpoints } from "../../endpoints";
import { BareSegment } from "../bare-segment";
import { EndpointsHash } from "../endpoints-hash";
import { TcpSegment } from "../segment";
import { before } from "../sequence";
import { timestampAt } from "../time/timestamps";
import { TIME_WAIT, TIME_WAIT_ACK } from "../timing";

/** The index that means "no record". */
const NONE: u32 = 0xffff;
const RECORD_BYTES: u32 = 80;
const CHAIN_BITS: u32 = 31 - clz(TCP_TIME_WAITS);

@unmanaged
export class TimeWaitRecord {
  expiresAt: i64;
  // The ends, as `Endpoints.save` writes them.
  localHigh: u64;
  localLow: u64;
  remoteHigh: u64;
  remoteLow: u64;
  ports: u32;
  /** SND.NXT and RCV.NXT. */
  sendNext: u32;
  receiveNext: u32;
  /** The window field of the last ACK. */
  window: u16;
  // Links, as indices.
  chainNext: u16;
  older: u16;
  newer: u16;
  /** When an ACK was last sent, in milliseconds since boot modulo 2^32. */
  private ackedAt: u32;
  /** TS.Recent, and the offset of this host's clock, if the connection used timestamps. */
  private recent: u32;
  private clockOffset: u32;
  timestamped: bool;

  /** The memory address of the ends. */
  get ends(): usize {
    return changetype<usize>(this) + offsetof<TimeWaitRecord>("localHigh");
  }

  /** Notes what later segments need of a connection that used timestamps. */
  keepTimestamps(recent: u32, clockOffset: u32): void {
    this.timestamped = true;
    this.recent = recent;
    this.clockOffset = clockOffset;
  }

  /**
   * Reports whether a SYN opens a new connection (RFC 6191 section 2). A timestamp in it must be
   * above the last one of the old connection, if that had any. If the two are equal, or the SYN has
   * none, its sequence number must be above the old ones. `offered` is whether this host uses
   * timestamps; if not, that of the SYN is ignored.
   */
  mayReopen(syn: TcpSegment, offered: bool): bool {
    const above = before(this.receiveNext, syn.sequence);
    if (!offered || !syn.timestamped) return above;
    if (!this.timestamped || before(this.recent, syn.timestamp)) return true;
    return above && syn.timestamp == this.recent;
  }

  /** Sets `bare` to an ACK of everything (RFC 9293 section 3.10.7.4). */
  acknowledge(bare: BareSegment, now: i64): void {
    bare.set(FLAG_ACK, this.sendNext, this.receiveNext, this.window);
    if (this.timestamped) bare.stamp(timestampAt(now, this.clockOffset), this.recent);
  }

  /**
   * Reports whether the segment retransmits the FIN that was accepted, and is no old duplicate. If
   * so, later ACKs echo its timestamp.
   */
  takeFinAgain(segment: TcpSegment): bool {
    if ((segment.flags & (FLAG_SYN | FLAG_ACK | FLAG_FIN)) != (FLAG_ACK | FLAG_FIN)) return false;
    const end = segment.sequence + segment.span;
    if (end != this.receiveNext || segment.acknowledgment != this.sendNext) return false;
    if (!this.timestamped || !segment.timestamped) return true;
    if (before(segment.timestamp, this.recent)) return false;
    this.recent = segment.timestamp;
    return true;
  }

  /** Reports whether an ACK may be sent now: at most one in TIME_WAIT_ACK. */
  takeAck(now: i64): bool {
    const time = (now / MILLISECOND) as u32;
    if (time - this.ackedAt < ((TIME_WAIT_ACK / MILLISECOND) as u32)) return false;
    this.ackedAt = time;
    return true;
  }

  /** Allows the next ACK at once. */
  allowAck(now: i64): void {
    this.ackedAt = ((now - TIME_WAIT_ACK) / MILLISECOND) as u32;
  }
}

export class TimeWaitTable {
  count: u32 = 0;
  private readonly records: usize = allocateBlock(TCP_TIME_WAITS * RECORD_BYTES);
  private readonly chains: StaticArray<u16> = new StaticArray<u16>(1 << CHAIN_BITS);
  /** Scratch space for the ends of a record whose hash is needed. */
  private readonly scratch: Endpoints = new Endpoints();
  private free: u32 = NONE;
  private oldest: u32 = NONE;
  private newest: u32 = NONE;

  constructor(private readonly hash: EndpointsHash) {
    assert(TCP_TIME_WAITS < NONE, "an index of a TIME-WAIT record must fit 16 bits");
    assert(offsetof<TimeWaitRecord>() <= RECORD_BYTES, "a TIME-WAIT record must fit 80 bytes");
    this.chains.fill(NONE as u16);
    for (let i: u32 = 0; i < TCP_TIME_WAITS; i++) this.release(i);
  }

  get full(): bool {
    return this.free == NONE;
  }

  /** Returns the record of a connection between these ends, or null. */
  find(ends: Endpoints): TimeWaitRecord | null {
    let index: u32 = this.chains[this.chainOf(ends)];
    while (index != NONE) {
      const record = this.at(index);
      if (ends.equalsSaved(record.ends)) return record;
      index = record.chainNext;
    }
    return null;
  }

  /**
   * Adds a record that expires TIME_WAIT from now, and returns it. `window` is the window field of
   * the last ACK. A full table evicts its oldest record first.
   */
  add(ends: Endpoints, sendNext: u32, receiveNext: u32, window: u32, now: i64): TimeWaitRecord {
    if (this.free == NONE) this.remove(this.at(this.oldest));
    const index = this.free;
    const record = this.at(index);
    this.free = record.chainNext;
    ends.save(record.ends);
    record.sendNext = sendNext;
    record.receiveNext = receiveNext;
    record.window = window as u16;
    record.timestamped = false;
    record.allowAck(now);
    const chain = this.chainOf(ends);
    record.chainNext = this.chains[chain];
    this.chains[chain] = index as u16;
    this.enqueue(index, now);
    this.count++;
    return record;
  }

  /** Restarts the timer of a record, after the peer has sent its FIN again. */
  restart(record: TimeWaitRecord, now: i64): void {
    const index = this.indexOf(record);
    this.dequeue(record);
    this.enqueue(index, now);
  }

  remove(record: TimeWaitRecord): void {
    const index = this.indexOf(record);
    this.dequeue(record);
    this.unchain(record, index);
    this.release(index);
    this.count--;
  }

  /** Removes all records that have expired. Returns how many. */
  expire(now: i64): u32 {
    const before = this.count;
    while (this.oldest != NONE && this.at(this.oldest).expiresAt <= now) {
      this.remove(this.at(this.oldest));
    }
    return before - this.count;
  }

  /** Returns when the oldest record expires, or NEVER. */
  nextAt(): i64 {
    return this.oldest == NONE ? NEVER : this.at(this.oldest).expiresAt;
  }

  /** Reports whether there is a record with this local port. */
  uses(port: u32): bool {
    for (let index = this.oldest; index != NONE; index = this.at(index).newer) {
      this.scratch.restore(this.at(index).ends);
      if (this.scratch.localPort == port) return true;
    }
    return false;
  }

  /** Removes all records of a local address that was removed. */
  forgetAddress(local: IpAddress): void {
    let index = this.oldest;
    while (index != NONE) {
      const record = this.at(index);
      index = record.newer;
      if (IpAddress.at(record.ends).equals(local)) this.remove(record);
    }
  }

  private at(index: u32): TimeWaitRecord {
    return changetype<TimeWaitRecord>(this.records + index * RECORD_BYTES);
  }

  private indexOf(record: TimeWaitRecord): u32 {
    return ((changetype<usize>(record) - this.records) as u32) / RECORD_BYTES;
  }

  private chainOf(ends: Endpoints): u32 {
    return this.hash.of(ends) >>> (32 - CHAIN_BITS);
  }

  /** Free records form a list of their own through `chainNext`. */
  private release(index: u32): void {
    this.at(index).chainNext = this.free as u16;
    this.free = index;
  }

  private enqueue(index: u32, now: i64): void {
    const record = this.at(index);
    record.expiresAt = now + TIME_WAIT;
    record.older = this.newest as u16;
    record.newer = NONE as u16;
    if (this.newest == NONE) this.oldest = index;
    else this.at(this.newest).newer = index as u16;
    this.newest = index;
  }

  private dequeue(record: TimeWaitRecord): void {
    const older: u32 = record.older;
    const newer: u32 = record.newer;
    if (older == NONE) this.oldest = newer;
    else this.at(older).newer = newer as u16;
    if (newer == NONE) this.newest = older;
    else this.at(newer).older = older as u16;
  }

  private unchain(record: TimeWaitRecord, index: u32): void {
    this.scratch.restore(record.ends);
    const chain = this.chainOf(this.scratch);
    let at: u32 = this.chains[chain];
    if (at == index) {
      this.chains[chain] = record.chainNext;
      return;
    }
    while (this.at(at).chainNext != index) at = this.at(at).chainNext;
    this.at(at).chainNext = record.chainNext;
  }
}
