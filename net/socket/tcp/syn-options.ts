/** The options of a SYN that is being sent. One object serves all, so nothing is allocated. */
import {
  emitFastOpen,
  emitSackPermitted,
  emitSackPermittedBeforeTimestamps,
  emitSegmentSize,
  emitTimestamps,
  emitWindowScale,
  fastOpenBytes,
  TIMESTAMPS_BYTES,
} from "../../wire/tcp-options";

export class SynOptions {
  segmentSize: u32 = 0;
  /** SACK-permitted (RFC 2018). */
  selective: bool = false;
  /** Whether there is a window scale option, and its shift (RFC 7323 section 2). */
  scaled: bool = false;
  shift: u32 = 0;
  /** Whether there are timestamps (RFC 7323 section 3), TSval and TSecr. */
  timestamped: bool = false;
  timestamp: u32 = 0;
  echo: u32 = 0;
  /** Whether there is a Fast Open option (RFC 7413), its form, and the cookie, maybe empty. */
  fastOpen: bool = false;
  experimental: bool = false;
  cookie: usize = 0;
  cookieBytes: u32 = 0;

  /** Begins with the segment size and SACK; there is nothing else. */
  set(segmentSize: u32, selective: bool): void {
    this.segmentSize = segmentSize;
    this.selective = selective;
    this.scaled = false;
    this.timestamped = false;
    this.fastOpen = false;
  }

  /** Adds window scaling. */
  scale(shift: u32): void {
    this.scaled = true;
    this.shift = shift;
  }

  /** Adds timestamps. */
  stamp(timestamp: u32, echo: u32): void {
    this.timestamped = true;
    this.timestamp = timestamp;
    this.echo = echo;
  }

  /** Adds Fast Open; the cookie must stay in place. It fits beside all others. */
  open(cookie: usize, cookieBytes: u32, experimental: bool): void {
    this.fastOpen = true;
    this.cookie = cookie;
    this.cookieBytes = cookieBytes;
    this.experimental = experimental;
  }

  /** How many bytes `emit` writes, a multiple of 4. */
  get bytes(): u32 {
    let bytes: u32 = 4;
    if (this.timestamped) bytes += TIMESTAMPS_BYTES;
    else if (this.selective) bytes += 4;
    if (this.scaled) bytes += 4;
    return this.fastOpen ? bytes + fastOpenBytes(this.cookieBytes, this.experimental) : bytes;
  }

  /** Writes the options in the order of Linux. */
  emit(pointer: usize): void {
    let at = emitSegmentSize(pointer, this.segmentSize);
    if (this.timestamped) {
      const timestamps = at;
      at = emitTimestamps(at, this.timestamp, this.echo);
      if (this.selective) emitSackPermittedBeforeTimestamps(timestamps);
    } else if (this.selective) {
      at = emitSackPermitted(at);
    }
    if (this.scaled) at = emitWindowScale(at, this.shift);
    if (this.fastOpen) emitFastOpen(at, this.cookie, this.cookieBytes, this.experimental);
  }
}
