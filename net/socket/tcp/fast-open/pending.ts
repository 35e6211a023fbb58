/**
 * How many connections of a listener were opened by Fast Open, with or without data in the SYN, and
 * still wait for the end of their handshake. A limit bounds what spoofed SYNs with valid cookies
 * can take up (RFC 7413 section 5.1): beyond it, SYNs open connections the usual way, in which
 * nothing is accepted before the handshake is over.
 *
 * A connection that was reset in the handshake counts for RESET_TIME longer. Otherwise the RSTs of
 * a host whose address is spoofed would make room for more spoofed SYNs.
 */
import { TCP_BACKLOG } from "../../../../core/limits";
import { SECOND } from "../../../../core/time";

/** Linux's time. */
const RESET_TIME: i64 = 60 * SECOND;

export class PendingFastOpens {
  /** Connections in their handshake, and those that were reset in it. */
  count: u32 = 0;
  private resets: u32 = 0;
  /** A ring of the times at which resets stop counting, the oldest at `first`. */
  private readonly until: StaticArray<i64> = new StaticArray<i64>(TCP_BACKLOG as i32);
  private first: u32 = 0;

  /** Forgets the resets whose time is over. Reports whether fewer than `most` are counted then. */
  admits(most: u32, now: i64): bool {
    while (this.resets > 0 && this.until[this.first] <= now) this.forgetReset();
    return this.count < most;
  }

  /** One more has begun. */
  begin(): void {
    this.count++;
  }

  /** The handshake of one is over; `reset` if a RST has ended it. */
  end(reset: bool, now: i64): void {
    // None is in its handshake: this one is of an earlier listener on the port, and not counted.
    if (this.count == this.resets) return;
    if (!reset) {
      this.count--;
      return;
    }
    if (this.resets == TCP_BACKLOG) this.forgetReset();
    this.until[(this.first + this.resets) % TCP_BACKLOG] = now + RESET_TIME;
    this.resets++;
  }

  private forgetReset(): void {
    this.first = (this.first + 1) % TCP_BACKLOG;
    this.resets--;
    this.count--;
  }
}
