/**
 * An interface with an egress scheduler, and sockets that always have something to send, in virtual
 * time. Each sender is known by the UDP port that it sends to.
 */
import { loadNet16 } from "../../../core/bytes";
import { IpLayer } from "../../../net/iface/layer";
import { Filter, FilterKey } from "../../../net/iface/qdisc/filter";
import { Qdisc, ROOT } from "../../../net/iface/qdisc/qdisc";
import { ClassSpecification, QdiscSpecification } from "../../../net/iface/qdisc/specification";
import { FramePool } from "../../../net/phy/pool";
import { UdpSocket } from "../../../net/socket/udp-socket";
import { Drop } from "../../../net/wire/drop";
import { HeldIpAddress } from "../../../net/wire/ip-address";
import { parseIpv4Header } from "../../../net/wire/ipv4";
import { ScriptedDevice } from "./scripted-device";
import { SequenceRandom } from "./sequence-random";

export { allocateBytes } from "./text";

const OWN: u32 = 0x0a000001;
const PEER: u32 = 0x0a000002;
const PEER_HARDWARE: u64 = 0x5255_0a00_0202;
/** Offsets in an Ethernet frame: the TOS octet and the UDP destination port. */
const TOS: u32 = 15;
const PORT: u32 = 36;

const random = new SequenceRandom();
const buffer = heap.alloc(2048);
let pool = new FramePool(1);
let ip = new IpLayer(pool, random);
let device = new ScriptedDevice(pool, 0x0200_0000_0001);
let senders: Array<Sender> = [];
let now: i64 = 0;
/** The ports of the frames sent, in order, and how often a frame left while `preferred` waited. */
let order: Array<u32> = [];
let inversions: u32 = 0;
let preferred: u32 = 0;
let wrongChecksums: u32 = 0;

class Sender {
  frames: u32 = 0;
  bytes: u64 = 0;
  tos: u32 = 0;
  /** Frames marked that they met congestion (RFC 3168). */
  congested: u32 = 0;
  /** The longest time that a datagram of this sender took to be sent. */
  slowest: i64 = 0;
  queuedAt: i64 = -1;

  constructor(
    readonly socket: UdpSocket,
    readonly port: u32,
    readonly length: u32,
    /** The interval of a sender of single datagrams; 0: sends all the time. */
    readonly interval: i64,
  ) {}

  work(): void {
    if (this.interval == 0) {
      while (this.socket.queued.count < 40) this.socket.send(buffer, this.length, PEER, this.port);
    } else if (this.queuedAt < 0 && now % this.interval == 0) {
      this.queuedAt = now;
      this.socket.send(buffer, this.length, PEER, this.port);
    }
  }
}

export function reset(): void {
  random.seed(7);
  pool = new FramePool(512);
  ip = new IpLayer(pool, random);
  device = new ScriptedDevice(pool, 0x0200_0000_0001);
  const iface = ip.addInterface(device);
  senders = [];
  order = [];
  inversions = 0;
  preferred = 0;
  wrongChecksums = 0;
  now = 10_000_000;
  ip.poll(now);
  ip.setAddress(iface, OWN, 24);
  ip.poll(now);
  iface.neighbors.add(HeldIpAddress.ofIpv4(PEER).view, PEER_HARDWARE, now);
  drain();
}

/** Adds a sender of datagrams of `length` bytes, all the time or one every `interval`. */
export function addSender(port: u32, length: u32, tos: u32, interval: i64): void {
  const socket = ip.udp.open(0)!;
  socket.path.trafficClass = tos;
  senders.push(new Sender(socket, port, length, interval));
}

/** No sender sends any more, and what has been sent is not counted. */
export function stop(): void {
  for (let i = 0; i < senders.length; i++) senders[i].socket.close();
  senders = [];
}

/** From now on, counts others' frames that leave while this sender has datagrams to send. */
export function prefer(port: u32): void {
  preferred = port;
}

/** The device takes this many frames in each turn. */
export function setRing(ring: u32): void {
  device.ring = ring;
  device.room = ring;
}

// --- disciplines ---

const HANDLE: u32 = 0x1_0000;

