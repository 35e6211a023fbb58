/**
 * The window during fast recovery: inflated by duplicate ACKs and deflated by partial ones (RFC
 * 6582 section 3.2). Proportional rate reduction (RFC 9937) would take the place of this class.
 */
import { DUPLICATES } from "./duplicate-acks";

@unmanaged
export class RecoveryWindow {
  /** Bytes that may be in flight. */
  bytes: u32;
  /** Bytes by which duplicate ACKs may still inflate the window; at first, the bytes in flight. */
  private inflation: u32;

  /** Initializes an object in zeroed memory. */
  static at(memory: usize): RecoveryWindow {
    return changetype<RecoveryWindow>(memory);
  }

  /** Recovery begins with `flight` bytes in flight. */
  enter(threshold: u32, flight: u32, segmentSize: u32): void {
    this.bytes = threshold + DUPLICATES * segmentSize;
    this.inflation = flight;
  }

  /** A duplicate ACK: one more segment has left the network. */
  duplicate(segmentSize: u32): void {
    if (this.inflation < segmentSize) return;
    this.inflation -= segmentSize;
    this.bytes += segmentSize;
  }

  /** A partial ACK of `count` bytes. */
  partial(count: u32, segmentSize: u32): void {
    const kept = this.bytes > count ? this.bytes - count : 0;
    const window = kept + (count >= segmentSize ? segmentSize : 0);
    this.bytes = window < segmentSize ? segmentSize : window;
  }
}

/**
 * Returns the window after recovery, with `flight` bytes left in flight. Of the two options in RFC
 * 6582 section 3.2, step 3, it is the smaller one, so that no burst follows.
 */
export function windowAfterRecovery(flight: u32, threshold: u32, segmentSize: u32): u32 {
  const deflated = (flight > segmentSize ? flight : segmentSize) + segmentSize;
  return deflated < threshold ? deflated : threshold;
}
