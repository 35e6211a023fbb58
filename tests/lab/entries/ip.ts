/** The IP layer over scripted devices: Node injects frames, polls, and takes frames out. */
import { NEIGHBORS, REASSEMBLIES } from "../../../core/limits";
import { IpCounter } from "../../../net/iface/counters";
import { Interface } from "../../../net/iface/interface";
import { NextHop, Route, RouteOrigin, RouteType } from "../../../net/iface/ip/route";
import { RouteMode } from "../../../net/iface/ip/routes";
import { Rule } from "../../../net/iface/ip/rules";
import { IpLayer } from "../../../net/iface/layer";
import { PacketTap } from "../../../net/iface/link/link";
import { Neighbor, NeighborState } from "../../../net/iface/link/neighbor";
import { FramePool } from "../../../net/phy/pool";
import { EchoSocket } from "../../../net/socket/echo-socket";
import { Path } from "../../../net/socket/path";
import { TcpConnection } from "../../../net/socket/tcp/connection";
import { TcpListener } from "../../../net/socket/tcp/listen/listener";
import { UdpSocket } from "../../../net/socket/udp-socket";
import { DROP_NAMES } from "../../../net/wire/drop";
import { Frame } from "../../../net/wire/frame";
import { HeldIpAddress } from "../../../net/wire/ip-address";
import { routeLines } from "./route-lines";
import { ScriptedDevice } from "./scripted-device";
import { SequenceRandom } from "./sequence-random";
import { textAt } from "./text";

export { allocateBytes } from "./text";

const FRAMES: u32 = 512;

class CountingTap implements PacketTap {
  incoming: u32 = 0;
  outgoing: u32 = 0;
  bytes: u32 = 0;

  frame(_now: i64, _index: u32, outgoing: bool, _pointer: usize, length: u32): void {
    if (outgoing) this.outgoing++;
    else this.incoming++;
    this.bytes += length;
  }
}

const random = new SequenceRandom();
const tap = new CountingTap();
let pool = new FramePool(1);
let ip = new IpLayer(pool, random);
let devices: Array<ScriptedDevice> = [];
let taken: Frame | null = null;
let udp: UdpSocket | null = null;
let echo: EchoSocket | null = null;
let connection: TcpConnection | null = null;
let listener: TcpListener | null = null;

/** A new host with one interface, net0, without an address. */
export function reset(hardware: u64, seed: u32): void {
  random.seed(seed);
  pool = new FramePool(FRAMES);
  ip = new IpLayer(pool, random);
  ip.ingress.reassembly.extend(REASSEMBLIES);
  devices = [];
  taken = null;
  udp = null;
  echo = null;
  connection = null;
  listener = null;
  addDevice(hardware);
}
export function addDevice(hardware: u64): u32 {
  const device = new ScriptedDevice(pool, hardware);
  devices.push(device);
  return ip.addInterface(device).index;
}
function net(index: u32): Interface {
  return ip.interfaces[index];
}

// --- the wire ---

/** Returns false if the pool has no frame; the frame is lost, as if a ring had overrun. */
export function inject(index: u32, pointer: usize, length: u32): bool {
  const frame = pool.allocate();
  if (frame == null) return false;
  frame.start = frame.storage;
  frame.length = 0;
  memory.copy(frame.append(length), pointer, length as usize);
  devices[index].incoming.push(frame);
  return true;
}
/** The next frame sent, or 0; valid until the next call. */
export function take(index: u32): usize {
  const before = taken;
  if (before != null) pool.release(before);
  const frame = devices[index].outgoing.shift();
  taken = frame;
  return frame == null ? 0 : frame.start;
}
export function takenLength(): u32 {
  const frame = taken;
  return frame == null ? 0 : frame.length;
}
export function setRing(index: u32, room: u32, ring: u32): void {
  devices[index].room = room;
  devices[index].ring = ring;
}
export function setLink(index: u32, up: bool): void {
  devices[index].link = up;
}
export function flushes(index: u32): u32 {
  return devices[index].flushes;
}
export function framesInUse(): u32 {
  return FRAMES - pool.available - (taken == null ? 0 : 1);
}
export function tapAll(on: bool): void {
  ip.tap = on ? tap : null;
}
export function tapped(what: u32): u32 {
  return what == 0 ? tap.incoming : what == 1 ? tap.outgoing : tap.bytes;
}

// --- the layer ---

