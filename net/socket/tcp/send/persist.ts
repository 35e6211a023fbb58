/** The persist timer, which decides when a closed window is probed (RFC 9293 section 3.8.6.1). */
import { RTO_MAXIMUM } from "../timing";

@unmanaged
export class PersistTimer {
  /** Whether the retransmission timer runs as the persist timer. */
  running: bool;
  /** Whether the timer has expired: a probe is sent in the next `dispatch`. */
  probeDue: bool;
  /** Probes in a row. */
  private backoffs: u32;

  /** Initializes an object in zeroed memory. */
  static at(memory: usize): PersistTimer {
    return changetype<PersistTimer>(memory);
  }

  /** Starts the timer. Returns its length in microseconds, for an RTO of `timeout`. */
  start(timeout: i64): i64 {
    const shift: u32 = this.backoffs < 16 ? this.backoffs : 16;
    const interval = timeout << shift;
    this.running = true;
    return interval < RTO_MAXIMUM ? interval : RTO_MAXIMUM;
  }

  /** Data was sent: the retransmission timer takes over. */
  stop(): void {
    this.running = false;
    this.probeDue = false;
  }

  expired(): void {
    this.probeDue = true;
  }

  /** A probe was sent: the next interval is twice as long. */
  probed(): void {
    this.probeDue = false;
    this.backoffs++;
  }

  /** Something new was acknowledged; `all` is true if it was everything in flight. */
  acknowledged(all: bool): void {
    this.backoffs = 0;
    if (all) this.running = false;
  }
}
