/** The HTTP server over scripted streams, with a handler of a few pages. */
import { HTTP_SERVER_CONNECTIONS } from "../../../core/limits";
import { parseDecimalText } from "../../../core/text";
import { BodySink, PatternSource } from "../../../net/service/http/message/body";
import { HttpHandler, IncomingRequest } from "../../../net/service/http/server/handler";
import { HttpResponse } from "../../../net/service/http/server/response";
import { HttpServer } from "../../../net/service/http/server/server";
import { ScriptedListener, ScriptedStream } from "./scripted-stream";

export { allocateBytes } from "./text";

class RefusingSink extends BodySink {
  data(_pointer: usize, _length: u32): bool {
    return false;
  }
}

class Pages implements HttpHandler {
  body(request: IncomingRequest): BodySink | null {
    return request.pathIs("/refuse") ? new RefusingSink() : null;
  }
  handle(request: IncomingRequest): HttpResponse {
    if (request.isMethod("POST")) {
      return HttpResponse.ofText(200, `${request.bodyBytes} bytes\n`);
    }
    const path = request.path();
    if (path.startsWith("/bytes/")) {
      const response = new HttpResponse(200);
      response.contentType = "application/octet-stream";
      response.body = new PatternSource(parseDecimalText(path.substring(7)) as u64);
      return response;
    }
    if (path == "/empty") return new HttpResponse(204);
    if (path == "/unchanged") return HttpResponse.ofStatus(304);
    if (path == "/field") {
      const response = HttpResponse.ofText(200, "x");
      assert(response.addField("X-Test", "yes"));
      assert(!response.addField("X-Bad", "a\r\nb"));
      assert(!response.addField("X-Long", "a".repeat(4000)));
      return response;
    }
    return path == "/" ? HttpResponse.ofText(200, "hello\n") : HttpResponse.ofStatus(404);
  }
}

let listener = new ScriptedListener();
let server = new HttpServer(listener, new Pages(), "test");
let streams: Array<ScriptedStream> = [];

export function reset(): void {
  listener = new ScriptedListener();
  server = new HttpServer(listener, new Pages(), "test");
  streams = [];
}
/** Connects a client; returns its number. */
export function connect(room: u32, keeps: bool): u32 {
  const stream = new ScriptedStream();
  stream.room = room;
  stream.keeps = keeps;
  streams.push(stream);
  listener.waiting.push(stream);
  return streams.length - 1;
}
/** Reports to the server that a peer waits for lack of memory or slots. */
export function reportShortage(): void {
  listener.relief!.wake();
}
export function push(stream: u32, pointer: usize, length: u32): void {
  streams[stream].incoming.add(pointer, length);
  streams[stream].notify();
}
export function setState(stream: u32, state: u32, kind: u32): void {
  streams[stream].state = state;
  streams[stream].kind = kind;
  streams[stream].notify();
}
export function giveRoom(stream: u32, room: u32): void {
  streams[stream].room = room;
  streams[stream].notify();
}
export function sent(stream: u32): string {
  return streams[stream].takeSent();
}
export function total(stream: u32): u64 {
  return streams[stream].total;
}
export function writes(stream: u32): u32 {
  return streams[stream].writes;
}
/** Returns how the stream was ended: "open" if it was not. */
export function ending(stream: u32): string {
  return streams[stream].ending();
}
export function poll(now: i64): bool {
  return server.poll(now);
}
export function pollAt(): i64 {
  return server.pollAt(0);
}
export function bound(): u32 {
  return HTTP_SERVER_CONNECTIONS;
}
export function connections(): u32 {
  return server.connectionCount();
}
export function waiting(): u32 {
  return listener.waiting.length;
}
export function requests(): u64 {
  return server.requests;
}
export function close(): void {
  server.close();
}
