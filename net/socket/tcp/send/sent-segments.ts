/**
 * The segments in flight, oldest first: how far each reaches, when it was last sent, and how often.
 * Round-trip samples are taken from here. Loss detection by time (RACK, RFC 8985) and selective
 * acknowledgments (RFC 2018), which this stack lacks, would need the same record.
 *
 *           │ record 0 │ record 1 │ ... │ newest │
 *        SND.UNA    end of 0   end of 1        SND.MAX
 *
 * A record starts where the one before it ends. If there are more segments than TCP_SENT_SEGMENTS,
 * the oldest record is merged into the next one. The storage is allocated with the send buffer;
 * until then one record fits, which is what a SYN or a lone FIN needs.
 */
import { allocateRing, freeRing } from "../../../../core/block";
import { TCP_SENT_SEGMENTS } from "../../../../core/limits";
import { before } from "../sequence";

/** Bytes of a record, a power of two. */
const RECORD_BYTES: u32 = 16;
/** Bytes of the storage of one connection. */
export const SENT_SEGMENTS_BYTES: u32 = TCP_SENT_SEGMENTS * RECORD_BYTES;
/** What `acknowledge` returns if no measurement ended. */
export const NO_SAMPLE: i64 = -1;

@unmanaged
class SentSegment {
  /** When the segment was last sent, in microseconds since boot. */
  sentAt: i64;
  /** The sequence number after the last one of the segment. */
  end: u32;
  /** How often the segment was sent: 1 if it was never retransmitted. */
  transmissions: u32;
}

@unmanaged
export class SentSegments {
  count: u32;
  /** Segments retransmitted since the connection began. */
  retransmissions: u32;
  // The only record before `allocate`, laid out as a SentSegment.
  ownSentAt: i64;
  ownEnd: u32;
  ownTransmissions: u32;
  private records: usize;
  /** The number of records that fit, less one. */
  private mask: u32;
  private first: u32;
  /** Address of the record whose acknowledgment ends the running round-trip measurement, or 0. */
  private timed: usize;

  /** Initializes an object in zeroed memory. */
  static at(memory: usize): SentSegments {
    assert(
      (TCP_SENT_SEGMENTS & (TCP_SENT_SEGMENTS - 1)) == 0,
      "TCP_SENT_SEGMENTS must be a power of 2",
    );
    assert(offsetof<SentSegment>() == (RECORD_BYTES as usize), "a SentSegment must be 16 bytes");
    const segments = changetype<SentSegments>(memory);
    segments.records = segments.own;
    return segments;
  }

  /** Makes room for TCP_SENT_SEGMENTS records. This is the only place that allocates. */
  allocate(): void {
    if (this.records != this.own) return;
    const block = allocateRing(SENT_SEGMENTS_BYTES);
    memory.copy(block, this.own, RECORD_BYTES as usize);
    if (this.timed != 0) this.timed = block;
    this.records = block;
    this.mask = TCP_SENT_SEGMENTS - 1;
    this.first = 0;
  }

  /** Forgets all records and frees the storage. */
  release(): void {
    if (this.records != this.own) freeRing(this.records, SENT_SEGMENTS_BYTES);
    this.records = this.own;
    this.mask = 0;
    this.first = 0;
    this.count = 0;
    this.timed = 0;
  }

  /** Returns the record with this index; 0 is the oldest. It must exist. */
  record(index: u32): SentSegment {
    return changetype<SentSegment>(
      this.records + ((this.first + index) & this.mask) * RECORD_BYTES,
    );
  }

  /**
   * A segment that reaches to `end` was sent for the first time. It is timed if no other is: one
   * sample per round trip (RFC 6298 section 3).
   */
  sent(end: u32, now: i64): void {
    if (this.count > this.mask) this.mergeOldest();
    const segment = this.record(this.count++);
    segment.sentAt = now;
    segment.end = end;
    segment.transmissions = 1;
    if (this.timed == 0) this.timed = changetype<usize>(segment);
  }

  /**
   * The sequence numbers from `from` up to `to` (excluded) were sent again; `una` is SND.UNA. From
   * now on an ACK may answer either transmission, so the running measurement ends without a sample
   * (Karn's algorithm).
   */
  resent(una: u32, from: u32, to: u32, now: i64): void {
    this.timed = 0;
    let start = una;
    for (let i: u32 = 0; i < this.count && before(start, to); i++) {
      const segment = this.record(i);
      if (before(from, segment.end)) {
        segment.sentAt = now;
        segment.transmissions++;
      }
      start = segment.end;
    }
  }

  /** Counts a segment that was retransmitted. */
  countRetransmission(): void {
    this.retransmissions++;
  }

  /** Ends the running measurement without a sample. */
  stopTiming(): void {
    this.timed = 0;
  }

  /**
   * Drops the records that `acknowledgment` covers. Returns the round-trip time of the timed
   * segment in microseconds if that was among them, NO_SAMPLE otherwise.
   */
  acknowledge(acknowledgment: u32, now: i64): i64 {
    let sample = NO_SAMPLE;
    let left = this.count;
    while (left > 0) {
      const segment = changetype<SentSegment>(this.records + this.first * RECORD_BYTES);
      if (before(acknowledgment, segment.end)) break;
      if (changetype<usize>(segment) == this.timed) {
        sample = now - segment.sentAt;
        this.timed = 0;
      }
      this.first = (this.first + 1) & this.mask;
      left--;
    }
    this.count = left;
    return sample;
  }

  /**
   * Frees one record by merging the oldest into the next. If the oldest is timed, the next is
   * merged into the one after it: nothing after a timed segment was retransmitted, so no count is
   * lost.
   */
  private mergeOldest(): void {
    const oldest = this.record(0);
    const next = this.record(1);
    if (changetype<usize>(oldest) == this.timed) {
      next.sentAt = oldest.sentAt;
      next.end = oldest.end;
      next.transmissions = oldest.transmissions;
      this.timed = changetype<usize>(next);
    } else if (oldest.transmissions > next.transmissions) {
      next.transmissions = oldest.transmissions;
    }
    this.first = (this.first + 1) & this.mask;
    this.count--;
  }

  /** The address of the record inside the object. */
  private get own(): usize {
    return changetype<usize>(this) + offsetof<SentSegments>("ownSentAt");
  }
}
