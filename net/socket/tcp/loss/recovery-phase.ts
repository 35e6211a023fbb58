/** The phases of recovery from loss, called states in RFC 6582 and in Linux. */
export const enum RecoveryPhase {
  /** No loss is known. */
  Open = 0,
  /** Fast recovery: until all that was in flight when the loss was detected is acknowledged. */
  Fast,
  /** After a timeout: until all that was in flight then is acknowledged. */
  Timeout,
}
