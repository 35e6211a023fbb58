/**
 * TCP in each of its states. The input: a byte for the state, then steps: segments with numbers
 * relative to the connection's, calls of the user, time. The peer's bytes are a pattern by
 * position, so that lost, duplicated and misplaced bytes are detected.
 */
import { SECOND } from "../../../core/time";
import { TcpConnection } from "../../../net/socket/tcp/connection";
import { TcpListener } from "../../../net/socket/tcp/listen/listener";
import { TcpState } from "../../../net/socket/tcp/state";
import { sum } from "../../../net/wire/checksum";
import { ETHERTYPE_IPV4, emitEthernet } from "../../../net/wire/ethernet";
import { emitIcmp, ICMP_UNREACHABLE } from "../../../net/wire/icmp";
import {
  DEFAULT_TTL,
  emitIpv4,
  IPV4_START,
  ipv4Start,
  PROTOCOL_ICMP,
  PROTOCOL_TCP,
} from "../../../net/wire/ipv4";
import { addressSum } from "../../../net/wire/pseudo-header";
import {
  emitTcp,
  FLAG_ACK,
  FLAG_FIN,
  FLAG_PSH,
  FLAG_RST,
  FLAG_SYN,
  sealTcp,
  TCP_HEADER,
  tcpControl,
} from "../../../net/wire/tcp";
import { Input } from "../parts/input";
import { OWN_ADDRESS, OWN_HARDWARE, PEER_ADDRESS, PEER_HARDWARE, Wire } from "../parts/wire";

const PORT: u32 = 80;
const PEER_PORT: u32 = 5000;
/** The peer's sequence numbers wrap within its first bytes. */
const PEER_INITIAL: u32 = 0xffff_fff0;
const HEADERS: u32 = 14 + 20;
const MOST_PAYLOAD: u32 = 1400;

const wire = new Wire();
const frame = new StaticArray<u8>(2048);
const buffer = new StaticArray<u8>(16384);
let connection: TcpConnection | null = null;
let listener: TcpListener | null = null;
/** Bytes written and read so far, for the pattern. */
let written: u32 = 0;
let received: u32 = 0;

function patternAt(position: u32): u8 {
  return (position * 131 + (position >>> 8) * 7) as u8;
}

function fill(pointer: usize, length: u32, position: u32): void {
  for (let i: u32 = 0; i < length; i++) store<u8>(pointer + i, patternAt(position + i));
}

/** What `emitIpv4` takes for a protocol. */
function lifeOf(protocol: u32): u32 {
  return (protocol << 8) | DEFAULT_TTL;
}

/** Delivers a packet whose `length` bytes of payload are in `frame`. */
function arrive(protocol: u32, length: u32): void {
  const start = changetype<usize>(frame);
  emitEthernet(start, OWN_HARDWARE, PEER_HARDWARE, ETHERTYPE_IPV4);
  const first = ipv4Start(IPV4_START, 20 + length);
  emitIpv4(start + 14, first, 1 << 16, lifeOf(protocol), PEER_ADDRESS, OWN_ADDRESS);
  wire.arrive(start, HEADERS + length);
}

/**
 * Delivers a segment. `sequence` counts from the peer's SYN, `acknowledgment` from the host's, or
 * from 0 without a connection.
 */
function segment(
  flags: u32,
  sequence: u32,
  acknowledgment: u32,
  window: u32,
  options: Input,
  length: u32,
): void {
  const start = changetype<usize>(frame) + HEADERS;
  const open = connection;
  const own = open == null ? PORT : open.endpoints.localPort;
  const ack = open == null ? acknowledgment : open.block.sender.initial + acknowledgment;
  const header = TCP_HEADER + ((options.length + 3) & ~3);
  memory.fill(start + TCP_HEADER, 0, 40);
  memory.copy(start + TCP_HEADER, options.pointer, options.length);
  // A SYN occupies a sequence number; data follow it.
  fill(start + header, length, (flags & FLAG_SYN) != 0 ? sequence : sequence - 1);
  const remote = open == null ? PEER_PORT : open.endpoints.remotePort;
  const ports = (remote << 16) | own;
  emitTcp(start, ports, PEER_INITIAL + sequence, ack, tcpControl(header, flags, window));
  const total = sum(start + header, length, addressSum(PEER_ADDRESS, OWN_ADDRESS));
  sealTcp(start, header, header + length, total);
  arrive(PROTOCOL_TCP, header + length);
}

function plain(flags: u32, sequence: u32, acknowledgment: u32): void {
  segment(flags, sequence, acknowledgment, 65535, new Input(0, 0), 0);
  wire.turn();
}

/** Reads from the connection; the bytes must continue the pattern. */
function read(capacity: u32): void {
  const open = connection;
  if (open == null) return;
  const bytes = changetype<usize>(buffer);
  const count = open.read(bytes, min<u32>(capacity, buffer.length));
  const first = open.block.receiver.initial - PEER_INITIAL + received;
  for (let i: u32 = 0; i < count; i++) {
    assert(load<u8>(bytes + i) == patternAt(first + i), "wrong byte delivered");
  }
  received += count;
}

function write(length: u32): void {
  const open = connection;
  if (open == null) return;
  fill(changetype<usize>(buffer), length, written);
  written += open.write(changetype<usize>(buffer), length);
}

