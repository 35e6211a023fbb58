/**
 * Can the rows fail? Each line here breaks a copy of the kernel's sources in one place, and the
 * rows named have to notice. `node --import tsx tests/attack/mutants.ts [WORDS]` tries those whose
 * rows or words contain one of the words.
 */
import { join } from "node:path";
import { compileMutant, type Mutant } from "../support/mutant.ts";
import { root, run } from "../support/process.ts";

type Line = [rows: string, what: string, file: string, from: string, to: string];

const ARP = "net/iface/arp.ts";
const EGRESS = "net/iface/egress.ts";
const GUARD = "net/iface/guard.ts";
const ICMP = "net/iface/icmp.ts";
const INGRESS = "net/iface/ingress.ts";
const NEIGHBOR = "net/iface/neighbor.ts";
const REASSEMBLY = "net/iface/reassembly.ts";
const RING = "drivers/e1000/receive-ring.ts";
const UDP = "net/socket/udp.ts";
const wire = (name: string) => `net/wire/${name}.ts`;

const lines: Line[] = [
  ["ETH-01", "no least length of frames", wire("ethernet"), "length < ETHERNET_HEADER", "false"],
  ["ETH-03", "padding as it is", "net/iface/interface.ts", "store<u64>(at, 0);", ""],
  ["ETH-03", "echoes with padding", ICMP, "frame.trim(length);", ""],
  ["ETH-04", "parts of frames are frames", RING, "this.discarding || !last", "false"],
  ["ETH-05", "any destination", wire("ethernet"), "to != ALL_HOSTS_HARDWARE) {", "false) {"],
  ["ETH-06", "groups as senders", wire("ethernet"), "header.fromGroup ?", "false ?"],
  ["ETH-07", "unicast in broadcast", INGRESS, "(reach == Reach.Own && group)", "false"],
  ["ETH-08 ETH-09", "type is not counted", INGRESS, ": Drop.EthernetUnknownType;", ": Drop.None;"],
  ["ETH-10", "the tail stays", RING, "this.registers.write(RDT, (this.next - 1) & MASK);", ""],
  ["ARP-01", "claims are believed", NEIGHBOR, "known && hardware != entry.hardware &&", "false &&"],
  [
    "ARP-02",
    "every claim is remembered",
    ARP,
    "const create = isRequest && forUs &&",
    "const create =",
  ],
  ["ARP-03", "strangers are remembered", ARP, "iface.onLink(sender) != null;", "true;"],
  [
    "ARP-04",
    "groups are believed, whoever sends the frame",
    wire("arp"),
    "|| isGroupHardware(sender) || sender != frameSource",
    "",
  ],
  [
    "ARP-05",
    "a claim on the own address",
    ARP,
    "iface.guard.process(iface, hardware, sender, target)",
    "false",
  ],
  ["ARP-05", "defended each time", GUARD, "iface.now - own.defendedAt >= DEFEND_INTERVAL", "true"],
  ["ARP-06", "probes are remembered", ARP, "if (sender != 0) {", "if (true) {"],
  [
    "ARP-07 ARP-09",
    "any format",
    wire("arp"),
    "load<u32>(pointer) != FORMAT_LOW || load<u16>(pointer, 4) != FORMAT_HIGH",
    "false",
  ],
  ["ARP-08", "any length", wire("arp"), "length < ARP_LENGTH", "false"],
  [
    "ARP-09",
    "any operation",
    wire("arp"),
    "operation != ARP_REQUEST && operation != ARP_REPLY",
    "false",
  ],
  ["ARP-10", "any sender of the frame", wire("arp"), "|| sender != frameSource", ""],
  [
    "ARP-11",
    "asked twice a second",
    NEIGHBOR,
    "entry.dueAt = iface.now + REQUEST_INTERVAL;",
    "entry.dueAt = iface.now + REQUEST_INTERVAL / 2;",
  ],
  [
    "ARP-11",
    "full queues leak",
    NEIGHBOR,
    "iface.counters.neighborOverflow++;\n    iface.pool.release(oldest);",
    "",
  ],
  [
    "ARP-12",
    "the silent are kept",
    NEIGHBOR,
    "if (entry.state == NeighborState.Probe) this.forget(entry);",
    "if (entry.state == NeighborState.Probe) entry.state = NeighborState.Stale;",
  ],
  ["IP-01", "any version", wire("ipv4"), "if (header.version != 4)", "if (false)"],
  ["IP-02", "any header length", wire("ipv4"), "headerLength < IPV4_HEADER ||", ""],
  ["IP-03 IP-04", "headers beyond the packet", wire("ipv4"), "|| headerLength > totalLength", ""],
  ["IP-05", "packets beyond the frame", wire("ipv4"), "if (totalLength > length)", "if (false)"],
  [
    "IP-06",
    "any checksum",
    wire("ipv4"),
    "return fold(sumPlain(pointer)) == 0xffff ? Drop.None : Drop.Ipv4Checksum;",
    "return Drop.None;",
  ],
  [
    "IP-07",
    "any source",
    INGRESS,
    "return isUnicast(source) && !iface.isBroadcast(source) &&",
    "return",
  ],
  ["IP-08", "oneself as source", INGRESS, "&& !this.egress.owns(source);", ";"],
  [
    "IP-09",
    "any destination",
    INGRESS,
    "    return Reach.Nobody;\n  }",
    "    return Reach.Own;\n  }",
  ],
  [
    "IP-10",
    "TTL 1 is too little",
    wire("ipv4"),
    "if (totalLength > length)",
    "if (header.ttl < 2) return Drop.Ipv4Options;\n  if (totalLength > length)",
  ],
  [
    "IP-11",
    "nobody is told",
    INGRESS,
    "this.icmp.sendError(iface, ICMP_UNREACHABLE, CODE_PROTOCOL, header);",
    "",
  ],
  [
    "IP-12",
    "source routes pass",
    wire("ipv4"),
    "kind == OPTION_LOOSE_ROUTE || kind == OPTION_STRICT_ROUTE",
    "false",
  ],
  [
    "IP-13",
    "options of no length",
    wire("ipv4"),
    "length < 2 || at + length > end",
    "at + length > end",
  ],
  [
    "IP-14 IP-15",
    "options are refused",
    wire("ipv4"),
    "return parseOptions(pointer + IPV4_HEADER, pointer + headerLength);",
    "return Drop.Ipv4Options;",
  ],
  [
    "IP-16",
    "DF with MF is whole",
    wire("ipv4"),
    "(this.flagsAndFragment & (MORE_FRAGMENTS | FRAGMENT_OFFSET)) != 0;",
    "(this.flagsAndFragment & FRAGMENT_OFFSET) != 0;",
  ],
  [
    "IP-17",
    "errors for broadcasts",
    INGRESS,
    "result == Drop.UdpNoSocket && reach == Reach.Own",
    "result == Drop.UdpNoSocket",
  ],
  ["IP-18", "one counter for all", EGRESS, "const index = key >>> 24;", "const index = key & 0;"],
  [
    "FRG-02",
    "only in order",
    REASSEMBLY,
    "if (offset == 0) this.keepHeader(header);",
    "if (offset == 0 && this.received == length) this.keepHeader(header);",
  ],
  [
    "FRG-03",
    "duplicates spoil",
    REASSEMBLY,
    "return end <= this.end && same ? Drop.None : Drop.FragmentOverlap;",
    "return Drop.FragmentOverlap;",
  ],
  [
    "FRG-04 FRG-05",
    "overlaps pass",
    REASSEMBLY,
    "if (marked == Marked.Some) return Drop.FragmentOverlap;",
    "",
  ],
  ["FRG-19", "duplicates with other contents pass", REASSEMBLY, "&& same ?", "?"],
  [
    "FRG-06",
    "ends inside pass",
    REASSEMBLY,
    "if (last && end < this.end) return Drop.FragmentOverlap;",
    "",
  ],
  [
    "FRG-08 FRG-09",
    "any end",
    REASSEMBLY,
    "header.fragmentOffset + length + IPV4_HEADER > IPV4_LONGEST",
    "false",
  ],
  ["FRG-10", "any length", REASSEMBLY, "header.moreFragments && (length & 7) != 0", "false"],
  ["FRG-12", "empty ones pass", REASSEMBLY, "if (length == 0) return Drop.FragmentLength;", ""],
  [
    "FRG-13",
    "the oldest stay",
    REASSEMBLY,
    "if (!slot.active || slot.startedAt < oldest.startedAt) oldest = slot;",
    "if (!slot.active) oldest = slot;",
  ],
  [
    "FRG-07 FRG-15 FRG-16",
    "two ends",
    REASSEMBLY,
    `    if (this.total != UNKNOWN && (last ? end != this.total : end > this.total)) {
      return Drop.FragmentOverlap;
    }
    if (last && end < this.end) return Drop.FragmentOverlap;
`,
    "",
  ],
  ["FRG-17", "any protocol", REASSEMBLY, "this.protocol == header.protocol\n", "true\n"],
  [
    "FRG-18",
    "given up at once",
    REASSEMBLY,
    "REASSEMBLY_TIME: i64 = 60 * SECOND",
    "REASSEMBLY_TIME: i64 = 20 * SECOND",
  ],
  [
    "FRG-18",
    "told without the first",
    INGRESS,
    "datagram.hasFirst && !datagram.spoilt &&",
    "!datagram.spoilt &&",
  ],
  ["FRG-20", "longer than can be", REASSEMBLY, "if (total > IPV4_LONGEST) return false;", ""],
  [
    "FRG-21",
    "a smaller end",
    REASSEMBLY,
    "if (total > IPV4_LONGEST) return false;",
    "if (total > 65000) return false;",
  ],
  [
    "ICM-01",
    "any checksum",
    wire("icmp"),
    "return checksum(pointer, length) == 0 ? Drop.None : Drop.IcmpChecksum;",
    "return Drop.None;",
  ],
  [
    "ICM-02",
    "any length",
    wire("icmp"),
    "if (length < ICMP_HEADER) return Drop.IcmpTruncated;",
    "",
  ],
  [
    "ICM-03",
    "long echoes are cut",
    ICMP,
    "egress.sendBytes(pointer, length, from, to, PROTOCOL_ICMP);\n    } else if",
    "egress.sendBytes(pointer, min(length, 9000), from, to, PROTOCOL_ICMP);\n    } else if",
  ],
  [
    "ICM-05 ICM-06",
    "quench and redirect are errors",
    wire("icmp"),
    "if (type != ICMP_UNREACHABLE || code > 15) return -1;",
    "if (code > 15) return -1;",
  ],
  [
    "ICM-07",
    "any path MTU",
    "net/socket/tcp/timing.ts",
    "PATH_MTU_MINIMUM: u32 = 552",
    "PATH_MTU_MINIMUM: u32 = 68",
  ],
  [
    "ICM-08 ICM-12",
    "any number",
    "net/socket/tcp/icmp.ts",
    "if (before(sequence, sender.unacknowledged) || !before(sequence, sender.maximum)) return;",
    "",
  ],
  ["ICM-09", "a larger MTU", "net/socket/tcp/icmp.ts", "if (mtu >= current) return;", ""],
  [
    "ICM-10 ICM-11",
    "errors end connections",
    "net/socket/tcp/icmp.ts",
    "if (connection.state == TcpState.SynSent && !passing)",
    "if (!passing || kind == IcmpError.TimeExceeded)",
  ],
  ["ICM-13", "any quote", ICMP, "if (bad != Drop.None) return bad;", ""],
  ["ICM-16", "no limit", ICMP, "if (!this.limiter.allow(iface.now, to)) {", "if (false) {"],
  [
    "ICM-16",
    "a limit that is always the same",
    "net/iface/limiter.ts",
    "return ((interval >>> 1) +",
    "return (interval as i64);\n    return ((interval >>> 1) +",
  ],
  [
    "ICM-17",
    "open ports are silent",
    INGRESS,
    "if (result == Drop.UdpNoSocket && reach == Reach.Own) {",
    "if (result == Drop.UdpNoSocket && reach == Reach.Own && this.udp.count < 2) {",
  ],
  ["UDP-01", "any length", wire("udp"), "own < UDP_HEADER || own > length", "false"],
  [
    "UDP-02",
    "what is behind it too",
    wire("udp"),
    "return this.length - UDP_HEADER;",
    "return this.length;",
  ],
  [
    "UDP-03",
    "any checksum",
    wire("udp"),
    "if (checksum(pointer, own, pseudo) != 0) return Drop.UdpChecksum;",
    "",
  ],
  [
    "UDP-04",
    "port 0",
    wire("udp"),
    "header.destinationPort == 0 ? Drop.UdpPort : Drop.None",
    "Drop.None",
  ],
  ["UDP-05", "any length", wire("udp"), "if (length < UDP_HEADER) return Drop.UdpTruncated;", ""],
  [
    "UDP-06",
    "nobody is told",
    INGRESS,
    "this.icmp.sendError(iface, ICMP_UNREACHABLE, CODE_PORT, header);",
    "",
  ],
  [
    "UDP-07",
    "anybody is heard",
    UDP,
    "port != this.remotePort || address != this.remoteAddress",
    "port != this.remotePort",
  ],
  [
    "UDP-08",
    "drops are not counted",
    UDP,
    "socket.dropped++;\n      return Drop.UdpQueueFull;",
    "return Drop.None;",
  ],
];

