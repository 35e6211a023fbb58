/**
 * Proportional rate reduction (RFC 9937): the window during fast recovery. It falls to ssthresh in
 * proportion to what arrives, and never allows a burst.
 */

@unmanaged
export class RateReduction {
  /** Bytes that may be in flight. */
  window: u32;
  /** RecoverFS, prr_delivered and prr_out of the RFC. */
  private flight: u32;
  private delivered: u32;
  private out: u32;

  /** Initializes an object in zeroed memory. */
  static at(memory: usize): RateReduction {
    return changetype<RateReduction>(memory);
  }

  /** Starts a recovery with `flight` bytes in flight. */
  enter(flight: u32): void {
    this.flight = flight > 0 ? flight : 1;
    this.delivered = 0;
    this.out = 0;
  }

  /** Notes that `bytes` were sent, for the first time or again. */
  sent(bytes: u32): void {
    this.out += bytes;
  }

  /**
   * Sets the window after an ACK reported that `delivered` bytes have arrived; `pipe` bytes are in
   * the network. `progress` is true if SND.UNA advanced and no new loss was found.
   */
  acknowledged(delivered: u32, pipe: u32, threshold: u32, progress: bool, segmentSize: u32): void {
    this.delivered += delivered;
    let allowed: u32 = 0;
    if (pipe > threshold) {
      const share = ((this.delivered as u64) * threshold + this.flight - 1) / this.flight;
      if (share > (this.out as u64)) allowed = (share as u32) - this.out;
    } else {
      let limit = this.delivered > this.out ? this.delivered - this.out : 0;
      if (limit < delivered) limit = delivered;
      if (progress) limit += segmentSize;
      const missing = threshold - pipe;
      allowed = missing < limit ? missing : limit;
    }
    this.window = pipe + allowed;
    // The first retransmission is sent at once.
    if (this.out == 0) this.allow(pipe, segmentSize);
  }

  /** Allows at least one more segment of `segmentSize` bytes. */
  allow(pipe: u32, segmentSize: u32): void {
    if (this.window < pipe + segmentSize) this.window = pipe + segmentSize;
  }
}
