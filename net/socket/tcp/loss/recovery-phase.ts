/** The phases of recovery from loss, called states in RFC 6582 and in Linux. */
export const enum RecoveryPhase {
  /** No loss is known. */
  Open = 0,
  /** Fast recovery: until all that was in flight when the loss was detected is acknowledged. */
  Fast,
  /** After a timeout: until all that was in flight then is acknowledged. */
  Timeout,
}

/** The steps of F-RTO (RFC 5682 section 2.1). */
export const enum Doubt {
  /** The timeout is considered genuine. */
  None = 0,
  /** Only the first segment was retransmitted. */
  Resent,
  /** That was acknowledged; a new segment was sent to see whether the originals arrive. */
  Probed,
}
