/** The WebSocket client over one scripted stream. */
import { base64 } from "../../../core/base64";
import { SHA1_DIGEST, sha1 } from "../../../core/sha1";
import { latin1 } from "../../../core/text";
import { HttpClient } from "../../../net/service/http/client/client";
import { HttpField } from "../../../net/service/http/client/request";
import { StreamStatus } from "../../../net/service/stream/stream";
import { WebSocketClient } from "../../../net/service/websocket/client";
import { FrameHeader, headerBytes, makeFrame } from "../../../net/service/websocket/frame";
import { acceptFor } from "../../../net/service/websocket/handshake";
import { WebSocket } from "../../../net/service/websocket/socket";
import { NoNames, OneStream } from "./one-stream";
import { SequenceRandom } from "./sequence-random";
import { textAt } from "./text";

export { allocateBytes } from "./text";

let connector = new OneStream();
let client = newClient();
let socket: WebSocket | null = null;
let fields: Array<HttpField> = [];

function newClient(): WebSocketClient {
  const http = new HttpClient(new NoNames(), connector, "test/1");
  return new WebSocketClient(http, "test/1", new SequenceRandom());
}
export function reset(): void {
  connector = new OneStream();
  client = newClient();
  fields = [];
}
export function field(name: usize, length: u32, value: usize, valueLength: u32): void {
  const text = textAt(value, valueLength);
  fields.push(new HttpField(textAt(name, length), text, text == ""));
}
/** Connects; returns why it could not start, or "". */
export function connect(url: usize, length: u32, maximum: u32): string {
  socket = client.connect(textAt(url, length), 0, fields, maximum);
  client.poll(0);
  return client.refusal;
}
export function push(pointer: usize, length: u32): void {
  connector.stream.incoming.add(pointer, length);
}
export function poll(now: i64): bool {
  return client.poll(now);
}
export function pollAt(): i64 {
  return client.pollAt(0);
}
export function finish(failed: bool): void {
  connector.stream.state = failed ? StreamStatus.Failed : StreamStatus.Finished;
}
/** The most bytes that the stream accepts from now on, and shows at once. */
export function limit(room: u32, window: u32): void {
  connector.stream.room = room;
  connector.stream.window = window;
}
export function unread(): u32 {
  return connector.stream.incoming.length;
}
export function sent(): string {
  return connector.stream.takeSent();
}
export function ending(): string {
  return connector.stream.ending();
}
export function state(): u32 {
  return socket!.state;
}
export function failure(): i32 {
  return socket!.failure;
}
export function reason(): string {
  return socket!.message;
}
export function status(): u32 {
  const refusal = socket!.refusal;
  return refusal == null ? 0 : refusal.status;
}
/** "text ..." or "binary ...", each byte as a character; "" if there is no message. */
export function take(): string {
  const message = socket!.take();
  if (message == null) return "";
  const bytes = latin1(changetype<usize>(message.bytes), message.length);
  return (message.isText ? "text " : "binary ") + bytes;
}
export function send(pointer: usize, length: u32, isText: bool): bool {
  return socket!.send(pointer, length, isText);
}
export function close(): void {
  socket!.close();
}

export function accept(key: usize, length: u32): string {
  return acceptFor(textAt(key, length));
}
export function hash(pointer: usize, length: u32): string {
  const digest = sha1(pointer, length);
  return latin1(changetype<usize>(digest), SHA1_DIGEST);
}
export function encode(pointer: usize, length: u32): string {
  return base64(pointer, length);
}
/** A client's frame. */
export function frame(opcode: u32, payload: usize, length: u32, mask: u32): string {
  const bytes = makeFrame(opcode, payload, length, mask);
  return latin1(changetype<usize>(bytes), bytes.length);
}
/** "FINAL OPCODE LENGTH HEADER-BYTES", or what is wrong. */
export function header(pointer: usize): string {
  const header = new FrameHeader();
  const fault = header.parse(pointer);
  if (fault != "") return fault;
  const size = headerBytes(load<u8>(pointer, 1));
  return `${header.final ? 1 : 0} ${header.opcode} ${header.length} ${size}`;
}