/** Delivers an ICMP error that quotes the segment at SND.UNA. */
function icmp(code: u32, mtu: u32): void {
  const open = connection;
  if (open == null) return;
  const start = changetype<usize>(frame) + HEADERS;
  const quote = start + 8;
  const word = ipv4Start(IPV4_START, 1500);
  emitIpv4(quote, word, 1 << 16, lifeOf(PROTOCOL_TCP), OWN_ADDRESS, PEER_ADDRESS);
  const first = open.block.sender.unacknowledged;
  emitTcp(quote + 20, open.endpoints.ports, first, 0, tcpControl(20, FLAG_ACK, 0));
  emitIcmp(start, 48, ICMP_UNREACHABLE, code, mtu);
  arrive(PROTOCOL_ICMP, 48);
}

function connect(): void {
  connection = wire.stack.ip.connect(wire.now, PEER_ADDRESS, PEER_PORT);
  wire.turn();
}

function establish(): void {
  connect();
  plain(FLAG_SYN | FLAG_ACK, 0, 1);
  plain(FLAG_ACK, 1, 1);
}

/** Brings the connection to the state that the input asks for. */
function prepare(state: i32): void {
  if (state == TcpState.SynSent) connect();
  if (state == TcpState.SynReceived) plain(FLAG_SYN, 0, 0);
  if (state < TcpState.Established) return;
  establish();
  const open = connection!;
  const passive = state == TcpState.CloseWait || state == TcpState.LastAck;
  if (passive) plain(FLAG_FIN | FLAG_ACK, 1, 1);
  if (state > TcpState.Established && state != TcpState.CloseWait) open.close();
  wire.turn();
  if (state == TcpState.FinWait2) plain(FLAG_ACK, 1, 2);
  if (state == TcpState.Closing) plain(FLAG_FIN | FLAG_ACK, 1, 1);
  if (state == TcpState.TimeWait) plain(FLAG_FIN | FLAG_ACK, 1, 2);
  if (state == TcpState.TimeWait) assert(!open.block.attached, "TIME-WAIT not reached");
  else assert(open.state == state, "state not reached");
}

const FLAGS: StaticArray<u32> = [
  FLAG_ACK,
  FLAG_ACK | FLAG_PSH,
  FLAG_ACK | FLAG_FIN,
  FLAG_SYN,
  FLAG_SYN | FLAG_ACK,
  FLAG_RST,
  FLAG_RST | FLAG_ACK,
  0,
];

/** Reads a signed distance: one byte, or if far two bytes, times four. */
function distance(input: Input, far: bool): u32 {
  return far ? ((input.short() << 16) as i32) >> 14 : ((input.byte() << 24) as i32) >> 24;
}

/** Delivers a segment: a byte for the fields that follow in the input, then those fields. */
function segmentOf(input: Input, details: u32): void {
  const open = connection;
  const form = input.byte();
  let next: u32 = received + 1;
  let sent: u32 = 1;
  if (open != null) {
    if (open.state > TcpState.SynSent) next = open.block.receiver.next - PEER_INITIAL;
    sent = open.block.sender.maximum - open.block.sender.initial;
  }
  const sequence = (form & 1) != 0 ? next + distance(input, (form & 2) != 0) : next;
  const acknowledgment = (form & 4) != 0 ? sent + distance(input, (form & 8) != 0) : sent;
  const window = (form & 16) != 0 ? input.short() : 65535;
  const options = input.take((form & 32) != 0 ? min(input.byte(), 40) : 0);
  const length = (form & 64) != 0 ? min(input.short() & 2047, MOST_PAYLOAD) : 0;
  const flags = (form & 128) != 0 ? input.byte() & 63 : FLAGS[details & 7];
  segment(flags, sequence, acknowledgment, window, options, length);
  if ((details & 8) == 0) wire.turn();
}

/** A step begins with a byte: its low half is the kind, its high half the details. */
function step(input: Input): void {
  const byte = input.byte();
  const what = byte & 15;
  const details = byte >>> 4;
  const open = connection;
  if (what < 8) segmentOf(input, details);
  else if (what == 8) wire.pass((1000 as i64) << details);
  else if (what == 9) write((details + 1) * 500);
  else if (what == 10) read((details + 1) * 1000);
  else if (what == 11) icmp(details, input.short());
  else if (what == 12) wire.device.ring = details;
  else if (what == 13) accept();
  else if (open != null && what == 14) call(open, details);
  wire.turn();
}

function accept(): void {
  const accepted = listener!.accept();
  if (accepted == null) return;
  const before = connection;
  if (before != null) before.detach();
  connection = accepted;
  written = 0;
  received = 0;
}

function call(open: TcpConnection, details: u32): void {
  if (details < 4) open.close();
  else if (details < 6) open.noDelay = !open.noDelay;
  else if (details < 8) open.setKeepAlive((details as i64) * SECOND);
  else if (details < 10) open.timeout = (details as i64) * SECOND;
  else if (details < 12) open.detach();
  else if (details < 14) open.abort();
  else wire.stack.ip.setMtu(wire.stack.ip.interfaces[0], details == 14 ? 576 : 1500);
}

export function tcp(pointer: usize, length: u32): void {
  const input = new Input(pointer, length);
  wire.start(false);
  listener = wire.stack.ip.tcp.listen(PORT, 4);
  prepare((input.byte() as i32) % TcpState.COUNT);
  while (!input.empty) step(input);
  listener!.close();
  const open = connection;
  if (open != null) open.abort();
  wire.turn();
  wire.rest();
}
