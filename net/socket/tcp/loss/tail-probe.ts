/** The tail loss probe in flight, and what ACKs tell about it (RFC 8985 section 7.4). */
import { before } from "../sequence";
import { AckEvent } from "./ack-event";

@unmanaged
export class TailProbe {
  /** Whether there is one that no ACK has judged yet. */
  active: bool;
  /** Whether it retransmitted the last segment. */
  private resent: bool;
  /** SND.NXT when it was sent. */
  private end: u32;

  /** Initializes an object in zeroed memory. */
  static at(memory: usize): TailProbe {
    return changetype<TailProbe>(memory);
  }

  /** A probe was sent, up to `end`; `resent` if it retransmitted the last segment. */
  sent(end: u32, resent: bool): void {
    this.active = true;
    this.end = end;
    this.resent = resent;
  }

  /** Forgets the probe. */
  cancel(): void {
    this.active = false;
  }

  /** Whether the last segment was retransmitted as a probe that no ACK has judged yet. */
  get retransmitted(): bool {
    return this.active && this.resent;
  }

  /** Handles an ACK up to `una`. Reports whether the probe has repaired a loss. */
  acknowledged(ack: AckEvent, una: u32): bool {
    if (!this.active) return false;
    if (!this.resent) {
      if (!before(una, this.end)) this.active = false;
    } else if (ack.hasDuplicate && ack.duplicateTo == this.end) {
      this.active = false;
    } else if (ack.duplicate && una == this.end) {
      this.active = false;
    } else if (before(this.end, una)) {
      this.active = false;
      return true;
    }
    return false;
  }
}
