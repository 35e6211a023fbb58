/** Time servers: packets, samples, the choice among them, and the client's rules. */
import { storeNet16 } from "../../../core/bytes";
import { PollableList } from "../../../core/pollable";
import { TimeOfDay } from "../../../core/time-of-day";
import { DnsResolver } from "../../../net/service/dns/resolver";
import { NtpClient } from "../../../net/service/ntp/client";
import { NtpRound } from "../../../net/service/ntp/round";
import { chooseSample, NtpSample } from "../../../net/service/ntp/sample";
import { UdpTable } from "../../../net/socket/udp";
import { UdpSocket } from "../../../net/socket/udp-socket";
import { emitNtp, NtpPacket, ntpMicros, parseNtp } from "../../../net/wire/ntp";
import { UDP_HEADER } from "../../../net/wire/udp";
import { Addresses, deliver } from "./arrival";
import { NoConnector } from "./no-connector";
import { SequenceRandom } from "./sequence-random";
import { textAt } from "./text";

export { allocateBytes } from "./text";
export { emitNtp, ntpMicros, parseNtp };

export function packetField(pointer: usize, which: u32): i64 {
  const packet = NtpPacket.at(pointer);
  if (which == 0) return packet.leap;
  if (which == 1) return packet.stratum;
  if (which == 2) return packet.rootDelay;
  if (which == 3) return packet.rootDispersion;
  if (which == 4) return packet.reference;
  if (which == 5) return packet.origin as i64;
  if (which == 6) return packet.received as i64;
  return packet.transmitted as i64;
}

/** Offset (0), delay (1) or error of one exchange. */
export function sample(t1: i64, t2: i64, t3: i64, t4: i64, which: u32): i64 {
  const made = new NtpSample(t1, t2, t3, t4, 0);
  return which == 0 ? made.offset : which == 1 ? made.delay : made.error;
}

let samples: Array<NtpSample> = [];
export function clearSamples(): void {
  samples = [];
}
/** Adds a sample of a server that is `offset` ahead, with an uncertainty of `doubt`. */
export function addSample(offset: i64, doubt: i64): void {
  samples.push(new NtpSample(0, offset, offset, 0, doubt));
}
/** The chosen offset, or i64.MIN_VALUE if there is none. */
export function chosenOffset(): i64 {
  const chosen = chooseSample(samples);
  return chosen == null ? i64.MIN_VALUE : chosen.offset;
}

/** A clock that runs with the test's time, from 1,800,000,000 s on. */
class Clock implements TimeOfDay {
  origin: i64 = 1_800_000_000_000_000;
  source: string = "real-time clock";
  earliest: i64 = 1_790_000_000_000_000;
  wallClock(): i64 {
    return this.origin + time;
  }
  wallClockSource(): string {
    return this.source;
  }
  floor(): i64 {
    return this.earliest;
  }
  setWallClock(micros: i64, source: string): void {
    this.origin = micros - time;
    this.source = source;
  }
}

let time: i64 = 0;
let random = new SequenceRandom();
let udp = new UdpTable(random);
let dns = new DnsResolver(udp, random, new NoConnector());
let clock = new Clock();
let client = new NtpClient(udp, dns, random, clock);
let services = new PollableList();
services.add(dns);
services.add(client);
let round: NtpRound | null = null;

export function reset(source: usize, length: u32): void {
  time = 0;
  random = new SequenceRandom();
  udp = new UdpTable(random);
  dns = new DnsResolver(udp, random, new NoConnector());
  clock = new Clock();
  clock.source = textAt(source, length);
  client = new NtpClient(udp, dns, random, clock);
  services = new PollableList();
  services.add(dns);
  services.add(client);
  round = null;
}
export function setServers(pointer: usize, length: u32): void {
  const text = textAt(pointer, length);
  client.setServers(text == "" ? [] : text.split(" "), time);
}
export function ask(pointer: usize, length: u32): void {
  round = client.ask(textAt(pointer, length).split(" "), time);
}
export function poll(after: i64): void {
  time += after;
  services.poll(time);
  const running = round;
  if (running != null) running.poll(time);
}
export function pollAt(): i64 {
  return services.pollAt(time);
}
/** The state of the round started by `ask`. */
export function outcome(): string {
  const running = round!;
  if (!running.done) return "pending";
  if (running.chosen == null) return running.failure;
  return `${running.source()} ${client.correction(running, time)}`;
}
export function failureOf(index: u32): string {
  return round!.queries[index].failure;
}
export function apply(): void {
  client.apply(round!, time);
}
/** Sets the clock and the source date, both in microseconds since 1970. */
export function setClock(now: i64, floor: i64): void {
  clock.origin = now - time;
  clock.earliest = floor;
}
export function clockMicros(): i64 {
  return clock.wallClock();
}
export function clockSource(): string {
  return clock.wallClockSource();
}
export function sockets(): u32 {
  return udp.count;
}
export function remotePort(index: u32): u32 {
  return udp.socketAt(index).remotePort;
}
/** Reports an ICMP error to socket `index`. */
export function setError(index: u32, error: i32): void {
  udp.socketAt(index).error = error;
}
/** Moves the oldest datagram queued by socket `index` to `destination`: its length, or -1. */
export function sent(index: u32, destination: usize): i32 {
  const socket: UdpSocket = udp.socketAt(index);
  if (socket.queued.count == 0) return -1;
  const datagram = socket.queued.oldest();
  const length = datagram.length - UDP_HEADER;
  memory.copy(destination, datagram.payload + UDP_HEADER, length);
  socket.queued.pop();
  return length as i32;
}
/** Delivers a datagram from 10.0.0.`host`:`port` to socket `index`. */
export function arrive(index: u32, host: u32, port: u32, pointer: usize, length: u32): void {
  const datagram = heap.alloc(UDP_HEADER + length);
  storeNet16(datagram, port);
  storeNet16(datagram + 2, udp.socketAt(index).localPort);
  storeNet16(datagram + 4, UDP_HEADER + length);
  storeNet16(datagram + 6, 0);
  memory.copy(datagram + UDP_HEADER, pointer, length);
  deliver(udp, new Addresses(0x0a000000 + host, 0x0a00020f), datagram, UDP_HEADER + length, 0);
  heap.free(datagram);
}
