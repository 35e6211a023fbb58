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

  /** Adds the counters of another interface. */
  add(other: ProtocolCounters): void {
    this.arpIn += other.arpIn;
    this.arpOut += other.arpOut;
    this.ipIn += other.ipIn;
    this.ipDelivered += other.ipDelivered;
    this.ipOut += other.ipOut;
    this.fragmentsIn += other.fragmentsIn;
    this.reassembled += other.reassembled;
    this.fragmentsOut += other.fragmentsOut;
    this.fragmented += other.fragmented;
    this.icmpIn += other.icmpIn;
    this.icmpOut += other.icmpOut;
    this.icmpErrorsIn += other.icmpErrorsIn;
    this.icmpErrorsOut += other.icmpErrorsOut;
    this.icmpErrorsLimited += other.icmpErrorsLimited;
    this.echoRequestsIn += other.echoRequestsIn;
    this.echoRepliesOut += other.echoRepliesOut;
    this.udpIn += other.udpIn;
    this.udpOut += other.udpOut;
    this.tcpIn += other.tcpIn;
    this.tcpOut += other.tcpOut;
    this.neighborUnreachable += other.neighborUnreachable;
    this.neighborOverflow += other.neighborOverflow;
    this.addressConflicts += other.addressConflicts;
  }
}
