/**
 * ICMP for a host (RFC 792, RFC 1122 section 3.2.2): answers echo requests, sends errors for
 * packets that cannot be delivered, and passes echo replies and received errors to sockets.
 * Redirects, masks, router advertisements, source quench and all other types are ignored (RFC 6633,
 * RFC 6918).
 */
import { Random } from "../../../core/random";
import { EchoTable } from "../../socket/echo";
import { ErrorReport } from "../../socket/error-report";
import { Path } from "../../socket/path";
import { Tcp } from "../../socket/tcp/tcp";
import { UdpTable } from "../../socket/udp";
import { UNSPECIFIED } from "../../wire/address";
import { fold } from "../../wire/checksum";
import { Drop } from "../../wire/drop";
import { ETHERNET_HEADER, ETHERNET_MINIMUM } from "../../wire/ethernet";
import { Frame } from "../../wire/frame";
import {
  CODE_FRAGMENTATION_NEEDED,
  emitIcmp,
  ICMP_ECHO_REPLY,
  ICMP_ECHO_REQUEST,
  ICMP_HEADER,
  ICMP_TIME_EXCEEDED,
  ICMP_UNREACHABLE,
  IcmpError,
  IcmpHeader,
  icmpErrorOf,
  isIcmpError,
  parseIcmp,
  parseQuote,
} from "../../wire/icmp";
import {
  DEFAULT_TTL,
  IPV4_HEADER,
  Ipv4Header,
  PROTOCOL_ICMP,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
} from "../../wire/ipv4";
import { IpCounter } from "../counters";
import { Interface } from "../interface";
import { Egress } from "./egress";
import { IcmpLimiter } from "./icmp-rate-limiter";

/** The longest error sent, with its IPv4 header (RFC 1812 section 4.3.2.3). */
const ERROR_LENGTH: u32 = 576;
/** The shortest ICMP message that needs no padding. */
const SHORTEST_MESSAGE: u32 = ETHERNET_MINIMUM - ETHERNET_HEADER - IPV4_HEADER;

export class Icmp {
  private readonly limiter: IcmpLimiter;
  private readonly report: ErrorReport = new ErrorReport();
  /** The paths of the last reply and the last error. */
  private readonly replyPath: Path = new Path();
  private readonly errorPath: Path = new Path();

  constructor(
    private readonly egress: Egress,
    private readonly udp: UdpTable,
    private readonly tcp: Tcp,
    private readonly echo: EchoTable,
    random: Random,
  ) {
    this.limiter = new IcmpLimiter(random);
  }

  /** Handles a message, other than an echo request, to one of this host's addresses. */
  process(iface: Interface, packet: Ipv4Header, pointer: usize, length: u32, now: i64): Drop {
    const drop = parseIcmp(pointer, length);
    if (drop != Drop.None) return drop;
    iface.counters.add(IpCounter.IcmpInMsgs);
    const message = IcmpHeader.at(pointer);
    const type = message.type;
    if (type == ICMP_ECHO_REPLY) {
      iface.counters.add(IpCounter.IcmpInEchoReps);
      const source = this.report.reporter;
      source.ipv4 = packet.source;
      const unwanted = this.echo.process(now, source, packet.ttl, pointer, length);
      if (unwanted == Drop.None) this.confirm(packet);
      return unwanted;
    }
    const kind = isIcmpError(type) ? icmpErrorOf(type, message.code) : -1;
    if (kind < 0) return Drop.IcmpType;
    iface.counters.add(inCounterOf(type));
    const quote = pointer + ICMP_HEADER;
    const quoted = length - ICMP_HEADER;
    const bad = parseQuote(quote, quoted);
    if (bad != Drop.None) return bad;
    if (!this.egress.canSendFrom(iface, Ipv4Header.at(quote).source)) return Drop.IcmpQuote;
    const needed = type == ICMP_UNREACHABLE && message.code == CODE_FRAGMENTATION_NEEDED;
    const report = this.report;
    report.kind = kind;
    report.mtu = needed ? message.nextHopMtu : 0;
    report.ttl = packet.ttl;
    report.reporter.ipv4 = packet.source;
    this.tell(now, quote);
    return Drop.None;
  }

  /** Notes that packets reach the source of this reply. */
  private confirm(packet: Ipv4Header): void {
    const path = this.replyPath;
    path.betweenIpv4(packet.destination, packet.source);
    if (this.egress.lookUp(path)) this.egress.confirm(path);
  }

  /** Reports an IPv4 packet of this host, at `quote`, whose next hop did not answer ARP. */
  reportLost(now: i64, quote: usize, length: u32): void {
    if (parseQuote(quote, length) != Drop.None) return;
    const report = this.report;
    report.kind = IcmpError.HostUnreachable;
    report.mtu = 0;
    report.ttl = DEFAULT_TTL;
    report.reporter.ipv4 = Ipv4Header.at(quote).source;
    this.tell(now, quote);
  }

