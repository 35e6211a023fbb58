/** What TCP counts as a whole, under the names of the MIB (RFC 4022) where it has one. */

export class TcpCounters {
  activeOpens: u64 = 0;
  passiveOpens: u64 = 0;
  /** Handshakes that failed. */
  attemptFails: u64 = 0;
  /** Established connections that were reset or failed. */
  establishedResets: u64 = 0;
  segmentsIn: u64 = 0;
  segmentsOut: u64 = 0;
  retransmits: u64 = 0;
  /** RSTs sent. */
  resetsOut: u64 = 0;
  challengeAcks: u64 = 0;
  /** Retransmission time-outs. */
  timeouts: u64 = 0;
  /** SYNs dropped: a backlog or the table was full, or the memory short. */
  listenDrops: u64 = 0;
  /** TIME-WAIT records given up early because their table was full. */
  timeWaitOverflows: u64 = 0;
}
