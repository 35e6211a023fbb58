/**
 * A measurement of the clock's offset (RFC 5905 section 8), and the choice among several: the
 * offset on which the majority agrees (section 11.2.1).
 *
 *     local clock      server's clock
 *     T1 sent     ──>  T2 received        offset = ((T2 - T1) + (T3 - T4)) / 2
 *     T4 received <──  T3 sent            delay  = (T4 - T1) - (T3 - T2)
 */

/** Error of local timestamps, in microseconds: they are taken once per turn, not per packet. */
const TURN_ERROR: i64 = 20_000;

/** All values are in microseconds. */
export class NtpSample {
  /** The server's time minus the local clock's. */
  readonly offset: i64;
  /** The round-trip delay, without the time spent in the server. */
  readonly delay: i64;
  /** The largest error of `offset`. */
  readonly error: i64;

  /** Takes T1 to T4; T1 and T4 may be of any steady clock. */
  constructor(
    sent: i64,
    serverReceived: i64,
    serverSent: i64,
    received: i64,
    /** The server's root distance: half its root delay plus its root dispersion. */
    serverError: i64,
  ) {
    this.offset = (serverReceived - sent + (serverSent - received)) / 2;
    this.delay = received - sent - (serverSent - serverReceived);
    this.error = max<i64>(this.delay, 0) / 2 + serverError + TURN_ERROR;
  }

  /** Reports whether `offset` is within the error of this sample. */
  allows(offset: i64): bool {
    return offset >= this.offset - this.error && offset <= this.offset + this.error;
  }
}

/**
 * Returns the sample with the smallest error in the largest group that agrees, or null if no group
 * is a majority. It is enough to try the lower end of each sample's interval, because intervals
 * that overlap all contain the highest of their lower ends.
 */
export function chooseSample(samples: Array<NtpSample>): NtpSample | null {
  let best: NtpSample | null = null;
  let most = 0;
  for (let i = 0; i < samples.length; i++) {
    const point = samples[i].offset - samples[i].error;
    let agreeing = 0;
    for (let j = 0; j < samples.length; j++) if (samples[j].allows(point)) agreeing++;
    if (agreeing * 2 <= samples.length || agreeing < most) continue;
    if (agreeing > most) best = null;
    most = agreeing;
    for (let j = 0; j < samples.length; j++) {
      const sample = samples[j];
      if (!sample.allows(point)) continue;
      if (best == null || sample.error < best.error) best = sample;
    }
  }
  return best;
}
