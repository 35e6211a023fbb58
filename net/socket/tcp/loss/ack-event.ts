/** What an ACK reports besides the marks in `SentSegments`. All connections share one object. */

export class AckEvent {
  /** By how much SND.UNA advanced. */
  advance: u32 = 0;
  /** SND.NXT - SND.UNA before. */
  flightBefore: u32 = 0;
  /** Whether it is a duplicate ACK as RFC 5681 section 2 defines it. */
  duplicate: bool = false;
  /** Whether it has a D-SACK: data arrived twice (RFC 2883). */
  repeated: bool = false;

  /** Begins an ACK that advances SND.UNA by `advance`, with `flight` in flight before. */
  begin(advance: u32, flight: u32, duplicate: bool): void {
    this.advance = advance;
    this.flightBefore = flight;
    this.duplicate = duplicate;
    this.repeated = false;
  }

  /** Notes a D-SACK. */
  noteRepeated(): void {
    this.repeated = true;
  }
}
