/** The HTTP client over scripted streams and names. */
import { crc32 } from "../../../core/crc32";
import { latin1 } from "../../../core/text";
import { HttpClient } from "../../../net/service/http/client/client";
import { HttpExchange } from "../../../net/service/http/client/exchange";
import { NameAnswer, NameLookup } from "../../../net/service/http/client/ports";
import { HttpProxies, HttpProxy } from "../../../net/service/http/client/proxy";
import { HttpRequest } from "../../../net/service/http/client/request";
import {
  BodySink,
  BodySource,
  BytesSource,
  CollectingSink,
  PatternSource,
} from "../../../net/service/http/message/body";
import { Connector } from "../../../net/service/stream/connector";
import { Stream, StreamFailure, StreamStatus } from "../../../net/service/stream/stream";
import { formatIpv4 } from "../../../net/wire/address";
import { ScriptedStream } from "./scripted-stream";
import { textAt } from "./text";

export { allocateBytes } from "./text";
export { crc32 };

/** `slow.test` never resolves, `none.test` has no address, `two.test` two, others one. */
class Answer implements NameAnswer {
  cancelled: bool = false;
  constructor(readonly name: string) {}
  finished(): bool {
    return this.name != "slow.test";
  }
  addressCount(): u32 {
    return this.name == "none.test" ? 0 : this.name == "two.test" ? 2 : 1;
  }
  address(index: u32): u32 {
    return 0x0a000201 + index;
  }
  failure(): string {
    return "no such name";
  }
  cancel(): void {
    this.cancelled = true;
  }
}

class Names implements NameLookup {
  asked: Array<Answer> = [];
  lookup(name: string, _now: i64): NameAnswer {
    const answer = new Answer(name);
    this.asked.push(answer);
    return answer;
  }
}

class Streams implements Connector {
  opened: Array<ScriptedStream> = [];
  /** The initial state of new streams. */
  state: StreamStatus = StreamStatus.Open;
  kind: StreamFailure = StreamFailure.None;
  refuses: bool = false;
  window: u32 = u32.MAX_VALUE;
  room: u32 = u32.MAX_VALUE;

  connect(address: u32, port: u32, _now: i64): Stream | null {
    return this.open("", address, port, false);
  }
  connectSecure(host: string, address: u32, port: u32, _now: i64): Stream | null {
    return this.open(host, address, port, true);
  }
  secure(stream: Stream, host: string, _port: u32, _now: i64): Stream | null {
    const secured = stream as ScriptedStream;
    secured.label = `tls ${host} over ${secured.label}`;
    return secured;
  }
  private open(host: string, address: u32, port: u32, secure: bool): Stream | null {
    if (this.refuses) return null;
    const stream = new ScriptedStream();
    stream.state = this.state;
    stream.kind = this.kind;
    stream.window = this.window;
    stream.room = this.room;
    stream.label = `${secure ? `tls ${host} ` : ""}${formatIpv4(address)}:${port}`;
    this.opened.push(stream);
    return stream;
  }
  reaches(_stream: Stream): bool {
    return true;
  }
  refusal(): string {
    return "no free connection";
  }
}

/** A sink that accepts `allowed` bytes until the test allows more, and fails after 1000. */
class SlowSink extends BodySink {
  allowed: u32 = 0;
  taken: u32 = 0;
  room(): u32 {
    return this.allowed;
  }
  data(_pointer: usize, length: u32): bool {
    assert(length <= this.allowed, "data exceeds room()");
    this.allowed -= length;
    this.taken += length;
    return this.taken <= 1000;
  }
}

let names = new Names();
let streams = new Streams();
let client = new HttpClient(names, streams, "anonymos/test");
let sink = new CollectingSink(1 << 20);
let slow = new SlowSink();
let request = new HttpRequest("http://a.test/");
let exchange: HttpExchange | null = null;

