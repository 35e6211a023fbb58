/** TCP on one host: Node injects segments and reads what is sent. */

import { MemoryGauge } from "../../../core/memory-gauge";
import { SocketError } from "../../../net/socket/error";
import { TcpConnection } from "../../../net/socket/tcp/connection";
import { TcpListener } from "../../../net/socket/tcp/listen/listener";
import { SocketOptions } from "../../../net/socket/tcp/socket-options";
import { nextState } from "../../../net/socket/tcp/state";
import { Tcp } from "../../../net/socket/tcp/tcp";
import { PACING_AVOIDANCE, PACING_SLOW_START } from "../../../net/socket/tcp/timing";
import { DROP_NAMES, Drop } from "../../../net/wire/drop";
import { addressSum } from "../../../net/wire/pseudo-header";
import { emitTcp, parseTcp, sealTcp, tcpControl } from "../../../net/wire/tcp";
import { emitSegmentSize, emitWindowScale, TcpOptions } from "../../../net/wire/tcp-options";
import { Addresses, reportOf } from "./arrival";
import { sink } from "./capture-sink";
import { SequenceRandom } from "./sequence-random";

export {
  sentCount,
  sentDestination,
  sentLength,
  sentPointer,
  sentSource,
  setSource,
} from "./capture-sink";
export { allocateBytes } from "./text";

class FixedGauge implements MemoryGauge {
  bytes: u32 = 0;
  freeBytes(): u32 {
    return this.bytes;
  }
}

const random = new SequenceRandom();
const options = new TcpOptions();
const gauge = new FixedGauge();
let tcp: Tcp = new Tcp(random);

/** A new host; the old one is not freed, as a test's module is short-lived. */
export function reset(seed: u32): void {
  random.seed(seed);
  tcp = new Tcp(random);
  setPacing(false);
  sink.clear();
}
/** Paces connections, with Linux's defaults; off after `reset`. */
export function setPacing(on: bool): void {
  tcp.settings.pacingSlowStart = on ? PACING_SLOW_START : 0;
  tcp.settings.pacingAvoidance = on ? PACING_AVOIDANCE : 0;
}
/** Sets SO_MAX_PACING_RATE. */
export function setPacingRate(c: TcpConnection, rate: u32): void {
  const options = new SocketOptions();
  options.pacingRate = rate;
  c.adopt(options);
}
/** `tcp_max_orphans` */
export function setOrphans(most: u32): void {
  tcp.settings.orphansMaximum = most;
}
/** Sets TCP_LINGER2 in microseconds. */
export function setFinTimeout(c: TcpConnection, micros: i64): void {
  const options = new SocketOptions();
  options.finTimeout = micros;
  c.adopt(options);
}
/** Sets TCP_DEFER_ACCEPT in microseconds. */
export function setDeferAccept(listener: TcpListener, micros: i64): void {
  listener.options.deferAccept = micros;
}
/** `tcp_fastopen` and its key; 0 draws one. */
export function setFastOpen(bits: u32, key0: u64, key1: u64): void {
  const fastOpen = tcp.settings.fastOpen;
  fastOpen.bits = bits;
  if (key0 != 0) fastOpen.setKey(key0, key1);
}
/** Sets TCP_FASTOPEN. */
export function setPendingMaximum(listener: TcpListener, most: u32): void {
  listener.options.fastOpen = most;
}
/** Sets SO_RCVBUF of the connections to come. */
export function setReceiveBytes(listener: TcpListener, bytes: u32): void {
  listener.options.receiveBytes = bytes;
}
export function pacingRate(c: TcpConnection): u64 {
  return c.info().pacingRate;
}
/** Allows no more than `most` connections. */
export function setConnections(most: u32): void {
  tcp.settings.connections = most;
}
/** `CongestionAlgorithm` of connections opened from now on. */
export function setCongestion(algorithm: u32): void {
  tcp.settings.congestion = algorithm;
}
/** `CookieMode` of this host. */
export function setCookies(mode: u32): void {
  tcp.settings.cookies = mode;
}
/** Pages in all buffers. */
export function pagesUsed(c: TcpConnection): u32 {
  return c.block.schedule.pages.used;
}
/** Whether connections opened from now on offer timestamps. */
export function setTimestamps(on: bool): void {
  tcp.settings.timestamps = on;
}
export function collect(): void {
  __collect();
}
export function setFreeBytes(bytes: u32): void {
  gauge.bytes = bytes;
  tcp.setMemoryGauge(gauge);
}

// --- the host ---
export function connect(now: i64, address: u32, port: u32): TcpConnection | null {
  return tcp.connect(now, address, port, sink);
}
export function listen(port: u32, backlog: u32): TcpListener | null {
  return tcp.listen(port, backlog);
}
/** Delivers a segment as the IP layer does: through the gate, then to TCP. */
export function arrive(now: i64, source: u32, to: u32, pointer: usize, length: u32): u32 {
  const drop = parseTcp(pointer, length, source, to);
  if (drop != Drop.None) return drop;
  tcp.segment.load(source, to, pointer, length, 0);
  return tcp.process(now, sink);
}
export function arriveError(
  now: i64,
  kind: u32,
  mtu: u32,
  source: u32,
  to: u32,
  pointer: usize,
): void {
  const report = reportOf(kind, new Addresses(source, to), pointer);
  report.mtu = mtu;
  tcp.processError(now, report);
}
export function dispatch(now: i64): bool {
  return tcp.dispatch(now, sink);
}
export function pollAt(): i64 {
  return tcp.pollAt();
}
export function addressGone(address: u32): void {
  tcp.addressGone(address);
}
export function connectionCount(): u32 {
  return tcp.connectionCount();
}
export function connectionAt(index: u32): TcpConnection {
  return tcp.connectionAt(index);
}
export function listenerCount(): u32 {
  return tcp.listenerCount();
}
export function listenerAt(index: u32): TcpListener {
  return tcp.listenerAt(index);
}
export function timeWaitCount(): u32 {
  return tcp.timeWaitCount();
}
export function counterNames(): string {
  return tcp.counters.names.join(" ");
}
export function counter(index: u32): u64 {
  return tcp.counters.of(index);
}

