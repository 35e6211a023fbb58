/**
 * The counters of the network stack by name, for `nstat` and `netstat -s`: those of TCP, those of
 * all interfaces added up, and those that follow from the reasons for which packets were dropped.
 */
import { Counters } from "../../core/counters";
import { Interface } from "../../net/iface/interface";
import { NetworkStack } from "../../net/service/stack";
import { Drop } from "../../net/wire/drop";

/** A counter of Linux that is the number of packets dropped for certain reasons. */
class DropCounter {
  constructor(
    readonly name: string,
    readonly reasons: StaticArray<Drop>,
  ) {}
}

const DROP_COUNTERS: StaticArray<DropCounter> = [
  new DropCounter("IpInHdrErrors", [
    Drop.Ipv4Truncated,
    Drop.Ipv4Version,
    Drop.Ipv4HeaderLength,
    Drop.Ipv4TotalLength,
    Drop.Ipv4Checksum,
    Drop.Ipv4Options,
  ]),
  new DropCounter("IpInAddrErrors", [Drop.Ipv4Source, Drop.Ipv4Destination]),
  new DropCounter("IpInUnknownProtos", [Drop.Ipv4Protocol]),
  new DropCounter("IpReasmTimeout", [Drop.FragmentTimeout]),
  new DropCounter("IpReasmFails", [
    Drop.FragmentLength,
    Drop.FragmentOverlap,
    Drop.FragmentTooLong,
    Drop.FragmentTimeout,
    Drop.FragmentLimit,
  ]),
  new DropCounter("IpExtInTruncatedPkts", [Drop.Ipv4Truncated, Drop.Ipv4TotalLength]),
  new DropCounter("IpExtInCsumErrors", [Drop.Ipv4Checksum]),
  new DropCounter("IpExtReasmOverlaps", [Drop.FragmentOverlap]),
  new DropCounter("IcmpInErrors", [Drop.IcmpTruncated, Drop.IcmpChecksum, Drop.IcmpQuote]),
  new DropCounter("IcmpInCsumErrors", [Drop.IcmpChecksum]),
  new DropCounter("UdpNoPorts", [Drop.UdpNoSocket]),
  new DropCounter("UdpInErrors", [
    Drop.UdpTruncated,
    Drop.UdpLength,
    Drop.UdpChecksum,
    Drop.UdpPort,
    Drop.UdpQueueFull,
  ]),
  new DropCounter("UdpRcvbufErrors", [Drop.UdpQueueFull]),
  new DropCounter("UdpInCsumErrors", [Drop.UdpChecksum]),
  new DropCounter("TcpInErrs", [Drop.TcpTruncated, Drop.TcpHeaderLength, Drop.TcpChecksum]),
  new DropCounter("TcpInCsumErrors", [Drop.TcpChecksum]),
];

/** The groups of names, in the order of /proc/net/snmp and /proc/net/netstat; then our own. */
export const COUNTER_GROUPS: StaticArray<string> = [
  "Ip",
  "Icmp",
  "Tcp",
  "Udp",
  "TcpExt",
  "IpExt",
  "Arp",
  "Neighbor",
];

/** Returns the index in `COUNTER_GROUPS` of the group that a counter belongs to. */
export function counterGroup(name: string): i32 {
  let found = 0;
  for (let i = 0; i < COUNTER_GROUPS.length; i++) {
    // "TcpExt" begins with "Tcp": the longest group counts.
    const group = COUNTER_GROUPS[i];
    if (name.startsWith(group) && group.length >= COUNTER_GROUPS[found].length) found = i;
  }
  return found;
}

/** A name, and where its value comes from: one of the three. */
class Source {
  constructor(
    readonly name: string,
    readonly tcp: i32,
    readonly ip: i32,
    readonly drop: DropCounter | null,
  ) {}
}

export class NetworkCounters {
  /** All counters, group by group. */
  private readonly sources: Array<Source> = [];

  constructor(private readonly stack: NetworkStack) {
    for (let group = 0; group < COUNTER_GROUPS.length; group++) this.addGroup(group);
  }

  get count(): i32 {
    return this.sources.length;
  }

  nameAt(index: i32): string {
    return this.sources[index].name;
  }

  valueAt(index: i32): u64 {
    const source = this.sources[index];
    if (source.tcp >= 0) return this.stack.ip.tcp.counters.of(source.tcp);
    const ip = this.stack.ip;
    let sum = shareOf(ip.loopback, source);
    for (let i = 0; i < ip.interfaces.length; i++) sum += shareOf(ip.interfaces[i], source);
    return sum;
  }

  /** Adds the counters of a group. */
  private addGroup(group: i32): void {
    const ip = this.stack.ip;
    this.addFrom(ip.loopback.counters, false, group);
    this.addFrom(ip.tcp.counters, true, group);
    for (let i = 0; i < DROP_COUNTERS.length; i++) {
      const drop = DROP_COUNTERS[i];
      if (counterGroup(drop.name) == group) this.sources.push(new Source(drop.name, -1, -1, drop));
    }
  }

  private addFrom(counters: Counters, tcp: bool, group: i32): void {
    const names = counters.names;
    for (let i = 0; i < names.length; i++) {
      if (counterGroup(names[i]) != group) continue;
      this.sources.push(new Source(names[i], tcp ? i : -1, tcp ? -1 : i, null));
    }
  }
}

/** Returns an interface's part of a value. */
function shareOf(iface: Interface, source: Source): u64 {
  const drop = source.drop;
  if (drop == null) return iface.counters.of(source.ip);
  let sum: u64 = 0;
  for (let i = 0; i < drop.reasons.length; i++) sum += iface.drops.of(drop.reasons[i]);
  return sum;
}
