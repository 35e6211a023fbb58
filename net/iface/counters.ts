/** What one interface counts above the link, by protocol (after RFC 4293, RFC 4113, RFC 4022). */

export class ProtocolCounters {
  arpIn: u64 = 0;
  arpOut: u64 = 0;

  /** IPv4 packets received, good ones and bad ones. */
  ipIn: u64 = 0;
  /** Whole datagrams handed to a transport protocol. */
  ipDelivered: u64 = 0;
  ipOut: u64 = 0;
  fragmentsIn: u64 = 0;
  reassembled: u64 = 0;
  fragmentsOut: u64 = 0;
  /** Datagrams that were sent in fragments. */
  fragmented: u64 = 0;

  icmpIn: u64 = 0;
  icmpOut: u64 = 0;
  icmpErrorsIn: u64 = 0;
  icmpErrorsOut: u64 = 0;
  /** Errors that the rate limit kept back. */
  icmpErrorsLimited: u64 = 0;
  echoRequestsIn: u64 = 0;
  echoRepliesOut: u64 = 0;

  udpIn: u64 = 0;
  udpOut: u64 = 0;
  tcpIn: u64 = 0;
  tcpOut: u64 = 0;

  /** Packets lost because their next hop did not answer ARP. */
  neighborUnreachable: u64 = 0;
  /** Packets lost because the neighbour cache had no entry or no place in a queue left. */
  neighborOverflow: u64 = 0;
  /** Times that someone else used an address of this interface (RFC 5227 section 2.4). */
  addressConflicts: u64 = 0;
}
