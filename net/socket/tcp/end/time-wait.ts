/**
 * Connections in TIME-WAIT, each a record of 40 bytes in a table of fixed size: found by their
 * four ends, in a queue by age, the oldest given up early when the table is full.
 */
import { allocateBlock } from "../../../../core/block";
import { TCP_TIME_WAITS } from "../../../../core/limits";
import { NEVER } from "../../../../core/time";
import { TupleHash } from "../demux";
import { TIME_WAIT } from "../timing";

/** An index that is none. */
const NONE: u32 = 0xffff;
const RECORD_BYTES: u32 = 40;
const CHAIN_BITS: u32 = 31 - clz(TCP_TIME_WAITS);

@unmanaged
export class TimeWaitRecord {
  expiresAt: i64;
  localAddress: u32;
  remoteAddress: u32;
  /** SND.NXT and RCV.NXT. */
  sendNext: u32;
  receiveNext: u32;
  localPort: u16;
  remotePort: u16;
  /** The window field of the last ACK. */
  window: u16;
  // Links, as indices.
  chainNext: u16;
  older: u16;
  newer: u16;
}

export class TimeWaitTable {
  count: u32 = 0;
  private readonly records: usize = allocateBlock(TCP_TIME_WAITS * RECORD_BYTES);
  private readonly chains: StaticArray<u16> = new StaticArray<u16>(1 << CHAIN_BITS);
  private free: u32 = NONE;
  private oldest: u32 = NONE;
  private newest: u32 = NONE;

  constructor(private readonly hash: TupleHash) {
    assert(TCP_TIME_WAITS < NONE, "TIME-WAIT records are linked by 16-bit indices");
    assert(offsetof<TimeWaitRecord>() <= RECORD_BYTES, "a TIME-WAIT record fits 40 bytes");
    this.chains.fill(NONE as u16);
    for (let i: u32 = 0; i < TCP_TIME_WAITS; i++) this.release(i);
  }

  /** The record of a connection between these ends, or null. */
  find(local: u32, localPort: u32, remote: u32, remotePort: u32): TimeWaitRecord | null {
    let index: u32 = this.chains[this.chainOf(local, localPort, remote, remotePort)];
    while (index != NONE) {
      const record = this.at(index);
      if (
        record.remotePort == remotePort &&
        record.localPort == localPort &&
        record.remoteAddress == remote &&
        record.localAddress == local
      ) {
        return record;
      }
      index = record.chainNext;
    }
    return null;
  }

  /**
   * A new record that expires TIME_WAIT from now; its fields beyond the four ends are the
   * caller's to set. A full table gives up its oldest record first.
   */
  add(local: u32, localPort: u32, remote: u32, remotePort: u32, now: i64): TimeWaitRecord {
    if (this.free == NONE) this.remove(this.at(this.oldest));
    const index = this.free;
    const record = this.at(index);
    this.free = record.chainNext;
    record.localAddress = local;
    record.localPort = localPort as u16;
    record.remoteAddress = remote;
    record.remotePort = remotePort as u16;
    const chain = this.chainOf(local, localPort, remote, remotePort);
    record.chainNext = this.chains[chain];
    this.chains[chain] = index as u16;
    this.enqueue(index, now);
    this.count++;
    return record;
  }

  get full(): bool {
    return this.free == NONE;
  }

  /** Starts the time of a record anew: the peer's FIN came again. */
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

  /** Gives up all records whose time is over. */
  expire(now: i64): void {
    while (this.oldest != NONE && this.at(this.oldest).expiresAt <= now) {
      this.remove(this.at(this.oldest));
    }
  }

  /** When the oldest record expires, or NEVER. */
  nextAt(): i64 {
    return this.oldest == NONE ? NEVER : this.at(this.oldest).expiresAt;
  }

  /** Gives up all records of an own address that is gone. */
  forgetAddress(local: u32): void {
    let index = this.oldest;
    while (index != NONE) {
      const record = this.at(index);
      index = record.newer;
      if (record.localAddress == local) this.remove(record);
    }
  }

  private at(index: u32): TimeWaitRecord {
    return changetype<TimeWaitRecord>(this.records + index * RECORD_BYTES);
  }

  private indexOf(record: TimeWaitRecord): u32 {
    return ((changetype<usize>(record) - this.records) as u32) / RECORD_BYTES;
  }

  private chainOf(local: u32, localPort: u32, remote: u32, remotePort: u32): u32 {
    return this.hash.of(local, localPort, remote, remotePort) >>> (32 - CHAIN_BITS);
  }

  /** Free records are a list of their own through `chainNext`. */
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
    const chain = this.chainOf(
      record.localAddress,
      record.localPort,
      record.remoteAddress,
      record.remotePort,
    );
    let at: u32 = this.chains[chain];
    if (at == index) {
      this.chains[chain] = record.chainNext;
      return;
    }
    while (this.at(at).chainNext != index) at = this.at(at).chainNext;
    this.at(at).chainNext = record.chainNext;
  }
}
