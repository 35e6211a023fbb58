/**
 * Formats a frame as one line of text, in the style of `tcpdump -n`. Frames are unchecked and may
 * be cut short by the capture. An incomplete header is shown as `[|PROTOCOL]`, incomplete IPv4
 * options and wrong IPv4 lengths as `bad`, and fewer than 8 bytes of TCP or UDP as `proto N`.
 * Checksums are not verified.
 */
import { loadNet16 } from "../../core/bytes";
import { formatHardware, formatIpv4 } from "../wire/address";
import { ARP_LENGTH, ARP_REPLY, ARP_REQUEST, ArpPacket } from "../wire/arp";
import { ETHERNET_HEADER, ETHERTYPE_ARP, ETHERTYPE_IPV4, EthernetHeader } from "../wire/ethernet";
import {
  ICMP_ECHO_REPLY,
  ICMP_ECHO_REQUEST,
  ICMP_HEADER,
  ICMP_TIME_EXCEEDED,
  ICMP_UNREACHABLE,
  IcmpHeader,
} from "../wire/icmp";
import { IPV4_HEADER, Ipv4Header, PROTOCOL_ICMP, PROTOCOL_TCP, PROTOCOL_UDP } from "../wire/ipv4";
import { FLAG_ACK, TCP_HEADER, TcpHeader } from "../wire/tcp";
import {
  FAST_OPEN_EXPERIMENT,
  KIND_END,
  KIND_EXPERIMENT,
  KIND_FAST_OPEN,
  KIND_MAXIMUM_SEGMENT_SIZE,
  KIND_NO_OPERATION,
  KIND_SACK,
  KIND_SACK_PERMITTED,
  KIND_TIMESTAMPS,
  KIND_WINDOW_SCALE,
} from "../wire/tcp-options";
import { UDP_HEADER, UdpHeader } from "../wire/udp";

/** The letters of the TCP flags, lowest bit first. */
const TCP_FLAGS: StaticArray<string> = ["F", "S", "R", "P", ".", "U", "E", "W"];

/** Formats a frame of `length` bytes, of which the first `kept` are at `pointer`. */
export function formatFrame(pointer: usize, kept: u32, length: u32): string {
  if (kept < ETHERNET_HEADER) return `[|ether], length ${length}`;
  const header = EthernetHeader.at(pointer);
  const payload = pointer + ETHERNET_HEADER;
  const type = header.type;
  if (type == ETHERTYPE_ARP) return formatArp(payload, kept - ETHERNET_HEADER);
  if (type == ETHERTYPE_IPV4) return formatIpv4Packet(payload, kept - ETHERNET_HEADER);
  const from = formatHardware(header.source);
  const to = formatHardware(header.destination);
  return `${from} > ${to}, ethertype 0x${type.toString(16)}, length ${length}`;
}

function formatArp(pointer: usize, kept: u32): string {
  if (kept < ARP_LENGTH) return "[|arp]";
  const packet = ArpPacket.at(pointer);
  const sender = formatIpv4(packet.senderAddress);
  const target = formatIpv4(packet.targetAddress);
  const end = `length ${ARP_LENGTH}`;
  if (packet.operation == ARP_REQUEST) {
    return `ARP, Request who-has ${target} tell ${sender}, ${end}`;
  }
  if (packet.operation == ARP_REPLY) {
    return `ARP, Reply ${sender} is-at ${formatHardware(packet.senderHardware)}, ${end}`;
  }
  return `ARP, operation ${packet.operation}, ${end}`;
}

function formatIpv4Packet(pointer: usize, kept: u32): string {
  if (kept < IPV4_HEADER) return "IP [|ip]";
  const header = Ipv4Header.at(pointer);
  const source = formatIpv4(header.source);
  const destination = formatIpv4(header.destination);
  const ends = `IP ${source} > ${destination}`;
  const size = header.headerLength;
  if (size < IPV4_HEADER || header.totalLength < size || kept < size) return `${ends}: bad`;
  const body = header.payload;
  const length = header.payloadLength;
  const bodyKept = min<u32>(kept - size, length);
  const protocol = header.protocol;
  if (header.fragmentOffset != 0) {
    const more = header.moreFragments ? "+" : "";
    return `${ends}: frag ${header.identification}:${length}@${header.fragmentOffset}${more}`;
  }
  if (protocol == PROTOCOL_ICMP) return `${ends}: ${formatIcmp(body, bodyKept, length)}`;
  if ((protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP) && bodyKept >= UDP_HEADER) {
    const udp = UdpHeader.at(body);
    const rest = protocol == PROTOCOL_TCP ? formatTcp(body, bodyKept, length) : formatUdp(udp);
    return `IP ${source}.${udp.sourcePort} > ${destination}.${udp.destinationPort}: ${rest}`;
  }
  return `${ends}: proto ${protocol}, length ${length}`;
}

