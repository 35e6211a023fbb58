/** Mutants for the rows of ETH and ARP. */
import type { RowMutant } from "./row-mutant.ts";

const ARP = "net/iface/link/arp-input.ts";
const GUARD = "net/iface/link/conflict-detection.ts";
const ICMP = "net/iface/ip/icmp.ts";
const INGRESS = "net/iface/ip/ingress.ts";
const NEIGHBOR = "net/iface/link/neighbor-cache.ts";
const RING = "drivers/intel/receive-ring.ts";
const wire = (name: string) => `net/wire/${name}.ts`;

export const linkMutants: RowMutant[] = [
  [
    "ETH-01",
    "accepts frames shorter than a header",
    wire("ethernet"),
    "length < ETHERNET_HEADER",
    "false",
  ],
  [
    "ETH-02",
    "accepts packets shorter than an IPv4 header",
    wire("ipv4"),
    "length < IPV4_HEADER)",
    "false)",
  ],
  ["ETH-03", "does not clear padding", "net/iface/link/link.ts", "store<u64>(at, 0);", ""],
  ["ETH-03", "echoes padding", ICMP, "frame.trim(length);", ""],
  ["ETH-04", "treats parts of a frame as frames", RING, "this.discarding || !last", "false"],
  [
    "ETH-05",
    "accepts any destination",
    wire("ethernet"),
    "to != ALL_HOSTS_HARDWARE) {",
    "false) {",
  ],
  [
    "ETH-06",
    "accepts frames from group addresses",
    wire("ethernet"),
    "header.fromGroup ?",
    "false ?",
  ],
  [
    "ETH-07",
    "accepts unicast packets in broadcast frames",
    INGRESS,
    "(reach == Reach.Own && group)",
    "false",
  ],
  ["ETH-08", "does not count unknown types", INGRESS, "drop = Drop.EthernetUnknownType;", ""],
  ["ETH-09", "accepts every VLAN", wire("ethernet"), "& 0xfff) != 0)", "& 0) != 0)"],
  [
    "ETH-10",
    "does not move the ring's tail",
    RING,
    "this.registers.write(RDT, (this.next - 1) & MASK);",
    "",
  ],
  [
    "ARP-01",
    "believes a claim on a known address",
    NEIGHBOR,
    "known && hardware != entry.hardware &&",
    "false &&",
  ],
  ["ARP-02", "caches every claim", ARP, "const create = isRequest && forUs &&", "const create ="],
  ["ARP-03", "caches off-link addresses", ARP, "addresses.onLink(sender) != null;", "true;"],
  ["ARP-04", "accepts group addresses", wire("arp"), "|| isGroupHardware(sender)", ""],
  [
    "ARP-05",
    "ignores a claim on its own address",
    ARP,
    "this.conflicts.process(hardware, sender, target, now)",
    "false",
  ],
  [
    "ARP-05",
    "defends its address without a limit",
    GUARD,
    "now - own.defendedAt >= DEFEND_INTERVAL",
    "true",
  ],
  ["ARP-06", "caches the sender of a probe", ARP, "if (sender != UNSPECIFIED) {", "if (true) {"],
  [
    "ARP-07 ARP-09",
    "accepts any format",
    wire("arp"),
    "load<u32>(pointer) != FORMAT_LOW || load<u16>(pointer, 4) != FORMAT_HIGH",
    "false",
  ],
  ["ARP-08", "accepts any length", wire("arp"), "length < ARP_LENGTH", "false"],
  [
    "ARP-09",
    "accepts any operation",
    wire("arp"),
    "operation != ARP_REQUEST && operation != ARP_REPLY",
    "false",
  ],
  [
    "ARP-10",
    "ignores packets whose sender is not the frame's source",
    INGRESS,
    "ETHERTYPE_ARP) {",
    "ETHERTYPE_ARP && load<u64>(start + 6) << 16 == load<u64>(start + 22) << 16) {",
  ],
  [
    "ARP-11",
    "sends two requests a second",
    NEIGHBOR,
    "const REQUEST_INTERVAL: i64 = SECOND;",
    "const REQUEST_INTERVAL: i64 = SECOND / 2;",
  ],
  [
    "ARP-11",
    "leaks frames when a queue is full",
    NEIGHBOR,
    "this.link.pool.release(entry.queue.pop()!);",
    "entry.queue.pop();",
  ],
  [
    "ARP-12",
    "keeps neighbors that do not answer",
    NEIGHBOR,
    "if (entry.state == NeighborState.Probe) this.forget(entry);",
    "if (entry.state == NeighborState.Probe) entry.state = NeighborState.Stale;",
  ],
];