function specification(kind: string): QdiscSpecification {
  return new QdiscSpecification(kind);
}
function install(root: QdiscSpecification): void {
  ip.traffic.addQdisc(ip.interfaces[0], root, ROOT, HANDLE, true);
}
function root(): Qdisc {
  return ip.traffic.root(ip.interfaces[0])!;
}
export function remove(): void {
  ip.traffic.removeQdisc(ip.interfaces[0], ROOT);
}
export function installFifo(limit: u32): void {
  const fifo = specification("pfifo");
  fifo.limit = limit;
  install(fifo);
}
export function installTbf(bits: u64, burst: u32, limit: u32): void {
  const tbf = specification("tbf");
  tbf.rate = bits / 8;
  tbf.burst = burst;
  tbf.limit = limit;
  install(tbf);
}
export function installPrio(): void {
  install(specification("prio"));
}
export function installFqCodel(limit: u32): void {
  const fair = specification("fq_codel");
  fair.limit = limit;
  install(fair);
}
export function installHtb(defaultMinor: u32): void {
  const htb = specification("htb");
  htb.defaultMinor = defaultMinor;
  install(htb);
}
/** Puts a discipline into a class of the root: a prio, or with a quantum an sfq. */
export function nest(minor: u32, quantum: u32): i32 {
  const child = specification(quantum == 0 ? "prio" : "sfq");
  child.quantum = quantum;
  return ip.traffic.addQdisc(ip.interfaces[0], child, HANDLE | minor, 0, false);
}
/** Puts an fq_codel into a class of the root. */
export function nestFqCodel(minor: u32): i32 {
  const child = specification("fq_codel");
  return ip.traffic.addQdisc(ip.interfaces[0], child, HANDLE | minor, 0, false);
}
export function addClass(
  minor: u32,
  above: u32,
  rate: u64,
  ceil: u64,
  priority: u32,
  quantum: u32,
): i32 {
  const added = new ClassSpecification(HANDLE | minor);
  added.rate = rate / 8;
  added.ceil = ceil / 8;
  added.burst = 3000;
  added.ceilBurst = 3000;
  added.priority = priority;
  added.quantum = quantum;
  return ip.traffic.addClass(ip.interfaces[0], added, HANDLE | above, false);
}
/** Adds a filter that sends a UDP port to a class; `dsField` is a DS field to set, or 0. */
export function addFilter(port: u32, minor: u32, dsField: u32): void {
  const filter = new Filter(1, 0x800, [new FilterKey(20, 0xffff, port)], HANDLE | minor);
  filter.dsFieldMask = dsField == 0 ? 0 : 0xfc;
  filter.dsFieldValue = dsField;
  ip.traffic.addFilter(ip.interfaces[0], HANDLE, filter);
}

// --- running ---

/** Runs turns for `duration` microseconds. */
export function run(duration: i64): void {
  const end = now + duration;
  while (now < end) {
    for (let i = 0; i < senders.length; i++) senders[i].work();
    const more = ip.poll(now);
    drain();
    // A turn takes time.
    let at = more ? now + 1 : ip.pollAt(now);
    for (let i = 0; i < senders.length; i++) {
      const interval = senders[i].interval;
      if (interval > 0) at = min(at, now - (now % interval) + interval);
    }
    now = max(now + 1, min(at, end));
  }
}

function drain(): void {
  const first = senderOf(preferred);
  for (;;) {
    const frame = device.outgoing.shift();
    if (frame == null) return;
    const port = loadNet16(frame.start + PORT);
    const ip4 = loadNet16(frame.start + 12) == 0x0800;
    if (ip4 && parseIpv4Header(frame.start + 14, frame.length - 14) != Drop.None) wrongChecksums++;
    const sender = senderOf(port);
    if (sender != null) {
      sender.frames++;
      sender.bytes += frame.length;
      sender.tos = load<u8>(frame.start, TOS);
      if ((sender.tos & 3) == 3) sender.congested++;
      if (sender.queuedAt >= 0) sender.slowest = max(sender.slowest, now - sender.queuedAt);
      sender.queuedAt = -1;
      order.push(port);
      if (first != null && port != preferred && first.socket.queued.count > 0) inversions++;
    }
    pool.release(frame);
  }
}

function senderOf(port: u32): Sender | null {
  for (let i = 0; i < senders.length; i++) {
    if (senders[i].port == port) return senders[i];
  }
  return null;
}

// --- results ---

export function frames(port: u32): u32 {
  return senderOf(port)!.frames;
}
export function bytes(port: u32): f64 {
  return senderOf(port)!.bytes as f64;
}
export function tos(port: u32): u32 {
  return senderOf(port)!.tos;
}
export function congested(port: u32): u32 {
  return senderOf(port)!.congested;
}
export function slowest(port: u32): i32 {
  return senderOf(port)!.slowest as i32;
}
export function badChecksums(): u32 {
  return wrongChecksums;
}
export function inverted(): u32 {
  return inversions;
}
export function portAt(index: i32): u32 {
  return index < order.length ? order[index] : 0;
}
export function counter(name: i32): f64 {
  const counters = root().counters;
  if (name == 0) return counters.sentPackets as f64;
  if (name == 1) return counters.sentBytes as f64;
  if (name == 2) return counters.dropped as f64;
  if (name == 3) return counters.overlimits as f64;
  return counters.backlog;
}
export function free(): u32 {
  return pool.available;
}