/** Seconds for one row, and what timeout(1) answers when they are over. */
const [PATIENCE, TIMED_OUT] = [120, 124];

const files: Record<string, string> = {
  ETH: "ethernet",
  ARP: "arp",
  IP: "ipv4",
  FRG: "fragments",
  ICM: "icmp",
  UDP: "udp",
};

/** True where a test whose name begins with this row fails on a kernel. */
async function notices(id: string, kernel: string): Promise<boolean> {
  const file = join(root, `tests/attack/${files[id.split("-")[0]]}.test.ts`);
  const kernelWasm = `KERNEL_WASM=${kernel}`;
  const node = ["timeout", `${PATIENCE}`, "env", kernelWasm, process.execPath, "--import", "tsx"];
  const words = [...node, "--test-name-pattern", `/^${id}:/`, file];
  const { code, output } = await run(words, { milliseconds: 2000 * PATIENCE });
  // What loops for ever is noticed too.
  if (code !== TIMED_OUT && !/^# pass \d+$/m.test(output)) throw new Error(output);
  return code !== 0;
}

const words = process.argv.slice(2);
let missed = 0;
for (const [ids, what, file, from, to] of lines) {
  const named = `${ids}: ${what}`;
  if (words.length > 0 && !words.some((word) => named.includes(word))) continue;
  const mutant: Mutant = { what, file, from, to };
  const kernel = await compileMutant(mutant, "attack");
  for (const id of ids.split(" ")) {
    const seen = await notices(id, kernel);
    if (!seen) missed++;
    console.log(`${id} ${seen ? "notices" : "DOES NOT NOTICE"}: ${what}`);
  }
}
process.exitCode = missed > 0 ? 1 : 0;
