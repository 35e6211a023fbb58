/** Mutants for the rows of IP and FRG. */
import type { RowMutant } from "./row-mutant.ts";

const IPV4_ID = "net/iface/ip/ipv4-identification.ts";
const INGRESS = "net/iface/ip/ingress.ts";
const REASSEMBLY = "net/iface/ip/reassembly.ts";
const wire = (name: string) => `net/wire/${name}.ts`;

export const ipMutants: RowMutant[] = [
  ["IP-01", "accepts any version", wire("ipv4"), "if (header.version != 4)", "if (false)"],
  [
    "IP-02",
    "accepts headers shorter than 20 bytes",
    wire("ipv4"),
    "headerLength < IPV4_HEADER ||",
    "",
  ],
  [
    "IP-03 IP-04",
    "accepts headers longer than the packet",
    wire("ipv4"),
    "|| headerLength > totalLength",
    "",
  ],
  [
    "IP-05",
    "accepts packets longer than the frame",
    wire("ipv4"),
    "if (totalLength > length)",
    "if (false)",
  ],
  [
    "IP-06",
    "does not verify the header's checksum",
    wire("ipv4"),
    "return fold(sumPlain(pointer)) == 0xffff ? Drop.None : Drop.Ipv4Checksum;",
    "return Drop.None;",
  ],
  [
    "IP-07",
    "accepts any source",
    INGRESS,
    "return isUnicast(source) && !iface.ipv4.isBroadcast(source) &&",
    "return",
  ],
  ["IP-08", "accepts its own address as source", INGRESS, "&& !this.egress.owns(source);", ";"],
  [
    "IP-09",
    "accepts any destination",
    INGRESS,
    "    return Reach.Nobody;\n  }",
    "    return Reach.Own;\n  }",
  ],
  [
    "IP-10",
    "drops packets with TTL 1",
    wire("ipv4"),
    "if (totalLength > length)",
    "if (header.ttl < 2) return Drop.Ipv4Options;\n  if (totalLength > length)",
  ],
  [
    "IP-11",
    "does not report unknown protocols",
    INGRESS,
    "this.icmp.sendError(iface, ICMP_UNREACHABLE, CODE_PROTOCOL, header, now);",
    "",
  ],
  [
    "IP-12",
    "accepts source routes",
    wire("ipv4"),
    "kind == OPTION_LOOSE_ROUTE || kind == OPTION_STRICT_ROUTE",
    "false",
  ],
  [
    "IP-13",
    "accepts options of length 0 and 1",
    wire("ipv4"),
    "length < 2 || at + length > end",
    "at + length > end",
  ],
  [
    "IP-14 IP-15",
    "drops packets with options",
    wire("ipv4"),
    "return parseOptions(pointer + IPV4_HEADER, pointer + headerLength);",
    "return Drop.Ipv4Options;",
  ],
  [
    "IP-16",
    "ignores MF",
    wire("ipv4"),
    "(this.flagsAndFragment & (MORE_FRAGMENTS | FRAGMENT_OFFSET)) != 0;",
    "(this.flagsAndFragment & FRAGMENT_OFFSET) != 0;",
  ],
  [
    "IP-17",
    "reports broadcasts to closed ports",
    INGRESS,
    "result == Drop.UdpNoSocket && reach == Reach.Own",
    "result == Drop.UdpNoSocket",
  ],
  [
    "IP-18",
    "uses one counter for all destinations",
    IPV4_ID,
    "const index = key >>> 24;",
    "const index = key & 0;",
  ],
  [
    "FRG-01",
    "does not copy fragments",
    REASSEMBLY,
    "memory.copy(this.payload + offset, header.payload, length as usize);",
    "",
  ],
  [
    "FRG-02",
    "reassembles only fragments in order",
    REASSEMBLY,
    "if (offset == 0) this.keepHeader(header);",
    "if (offset == 0 && this.received == length) this.keepHeader(header);",
  ],
  [
    "FRG-03",
    "drops a datagram with a duplicate fragment",
    REASSEMBLY,
    "return end <= this.end && same ? Drop.None : Drop.FragmentOverlap;",
    "return Drop.FragmentOverlap;",
  ],
  [
    "FRG-04 FRG-05",
    "accepts overlaps",
    REASSEMBLY,
    "if (marked == Marked.Some) return Drop.FragmentOverlap;",
    "",
  ],
  ["FRG-19", "accepts duplicates with other contents", REASSEMBLY, "&& same ?", "?"],
  [
    "FRG-06",
    "accepts an end before data that has arrived",
    REASSEMBLY,
    "if (last && end < this.end) return Drop.FragmentOverlap;",
    "",
  ],
  [
    "FRG-08 FRG-09",
    "accepts fragments beyond 65,535 bytes",
    REASSEMBLY,
    "header.fragmentOffset + length + IPV4_HEADER > IPV4_LONGEST",
    "false",
  ],
  [
    "FRG-10",
    "accepts fragments of any length",
    REASSEMBLY,
    "header.moreFragments && (length & 7) != 0",
    "false",
  ],
  [
    "FRG-11",
    "delivers a datagram after 16 bytes",
    REASSEMBLY,
    "return this.received == this.total &&",
    "if (this.received == 16) this.total = 16;\n    return this.received == this.total &&",
  ],
  [
    "FRG-12",
    "accepts empty fragments",
    REASSEMBLY,
    "if (length == 0) return Drop.FragmentLength;",
    "",
  ],
  [
    "FRG-13",
    "does not evict the oldest datagram",
    REASSEMBLY,
    "count < most || (count == most && slot.order > victim.order)",
    "count < most || (count == most && slot.order < victim.order)",
  ],
  [
    "FRG-14",
    "takes quadratic time for fragments in reverse order",
    REASSEMBLY,
    "    this.received += length;\n",
    `    this.received += length;
    for (let at = end; at < this.end; at++) if (load<u8>(this.payload + at) == 1) this.end = end;
`,
  ],
  [
    "FRG-07 FRG-15 FRG-16",
    "accepts two different ends",
    REASSEMBLY,
    `    if (this.total != UNKNOWN && (last ? end != this.total : end > this.total)) {
      return Drop.FragmentOverlap;
    }
    if (last && end < this.end) return Drop.FragmentOverlap;
`,
    "",
  ],
  ["FRG-17", "ignores the protocol", REASSEMBLY, "this.protocol == header.protocol\n", "true\n"],
  [
    "FRG-18",
    "waits 20 s instead of 60",
    REASSEMBLY,
    "REASSEMBLY_TIME: i64 = 60 * SECOND",
    "REASSEMBLY_TIME: i64 = 20 * SECOND",
  ],
  [
    "FRG-18",
    "reports a datagram without its first fragment",
    INGRESS,
    "datagram.hasFirst && !datagram.spoilt &&",
    "!datagram.spoilt &&",
  ],
  [
    "FRG-20",
    "accepts datagrams longer than 65,535 bytes",
    REASSEMBLY,
    "if (total > IPV4_LONGEST) return false;",
    "",
  ],
  [
    "FRG-21",
    "rejects datagrams longer than 65,000 bytes",
    REASSEMBLY,
    "if (total > IPV4_LONGEST) return false;",
    "if (total > 65000) return false;",
  ],
];
