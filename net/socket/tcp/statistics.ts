/**
 * What a connection has carried, and what it waited for, as TCP_INFO of Linux reports it (RFC 4898,
 * draft-cheng-iccrg-delivery-rate-estimation).
 */

/** What a connection does with its time; see `tcpi_busy_time` and its kin. */
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
  dataOut: u32;
  dataIn: u32;
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
  rateLimited: bool;
  private limited: bool;
  private activity: Activity;
  private since: i64;
  /** Microseconds spent in each activity but Idle. */
  private busy: i64;
  private peerLimited: i64;
  private bufferLimited: i64;
  /** Bytes delivered, and how many when this round trip began, and when that was. */
  private delivered: u64;
  private roundFrom: u64;
  private roundAt: i64;

  /** Initializes an object in zeroed memory. */
  static at(memory: usize): Statistics {
    return changetype<Statistics>(memory);
  }

  /** A segment with `length` bytes of data was sent. */
  sent(length: u32): void {
    this.segmentsOut++;
    if (length > 0) this.dataOut++;
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
    this.dataIn++;
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
    this.rateLimited = this.limited;
    this.beginRound(now);
  }

  /** Notes what the connection does from now on; `limited` if the user has no more to send. */
  note(activity: Activity, limited: bool, now: i64): void {
    if (limited) this.limited = true;
    const old = this.activity;
    if (activity == old) return;
    this.account(now);
    if (old == Activity.Idle) this.beginRound(now);
    this.activity = activity;
  }

  /** Microseconds with something to send, and of these, those in which a limit held it up. */
  busyTime(now: i64): i64 {
    this.account(now);
    return this.busy;
  }
  get peerLimitedTime(): i64 {
    return this.peerLimited;
  }
  get bufferLimitedTime(): i64 {
    return this.bufferLimited;
  }

  private beginRound(now: i64): void {
    this.roundAt = now;
    this.roundFrom = this.delivered;
    this.limited = false;
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
