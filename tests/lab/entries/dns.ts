/** The resolver over a UDP table that sends into a capturing sink. */
import { Wakeable } from "../../../core/wakeable";
import { DnsAnswer } from "../../../net/service/dns/answer";
import { DirectOptions, DirectQuery } from "../../../net/service/dns/direct-query";
import { DnsQuery } from "../../../net/service/dns/query";
import { isResponse } from "../../../net/service/dns/question";
import { DnsResolver } from "../../../net/service/dns/resolver";
import { NameServer, parseNameServer } from "../../../net/service/settings";
import { Connector } from "../../../net/service/stream/connector";
import { Stream, StreamFailure, StreamStatus } from "../../../net/service/stream/stream";
import { ANY_DEVICE } from "../../../net/socket/path";
import { UdpTable } from "../../../net/socket/udp";
import { formatIpv4 } from "../../../net/wire/address";
import { emitDnsQuery, TYPE_A } from "../../../net/wire/dns";
import { DnsName, emitDnsName, isWithin } from "../../../net/wire/dns-name";
import { recordText } from "../../../net/wire/dns-record";
import { IcmpError } from "../../../net/wire/icmp";
import { Addresses, deliver, reportOf } from "./arrival";
import { sink } from "./capture-sink";
import { SequenceRandom } from "./sequence-random";
import { textAt } from "./text";

export { sentCount, sentDestination, sentLength, sentPointer } from "./capture-sink";
export { allocateBytes } from "./text";

/** A stream whose other end is Node. */
class ScriptedStream implements Stream {
  state: StreamStatus = StreamStatus.Connecting;
  /** Why it failed. */
  kind: StreamFailure = StreamFailure.None;
  written: Array<u8> = [];
  arrived: Array<u8> = [];
  released: bool = false;

  status(): StreamStatus {
    return this.state;
  }
  failureKind(): StreamFailure {
    return this.kind;
  }
  failure(): string {
    return this.state == StreamStatus.Failed ? "scripted failure" : "";
  }
  transport(): Stream {
    return this;
  }
  readable(): u32 {
    return this.arrived.length;
  }
  read(destination: usize, capacity: u32): u32 {
    let count: u32 = 0;
    while (count < capacity && this.arrived.length > 0) {
      store<u8>(destination + count++, this.arrived.shift());
    }
    return count;
  }
  writable(): u32 {
    return 65536;
  }
  write(source: usize, length: u32): u32 {
    for (let i: u32 = 0; i < length; i++) this.written.push(load<u8>(source + i));
    return length;
  }
  poll(_now: i64): void {}
  peekPointer(): usize {
    return 0;
  }
  peekLength(): u32 {
    return 0;
  }
  consume(_length: u32): void {}
  subscribe(_subscriber: Wakeable | null): void {}
  setKeepAlive(_idle: i64): void {}
  close(): void {}
  abort(): void {
    this.released = true;
  }
  release(): void {
    this.released = true;
  }
}

class ScriptedStreams implements Connector {
  opened: Array<ScriptedStream> = [];
  /** Where the last TLS connection went: "dns.test 10.0.2.3:853". */
  last: string = "";
  /** False: no connection can be made. */
  available: bool = false;

  connect(_address: u32, _port: u32, _now: i64): Stream | null {
    if (!this.available) return null;
    const stream = new ScriptedStream();
    this.opened.push(stream);
    return stream;
  }
  connectSecure(host: string, address: u32, port: u32, now: i64): Stream | null {
    const stream = this.connect(address, port, now);
    if (stream != null) this.last = `${host} ${formatIpv4(address)}:${port}`;
    return stream;
  }
  secure(_stream: Stream, _host: string, _port: u32, _now: i64): Stream | null {
    return null;
  }
  reaches(_stream: Stream): bool {
    return true;
  }
  refusal(): string {
    return "scripted refusal";
  }
}

const random = new SequenceRandom();
let table = new UdpTable(random);
let servers: Array<NameServer> = [];
let streams = new ScriptedStreams();
let resolver = new DnsResolver(table, random, streams);

export function reset(seed: u32): void {
  random.seed(seed);
  table = new UdpTable(random);
  servers = [];
  streams = new ScriptedStreams();
  resolver = new DnsResolver(table, random, streams);
  sink.clear();
}
export function collect(): void {
  __collect();
}
export function addServer(address: u32, port: u32): void {
  servers.push(new NameServer(address, port));
  resolver.setServers(servers);
}
/** Adds a server as it is configured: `ADDRESS[#PORT][#NAME]`. */
export function addNameServer(pointer: usize, length: u32): void {
  servers.push(parseNameServer(textAt(pointer, length))!);
  resolver.setServers(servers);
}
/** Domains separated by blanks. */
export function setSearchDomains(pointer: usize, length: u32): void {
  resolver.setSearchDomains(textAt(pointer, length).split(" "));
}
export function dropServers(): void {
  servers = [];
  resolver.setServers(servers);
}
export function addHost(pointer: usize, length: u32, address: u32): bool {
  return resolver.hosts.add(textAt(pointer, length), address);
}
export function removeHost(pointer: usize, length: u32): bool {
  return resolver.hosts.remove(textAt(pointer, length));
}
export function setRoute(there: bool): void {
  sink.source = there ? 0x0a00020f : 0;
}
export function resolve(pointer: usize, length: u32, now: i64): DnsQuery {
  return resolver.resolve(textAt(pointer, length), now);
}
/** The first cached address of a name, or 0. */
export function cached(pointer: usize, length: u32, now: i64): u32 {
  const entry = resolver.cached(textAt(pointer, length), now);
  return entry == null || entry.addresses.length == 0 ? 0 : entry.addresses[0];
}
export function cancel(query: DnsQuery): void {
  resolver.cancel(query);
}
/** One turn: sends queued datagrams, polls the resolver, sends its queries. */
export function poll(now: i64): void {
  table.dispatch(now, sink);
  resolver.poll(now);
  table.dispatch(now, sink);
}
export function pollAt(): i64 {
  return resolver.pollAt(0);
}
export function arrive(source: u32, to: u32, pointer: usize, length: u32): u32 {
  return deliver(table, new Addresses(source, to), pointer, length, ANY_DEVICE);
}
/** Reports a closed port for datagram number `index`. */
export function refuse(index: u32): void {
  const sent = sink.sent[index];
  const kind = IcmpError.PortUnreachable;
  const between = new Addresses(sent.source, sent.destination);
  table.processError(reportOf(kind, between, sent.pointer));
}
export function socketCount(): u32 {
  return table.count;
}
export function cacheCount(): u32 {
  return resolver.cache.count;
}