export function poll(now: i64): bool {
  return ip.poll(now);
}
export function pollAt(now: i64): i64 {
  return ip.pollAt(now);
}
export function setAddress(index: u32, address: u32, prefix: u32): bool {
  return ip.setAddress(net(index), address, prefix);
}
export function removeAddress(index: u32, address: u32): bool {
  return ip.removeAddress(net(index), address);
}
export function addRoute(
  index: u32,
  destination: u32,
  prefix: u32,
  gateway: u32,
  metric: u32,
): i32 {
  return ip.routes.add(staticRoute(index, destination, prefix, gateway, metric));
}
export function addOnLinkRoute(
  index: u32,
  destination: u32,
  prefix: u32,
  gateway: u32,
  metric: u32,
): i32 {
  const route = staticRoute(index, destination, prefix, gateway, metric);
  route.onLink = true;
  return ip.routes.add(route);
}
function staticRoute(index: u32, destination: u32, prefix: u32, gateway: u32, metric: u32): Route {
  return new Route(destination, prefix, gateway, net(index), metric, RouteOrigin.Static);
}
export function removeRoute(destination: u32, prefix: u32, metric: u32): bool {
  for (let i: u32 = 0; i < ip.routes.count; i++) {
    const route = ip.routes.at(i);
    if (route.destination != destination || route.prefix != prefix) continue;
    if (route.metric != metric) continue;
    ip.routes.removeAt(i);
    return true;
  }
  return false;
}
/** Adds a route behind those with the same metric: Append in place of Add. */
export function appendRoute(
  index: u32,
  destination: u32,
  prefix: u32,
  gateway: u32,
  metric: u32,
): i32 {
  const route = staticRoute(index, destination, prefix, gateway, metric);
  return ip.routes.add(route, RouteMode.Append);
}
/** Adds a route of a type, such as Blackhole. */
export function addTypedRoute(destination: u32, prefix: u32, type: i32): i32 {
  const route = new Route(destination, prefix, 0, null, 0, RouteOrigin.Static);
  route.type = type as RouteType;
  return ip.routes.add(route);
}
/** Adds a route with an MTU, a source or a table other than main. */
export function addSpecialRoute(index: u32, gateway: u32, mtu: u32, source: u32, table: u32): i32 {
  const route = staticRoute(index, 0, 0, gateway, 0);
  route.mtu = mtu;
  route.source = source;
  if (table != 0) route.table = table;
  return ip.routes.add(route);
}
/** Adds a next hop to the route at `at`. */
export function addHop(at: u32, index: u32, gateway: u32, weight: u32): void {
  ip.routes.at(at).hops.push(new NextHop(gateway, net(index), weight));
  ip.routes.generation++;
}
export function addRule(from: u32, prefix: u32, mark: u32, table: u32): bool {
  const rule = new Rule(ip.rules.freePriority());
  rule.from = from;
  rule.fromPrefix = prefix;
  rule.mark = mark;
  rule.markMask = mark == 0 ? 0 : u32.MAX_VALUE;
  rule.table = table;
  return ip.rules.add(rule);
}
/** Restricts the newest rule to a TOS, an input ("lo" or not) and an output (an index, or -1). */
export function restrictRule(tos: u32, fromHost: bool, output: i32): void {
  const rule = ip.rules.at(1);
  rule.tos = tos;
  rule.input = fromHost ? "lo" : "net0";
  rule.output = output < 0 ? "" : `net${output}`;
}
/** Returns the next hop of packets with a TOS, from a socket that is bound to an interface. */
export function boundHop(destination: u32, device: u32, tos: u32): u32 {
  const path = new Path();
  path.towardIpv4(destination, device);
  path.trafficClass = tos;
  return ip.lookUp(path) ? path.nextHop.ipv4 : 0;
}
export function routes(): string {
  return routeLines(ip.routes);
}
/** The next hop toward an address from `source` (0: any) with a mark and ports; 0 if none. */
export function nextHop(destination: u32, source: u32, mark: u32, ports: u32): u32 {
  const path = pathOf(destination, source, mark, ports);
  return ip.lookUp(path) ? path.nextHop.ipv4 : 0;
}
/** The SocketError of packets toward an address without a route. */
export function routeError(destination: u32): i32 {
  const path = pathOf(destination, 0, 0, 0);
  return ip.lookUp(path) ? 0 : path.error;
}
function pathOf(destination: u32, source: u32, mark: u32, ports: u32): Path {
  const path = new Path();
  if (source == 0) path.towardIpv4(destination);
  else path.betweenIpv4(source, destination);
  path.setMark(mark);
  path.setFlow(6, ports);
  return path;
}
export function setUp(index: u32, up: bool): void {
  ip.setUp(net(index), up);
}
export function setMtu(index: u32, mtu: u32): bool {
  return ip.setMtu(net(index), mtu);
}
export function mtu(destination: u32): u32 {
  return ip.pathTo(destination).mtu;
}
export function sourceAddress(destination: u32): u32 {
  return ip.pathTo(destination).source.ipv4;
}
export function linkChanges(index: u32): u32 {
  return net(index).linkChanges;
}
/**
 * Returns how many packets an interface dropped for the reason called `name`, or -1 if there is no
 * such reason. An index without an interface means `lo`.
 */
