/**
 * What may show that a recovery was needless, because nothing was lost: D-SACKs (RFC 3708) and
 * timestamps (RFC 3522).
 */
import { before } from "../sequence";

@unmanaged
export class Undo {
  /** When this recovery retransmitted first, until that is acknowledged; 0 otherwise. */
  resentAt: i64;
  /** Whether the recovery can be undone. */
  private possible: bool;
  /** Whether the recovery has retransmitted anything. */
  private resentOnce: bool;
  /** SND.UNA when the recovery began. */
  private from: u32;
  /** Retransmissions that no D-SACK has reported yet. */
  private left: u32;

  /** Initializes an object in zeroed memory. */
  static at(memory: usize): Undo {
    return changetype<Undo>(memory);
  }

  /** A recovery begins at SND.UNA; `resent` segments in flight were retransmitted before. */
  begin(una: u32, resent: u32): void {
    this.possible = true;
    this.from = una;
    this.left = resent;
    this.resentOnce = false;
    this.resentAt = 0;
  }

  /** The recovery cannot be undone, or has been. */
  end(): void {
    this.possible = false;
  }

  /** The recovery retransmitted a segment. */
  resent(now: i64): void {
    this.left++;
    if (this.resentOnce) return;
    this.resentOnce = true;
    this.resentAt = now;
  }

  /**
   * SND.UNA advanced; `needless` if the ACK's timestamp shows that the original of what was
   * retransmitted first has arrived. Reports whether that undoes the recovery.
   */
  acknowledged(needless: bool): bool {
    if (this.resentAt == 0) return false;
    this.resentAt = 0;
    return needless && this.possible;
  }

  /**
   * A D-SACK reports that the segment at `start` arrived twice. Reports whether there was one for
   * every retransmission of data before `point`, so that none was needed.
   */
  arrivedTwice(start: u32, point: u32): bool {
    if (before(start, this.from) || !before(start, point)) return false;
    if (this.left == 0 || --this.left > 0) return false;
    return this.possible;
  }
}