  /** Passes the report to the socket that sent the packet at `quote`, checked by `parseQuote`. */
  private tell(now: i64, quote: usize): void {
    const header = Ipv4Header.at(quote);
    const report = this.report;
    report.quoted.setIpv4(header.source, 0, header.destination, 0);
    report.pointer = header.payload;
    const protocol = header.protocol;
    if (protocol == PROTOCOL_TCP) this.tcp.processError(now, report);
    else if (protocol == PROTOCOL_UDP) this.udp.processError(report);
    else if (protocol == PROTOCOL_ICMP) this.echo.processError(now, report);
  }

  /**
   * Replies to an echo request (RFC 1122 section 3.2.2.6), the `length` bytes at `pointer`. Takes
   * over the request's frame, which is null if the request was reassembled, and replies in it if
   * the reply fits.
   */
  replyEcho(
    iface: Interface,
    packet: Ipv4Header,
    pointer: usize,
    length: u32,
    frame: Frame | null,
  ): Drop {
    const drop = parseIcmp(pointer, length);
    if (drop != Drop.None) {
      if (frame != null) this.egress.pool.release(frame);
      return drop;
    }
    const counters = iface.counters;
    counters.add(IpCounter.IcmpInMsgs);
    counters.add(IpCounter.IcmpInEchos);
    counters.add(IpCounter.IcmpOutEchoReps);
    // The type changes from 8 to 0, and the checksum accordingly: by equation 4 of RFC 1624 section
    // 3, because equation 3 yields 0, a wrong checksum, if all other bytes are zero.
    store<u8>(pointer, ICMP_ECHO_REPLY as u8);
    store<u16>(pointer, fold((load<u16>(pointer, 2) as u64) + ICMP_ECHO_REQUEST), 2);
    const egress = this.egress;
    const path = this.replyPath;
    path.betweenIpv4(packet.destination, packet.source);
    path.trafficClass = packet.trafficClass;
    egress.lookUp(path);
    // A short reply, which must be padded, is sent in a frame of its own.
    if (frame != null && length >= SHORTEST_MESSAGE && length <= path.room) {
      frame.pull((pointer - frame.start) as u32);
      frame.trim(length);
      egress.send(frame, path, PROTOCOL_ICMP);
    } else {
      egress.sendBytes(pointer, length, path, PROTOCOL_ICMP);
      if (frame != null) egress.pool.release(frame);
    }
    return Drop.None;
  }

  /**
   * Sends an error to the source of a packet, whose header and payload are contiguous. The caller
   * has checked that the packet was sent to one of this host's addresses. No error is sent about an
   * ICMP error, or to an address that is not a single host's (RFC 1122 section 3.2.2).
   */
  sendError(iface: Interface, type: u32, code: u32, packet: Ipv4Header, now: i64): void {
    const to = packet.source;
    const from = packet.destination;
    if (to == UNSPECIFIED || from == UNSPECIFIED) return;
    const headerLength = packet.headerLength;
    const available = packet.totalLength;
    if (packet.protocol == PROTOCOL_ICMP) {
      if (available == headerLength || isIcmpError(load<u8>(packet.payload) as u32)) return;
    }
    if (!this.limiter.allow(now, to)) {
      iface.counters.add(IpCounter.IcmpOutRateLimitHost);
      return;
    }
    const path = this.errorPath;
    path.betweenIpv4(from, to);
    if (!this.egress.lookUp(path)) return;
    const longest = min(path.mtu, ERROR_LENGTH);
    const frame = this.egress.allocate(path);
    if (frame == null) return;
    const quoted = min(available, longest - IPV4_HEADER - ICMP_HEADER);
    const start = frame.append(ICMP_HEADER + quoted);
    memory.copy(start + ICMP_HEADER, changetype<usize>(packet), quoted as usize);
    emitIcmp(start, ICMP_HEADER + quoted, type, code, 0);
    const unreachable = type == ICMP_UNREACHABLE;
    iface.counters.add(unreachable ? IpCounter.IcmpOutDestUnreachs : IpCounter.IcmpOutTimeExcds);
    this.egress.send(frame, path, PROTOCOL_ICMP);
  }
}

/** Returns the counter of received errors of a type. */
function inCounterOf(type: u32): IpCounter {
  if (type == ICMP_UNREACHABLE) return IpCounter.IcmpInDestUnreachs;
  return type == ICMP_TIME_EXCEEDED ? IpCounter.IcmpInTimeExcds : IpCounter.IcmpInParmProbs;
}