/** Replaces the client, its resolver and its streams. */
export function reset(): void {
  names = new Names();
  streams = new Streams();
  client = new HttpClient(names, streams, "anonymos/test");
}
/** Begins a new request, and collects the body of its response. */
export function prepare(method: usize, length: u32, url: usize, urlLength: u32): void {
  request = new HttpRequest(textAt(url, urlLength));
  const name = textAt(method, length);
  if (name != "GET") request.setMethod(name);
  sink = new CollectingSink(1 << 20);
  request.sink = sink;
}
export function addField(name: usize, length: u32, value: usize, valueLength: u32): bool {
  return request.addField(textAt(name, length), textAt(value, valueLength));
}
export function omitField(name: usize, length: u32): bool {
  return request.omitField(textAt(name, length));
}
export function setBody(pointer: usize, length: u32): void {
  request.body = BytesSource.ofText(textAt(pointer, length));
}
export function setPattern(length: u32): void {
  request.body = new PatternSource(length);
}
/** Sets the request's options; `timeout` is in microseconds. */
export function options(follow: bool, timeout: i64, maximum: u32): void {
  request.followRedirects = follow;
  request.timeout = timeout;
  request.maximumBody = maximum;
}
export function decode(): void {
  request.compressed = true;
}
/** Reaches the server in a tunnel through a proxy. */
export function tunnel(): void {
  const proxies = new HttpProxies();
  proxies.http = new HttpProxy("http://proxy.test:3128");
  proxies.https = proxies.http;
  request.route.proxies = proxies;
  request.route.tunnels = true;
}
export function useSlowSink(): void {
  slow = new SlowSink();
  request.sink = slow;
}
/** Lets the slow sink accept `bytes` from now on; returns how many it has accepted so far. */
export function allowSink(bytes: u32): u32 {
  slow.allowed = bytes;
  return slow.taken;
}
export function start(now: i64): void {
  exchange = client.request(request, now);
}
export function poll(now: i64): bool {
  return client.poll(now);
}
export function bodySent(): u64 {
  return exchange!.bodySent();
}
export function pollAt(): i64 {
  return client.pollAt(0);
}
export function cancel(now: i64): void {
  exchange!.cancel(now);
}
export function close(now: i64): void {
  client.close(now);
}
export function idle(): u32 {
  return client.idleConnections();
}

/** Sets the state and failure of new streams, and whether connecting is refused. */
export function streamsAre(state: u32, kind: u32, refuses: bool): void {
  streams.state = state;
  streams.kind = kind;
  streams.refuses = refuses;
}
/** Limits the bytes that new streams show per `peek` (`window`) and accept in all (`room`). */
export function limits(window: u32, room: u32): void {
  streams.window = window;
  streams.room = room;
}
export function streamCount(): u32 {
  return streams.opened.length;
}
export function push(stream: u32, pointer: usize, length: u32): void {
  streams.opened[stream].incoming.add(pointer, length);
}
export function setState(stream: u32, state: u32, kind: u32): void {
  streams.opened[stream].state = state;
  streams.opened[stream].kind = kind;
}
export function giveRoom(stream: u32, room: u32): void {
  streams.opened[stream].room = room;
}
export function sent(stream: u32): string {
  return streams.opened[stream].takeSent();
}
export function label(stream: u32): string {
  return streams.opened[stream].label;
}
/** How a stream was ended: "open", "closed", "released" or "aborted". */
export function ending(stream: u32): string {
  return streams.opened[stream].ending();
}
export function unread(stream: u32): u32 {
  return streams.opened[stream].readable();
}

export function done(): bool {
  return exchange!.done;
}
export function failure(): u32 {
  return exchange!.failure;
}
export function message(): string {
  return exchange!.message;
}
export function status(): u32 {
  return exchange!.status();
}
export function body(): string {
  return latin1(sink.pointer(), sink.length);
}
export function bodyBytes(): u64 {
  return exchange!.bodyBytes;
}
export function redirects(): u32 {
  return exchange!.redirects;
}
export function reused(): bool {
  return exchange!.reused;
}
export function url(): string {
  return exchange!.url.text();
}
/** Times of the exchange, those that curl -w prints; the last is the total time. */
export function time(which: u32): i64 {
  const times = exchange!.times;
  if (which == 0) return times.nameLookup;
  if (which == 1) return times.connect;
  if (which == 2) return times.appConnect;
  if (which == 3) return times.preTransfer;
  if (which == 4) return times.startTransfer;
  return which == 5 ? times.redirect : times.finished - times.started;
}
/** A field of the final response, or "(none)". */
export function field(name: usize, length: u32): string {
  const value = exchange!.head!.get(textAt(name, length));
  return value == null ? "(none)" : value;
}
export function reason(): string {
  return exchange!.head!.reason();
}
export function lookups(): u32 {
  return names.asked.length;
}

/** Reads `length` bytes of the pattern in pieces of `piece` bytes. Returns their CRC-32. */
export function patternCrc(length: u32, piece: u32): u32 {
  const source: BodySource = new PatternSource(length);
  const buffer = new StaticArray<u8>(piece);
  let crc: u32 = 0;
  let got: u32 = 1;
  while (got > 0) {
    got = source.read(changetype<usize>(buffer), piece);
    crc = crc32(crc, changetype<usize>(buffer), got);
  }
  return crc;
}
