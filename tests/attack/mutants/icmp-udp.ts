/** Mutants for the rows of ICM and UDP. */
import type { RowMutant } from "./row-mutant.ts";

const ICMP = "net/iface/ip/icmp.ts";
const INGRESS = "net/iface/ip/ingress.ts";
const TCP_ICMP = "net/socket/tcp/input/icmp-error.ts";
const UDP = "net/socket/udp.ts";
const UDP_SOCKET = "net/socket/udp-socket.ts";
const wire = (name: string) => `net/wire/${name}.ts`;

export const icmpUdpMutants: RowMutant[] = [
  [
    "ICM-01",
    "does not verify the checksum",
    wire("icmp"),
    "return checksum(pointer, length) == 0 ? Drop.None : Drop.IcmpChecksum;",
    "return Drop.None;",
  ],
  [
    "ICM-02",
    "accepts messages shorter than a header",
    wire("icmp"),
    "if (length < ICMP_HEADER) return Drop.IcmpTruncated;",
    "",
  ],
  [
    "ICM-03",
    "truncates long echo replies",
    ICMP,
    "egress.sendBytes(pointer, length, path, PROTOCOL_ICMP);",
    "egress.sendBytes(pointer, min(length, 9000), path, PROTOCOL_ICMP);",
  ],
  [
    "ICM-04",
    "accepts unsolicited echo replies",
    "net/socket/echo.ts",
    "? Drop.IcmpType :",
    "? 0 :",
  ],
  [
    "ICM-05 ICM-06",
    "treats source quench and redirect as errors",
    wire("icmp"),
    "if (type != ICMP_UNREACHABLE || code > 15) return -1;",
    "if (code > 15) return -1;",
  ],
  [
    "ICM-07",
    "accepts a path MTU of 68",
    "net/socket/tcp/timing.ts",
    "PATH_MTU_MINIMUM: u32 = 552",
    "PATH_MTU_MINIMUM: u32 = 68",
  ],
  [
    "ICM-08 ICM-12",
    "does not check the quoted sequence number",
    TCP_ICMP,
    "if (before(sequence, sender.unacknowledged) || !before(sequence, sender.maximum)) {",
    "if (false) {",
  ],
  ["ICM-09", "accepts a larger MTU", TCP_ICMP, "if (mtu >= current) return;", ""],
  [
    "ICM-10 ICM-11",
    "ends open connections on an error",
    TCP_ICMP,
    "if (block.state == TcpState.SynSent && !transient)",
    "if (!transient || kind == IcmpError.TimeExceeded)",
  ],
  ["ICM-13", "accepts any quote", ICMP, "if (bad != Drop.None) return bad;", ""],
  [
    "ICM-16",
    "sends errors without a limit",
    ICMP,
    "if (!this.limiter.allow(now, to)) {",
    "if (false) {",
  ],
  [
    "ICM-14",
    "sends errors back",
    ICMP,
    "iface.counters.add(inCounterOf(type));",
    `this.replyPath.betweenIpv4(packet.destination, packet.source);
    this.egress.sendBytes(pointer, length, this.replyPath, PROTOCOL_ICMP);`,
  ],
  [
    "ICM-15",
    "sends unknown messages back",
    ICMP,
    "if (kind < 0) return",
    `if (kind < 0) {
      this.replyPath.betweenIpv4(packet.destination, packet.source);
      this.egress.sendBytes(pointer, length, this.replyPath, PROTOCOL_ICMP);
    }
    if (kind < 0) return`,
  ],
  [
    "ICM-16",
    "limits errors to a constant rate",
    "net/iface/ip/icmp-rate-limiter.ts",
    "return ((interval >>> 1) +",
    "return (interval as i64);\n    return ((interval >>> 1) +",
  ],
  [
    "ICM-17",
    "sends no errors while a port is open",
    INGRESS,
    "if (result == Drop.UdpNoSocket && reach == Reach.Own) {",
    "if (result == Drop.UdpNoSocket && reach == Reach.Own && this.udp.count < 2) {",
  ],
  ["UDP-01", "accepts any length", wire("udp"), "size < UDP_HEADER || size > length", "false"],
  [
    "UDP-02",
    "delivers bytes beyond the datagram",
    wire("udp"),
    "return this.length - UDP_HEADER;",
    "return this.length;",
  ],
  [
    "UDP-03",
    "does not verify the checksum",
    wire("udp"),
    "if (checksum(pointer, size, pseudo) != 0) return Drop.UdpChecksum;",
    "",
  ],
  [
    "UDP-04",
    "accepts destination port 0",
    wire("udp"),
    "header.destinationPort == 0 ? Drop.UdpPort : Drop.None",
    "Drop.None",
  ],
  [
    "UDP-05",
    "accepts datagrams shorter than a header",
    wire("udp"),
    "if (length < UDP_HEADER) return Drop.UdpTruncated;",
    "",
  ],
  [
    "UDP-06",
    "does not report closed ports",
    INGRESS,
    "this.icmp.sendError(iface, ICMP_UNREACHABLE, CODE_PORT, header, now);",
    "",
  ],
  [
    "UDP-07",
    "does not compare the sender with the connected peer",
    UDP_SOCKET,
    "own.remotePort != 0 && !own.equalsRemote(ends)",
    "((own.ports ^ ends.ports) & 0xffff) != 0",
  ],
  [
    "UDP-08",
    "does not count datagrams that find the queue full",
    UDP,
    "socket.dropped++;\n      return Drop.UdpQueueFull;",
    "return Drop.None;",
  ],
];
