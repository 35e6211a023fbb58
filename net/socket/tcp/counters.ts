/** Host-wide TCP counters, named after those of the TCP MIB (RFC 4022) where it has them. */

export class TcpCounters {
  activeOpens: u64 = 0;
  passiveOpens: u64 = 0;
  /** Handshakes that failed. */
  attemptFails: u64 = 0;
  /** Established connections that ended with an error. */
  establishedResets: u64 = 0;
  segmentsIn: u64 = 0;
  segmentsOut: u64 = 0;
  /** Segments retransmitted. */
  retransmits: u64 = 0;
  /** RSTs sent. */
  resetsOut: u64 = 0;
  challengeAcks: u64 = 0;
  /** Segments dropped for an old timestamp (RFC 7323 section 5.3). */
  pawsEstablished: u64 = 0;
  /** SYN,ACKs rejected because they echo no timestamp of the SYN. */
  pawsActive: u64 = 0;
  /** ACKs of a SYN,ACK rejected because they echo no timestamp of it. */
  echoRejected: u64 = 0;
  /** Expirations of the retransmission timer. */
  timeouts: u64 = 0;
  /** SYNs dropped because a backlog or the table was full, or memory was short. */
  listenDrops: u64 = 0;
  /** SYN cookies sent, returned, and not recognized (RFC 4987 section 3.6). */
  cookiesSent: u64 = 0;
  cookiesReceived: u64 = 0;
  cookiesFailed: u64 = 0;
  /** TIME-WAIT records evicted early because their table was full. */
  timeWaitOverflows: u64 = 0;
}
