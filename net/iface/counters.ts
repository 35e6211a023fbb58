/**
 * An interface's counters of IP, ICMP, UDP, ARP and neighbors (RFC 4293, RFC 4113), under Linux's
 * names where it has them (Documentation/networking/snmp_counter.rst).
 */
import { Counters } from "../../core/counters";

/** In the order of `IP_COUNTER_NAMES`. */
export const enum IpCounter {
  /** IPv4 packets received, valid or not. */
  InReceives = 0,
  /** Whole datagrams passed to ICMP, UDP or TCP. */
  InDelivers,
  /** Datagrams sent, each counted once however many fragments it takes. */
  OutRequests,
  /** Packets to send that no route matched. As they have no interface, loopback counts them. */
  OutNoRoutes,
  /** Fragments received, and datagrams reassembled. */
  ReasmReqds,
  ReasmOKs,
  /** Datagrams sent in fragments, and those fragments. */
  FragOKs,
  FragCreates,
  IcmpInMsgs,
  IcmpInDestUnreachs,
  IcmpInTimeExcds,
  IcmpInParmProbs,
  IcmpInEchos,
  IcmpInEchoReps,
  IcmpOutMsgs,
  /** Errors not sent because of the rate limit. */
  IcmpOutRateLimitHost,
  IcmpOutDestUnreachs,
  IcmpOutTimeExcds,
  IcmpOutEchoReps,
  UdpInDatagrams,
  UdpOutDatagrams,
  /** Bytes of IPv4 packets, with their headers. */
  InOctets,
  OutOctets,
  /** Packets by the ECN field (RFC 3168 section 5), in the order of its values. */
  InNoECTPkts,
  InECT1Pkts,
  InECT0Pkts,
  InCEPkts,
  // Linux does not have the following.
  ArpIn,
  ArpOut,
  /** ARP packets of other stations that use an address of this interface (RFC 5227, 2.4). */
  ArpAddressConflicts,
  /** Packets dropped because their next hop did not answer ARP. */
  NeighborUnreachable,
  /** Packets dropped because the cache or a queue was full, or their entry was deleted. */
  NeighborOverflow,
}

/** The names of the counters as nstat(8) prints them. */
const IP_COUNTER_NAMES: StaticArray<string> = [
  "IpInReceives",
  "IpInDelivers",
  "IpOutRequests",
  "IpOutNoRoutes",
  "IpReasmReqds",
  "IpReasmOKs",
  "IpFragOKs",
  "IpFragCreates",
  "IcmpInMsgs",
  "IcmpInDestUnreachs",
  "IcmpInTimeExcds",
  "IcmpInParmProbs",
  "IcmpInEchos",
  "IcmpInEchoReps",
  "IcmpOutMsgs",
  "IcmpOutRateLimitHost",
  "IcmpOutDestUnreachs",
  "IcmpOutTimeExcds",
  "IcmpOutEchoReps",
  "UdpInDatagrams",
  "UdpOutDatagrams",
  "IpExtInOctets",
  "IpExtOutOctets",
  "IpExtInNoECTPkts",
  "IpExtInECT1Pkts",
  "IpExtInECT0Pkts",
  "IpExtInCEPkts",
  "ArpIn",
  "ArpOut",
  "ArpAddressConflicts",
  "NeighborUnreachable",
  "NeighborOverflow",
];

export class IpCounters extends Counters {
  constructor() {
    super(IP_COUNTER_NAMES);
  }
}