/** Returns how many of the questions sent to server `index` were not answered in time. */
export function silences(index: u32): u64 {
  return resolver.servers.states[index].silences;
}
/** Returns the server's rank: 0 fast, 1 slow, 2 dead. */
export function rank(index: u32): i32 {
  return resolver.servers.states[index].rank();
}
/** Reports whether the event loop would skip the resolver. */
export function dormant(): bool {
  return resolver.dormant;
}
export function isWithinZone(name: usize, length: u32, zone: usize, zoneLength: u32): bool {
  return isWithin(textAt(name, length), textAt(zone, zoneLength));
}
/** Asks the server with number `index` directly, as dig does. */
export function askDirectly(pointer: usize, length: u32, index: u32, now: i64): DirectQuery {
  const options = new DirectOptions();
  return new DirectQuery(
    resolver.transport,
    [servers[index]],
    textAt(pointer, length),
    options,
    now,
  );
}
export function pollDirectly(query: DirectQuery, now: i64): bool {
  query.poll(now);
  return query.done;
}
export function complaints(query: DirectQuery): string {
  return query.complaints.join("\n");
}

/** Reports whether the resolver considers server `index` dead. */
export function serverDead(index: u32): bool {
  return resolver.servers.states[index].dead;
}

// --- a query ---
export function done(query: DnsQuery): bool {
  return query.done;
}
export function errorOf(query: DnsQuery): u32 {
  return query.error;
}
export function failure(query: DnsQuery): string {
  return query.failure();
}
export function addressCount(query: DnsQuery): u32 {
  return query.addresses.length;
}
export function addressAt(query: DnsQuery, index: u32): u32 {
  return query.addresses[index];
}
export function canonicalName(query: DnsQuery): string {
  return query.canonicalName;
}
export function ttl(query: DnsQuery): u32 {
  return query.ttl;
}
export function server(query: DnsQuery): u32 {
  return query.server;
}
export function fromCache(query: DnsQuery): bool {
  return query.fromCache;
}
export function truncated(query: DnsQuery): bool {
  return query.truncated;
}
export function elapsed(query: DnsQuery): i64 {
  return query.elapsed;
}

// --- streams ---
export function streamCount(): u32 {
  return streams.opened.length;
}
/** Where the last TLS connection went: "dns.test 10.0.2.3:853". */
export function secureTarget(): string {
  return streams.last;
}
export function streamState(index: u32, state: u32): void {
  streams.opened[index].state = state as StreamStatus;
}
/** Fails a stream. `kind` is a StreamFailure. */
export function streamFail(index: u32, kind: u32): void {
  streams.opened[index].kind = kind as StreamFailure;
  streams.opened[index].state = StreamStatus.Failed;
}
/** Lets connections be opened, or makes every attempt fail. */
export function allowStreams(available: bool): void {
  streams.available = available;
}
export function streamReleased(index: u32): bool {
  return streams.opened[index].released;
}
export function streamWritten(index: u32): u32 {
  return streams.opened[index].written.length;
}
export function streamByte(index: u32, at: u32): u32 {
  return streams.opened[index].written[at];
}
export function streamArrive(index: u32, pointer: usize, length: u32): void {
  for (let i: u32 = 0; i < length; i++) streams.opened[index].arrived.push(load<u8>(pointer + i));
}

// --- names and answers alone ---
let nameText: string = "";
/** Reads a name, which `lastName` returns; returns the offset after it or -1. */
export function readName(pointer: usize, length: u32, offset: u32, floor: u32): i32 {
  const name = new DnsName();
  const after = name.read(pointer, length, offset, floor);
  nameText = name.text();
  return after;
}
export function lastName(): string {
  return nameText;
}
export function writeName(to: usize, pointer: usize, length: u32): u32 {
  return emitDnsName(to, textAt(pointer, length));
}
export function writeQuery(to: usize, pointer: usize, length: u32): u32 {
  return emitDnsQuery(to, 0x1234, textAt(pointer, length), 1);
}
/** The data of a record as text. */
export function recordAt(pointer: usize, size: u32, type: u32, offset: u32, length: u32): string {
  return recordText(pointer, size, type, offset, length);
}
/** 100 times the kind of an answer to query 0x1234 for "a.test", plus its error; 0: no response. */
export function readAnswer(pointer: usize, length: u32): u32 {
  if (!isResponse(pointer, length, 0x1234, "a.test", TYPE_A)) return 0;
  const answer = DnsAnswer.read(pointer, length, "a.test");
  return (answer.kind as u32) * 100 + answer.error;
}
