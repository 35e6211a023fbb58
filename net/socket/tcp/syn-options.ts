/** The options of a SYN that is being sent. One object serves all, so nothing is allocated. */
import {
  emitSackPermitted,
  emitSackPermittedBeforeTimestamps,
  emitSegmentSize,
  emitTimestamps,
  emitWindowScale,
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

  /** Begins with the segment size and SACK; there is nothing else. */
  set(segmentSize: u32, selective: bool): void {
    this.segmentSize = segmentSize;
    this.selective = selective;
    this.scaled = false;
    this.timestamped = false;
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

  /** How many bytes `emit` writes, a multiple of 4. */
  get bytes(): u32 {
    const scaling: u32 = this.scaled ? 4 : 0;
    if (this.timestamped) return 4 + TIMESTAMPS_BYTES + scaling;
    return 4 + (this.selective ? 4 : 0) + scaling;
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
    if (this.scaled) emitWindowScale(at, this.shift);
  }
}
