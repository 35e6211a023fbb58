/**
 * Why a packet was dropped. The gates of the wire layer (`parseEthernet`, `parseTcp` and so on) and
 * the layers behind them return one of these. Drops are counted by reason, and `ip -s link` shows
 * the counts under these names.
 */

export const enum Drop {
  /** Not dropped: the packet passed its gate. */
  None = 0,
  EthernetTruncated,
  EthernetOtherHost,
  EthernetGroupSource,
  EthernetUnknownType,
  /** The frame is tagged for a VLAN; VLAN devices are not supported. */
  EthernetVlan,
  ArpTruncated,
  ArpFormat,
  ArpAddress,
  Ipv4Truncated,
  Ipv4Version,
  Ipv4HeaderLength,
  Ipv4TotalLength,
  Ipv4Checksum,
  Ipv4Options,
  Ipv4Source,
  Ipv4Destination,
  Ipv4Protocol,
  FragmentLength,
  FragmentOverlap,
  FragmentTooLong,
  FragmentTimeout,
  FragmentLimit,
  IcmpTruncated,
  IcmpChecksum,
  IcmpType,
  /** An echo reply whose identifier is in use here, but which matches no request sent. */
  IcmpReply,
  IcmpQuote,
  IcmpQueueFull,
  UdpTruncated,
  UdpLength,
  UdpChecksum,
  UdpPort,
  UdpNoSocket,
  UdpQueueFull,
  TcpTruncated,
  TcpHeaderLength,
  TcpChecksum,
  TcpBroadcast,
  TcpNoSocket,
  TcpUnacceptable,
  /** An old timestamp, or one that echoes no segment sent (RFC 7323 section 5). */
  TcpTimestamp,
  TcpBacklog,
  TcpLimit,
  TcpMemory,
  COUNT,
}

/** The names, in the order of `Drop`. */
export const DROP_NAMES: StaticArray<string> = [
  "none",
  "ethernet-truncated",
  "ethernet-other-host",
  "ethernet-group-source",
  "ethernet-unknown-type",
  "ethernet-vlan",
  "arp-truncated",
  "arp-format",
  "arp-address",
  "ipv4-truncated",
  "ipv4-version",
  "ipv4-header-length",
  "ipv4-total-length",
  "ipv4-checksum",
  "ipv4-options",
  "ipv4-source",
  "ipv4-destination",
  "ipv4-protocol",
  "fragment-length",
  "fragment-overlap",
  "fragment-too-long",
  "fragment-timeout",
  "fragment-limit",
  "icmp-truncated",
  "icmp-checksum",
  "icmp-type",
  "icmp-reply",
  "icmp-quote",
  "icmp-queue-full",
  "udp-truncated",
  "udp-length",
  "udp-checksum",
  "udp-port",
  "udp-no-socket",
  "udp-queue-full",
  "tcp-truncated",
  "tcp-header-length",
  "tcp-checksum",
  "tcp-broadcast",
  "tcp-no-socket",
  "tcp-unacceptable",
  "tcp-timestamp",
  "tcp-backlog",
  "tcp-limit",
  "tcp-memory",
];

/** A counter for each `Drop`. */
export class DropCounters {
  private readonly counts: StaticArray<u64> = new StaticArray<u64>(Drop.COUNT);

  add(reason: Drop): void {
    this.counts[reason]++;
  }
  of(reason: Drop): u64 {
    return this.counts[reason];
  }
  /** Returns how many packets were dropped, for whatever reason. */
  total(): u64 {
    let sum: u64 = 0;
    for (let i = 1; i < this.counts.length; i++) sum += this.counts[i];
    return sum;
  }
}
