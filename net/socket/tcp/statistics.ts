/**
 * What a connection has carried, and what it waited for, as TCP_INFO of Linux reports it (RFC 4898,
 * draft-cheng-iccrg-delivery-rate-estimation).
 */

/** What a connection spends its time on, as `tcpi_busy_time` and related fields report it. */
export const enum Activity {
  /** Nothing is in flight and nothing waits to be sent. */
  Idle = 0,
  Busy,
  /** The peer's window is used up. */
  PeerLimited,
  /** The send buffer is full, and all of it is in flight. */
  BufferLimited,
}

@unmanaged
export class Statistics {
  /** By how much SND.UNA and RCV.NXT have advanced, with SYN and FIN, and the bytes resent. */
  bytesAcknowledged: u64;
  bytesReceived: u64;
  bytesResent: u64;
  segmentsOut: u32;
  segmentsIn: u32;
  /** Segments with data. */
  dataSegmentsOut: u32;
  dataSegmentsIn: u32;
  /** D-SACKs received, and ACKs that showed reordering. */
  duplicates: u32;
  reorderings: u32;
  /** When data last arrived. */
  receivedAt: i64;
  /**
   * What the peer received in the last round trip, in bytes per second, and whether that was less
   * than possible because the user had no more to send.
   */
  deliveryRate: u64;
  rateUserLimited: bool;
  /** Whether the user has had no more to send at some time in this round trip. */
  private userLimited: bool;
  private activity: Activity;
  private since: i64;
  /** Microseconds spent in each activity but Idle. */
  private busy: i64;
  private peerLimited: i64;
  private bufferLimited: i64;
  /** Bytes delivered so far. */
  private delivered: u64;
  /** `delivered` when this round trip began, and when that was. */
  private roundFrom: u64;
  private roundAt: i64;

  /** Initializes an object in zeroed memory. */
  static at(memory: usize): Statistics {
    return changetype<Statistics>(memory);
  }

  /** A segment with `length` bytes of data was sent. */
  sent(length: u32): void {
    this.segmentsOut++;
    if (length > 0) this.dataSegmentsOut++;
  }

  /** `length` bytes of data were sent again. */
  resent(length: u32): void {
    this.bytesResent += length;
  }

  /** A segment with `length` bytes of data arrived. */
  arrived(length: u32, now: i64): void {
    this.segmentsIn++;
    if (length > 0) this.sawData(now);
  }

  /** The segment that arrived had data. */
  sawData(now: i64): void {
    this.dataSegmentsIn++;
    this.receivedAt = now;
  }

  /** RCV.NXT advanced by `count`. */
  received(count: u32): void {
    this.bytesReceived += count;
  }

  /** A D-SACK arrived. */
  duplicated(): void {
    this.duplicates++;
  }

  /** An ACK advanced SND.UNA by `advance` and reported `delivered` bytes for the first time. */
  acknowledged(advance: u32, delivered: u32, reordered: bool, roundTrip: i64, now: i64): void {
    this.bytesAcknowledged += advance;
    this.delivered += delivered;
    if (reordered) this.reorderings++;
    const elapsed = now - this.roundAt;
    if (elapsed < roundTrip || elapsed == 0) return;
    this.deliveryRate = ((this.delivered - this.roundFrom) * 1_000_000) / (elapsed as u64);
    this.rateUserLimited = this.userLimited;
    this.beginRound(now);
  }

  /** Notes what the connection does from now on; `userLimited` if the user has no more to send. */
  note(activity: Activity, userLimited: bool, now: i64): void {
    if (userLimited) this.userLimited = true;
    const old = this.activity;
    if (activity == old) return;
    this.account(now);
    if (old == Activity.Idle) this.beginRound(now);
    this.activity = activity;
  }

  /** Returns the microseconds in which data was in flight or waited to be sent. */
  busyTime(now: i64): i64 {
    this.account(now);
    return this.busy;
  }
  /** The part of `busyTime` in which a window or buffer held data up, as of its last call. */
  get peerLimitedTime(): i64 {
    return this.peerLimited;
  }
  get bufferLimitedTime(): i64 {
    return this.bufferLimited;
  }

  private beginRound(now: i64): void {
    this.roundAt = now;
    this.roundFrom = this.delivered;
    this.userLimited = false;
  }

  /** Adds the time since the last call to that of the activity. */
  private account(now: i64): void {
    const time = now - this.since;
    this.since = now;
    if (this.activity == Activity.Idle) return;
    this.busy += time;
    if (this.activity == Activity.PeerLimited) this.peerLimited += time;
    else if (this.activity == Activity.BufferLimited) this.bufferLimited += time;
  }
}
