/** An iperf3 client or server over scripted streams, and the lines that it prints. */
import { Iperf3Client, ServerAddress } from "../../../net/service/iperf3/client";
import { TestParameters } from "../../../net/service/iperf3/parameters";
import { Report, ReportSink } from "../../../net/service/iperf3/report";
import { Iperf3Server } from "../../../net/service/iperf3/server";
import {
  formatBytes,
  formatInterval,
  formatRate,
  microsOf,
} from "../../../net/service/iperf3/units";
import { Stream, StreamStatus } from "../../../net/service/stream/stream";
import { OneStream } from "./one-stream";
import { ScriptedListener, ScriptedStream } from "./scripted-stream";
import { SequenceRandom } from "./sequence-random";

export { allocateBytes } from "./text";
export { formatBytes, formatInterval, formatRate, microsOf };

/** What a stream accepts at first. */
const ROOM: u32 = 100_000;

let streams: Array<ScriptedStream> = [];
let lines: Array<string> = [];

class Lines implements ReportSink {
  reportLine(line: string): void {
    lines.push(line);
  }
}

/** Keeps all connections in `streams`; `refuses` makes it fail to open one. */
class Streams extends OneStream {
  refuses: bool = false;
  state: StreamStatus = StreamStatus.Open;
  connect(_address: u32, _port: u32, _now: i64): Stream | null {
    if (this.refuses) return null;
    const stream = added();
    stream.state = this.state;
    return stream;
  }
  refusal(): string {
    return "too many connections";
  }
}

let connector = new Streams();
let listener = new ScriptedListener();
let client: Iperf3Client | null = null;
let server: Iperf3Server | null = null;

function reset(): void {
  connector = new Streams();
  listener = new ScriptedListener();
  streams = [];
  lines = [];
  client = null;
  server = null;
}

export function startClient(parallel: u32, seconds: i64, bytes: u64, reverse: bool): void {
  reset();
  const parameters = new TestParameters();
  parameters.streams = parallel;
  parameters.seconds = seconds;
  parameters.bytes = bytes;
  parameters.reverse = reverse;
  const address = new ServerAddress("a.test", [1], 5201);
  const report = new Report(new Lines());
  const random = new SequenceRandom();
  client = new Iperf3Client(connector, random, address, parameters, 1_000_000, report);
}
export function startServer(interval: i64): void {
  reset();
  server = new Iperf3Server(listener, interval, new Lines());
}
/** Sets the state of streams at their start. */
export function streamsAre(state: StreamStatus): void {
  connector.state = state;
}
export function refuse(): void {
  connector.refuses = true;
}
function added(): ScriptedStream {
  const stream = new ScriptedStream();
  stream.room = ROOM;
  streams.push(stream);
  return stream;
}
/** Connects to the server; returns the stream's number. */
export function connect(): u32 {
  listener.waiting.push(added());
  return streams.length - 1;
}
export function count(): u32 {
  return streams.length;
}
export function push(stream: u32, pointer: usize, length: u32): void {
  streams[stream].incoming.add(pointer, length);
}
export function setState(stream: u32, state: u32, kind: u32): void {
  streams[stream].state = state;
  streams[stream].kind = kind;
}
export function setRoom(stream: u32, room: u32, keeps: bool): void {
  streams[stream].room = room;
  streams[stream].keeps = keeps;
}
export function sent(stream: u32): string {
  return streams[stream].takeSent();
}
export function total(stream: u32): u64 {
  return streams[stream].total;
}
export function ending(stream: u32): string {
  return streams[stream].ending();
}
export function poll(now: i64): bool {
  const c = client;
  const s = server;
  return c != null ? c.poll(now) : s!.poll(now);
}
export function pollAt(now: i64): i64 {
  const c = client;
  const s = server;
  return c != null ? c.pollAt(now) : s!.pollAt(now);
}
export function cancel(now: i64): void {
  client!.cancel(now);
}
export function close(): void {
  server!.close();
}
export function done(): bool {
  return client!.done;
}
export function failure(): string {
  return client!.failure;
}
export function tests(): u32 {
  return server!.tests;
}
/** Returns what was printed since the last call. */
export function printed(): string {
  const text = lines.join("\n");
  lines = [];
  return text;
}
