/**
 * The segments in flight, oldest first: how far each reaches, when it was last sent, and what has
 * become of it. This is the scoreboard of selective acknowledgments (RFC 6675) and the record from
 * which round-trip times and losses (RFC 8985) are derived.
 *
 *           │ record 0 │ record 1 │ ... │ newest │
 *        SND.UNA    end of 0   end of 1        SND.NXT
 *
 * A record starts where the one before it ends. The storage is allocated when data is written, and
 * doubled up to TCP_SENT_SEGMENTS_MAXIMUM records; until then one record fits, which is what a SYN
 * or a lone FIN needs.
 */
import { allocateRing, freeRing } from "../../../../core/block";
import { TCP_SENT_SEGMENTS, TCP_SENT_SEGMENTS_MAXIMUM } from "../../../../core/limits";
import { Pages } from "../../../../core/pages";
import { atOrBefore, before, earlierOf, later } from "../sequence";
import { LOST, RESENT, RETRANSMITTED, SACKED } from "./segment-flags";

/** Bytes of a record, a power of two. */
const RECORD_BYTES: u32 = 16;
/** The value of `sample` if nothing was measured. */
export const NO_SAMPLE: i64 = -1;

@unmanaged
class SentSegment {
  /** When the segment was last sent, in microseconds since boot. */
  sentAt: i64;
  /** The sequence number after the last one of the segment. */
  end: u32;
  flags: u32;
}

@unmanaged
export class SentSegments {
  count: u32;
  /** Segments retransmitted since the connection began, and those considered lost again. */
  retransmissions: u32;
  lostAgain: u32;
  /** Segments that have arrived since then. */
  arrivals: u32;
  /** SND.UNA: where the oldest record starts. */
  start: u32;
  /** Sequence numbers in flight that are SACKED, LOST and RESENT. */
  sacked: u32;
  lost: u32;
  resent: u32;
  /** The end of the latest segment that the peer is known to have. */
  highest: u32;

  // What the last ACK showed; see `beginAck`.
  /** How many sequence numbers it reported for the first time. */
  delivered: u32;
  /** The round-trip time of the oldest of them, or NO_SAMPLE (Karn's algorithm). */
  sample: i64;
  /** Of those segments, the one sent last: when, its end, and whether it was RETRANSMITTED. */
  newestAt: i64;
  newestEnd: u32;
  newestRetransmitted: bool;
  /** Whether it reported segments sent only once, and the lowest end of one. */
  original: bool;
  originalEnd: u32;
  /** Whether such a segment arrived after a later one that an earlier ACK reported. */
  reordered: bool;
  /** `highest` before this ACK, whose blocks are in no particular order. */
  private reported: u32;
  /** The size of the largest segment that it acknowledged to the end. */
  largest: u32;
  /** Whether it acknowledged a segment that was sent more than once. */
  private retransmitted: bool;

  // The only record before `allocate`, laid out as a SentSegment.
  ownSentAt: i64;
  ownEnd: u32;
  ownFlags: u32;
  private records: usize;
  /** The number of records that fit, less one. */
  private mask: u32;
  private first: u32;

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

  /** Makes room for TCP_SENT_SEGMENTS records, unless there is. */
  allocate(): void {
    if (this.records == this.own) this.enlarge(TCP_SENT_SEGMENTS);
  }

  /** Makes room for twice as many records. Returns false if there are enough, or too many. */
  grow(pages: Pages): bool {
    const capacity: u32 = 2 * (this.mask + 1);
    if (this.records == this.own || capacity > TCP_SENT_SEGMENTS_MAXIMUM) return false;
    if (!pages.allows(capacity * RECORD_BYTES)) return false;
    this.enlarge(capacity);
    return true;
  }

  /** Forgets all records and frees the storage. */
  release(): void {
    if (this.records != this.own) freeRing(this.records, (this.mask + 1) * RECORD_BYTES);
    this.records = this.own;
    this.mask = 0;
    this.first = 0;
    this.forget();
  }

  /** Begins at `start`, the sequence number of the SYN. */
  begin(start: u32): void {
    this.start = start;
    this.highest = start;
    this.forget();
  }

  /** Forgets all records: everything in flight will be segmented and sent again. */
  forget(): void {
    this.count = 0;
    this.sacked = 0;
    this.lost = 0;
    this.resent = 0;
  }

  /** Whether no more records fit. */
  get full(): bool {
    return this.count > this.mask;
  }

  /** How many of the `flight` sequence numbers in flight are in the network (RFC 6675). */
  pipe(flight: u32): u32 {
    return flight - this.sacked - this.lost + this.resent;
  }

