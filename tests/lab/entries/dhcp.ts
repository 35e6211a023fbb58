/** The DHCP client over a UDP table that sends into a capturing sink. */
import { logLines } from "../../../core/log";
import { DhcpClient } from "../../../net/service/dhcp/client";
import { describeOption, optionName } from "../../../net/service/dhcp/describe";
import { Lease } from "../../../net/service/dhcp/lease";
import { LeaseTarget } from "../../../net/service/dhcp/target";
import { NetworkAddress } from "../../../net/service/settings";
import { UdpTable } from "../../../net/socket/udp";
import { parseDhcp } from "../../../net/wire/dhcp";
import { DhcpOptions } from "../../../net/wire/dhcp-options";
import { Addresses, deliver } from "./arrival";
import { sink } from "./capture-sink";
import { SequenceRandom } from "./sequence-random";

export { sentCount, sentDestination, sentLength, sentPointer, sentSource } from "./capture-sink";
export { allocateBytes } from "./text";

/** An interface that records the calls to it. */
class NotedTarget implements LeaseTarget {
  address: u32 = 0;
  probed: u32 = 0;
  taken: bool = false;
  notes: string = "";

  device(): u32 {
    return 0;
  }
  name(): string {
    return "net0";
  }
  hardwareAddress(): u64 {
    return 0x525400123456;
  }
  ownAddress(): NetworkAddress | null {
    return this.address == 0 ? null : new NetworkAddress(this.address, 24);
  }
  configure(lease: Lease): void {
    this.address = lease.address;
    this.notes += `+${lease.address.toString(16)} `;
    sink.source = lease.address;
  }
  deconfigure(lease: Lease): void {
    this.address = lease.informed ? this.address : 0;
    this.notes += `-${lease.address.toString(16)} `;
    sink.source = this.address;
  }
  holds(lease: Lease): bool {
    return this.address == lease.address;
  }
  probe(address: u32): void {
    this.probed = address;
    this.notes += `?${address.toString(16)} `;
  }
  conflict(_address: u32): bool {
    return this.taken;
  }
}

const random = new SequenceRandom();
let table = new UdpTable(random);
let target = new NotedTarget();
let logStart: i32 = 0;
let client = new DhcpClient(table, target, random);

export function reset(seed: u32): void {
  logStart = logLines().length;
  random.seed(seed);
  table = new UdpTable(random);
  target = new NotedTarget();
  client = new DhcpClient(table, target, random);
  sink.clear();
  sink.source = 0;
}
export function setHostname(which: u32): void {
  client.setHostname(which == 0 ? "" : which == 1 ? "anonymos" : "a".repeat(64));
}
export function start(now: i64): bool {
  return client.start(now);
}
/** Sets the interface's address as a user does, without a lease; 0 for none. */
export function setAddress(own: u32): void {
  target.address = own;
  sink.source = own;
}
export function inform(now: i64): bool {
  return client.inform(now);
}
export function stop(): void {
  client.stop();
}
export function renew(now: i64): bool {
  return client.renew(now);
}
export function release(now: i64): void {
  client.release(now);
}
export function linkChanged(up: bool, now: i64): void {
  client.linkChanged(up, now);
}
/** Removes the address as `ip addr del` does, without telling the client. */
export function removeAddress(): void {
  target.address = 0;
}
export function setTaken(taken: bool): void {
  target.taken = taken;
}
/** One turn: polls the client, then sends its messages. */
export function poll(now: i64): void {
  client.poll(now);
  table.dispatch(now, sink);
}
export function pollAt(): i64 {
  return client.pollAt();
}
export function arrive(source: u32, to: u32, pointer: usize, length: u32): u32 {
  return deliver(table, new Addresses(source, to), pointer, length, 0);
}
export function state(): u32 {
  return client.state;
}
export function attempts(): u32 {
  return client.attempts;
}
export function silentSince(): i64 {
  return client.silentSince;
}
export function ignored(): u64 {
  return client.ignored;
}
export function lastFailure(): string {
  return client.lastFailure;
}
/** The lines logged since `reset`, without their times. */
export function logText(): string {
  let text = "";
  const lines = logLines();
  for (let i = logStart; i < lines.length; i++)
    text += lines[i].substring(lines[i].indexOf("] ") + 2) + "\n";
  return text;
}
export function address(): u32 {
  return target.address;
}
export function notes(): string {
  return target.notes;
}
/** Takes the client's port. */
export function occupyPort(): void {
  table.open(68);
}
export function socketCount(): u32 {
  return table.count;
}
export function collect(): void {
  __collect();
}

// --- the lease ---
export function leased(): bool {
  return client.lease != null;
}
export function prefix(): u32 {
  return client.lease!.prefix;
}
export function leaseTime(): u32 {
  return client.lease!.leaseTime;
}
export function t1At(): i64 {
  return client.lease!.t1At;
}
export function t2At(): i64 {
  return client.lease!.t2At;
}
export function expiresAt(): i64 {
  return client.lease!.expiresAt;
}
export function mtu(): u32 {
  return client.lease!.mtu;
}
export function domain(): string {
  return client.lease!.domain;
}
export function givenMtu(): u32 {
  return client.lease!.givenMtu;
}
export function portal(): string {
  return client.lease!.captivePortal;
}
export function serverHostname(): string {
  return client.lease!.hostname;
}
export function search(): string {
  return client.lease!.search.join(" ");
}
/** Addresses in hexadecimal: routers, then name servers, then routes. */
export function lists(): string {
  const lease = client.lease!;
  let text = "routers";
  for (let i = 0; i < lease.routers.length; i++) text += " " + lease.routers[i].toString(16);
  text += "; servers";
  for (let i = 0; i < lease.nameServers.length; i++) {
    text += " " + lease.nameServers[i].toString(16);
  }
  text += "; routes";
  for (let i = 0; i < lease.routes.length; i++) {
    const route = lease.routes[i];
    const to = `${route.destination.toString(16)}/${route.prefix.toString()}`;
    text += ` ${to}>${route.router.toString(16)}`;
  }
  return text;
}
/** The lease's options as `dhcp` prints them, one per line. */
export function describe(): string {
  const list = client.lease!.options.list;
  let text = "";
  for (let i = 0; i < list.length; i++) {
    text += `${optionName(list[i].code)}: ${describeOption(list[i])}\n`;
  }
  return text;
}

// --- the gates alone ---
/** The number of options in a message; -1: not a reply, -2: a malformed option. */
export function optionCount(pointer: usize, length: u32): i32 {
  if (!parseDhcp(pointer, length)) return -1;
  const options = DhcpOptions.parse(pointer, length);
  return options == null ? -2 : options.list.length;
}
