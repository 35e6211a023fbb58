/** What an ACK reports besides the marks in `SentSegments`. All connections share one object. */

export class AckEvent {
  /** By how much SND.UNA advanced. */
  advance: u32 = 0;
  /** SND.NXT - SND.UNA before. */
  flightBefore: u32 = 0;
  /** Whether it is a duplicate ACK as RFC 5681 section 2 defines it. */
  duplicate: bool = false;
  /** Whether it has a D-SACK, and its bounds: data that arrived twice (RFC 2883). */
  hasDuplicate: bool = false;
  duplicateFrom: u32 = 0;
  duplicateTo: u32 = 0;
  /** Whether its timestamp shows that the first retransmission of a recovery was needless. */
  needless: bool = false;
  /** Whether it reports a mark of congestion (ECE, RFC 3168 section 6.1.2). */
  congested: bool = false;

  /** Begins an ACK that advances SND.UNA by `advance`, with `flight` in flight before. */
  begin(advance: u32, flight: u32, duplicate: bool): void {
    this.advance = advance;
    this.flightBefore = flight;
    this.duplicate = duplicate;
    this.hasDuplicate = false;
    this.needless = false;
    this.congested = false;
  }

  /** Bytes in flight after it. */
  get left(): u32 {
    return this.flightBefore - this.advance;
  }

  /** Notes that the ACK has ECE. */
  noteCongested(): void {
    this.congested = true;
  }

  /** Notes that the original of the segment retransmitted first has arrived. */
  noteNeedless(): void {
    this.needless = true;
  }

  /** Notes a D-SACK for the sequence numbers from `from` to `to` (exclusive). */
  noteDuplicate(from: u32, to: u32): void {
    this.hasDuplicate = true;
    this.duplicateFrom = from;
    this.duplicateTo = to;
  }
}
