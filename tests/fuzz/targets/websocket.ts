/**
 * What a WebSocket server sends. The input: a byte whose lowest bit chooses whether it begins with
 * the response to the handshake, then the bytes, in one piece and in pieces of the size that the
 * other bits give: the result must be the same.
 */
import { SECOND } from "../../../core/time";
import * as world from "../../lab/entries/websocket";
import { fenced } from "../parts/fences";
import { Input } from "../parts/input";

const MOST: u32 = 8192;
const MAXIMUM: u32 = 1000;
const CLOSED: u32 = 3;

function push(text: string): void {
  const bytes = String.UTF8.encode(text);
  world.push(changetype<usize>(bytes), bytes.byteLength);
  world.poll(0);
}

/** Checks that a client's frames are masked, whole and of known kinds. */
function checkSent(text: string): void {
  for (let at = 0; at < text.length; ) {
    const first = text.charCodeAt(at);
    const second = text.charCodeAt(at + 1);
    assert(first == 0x88 || first == 0x89 || first == 0x8a, "unexpected frame");
    assert((second & 0x80) != 0 && (second & 0x7f) <= 125, "no mask, or too long");
    at += 6 + (second & 0x7f);
    assert(at <= text.length, "incomplete frame");
  }
}

/** Returns the messages and the end of a connection that receives the bytes in pieces. */
function outcome(bytes: Input, piece: u32, greets: bool): string {
  world.reset();
  const url = String.UTF8.encode("ws://10.0.2.2/");
  world.connect(changetype<usize>(url), url.byteLength, MAXIMUM);
  world.poll(0);
  const head = world.sent();
  const keyAt = head.indexOf("Sec-WebSocket-Key: ") + 19;
  if (greets) {
    const key = String.UTF8.encode(head.substring(keyAt, keyAt + 24));
    const accept = world.accept(changetype<usize>(key), key.byteLength);
    push("HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: upgrade\r\n");
    push(`Sec-WebSocket-Accept: ${accept}\r\n\r\n`);
  }
  let all = "";
  for (let at: u32 = 0; at < bytes.length; at += piece) {
    const length = min(piece, bytes.length - at);
    world.push(fenced(bytes.pointer + at, length), length);
    // While messages arrive, there may be more.
    for (let idle = 0; idle < 40; idle++) {
      world.poll(0);
      const message = world.take();
      if (message == "") continue;
      assert((message.length as u32) <= MAXIMUM + 7, "message too long");
      all += message + "|";
      idle = 0;
    }
  }
  checkSent(world.sent());
  world.finish(false);
  for (let second: i64 = 0; second < 200; second += 10) world.poll(second * SECOND);
  assert(world.state() == CLOSED, "connection does not end");
  assert(world.ending() != "open" && world.ending() != "closed", "stream not released");
  return all + world.reason();
}

export function websocket(pointer: usize, length: u32): void {
  const input = new Input(pointer, length);
  const form = input.byte();
  const bytes = input.take(MOST);
  const greets = (form & 1) == 0;
  const whole = outcome(bytes, MOST, greets);
  const pieces = outcome(bytes, (form >>> 1) + 1, greets);
  assert(whole == pieces, "the result depends on the pieces");
}
