/**
 * Loss detection for peers without SACK: the third duplicate ACK in a row means that the segment at
 * SND.UNA is lost (RFC 5681 section 3.2).
 */

/** The number of duplicate ACKs in a row that means a loss. */
export const DUPLICATES: u32 = 3;

@unmanaged
export class DuplicateAcks {
  /** Sequence numbers that left the network although SND.UNA did not advance. */
  departed: u32;
  /** Duplicate ACKs in a row. */
  private count: u32;

  /** Initializes an object in zeroed memory. */
  static at(memory: usize): DuplicateAcks {
    return changetype<DuplicateAcks>(memory);
  }

  /**
   * SND.UNA advanced by `count`: over the missing segment, and over data whose arrival duplicate
   * ACKs had already reported. Returns the size of the latter.
   */
  advanced(count: u32, segmentSize: u32): u32 {
    this.count = 0;
    const beyond = count > segmentSize ? count - segmentSize : 0;
    const known = beyond < this.departed ? beyond : this.departed;
    this.departed -= known;
    return known;
  }

  /** A duplicate ACK arrived with `flight` numbers in flight. Reports whether it means a loss. */
  duplicate(flight: u32, segmentSize: u32): bool {
    // The segment at SND.UNA is missing, so at most all others have arrived.
    if (this.departed + 2 * segmentSize <= flight) this.departed += segmentSize;
    return ++this.count == DUPLICATES;
  }

  /** Forgets everything: recovery is over, or what is in flight will be sent again. */
  reset(): void {
    this.count = 0;
    this.departed = 0;
  }
}
