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
import { Host, Wire } from "./faulty-wire";
import { SequenceRandom } from "./sequence-random";

const LEFT: u32 = 0x0a000001;
const RIGHT: u32 = 0x0a000002;

const wire = new Wire();
const pool = new FramePool(64);
const random = new SequenceRandom();

class NoNames implements NameLookup {
  lookup(_name: string, _now: i64): NameAnswer {
    throw new Error("an address needs no lookup");
  }
}

class TcpConnector implements Connector {
  opened: u32 = 0;
  connect(address: u32, port: u32, at: i64): Stream | null {
    const connection = left.tcp.connect(at, address, port, left.sink);
    if (connection == null) return null;
    this.opened++;
    return new TcpStream(connection);
  }
  connectSecure(_host: string, _address: u32, _port: u32, _at: i64): Stream | null {
    return null;
  }
  secure(_stream: Stream, _host: string, _port: u32, _at: i64): Stream | null {
    return null;
  }
  reaches(_stream: Stream): bool {
    return true;
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

let left = new Host(LEFT, wire, pool, random);
let right = new Host(RIGHT, wire, pool, random);
let connector = new TcpConnector();
let client = new HttpClient(new NoNames(), connector, "test");
let server: HttpServer | null = null;

export function begin(seed: u32, lossInThousand: u32): void {
  random.seed(seed);
  wire.reset(seed, 1_000_000);
  wire.faults.loss = lossInThousand;
  left = new Host(LEFT, wire, pool, random);
  right = new Host(RIGHT, wire, pool, random);
  connector = new TcpConnector();
  client = new HttpClient(new NoNames(), connector, "test");
  const listener = right.tcp.listen(80, 256)!;
  server = new HttpServer(new TcpStreamListener(listener), new Site(), "test");
}

/** Runs one turn of both hosts; returns false once nothing is due any more. */
function turn(): bool {
  wire.deliver(left, right);
  while (client.poll(wire.now) || server!.poll(wire.now)) {
    left.dispatch();
    right.dispatch();
  }
  left.dispatch();
  right.dispatch();
  const hosts = min(left.tcp.pollAt(), right.tcp.pollAt());
  const programs = min(client.pollAt(0), server!.pollAt(0));
  const at = min(wire.nextAt(), min(hosts, programs));
  if (at == NEVER) return false;
  if (at > wire.now) wire.now = at;
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
let message: string = "";

/** Sends a GET; returns the body's CRC-32, or 0 (then `lastMessage` has the reason). */
export function get(large: bool): u32 {
  const request = new HttpRequest(large ? "http://10.0.0.2/large" : "http://10.0.0.2/");
  sink = new CountingSink(true);
  request.sink = sink;
  const exchange = client.request(request, wire.now);
  const ended = run([exchange], 1_000_000);
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
  const exchange = client.request(request, wire.now);
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
    exchanges.push(client.request(request, wire.now));
  }
  run(exchanges, 1_000_000);
  let good: u32 = 0;
  for (let i = 0; i < exchanges.length; i++) if (exchanges[i].status() == 200) good++;
  return good;
}

/** Ends everything and waits; returns the connections left on both sides. */
export function rest(): u32 {
  client.close(wire.now);
  for (let i = 0; i < 100_000 && connections() > 0; i++) if (!turn()) break;
  return connections() + server!.connectionCount();
}
function connections(): u32 {
  return left.tcp.connectionCount() + right.tcp.connectionCount();
}
export function opened(): u32 {
  return connector.opened;
}
export function lastMessage(): string {
  return message;
}
/** Lets time pass, in microseconds. */
export function wait(micros: i64): void {
  const end = wire.now + micros;
  while (wire.now < end && turn());
  if (wire.now < end) wire.now = end;
}
export function framesFree(): u32 {
  return pool.available;
}
