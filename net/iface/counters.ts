/** An interface's counters by protocol (after RFC 4293, RFC 4113, RFC 4022). */

export class ProtocolCounters {
  arpIn: u64 = 0;
  arpOut: u64 = 0;

  /** IPv4 packets received, valid or not. */
  ipIn: u64 = 0;
  /** Whole datagrams passed to ICMP, UDP or TCP. */
  ipDelivered: u64 = 0;
  ipOut: u64 = 0;
  fragmentsIn: u64 = 0;
  reassembled: u64 = 0;
  fragmentsOut: u64 = 0;
  /** Datagrams sent in fragments. */
  fragmented: u64 = 0;

  icmpIn: u64 = 0;
  icmpOut: u64 = 0;
  icmpErrorsIn: u64 = 0;
  icmpErrorsOut: u64 = 0;
  /** Errors not sent because of the rate limit. */
  icmpErrorsLimited: u64 = 0;
  echoRequestsIn: u64 = 0;
  echoRepliesOut: u64 = 0;

  udpIn: u64 = 0;
  udpOut: u64 = 0;
  tcpIn: u64 = 0;
  tcpOut: u64 = 0;

  /** Packets dropped because their next hop did not answer ARP. */
  neighborUnreachable: u64 = 0;
  /** Packets dropped because the neighbor cache or the queue of an entry was full. */
  neighborOverflow: u64 = 0;
  /** How often another station used an address of this interface (RFC 5227 section 2.4). */
  addressConflicts: u64 = 0;
}