// --- listeners ---
export function accept(listener: TcpListener): TcpConnection | null {
  return listener.accept();
}
export function closeListener(listener: TcpListener): void {
  listener.close();
}
export function halfOpen(listener: TcpListener): u32 {
  return listener.halfOpen.count;
}
export function ready(listener: TcpListener): u32 {
  return listener.ready.count;
}

// --- a connection ---
export function state(c: TcpConnection): u32 {
  return c.state;
}
export function errorOf(c: TcpConnection): SocketError {
  return c.error;
}
export function readable(c: TcpConnection): u32 {
  return c.readable();
}
export function read(c: TcpConnection, pointer: usize, capacity: u32): u32 {
  return c.read(pointer, capacity);
}
export function peekPointer(c: TcpConnection): usize {
  return c.peekPointer();
}
export function peekLength(c: TcpConnection): u32 {
  return c.peekLength();
}
export function consume(c: TcpConnection, count: u32): void {
  c.consume(count);
}
export function urgent(c: TcpConnection): u32 {
  return c.urgent();
}
export function writable(c: TcpConnection): u32 {
  return c.writable();
}
export function write(c: TcpConnection, pointer: usize, length: u32): u32 {
  return c.write(pointer, length);
}
export function unacknowledgedBytes(c: TcpConnection): u32 {
  return c.unacknowledged();
}
export function established(c: TcpConnection): bool {
  return c.established();
}
export function peerFinished(c: TcpConnection): bool {
  return c.peerFinished();
}
export function close(c: TcpConnection): void {
  c.close();
}
export function abort(c: TcpConnection): void {
  c.abort();
}
export function detach(c: TcpConnection): void {
  c.detach();
}
export function setNoDelay(c: TcpConnection, on: bool): void {
  c.noDelay = on;
}
export function setTimeout(c: TcpConnection, micros: i64): void {
  c.timeout = micros;
}
export function setKeepAlive(c: TcpConnection, micros: i64): void {
  c.setKeepAlive(micros);
}
export function congestionWindow(c: TcpConnection): u32 {
  return c.congestionWindow;
}
export function threshold(c: TcpConnection): u32 {
  return c.slowStartThreshold;
}
export function roundTrip(c: TcpConnection): i64 {
  return c.roundTripTime;
}
export function timeoutOf(c: TcpConnection): i64 {
  return c.retransmissionTimeout;
}
export function retransmits(c: TcpConnection): u32 {
  return c.retransmissions;
}
export function sacked(c: TcpConnection): u32 {
  return c.sacked;
}
/** SND.UNA and SND.MAX, counted from the first byte of data. */
export function unacknowledged(c: TcpConnection): i32 {
  return (c.block.sender.unacknowledged - c.block.sender.initial - 1) as i32;
}
export function maximum(c: TcpConnection): i32 {
  return (c.block.sender.maximum - c.block.sender.initial - 1) as i32;
}
export function segmentSize(c: TcpConnection): u32 {
  return c.segmentSize;
}
export function pieces(c: TcpConnection): u32 {
  return c.block.receiver.reassembly.count;
}
export function ringsAllocated(c: TcpConnection): bool {
  return c.block.receiver.ring.allocated || c.block.sender.ring.allocated;
}
/** Changes our initial sequence number before the SYN is sent. */
export function forceInitial(c: TcpConnection, sequence: u32): void {
  c.block.sender.start(sequence);
}

// --- the sink ---
export function setRoom(frames: u32): void {
  sink.room = frames;
}
export function framesAvailable(): u32 {
  return sink.pool.available;
}
export function clearSent(): void {
  const room = sink.room;
  const source = sink.source;
  sink.clear();
  sink.room = room;
  sink.source = source;
}

// --- the wire format and the diagram ---
export function gate(pointer: usize, length: u32, source: u32, destination: u32): u32 {
  return parseTcp(pointer, length, source, destination);
}
export function dropName(reason: u32): string {
  return DROP_NAMES[reason];
}
export function parseOptions(pointer: usize, length: u32): void {
  options.parse(pointer, length);
}
export function optionSegmentSize(): u32 {
  return options.segmentSize;
}
export function optionShift(): i32 {
  return options.scaled ? (options.windowShift as i32) : -1;
}
export function emitSyn(pointer: usize, sequence: u32, flags: u32, source: u32, to: u32): void {
  emitWindowScale(emitSegmentSize(pointer + 20, 1460), 7);
  emitTcp(pointer, (4000 << 16) | 80, sequence, 0, tcpControl(28, flags, 65535));
  sealTcp(pointer, 28, 28, addressSum(source, to));
}
export function follow(state: u32, event: u32): u32 {
  return nextState(state, event);
}
