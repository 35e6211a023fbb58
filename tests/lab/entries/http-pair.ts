/** The HTTP client and server of two hosts, over TCP and a wire that loses packets. */
import { NEVER } from "../../../core/time";
import { FramePool } from "../../../net/phy/pool";
import { HttpClient } from "../../../net/service/http/client/client";
import { HttpExchange } from "../../../net/service/http/client/exchange";
import { NameAnswer, NameLookup } from "../../../net/service/http/client/ports";
import { HttpRequest } from "../../../net/service/http/client/request";
import {
  BodySink,
  BytesSource,
  CountingSink,
  PatternSource,
} from "../../../net/service/http/message/body";
import { HttpHandler, IncomingRequest } from "../../../net/service/http/server/handler";
import { HttpResponse } from "../../../net/service/http/server/response";
import { HttpServer } from "../../../net/service/http/server/server";
import { Connector } from "../../../net/service/stream/connector";
import { Stream } from "../../../net/service/stream/stream";
import { TcpStream, TcpStreamListener } from "../../../net/service/stream/tcp-stream";
import { Path } from "../../../net/socket/path";
import { PacketSink, SendResult } from "../../../net/socket/sink";
import { Tcp } from "../../../net/socket/tcp/tcp";
import { Drop } from "../../../net/wire/drop";
import { Frame } from "../../../net/wire/frame";
import { parseTcp } from "../../../net/wire/tcp";
import { SequenceRandom } from "./sequence-random";

const LEFT: u32 = 0x0a000001;
const RIGHT: u32 = 0x0a000002;
const DELAY: i64 = 1000;

class Packet {
  constructor(
    readonly at: i64,
    readonly pointer: usize,
    readonly length: u32,
    readonly source: u32,
    readonly destination: u32,
  ) {}
}

const pool = new FramePool(64);
const random = new SequenceRandom();
let packets: Array<Packet> = [];
let now: i64 = 0;
let loss: u32 = 0;

class WireSink implements PacketSink {
  constructor(readonly own: u32) {}
  update(path: Path): bool {
    path.settleIpv4(1, this.own, path.destination.ipv4, 1500);
    path.toHost = true;
    return true;
  }
  allocate(path: Path): Frame | null {
    this.update(path);
    return pool.allocate();
  }
  send(frame: Frame, path: Path, _protocol: u32): SendResult {
    if (random.next32() % 1000 >= loss) {
      const copy = heap.alloc(frame.length);
      memory.copy(copy, frame.start, frame.length);
      const source = path.source.ipv4;
      packets.push(new Packet(now + DELAY, copy, frame.length, source, path.destination.ipv4));
    }
    pool.release(frame);
    return SendResult.Sent;
  }
  sendBytes(_pointer: usize, _length: u32, _path: Path, _protocol: u32): SendResult {
    return SendResult.TooLong;
  }
}

class NoNames implements NameLookup {
  lookup(_name: string, _now: i64): NameAnswer {
    throw new Error("an address needs no look-up");
  }
}

class TcpConnector implements Connector {
  opened: u32 = 0;
  connect(address: u32, port: u32, at: i64): Stream | null {
    const connection = left.connect(at, address, port, leftSink);
    if (connection == null) return null;
    this.opened++;
    return new TcpStream(connection);
  }
  connectSecure(_host: string, _address: u32, _port: u32, _at: i64): Stream | null {
    return null;
  }
  refusal(): string {
    return "too many connections";
  }
}

class Site implements HttpHandler {
  body(_request: IncomingRequest): BodySink | null {
    return null;
  }
  handle(request: IncomingRequest): HttpResponse {
    if (request.isMethod("POST")) return HttpResponse.ofText(200, `${request.bodyBytes}`);
    const response = new HttpResponse(200);
    response.body = new PatternSource(request.path().length == 1 ? 100 : 1 << 20);
    return response;
  }
}

const leftSink = new WireSink(LEFT);
const rightSink = new WireSink(RIGHT);
let left = new Tcp(random);
let right = new Tcp(random);
let connector = new TcpConnector();
let client = new HttpClient(new NoNames(), connector, "test");
let server: HttpServer | null = null;

export function begin(seed: u32, lossInThousand: u32): void {
  random.seed(seed);
  loss = lossInThousand;
  packets = [];
  now = 1_000_000;
  left = new Tcp(random);
  right = new Tcp(random);
  connector = new TcpConnector();
  client = new HttpClient(new NoNames(), connector, "test");
  const listener = right.listen(80, 256)!;
  server = new HttpServer(new TcpStreamListener(listener), new Site(), "test");
}

