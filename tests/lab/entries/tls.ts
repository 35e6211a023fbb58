/** TLS streams over a scripted engine and scripted streams. */
import { latin1, writeAscii } from "../../../core/text";
import { Wakeable } from "../../../core/wakeable";
import { Stream, StreamFailure, StreamStatus } from "../../../net/service/stream/stream";
import { TlsListener, TlsService } from "../../../net/service/tls/service";
import { TlsOptions } from "../../../net/service/tls/shared";
import { TlsStream } from "../../../net/service/tls/stream";
import { faultsOf } from "../../../net/service/tls/verification";
import { ScriptedEngine } from "./scripted-engine";
import { ScriptedListener, ScriptedStream } from "./scripted-stream";
import { textAt } from "./text";

export { allocateBytes } from "./text";

class Alarm implements Wakeable {
  rings: u32 = 0;

  wake(): void {
    this.rings++;
  }
}

let alarm = new Alarm();
let engine = new ScriptedEngine();
let service = new TlsService(engine);
let below: Array<ScriptedStream> = [];
let streams: Array<TlsStream> = [];

export function reset(): void {
  engine = new ScriptedEngine();
  service = new TlsService(engine);
  below = [];
  streams = [];
  alarm = new Alarm();
}

/** Subscribes to a stream. */
export function subscribe(index: u32): void {
  streams[index].subscribe(alarm);
}
/** Returns how often subscribers were woken. */
export function rings(): u32 {
  return alarm.rings;
}

/** Returns the stream's number, or -1. */
export function connect(host: usize, length: u32, port: u32, insecure: bool, now: i64): i32 {
  const under = new ScriptedStream();
  const options = TlsOptions.client(textAt(host, length), port);
  options.insecure = insecure;
  const stream = service.connect(under, options, now);
  if (stream == null) return -1;
  below.push(under);
  streams.push(stream);
  return streams.length - 1;
}
/**
 * Accepts a connection as a server. Returns its number, or -1 if it was refused, or -2 if it still
 * waits; `rings` counts if the listener reports a shortage.
 */
export function accept(): i32 {
  const listener = new ScriptedListener();
  const under = new ScriptedStream();
  listener.waiting.push(under);
  const secure = new TlsListener(listener, service);
  secure.onShortage(alarm);
  const stream = secure.accept();
  if (stream == null) return under.aborted ? -1 : -2;
  below.push(under);
  streams.push(stream as TlsStream);
  return streams.length - 1;
}
/** Polls the service until it rests, then each stream once; returns the polls of the service. */
export function poll(now: i64): u32 {
  let turns: u32 = 1;
  while (service.poll(now)) turns++;
  for (let i = 0; i < streams.length; i++) if (!streams[i].isFreed()) streams[i].poll(now);
  return turns;
}
export function pollService(now: i64): bool {
  return service.poll(now);
}
export function pollAt(): i64 {
  return service.pollAt(0);
}
export function push(index: u32, pointer: usize, length: u32): void {
  below[index].incoming.add(pointer, length);
}
export function setBelow(index: u32, state: u32, kind: u32): void {
  below[index].state = state as StreamStatus;
  below[index].kind = kind as StreamFailure;
}
export function setRoom(index: u32, room: u32, window: u32): void {
  below[index].room = room;
  below[index].window = window;
}
export function sent(index: u32): string {
  return below[index].takeSent();
}
export function ending(index: u32): string {
  return below[index].ending();
}
export function unreadBelow(index: u32): u32 {
  return below[index].readable();
}
export function status(index: u32): u32 {
  return streams[index].status();
}
export function failureKind(index: u32): u32 {
  return streams[index].failureKind();
}
export function failure(index: u32): string {
  return streams[index].failure();
}
export function summary(index: u32): string {
  return streams[index].summary;
}
export function readable(index: u32): u32 {
  return streams[index].readable();
}
export function writable(index: u32): u32 {
  return streams[index].writable();
}
/** Reads everything, `piece` bytes at a time; 0: by peek and consume. */
export function readAll(index: u32, piece: u32, now: i64): string {
  const stream: Stream = streams[index];
  let text = "";
  for (;;) {
    if (piece == 0) {
      const length = stream.peekLength();
      text += latin1(stream.peekPointer(), length);
      stream.consume(length);
      if (length == 0) break;
    } else {
      const buffer = new StaticArray<u8>(piece as i32);
      const length = stream.read(changetype<usize>(buffer), piece);
      text += latin1(changetype<usize>(buffer), length);
      if (length == 0) break;
    }
    if (stream.readable() == 0) stream.poll(now);
  }
  return text;
}
export function write(index: u32, pointer: usize, length: u32): u32 {
  return streams[index].write(pointer, length);
}
export function close(index: u32): void {
  streams[index].close();
}
export function release(index: u32): void {
  streams[index].release();
}
export function abort(index: u32): void {
  streams[index].abort();
}
export function live(): u32 {
  return engine.live;
}
export function count(): u32 {
  return service.count;
}
export function setEngine(trouble: usize, length: u32, limit: u32, appetite: u32): void {
  engine.trouble = textAt(trouble, length);
  engine.limit = limit;
  engine.appetite = appetite;
}
export function refusal(): string {
  return service.refusal;
}
export function offered(): string {
  const text = engine.offered;
  engine.offered = "";
  return text;
}
export function sessions(): u32 {
  return service.sessions.count;
}
export function faults(flags: u32): string {
  return faultsOf(flags).join("; ");
}
/** Stores `total` sessions of different hosts; returns how many are kept. */
export function fillSessions(total: u32): u32 {
  const bytes = new StaticArray<u8>(8);
  writeAscii(changetype<usize>(bytes), "12345678");
  for (let i: u32 = 0; i < total; i++) {
    service.sessions.put(`h${i}`, 443, changetype<usize>(bytes), 8, 0);
  }
  return service.sessions.count;
}
/** Takes a session out of the cache; returns whether there was one. */
export function takeSession(host: usize, length: u32, port: u32, now: i64): bool {
  return service.sessions.take(textAt(host, length), port, now) != null;
}
