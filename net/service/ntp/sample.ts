/**
 * A measurement of the clock's offset (RFC 5905 section 8), and the choice among several: the
 * offset on which the majority agrees (section 11.2.1).
 *
 *     T1 own, sent ──> T2 server's, received        offset = ((T2 - T1) + (T3 - T4)) / 2
 *     T4 own, came <── T3 server's, sent            delay  = (T4 - T1) - (T3 - T2)
 */

/** The error of local timestamps, which are those of the turn and not of the packet. */
const TURN_ERROR: i64 = 20_000;

export class NtpSample {
  /** The server's time minus the local clock's, in microseconds. */
  readonly offset: i64;
  readonly delay: i64;
  /** The largest error of `offset`, in microseconds. */
  readonly error: i64;

  /** All in microseconds; the local times by any steady clock. */
  constructor(
    sent: i64,
    serverReceived: i64,
    serverSent: i64,
    came: i64,
    /** The server's own error: half its root delay plus its dispersion. */
    serverError: i64,
  ) {
    this.offset = (serverReceived - sent + (serverSent - came)) / 2;
    this.delay = came - sent - (serverSent - serverReceived);
    this.error = max<i64>(this.delay, 0) / 2 + serverError + TURN_ERROR;
  }

  /** Reports whether the true offset may be `offset`. */
  allows(offset: i64): bool {
    return offset >= this.offset - this.error && offset <= this.offset + this.error;
  }
}

/**
 * Returns the best of the samples that agree with more than half of all, or null if there is no
 * majority. (Of overlapping intervals, one contains the lower end of another.)
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