function formatIcmp(pointer: usize, kept: u32, length: u32): string {
  if (kept < ICMP_HEADER) return "[|icmp]";
  const header = IcmpHeader.at(pointer);
  const type = header.type;
  if (type == ICMP_ECHO_REQUEST || type == ICMP_ECHO_REPLY) {
    const name = type == ICMP_ECHO_REQUEST ? "request" : "reply";
    const place = `id ${header.identifier}, seq ${header.sequence}`;
    return `ICMP echo ${name}, ${place}, length ${length}`;
  }
  const code = `code ${header.code}, length ${length}`;
  if (type == ICMP_UNREACHABLE) return `ICMP unreachable, ${code}`;
  if (type == ICMP_TIME_EXCEEDED) return `ICMP time exceeded, ${code}`;
  return `ICMP type ${type}, ${code}`;
}

function formatUdp(header: UdpHeader): string {
  if (header.length < UDP_HEADER) return "[bad udp length]";
  return `UDP, length ${header.payloadLength}`;
}

/**
 * Formats a segment of `length` bytes, of which the first `kept` are at `pointer`. Sequence numbers
 * are absolute.
 */
function formatTcp(pointer: usize, kept: u32, length: u32): string {
  if (kept < TCP_HEADER) return "[|tcp]";
  const header = TcpHeader.at(pointer);
  const size = header.headerLength;
  if (size < TCP_HEADER || size > length) return "[bad tcp header length]";
  const flags = header.flags;
  let names = "";
  for (let bit = 0; bit < TCP_FLAGS.length; bit++) {
    if (((flags >> bit) & 1) != 0) names += TCP_FLAGS[bit];
  }
  let text = `Flags [${names.length > 0 ? names : "none"}], seq ${header.sequence}`;
  const data = length - size;
  if (data > 0) text += `:${header.sequence + data}`;
  if ((flags & FLAG_ACK) != 0) text += `, ack ${header.acknowledgment}`;
  text += `, win ${header.window}`;
  if (kept >= size && size > TCP_HEADER) {
    text += `, options [${formatTcpOptions(header.options, size - TCP_HEADER)}]`;
  }
  return `${text}, length ${data}`;
}

/** Formats `length` bytes of TCP options; ends with `[bad]` at an option of invalid length. */
function formatTcpOptions(pointer: usize, length: u32): string {
  let text = "";
  let at: u32 = 0;
  while (at < length) {
    const option = pointer + at;
    const kind: u32 = load<u8>(option);
    const single = kind == KIND_END || kind == KIND_NO_OPERATION;
    if (!single && at + 1 == length) return `${text}[bad]`;
    const size: u32 = single ? 1 : load<u8>(option, 1);
    if ((!single && size < 2) || at + size > length) return `${text}[bad]`;
    if (text.length > 0) text += ",";
    text += formatTcpOption(option, kind, size);
    if (kind == KIND_END) return text;
    at += size;
  }
  return text;
}

function formatTcpOption(option: usize, kind: u32, size: u32): string {
  if (kind == KIND_END) return "eol";
  if (kind == KIND_NO_OPERATION) return "nop";
  if (kind == KIND_MAXIMUM_SEGMENT_SIZE && size == 4) return `mss ${loadNet16(option + 2)}`;
  if (kind == KIND_WINDOW_SCALE && size == 3) return `wscale ${load<u8>(option, 2)}`;
  if (kind == KIND_SACK_PERMITTED) return "sackOK";
  if (kind == KIND_SACK) return "sack";
  if (kind == KIND_FAST_OPEN) return `tfo ${cookieText(option + 2, size - 2)}`;
  if (kind == KIND_EXPERIMENT && size >= 4 && loadNet16(option + 2) == FAST_OPEN_EXPERIMENT) {
    return `exp-tfo ${cookieText(option + 4, size - 4)}`;
  }
  return kind == KIND_TIMESTAMPS ? "TS" : `opt-${kind}`;
}

/** Formats a Fast Open cookie of `length` bytes, none if it is requested, as tcpdump does. */
function cookieText(cookie: usize, length: u32): string {
  if (length == 0) return "cookiereq";
  let text = "cookie ";
  for (let i: u32 = 0; i < length; i++)
    text += load<u8>(cookie + i)
      .toString(16)
      .padStart(2, "0");
  return text;
}