function deliver(): void {
  const arriving = packets;
  packets = [];
  for (let i = 0; i < arriving.length; i++) {
    const packet = arriving[i];
    if (packet.at > now) {
      packets.push(packet);
      continue;
    }
    const toLeft = packet.destination == LEFT;
    const table = toLeft ? left : right;
    const sink = toLeft ? leftSink : rightSink;
    const from = packet.source;
    const to = packet.destination;
    if (parseTcp(packet.pointer, packet.length, from, to) == Drop.None) {
      table.process(now, from, to, packet.pointer, packet.length, sink);
    }
    heap.free(packet.pointer);
  }
}

/** Runs one turn of both hosts; returns false once nothing is due any more. */
function turn(): bool {
  deliver();
  while (client.poll(now) || server!.poll(now)) {
    left.dispatch(now, leftSink);
    right.dispatch(now, rightSink);
  }
  left.dispatch(now, leftSink);
  right.dispatch(now, rightSink);
  let at = min(min(left.pollAt(), right.pollAt()), min(client.pollAt(0), server!.pollAt()));
  for (let i = 0; i < packets.length; i++) at = min(at, packets[i].at);
  if (at == NEVER) return false;
  if (at > now) now = at;
  return true;
}

function run(exchanges: Array<HttpExchange>, turns: u32): bool {
  for (let i: u32 = 0; i < turns; i++) {
    let waiting = 0;
    for (let k = 0; k < exchanges.length; k++) if (!exchanges[k].done) waiting++;
    if (waiting == 0) return true;
    if (!turn()) return false;
  }
  return false;
}

let sink = new CountingSink(true);
let status: u32 = 0;
let message: string = "";

/** Sends a GET; returns the body's CRC-32, or 0 (then `lastMessage` has the reason). */
export function get(large: bool): u32 {
  const request = new HttpRequest(large ? "http://10.0.0.2/large" : "http://10.0.0.2/");
  sink = new CountingSink(true);
  request.sink = sink;
  const exchange = client.request(request, now);
  const ended = run([exchange], 1_000_000);
  status = exchange.status();
  message = ended ? exchange.message : "it never ended";
  return exchange.failure == 0 && ended ? sink.crc : 0;
}

/** POSTs `length` bytes; returns what the server counted, or -1. */
export function post(length: u32): i32 {
  const request = new HttpRequest("http://10.0.0.2/discard");
  request.setMethod("POST");
  request.body = new PatternSource(length);
  const text = new Digits();
  request.sink = text;
  const exchange = client.request(request, now);
  const ended = run([exchange], 1_000_000);
  message = ended ? exchange.message : "it never ended";
  return exchange.failure == 0 && ended ? text.value : -1;
}

class Digits extends BodySink {
  value: i32 = 0;
  data(pointer: usize, length: u32): bool {
    for (let i: u32 = 0; i < length; i++) {
      this.value = this.value * 10 + ((load<u8>(pointer + i) as i32) - 0x30);
    }
    return true;
  }
}

/** Sends `count` requests at once; returns how many got status 200. */
export function concurrent(count: u32): u32 {
  const exchanges: Array<HttpExchange> = [];
  for (let i: u32 = 0; i < count; i++) {
    const request = new HttpRequest("http://10.0.0.2/");
    if (i % 3 == 0) {
      request.setMethod("POST");
      request.body = BytesSource.ofText("a body");
    }
    exchanges.push(client.request(request, now));
  }
  run(exchanges, 1_000_000);
  let good: u32 = 0;
  for (let i = 0; i < exchanges.length; i++) if (exchanges[i].status() == 200) good++;
  return good;
}

/** Ends everything and waits; returns the connections left on both sides. */
export function rest(): u32 {
  client.close(now);
  for (let i = 0; i < 100_000 && left.connectionCount() + right.connectionCount() > 0; i++) {
    if (!turn()) break;
  }
  return left.connectionCount() + right.connectionCount() + server!.connectionCount();
}
export function opened(): u32 {
  return connector.opened;
}
export function lastStatus(): u32 {
  return status;
}
export function lastMessage(): string {
  return message;
}
/** Lets time pass, in microseconds. */
export function wait(micros: i64): void {
  const end = now + micros;
  while (now < end && turn());
  if (now < end) now = end;
}
export function framesFree(): u32 {
  return pool.available;
}