  /** Where a segment starts. */
  startOf(index: u32): u32 {
    return index == 0 ? this.start : this.record(index - 1).end;
  }
  endOf(index: u32): u32 {
    return this.record(index).end;
  }
  /** When a segment was last sent. */
  sentAt(index: u32): i64 {
    return this.record(index).sentAt;
  }

  // --- sending ---

  /** A segment up to `end` was sent; `again` if any of it was sent before. */
  sent(end: u32, again: bool, now: i64): void {
    assert(!this.full, "more segments in flight than records");
    const segment = this.record(this.count++);
    segment.sentAt = now;
    segment.end = end;
    segment.flags = again ? RETRANSMITTED : 0;
  }

  /** A segment was sent again. */
  resend(index: u32, now: i64): void {
    const segment = this.record(index);
    if ((segment.flags & RESENT) == 0) this.resent += segment.end - this.startOf(index);
    segment.flags |= RESENT | RETRANSMITTED;
    segment.sentAt = now;
    this.retransmissions++;
  }

  /** Cuts a segment at a sequence number inside it, to be sent again in two; needs a record. */
  split(index: u32, at: u32): void {
    assert(!this.full, "a segment is cut without a record for its end");
    for (let i = this.count++; i > index; i--) {
      const to = changetype<usize>(this.record(i));
      memory.copy(to, changetype<usize>(this.record(i - 1)), RECORD_BYTES as usize);
    }
    this.record(index).end = at;
  }

  /** Returns the first segment from `index` on that is lost and not yet resent, or `count`. */
  nextLost(index: u32): u32 {
    let at = index;
    while (at < this.count && (this.record(at).flags & (LOST | RESENT)) != LOST) at++;
    return at;
  }

  /** Counts a retransmission after `forget`. */
  countRetransmission(): void {
    this.retransmissions++;
  }

  // --- ACKs ---

  /** Starts to collect what an ACK shows. */
  beginAck(): void {
    this.delivered = 0;
    this.sample = NO_SAMPLE;
    this.newestAt = 0;
    this.original = false;
    this.reordered = false;
    this.reported = this.highest;
    this.largest = 0;
    this.retransmitted = false;
  }

  /** Drops what `acknowledgment` covers. */
  acknowledge(acknowledgment: u32, now: i64): void {
    let start = this.start;
    let left = this.count;
    while (left > 0 && before(start, acknowledgment)) {
      const segment = changetype<SentSegment>(this.records + this.first * RECORD_BYTES);
      const end = segment.end;
      const flags = segment.flags;
      const covered = earlierOf(acknowledgment, end);
      const size = covered - start;
      this.uncount(flags, size);
      if ((flags & SACKED) == 0) this.delivered += size;
      start = covered;
      if (covered != end) break;
      if (size > this.largest) this.largest = size;
      if ((flags & SACKED) == 0) this.arrived(segment, now, true);
      this.first = (this.first + 1) & this.mask;
      left--;
    }
    this.count = left;
    this.start = acknowledgment;
    if (this.retransmitted) this.sample = NO_SAMPLE;
  }

  /**
   * Notes a block of a SACK option, which must lie between SND.UNA and SND.NXT: marks the segments
   * that it covers completely.
   */
  sack(from: u32, to: u32, now: i64): void {
    for (let i = this.firstFrom(from); i < this.count; i++) {
      const segment = this.record(i);
      if (before(to, segment.end)) return;
      const flags = segment.flags;
      if ((flags & SACKED) != 0) continue;
      const size = segment.end - this.startOf(i);
      this.uncount(flags, size);
      this.sacked += size;
      this.delivered += size;
      segment.flags = (flags & RETRANSMITTED) | SACKED;
      this.arrived(segment, now, false);
    }
  }

  // --- losses ---

  /** Marks the last transmission of a segment as lost. */
  lose(index: u32): void {
    if (index >= this.count) return;
    const segment = this.record(index);
    const flags = segment.flags;
    if ((flags & SACKED) != 0) return;
    const size = segment.end - this.startOf(index);
    if ((flags & LOST) == 0) this.lost += size;
    if ((flags & RESENT) != 0) {
      this.resent -= size;
      this.lostAgain++;
    }
    segment.flags = (flags & RETRANSMITTED) | LOST;
  }