export function drops(index: u32, name: usize, length: u32): i64 {
  const wanted = textAt(name, length);
  const from = index < (ip.interfaces.length as u32) ? net(index) : ip.loopback;
  for (let i = 0; i < DROP_NAMES.length; i++) {
    if (DROP_NAMES[i] == wanted) return from.drops.of(i) as i64;
  }
  return -1;
}
export function conflicts(index: u32): u64 {
  return net(index).counters.of(IpCounter.ArpAddressConflicts);
}
export function rival(index: u32): u64 {
  return net(index).conflicts.rival;
}
export function limited(index: u32): u64 {
  return net(index).counters.of(IpCounter.IcmpOutRateLimitHost);
}
export function reassemblies(): u32 {
  return ip.ingress.reassembly.count();
}

// --- neighbors ---

function neighborOf(index: u32, address: u32): Neighbor | null {
  return net(index).neighbors.find(HeldIpAddress.ofIpv4(address).view);
}
export function neighborState(index: u32, address: u32): i32 {
  const entry = neighborOf(index, address);
  return entry == null ? NeighborState.Free : entry.state;
}
/** The counter of packets dropped because the cache or the queue of an entry was full. */
export function neighborOverflow(index: u32): u64 {
  return net(index).counters.of(IpCounter.NeighborOverflow);
}
export function neighborHardware(index: u32, address: u32): u64 {
  const entry = neighborOf(index, address);
  return entry == null ? 0 : entry.hardware;
}
export function neighbors(index: u32): u32 {
  return net(index).neighbors.count;
}
export function neighborLimit(): u32 {
  return NEIGHBORS;
}
export function addNeighbor(index: u32, address: u32, hardware: u64): bool {
  return net(index).neighbors.add(HeldIpAddress.ofIpv4(address).view, hardware, ip.now);
}
export function removeNeighbor(index: u32, address: u32): bool {
  return net(index).neighbors.remove(HeldIpAddress.ofIpv4(address).view);
}
export function flushNeighbors(index: u32, permanent: bool): void {
  net(index).neighbors.flush(permanent);
}
/** Reports whether every entry can be found by its address, and none is there twice. */
export function neighborsConsistent(index: u32): bool {
  const cache = net(index).neighbors;
  for (let i: u32 = 0; i < cache.capacity; i++) {
    const entry: Neighbor = cache.at(i);
    if (entry.state != NeighborState.Free && cache.find(entry.address) !== entry) return false;
  }
  return true;
}
export function probe(index: u32, address: u32): void {
  ip.probe(net(index), address);
}
export function probeResult(index: u32): i32 {
  return net(index).conflicts.probeResult;
}

// --- sockets ---

export function udpOpen(port: u32, unconfigured: bool): bool {
  udp = ip.udp.open(port);
  if (udp != null) udp!.acceptUnconfigured = unconfigured;
  return udp != null;
}
export function udpConnect(address: u32, port: u32): void {
  udp!.connect(address, port);
}
export function udpSend(pointer: usize, length: u32, address: u32, port: u32): bool {
  return udp!.send(pointer, length, address, port);
}
export function udpReceive(pointer: usize, capacity: u32): i32 {
  return udp!.receive(pointer, capacity);
}
export function udpError(): i32 {
  return udp!.error;
}
export function echoOpen(): u32 {
  if (echo == null) echo = ip.echo.open();
  return echo!.identifier;
}
export function echoSend(address: u32, sequence: u32, length: u32, now: i64): bool {
  return echo!.send(address, sequence, length, now);
}
export function echoReceive(): bool {
  return echo!.receive();
}
export function echoLast(what: u32): i32 {
  const socket = echo!;
  if (what == 0) return socket.lastSequence;
  if (what == 1) return socket.lastFrom;
  if (what == 2) return socket.lastTtl;
  if (what == 3) return socket.lastLength;
  return socket.lastError;
}
export function echoUnreachable(): u32 {
  return echo!.withoutRoute;
}

// --- TCP ---

export function tcpConnect(now: i64, address: u32, port: u32): bool {
  connection = ip.connect(now, address, port);
  return connection != null;
}
export function tcpListen(port: u32): bool {
  listener = ip.tcp.listen(port, 16);
  return listener != null;
}
/** Makes the listener's oldest connection the current one. */
export function tcpAccept(): bool {
  const accepted = listener!.accept();
  if (accepted != null) connection = accepted;
  return accepted != null;
}
export function tcpState(): i32 {
  return connection!.state;
}
export function tcpError(): i32 {
  return connection!.error;
}
export function tcpWrite(pointer: usize, length: u32): u32 {
  return connection!.write(pointer, length);
}
export function tcpRead(pointer: usize, capacity: u32): u32 {
  return connection!.read(pointer, capacity);
}
export function tcpAbort(): void {
  connection!.abort();
}
