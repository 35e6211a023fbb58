/**
 * A segment without data that is sent without a connection, or for one that is over: a RST, an ACK
 * in TIME-WAIT, a SYN,ACK with a cookie. One object serves all, so nothing is allocated.
 */

export class BareSegment {
  sequence: u32 = 0;
  acknowledgment: u32 = 0;
  flags: u32 = 0;
  /** The window field. */
  window: u32 = 0;
  /** Whether it carries the timestamps option, and its TSval and TSecr. */
  timestamped: bool = false;
  timestamp: u32 = 0;
  echo: u32 = 0;

  /** Sets all fields, for a segment without timestamps. */
  set(flags: u32, sequence: u32, acknowledgment: u32, window: u32): void {
    this.flags = flags;
    this.sequence = sequence;
    this.acknowledgment = acknowledgment;
    this.window = window;
    this.timestamped = false;
  }

  /** Adds timestamps. */
  stamp(timestamp: u32, echo: u32): void {
    this.timestamped = true;
    this.timestamp = timestamp;
    this.echo = echo;
  }
}
