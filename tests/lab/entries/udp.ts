/** The UDP and echo tables, over a capturing sink. */
import { DatagramQueue } from "../../../net/socket/datagram-queue";
import { EchoTable } from "../../../net/socket/echo";
import { EchoSocket } from "../../../net/socket/echo-socket";
import { UdpTable } from "../../../net/socket/udp";
import { UdpSocket } from "../../../net/socket/udp-socket";
import { Addresses, deliver, report, reportOf } from "./arrival";
import { sink } from "./capture-sink";
import { SequenceRandom } from "./sequence-random";

export {
  sentCount,
  sentDestination,
  sentLength,
  sentPointer,
  sentProtocol,
  sentSource,
  setSource,
} from "./capture-sink";
export { allocateBytes } from "./text";

const random = new SequenceRandom();
let table: UdpTable = new UdpTable(random);
let echoes: EchoTable = new EchoTable(random);

export function reset(seed: u32): void {
  random.seed(seed);
  table = new UdpTable(random);
  echoes = new EchoTable(random);
  sink.clear();
}
export function open(port: u32): UdpSocket | null {
  return table.open(port);
}
export function openOn(port: u32, device: u32): UdpSocket | null {
  return table.open(port, 4096, 4096, device);
}
export function acceptUnconfigured(socket: UdpSocket): void {
  socket.acceptUnconfigured = true;
}
export function acceptsUnconfigured(port: u32, device: u32): bool {
  return table.acceptsUnconfigured(port, device);
}
export function close(socket: UdpSocket): void {
  socket.close();
}
export function count(): u32 {
  return table.count;
}
export function localPort(socket: UdpSocket): u32 {
  return socket.localPort;
}
export function connect(socket: UdpSocket, address: u32, port: u32): void {
  socket.connect(address, port);
}
export function send(s: UdpSocket, pointer: usize, length: u32, to: u32, port: u32): bool {
  return s.send(pointer, length, to, port);
}
export function receive(socket: UdpSocket, pointer: usize, capacity: u32): i32 {
  return socket.receive(pointer, capacity);
}
export function lastAddress(socket: UdpSocket): u32 {
  return socket.lastAddress;
}
export function lastPort(socket: UdpSocket): u32 {
  return socket.lastPort;
}
export function lastLength(socket: UdpSocket): u32 {
  return socket.lastLength;
}
export function dropped(socket: UdpSocket): u64 {
  return socket.dropped;
}
export function queuedBytes(socket: UdpSocket): u32 {
  return socket.received.bytes;
}
export function errorOf(socket: UdpSocket): u32 {
  return socket.error;
}
export function arrive(source: u32, to: u32, pointer: usize, length: u32, device: u32): u32 {
  return deliver(table, new Addresses(source, to), pointer, length, device);
}
export function arriveError(kind: u32, from: u32, to: u32, pointer: usize): void {
  table.processError(reportOf(kind, new Addresses(from, to), pointer));
}
export function dispatch(): bool {
  return table.dispatch(0, sink);
}
export function pollAt(): i64 {
  return table.pollAt();
}

// --- the sink ---
export function setRoom(frames: u32): void {
  sink.room = frames;
}

// --- echo ---
export function echoOpen(): EchoSocket | null {
  return echoes.open();
}
export function echoClose(socket: EchoSocket): void {
  socket.close();
}
export function echoCount(): u32 {
  return echoes.count;
}
export function echoIdentifier(socket: EchoSocket): u32 {
  return socket.identifier;
}
export function echoSend(s: EchoSocket, to: u32, sequence: u32, length: u32, now: i64): bool {
  return s.send(to, sequence, length, now);
}
export function echoDispatch(): bool {
  return echoes.dispatch(0, sink);
}
export function echoArrive(now: i64, source: u32, ttl: u32, pointer: usize, length: u32): u32 {
  report.reporter.ipv4 = source;
  return echoes.process(now, report.reporter, ttl, pointer, length);
}
export function echoError(kind: u32, from: u32, to: u32, pointer: usize): void {
  reportOf(kind, new Addresses(0, to), pointer);
  report.reporter.ipv4 = from;
  report.ttl = 64;
  echoes.processError(0, report);
}
export function echoReceive(socket: EchoSocket): bool {
  return socket.receive();
}
export function echoSequence(socket: EchoSocket): u32 {
  return socket.lastSequence;
}
export function echoTtl(socket: EchoSocket): u32 {
  return socket.lastTtl;
}
export function echoFrom(socket: EchoSocket): u32 {
  return socket.lastFrom;
}
export function echoTime(socket: EchoSocket): i64 {
  return socket.lastSentAt;
}
export function echoDuplicate(socket: EchoSocket): bool {
  return socket.lastDuplicate;
}
export function echoKind(socket: EchoSocket): i32 {
  return socket.lastError;
}

// --- a queue alone ---
let queue: DatagramQueue = new DatagramQueue(8);
export function queueOpen(capacity: u32): void {
  queue.free();
  queue = new DatagramQueue(capacity);
}
/** Appends a record whose addresses, ports and bytes are all made of `tag`. */
export function queuePush(length: u32, tag: u32): bool {
  const record = queue.push(length);
  if (record == null) return false;
  record.local.ipv4 = tag;
  record.remote.ipv4 = tag + 1;
  record.ports = tag + 2;
  memory.fill(record.payload, tag as u8, length);
  return true;
}
export function queueCount(): u32 {
  return queue.count;
}
/** Takes the oldest record; returns its length, or -1 if its content is wrong. */
export function queuePop(tag: u32): i32 {
  const record = queue.oldest();
  const length = record.length;
  let right = record.local.equalsIpv4(tag) && record.remote.equalsIpv4(tag + 1);
  if (record.ports != tag + 2) right = false;
  const at = record.payload;
  for (let i: u32 = 0; i < length; i++) right = right && load<u8>(at + i) == (tag as u8);
  queue.pop();
  return right ? (length as i32) : -1;
}