  /**
   * Marks everything in flight as lost, after a timeout. If the peer has SACKed the segment at
   * SND.UNA but not acknowledged it, it has discarded what it SACKed (RFC 2018 section 8). Reports
   * whether it has.
   */
  loseAll(): bool {
    const reneged = this.count > 0 && (this.record(0).flags & SACKED) != 0;
    let start = this.start;
    let lost: u32 = 0;
    for (let i: u32 = 0; i < this.count; i++) {
      const segment = this.record(i);
      if (reneged || (segment.flags & SACKED) == 0) {
        segment.flags = (segment.flags & RETRANSMITTED) | LOST;
        lost += segment.end - start;
      }
      start = segment.end;
    }
    if (reneged) this.sacked = 0;
    this.lost = lost;
    this.resent = 0;
    return reneged;
  }

  /** Counts the segments whose retransmissions are in flight. */
  countResent(): u32 {
    let count: u32 = 0;
    for (let i: u32 = 0; i < this.count; i++) if ((this.record(i).flags & RESENT) != 0) count++;
    return count;
  }

  /** Unmarks all lost segments: the loss was spurious. */
  unlose(): void {
    for (let i: u32 = 0; i < this.count; i++) {
      const segment = this.record(i);
      segment.flags &= ~(LOST | RESENT);
    }
    this.lost = 0;
    this.resent = 0;
  }

  /**
   * Marks overdue segments as lost: those sent before the segment that ends at `end` and was sent
   * at `at`, and at least `window` microseconds ago (RFC 8985 section 6.2, step 5). Returns the
   * time in microseconds until the others of these are overdue, or 0.
   */
  loseOverdue(at: i64, end: u32, window: i64, now: i64): i64 {
    let wait: i64 = 0;
    for (let i: u32 = 0; i < this.count; i++) {
      const segment = this.record(i);
      const flags = segment.flags;
      if ((flags & SACKED) != 0 || (flags & (LOST | RESENT)) == LOST) continue;
      if (segment.sentAt > at || (segment.sentAt == at && !before(segment.end, end))) {
        // Segments sent once were sent in order, and retransmissions later still.
        if ((flags & RETRANSMITTED) == 0) break;
        continue;
      }
      const remaining = segment.sentAt + window - now;
      if (remaining <= 0) this.lose(i);
      else if (remaining > wait) wait = remaining;
    }
    return wait;
  }

  /** Moves the records to storage for `capacity` of them. This is the only place that allocates. */
  private enlarge(capacity: u32): void {
    const block = allocateRing(capacity * RECORD_BYTES);
    for (let i: u32 = 0; i < this.count; i++) {
      const record = changetype<usize>(this.record(i));
      memory.copy(block + i * RECORD_BYTES, record, RECORD_BYTES as usize);
    }
    if (this.records != this.own) freeRing(this.records, (this.mask + 1) * RECORD_BYTES);
    this.records = block;
    this.mask = capacity - 1;
    this.first = 0;
  }

  /** Notes that a segment has arrived; `inOrder` if it was acknowledged, not SACKed. */
  private arrived(segment: SentSegment, now: i64, inOrder: bool): void {
    this.arrivals++;
    const end = segment.end;
    const retransmitted = (segment.flags & RETRANSMITTED) != 0;
    if (retransmitted) {
      if (inOrder) this.retransmitted = true;
    } else {
      if (!this.original || before(end, this.originalEnd)) this.originalEnd = end;
      this.original = true;
      if (before(end, this.reported)) this.reordered = true;
      if (inOrder && this.sample == NO_SAMPLE) this.sample = now - segment.sentAt;
    }
    this.highest = later(this.highest, end);
    if (segment.sentAt > this.newestAt || this.newestAt == 0) {
      this.newestAt = segment.sentAt;
      this.newestEnd = end;
      this.newestRetransmitted = retransmitted;
    } else if (segment.sentAt == this.newestAt) {
      this.newestEnd = later(this.newestEnd, end);
    }
  }

  /** Removes `size` sequence numbers of a segment from the sums. */
  private uncount(flags: u32, size: u32): void {
    if (flags == 0) return;
    if ((flags & SACKED) != 0) this.sacked -= size;
    if ((flags & LOST) != 0) this.lost -= size;
    if ((flags & RESENT) != 0) this.resent -= size;
  }

  /** Returns the first record that starts at `sequence` or later, by binary search. */
  private firstFrom(sequence: u32): u32 {
    if (atOrBefore(sequence, this.start)) return 0;
    let low: u32 = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (before(this.record(middle).end, sequence)) low = middle + 1;
      else high = middle;
    }
    return low + 1;
  }

  /** Returns the record with this index; 0 is the oldest. It must exist. */
  private record(index: u32): SentSegment {
    return changetype<SentSegment>(
      this.records + ((this.first + index) & this.mask) * RECORD_BYTES,
    );
  }

  /** The address of the record inside the object. */
  private get own(): usize {
    return changetype<usize>(this) + offsetof<SentSegments>("ownSentAt");
  }
}
