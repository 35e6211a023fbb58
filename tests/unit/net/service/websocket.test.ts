/** The WebSocket client (RFC 6455): handshake, frames, messages, pings and closing. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import test from "node:test";
import {
  acceptFor,
  closeFrame,
  type FrameForm,
  frame,
  opcodes,
  readFrames,
  switching,
} from "../../../lab/packets/websocket.ts";
import { load, readString, writeBytes, writeText } from "../../../lab/scripted/assembly.ts";

const wasm = await load("tests/lab/entries/websocket.ts");
const string = (pointer: number) => readString(wasm.memory, pointer);
const states = { connecting: 0, open: 1, closing: 2, closed: 3 };
const SECOND = 1_000_000n;
const MAXIMUM = 1000;

const sent = () => Buffer.from(string(wasm.sent()), "latin1");
const take = () => string(wasm.take());
const reason = () => string(wasm.reason());

/** Delivers bytes, `piece` at a time. */
function push(bytes: Uint8Array | string, piece = Infinity, now = 0n): void {
  const all = Buffer.from(bytes);
  for (let at = 0; at < all.length; at += Math.min(piece, all.length)) {
    wasm.push(...writeBytes(wasm, all.subarray(at, Math.min(at + piece, all.length))));
    wasm.poll(now);
  }
}

/** Connects, and returns the request. */
function connect(url = "ws://10.0.2.2:8546/ws?x=1", fields: Record<string, string> = {}): string {
  wasm.reset();
  for (const [name, value] of Object.entries(fields)) {
    wasm.field(...writeText(wasm, name), ...writeText(wasm, value));
  }
  assert.equal(string(wasm.connect(...writeText(wasm, url), MAXIMUM)), "");
  wasm.poll(0n);
  return sent().toString("latin1");
}

function open(): void {
  const request = connect();
  push(switching(request));
  assert.equal(wasm.state(), states.open, reason());
}

/** The messages that the client returns for these bytes. */
function messages(bytes: Buffer, piece = Infinity): string[] {
  const found: string[] = [];
  for (let at = 0; at < bytes.length; at += Math.min(piece, bytes.length)) {
    push(bytes.subarray(at, Math.min(at + piece, bytes.length)));
    for (let text = take(); text !== ""; wasm.poll(0n), text = take()) found.push(text);
  }
  return found;
}

test("hashes and encodes as the handshake requires", () => {
  for (let length = 0; length < 200; length++) {
    const bytes = Buffer.from(Array.from({ length }, (_, i) => (i * 37 + length) & 255));
    const place = writeBytes(wasm, bytes);
    const digest = Buffer.from(string(wasm.hash(...place)), "latin1");
    assert.equal(digest.toString("hex"), createHash("sha1").update(bytes).digest("hex"));
    assert.equal(string(wasm.encode(...place)), bytes.toString("base64"));
  }
  // The example of RFC 6455 section 1.3.
  const key = "dGhlIHNhbXBsZSBub25jZQ==";
  assert.equal(string(wasm.accept(...writeText(wasm, key))), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
});

test("requests an upgrade with a new key each time", () => {
  const request = connect("ws://u:p@10.0.2.2:8546/ws?x=1", { "X-Key": "k" });
  assert.match(request, /^GET \/ws\?x=1 HTTP\/1\.1\r\nHost: 10\.0\.2\.2:8546\r\n/);
  for (const line of [
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "User-Agent: test/1",
    "Authorization: Basic dTpw",
    "X-Key: k",
  ]) {
    assert.ok(request.includes(`\r\n${line}\r\n`), line);
  }
  const keys = [request, connect()].map((text) => /Sec-WebSocket-Key: (.*)\r/.exec(text)?.[1]);
  for (const key of keys) assert.equal(Buffer.from(key ?? "", "base64").length, 16);
});

test("refuses other URLs, and fields that the client sets", () => {
  wasm.reset();
  for (const url of ["http://10.0.2.2/", "10.0.2.2", "ws:/10.0.2.2", "ws://", "wss://a b/"]) {
    const refusal = string(wasm.connect(...writeText(wasm, url), MAXIMUM));
    assert.match(refusal, /^URL using bad/, url);
  }
  wasm.field(...writeText(wasm, "Upgrade"), ...writeText(wasm, "x"));
  const place = writeText(wasm, "ws://10.0.2.2/");
  assert.match(string(wasm.connect(...place, MAXIMUM)), /header Upgrade is set by the client/);
});

test("WS-01: opens only if the server switches to WebSocket with the right hash", () => {
  const right = (request: string) => switching(request);
  const wrong: [(request: string) => string, RegExp][] = [
    [(r) => right(r).replace(/Accept: ./, "Accept: _"), /Sec-WebSocket-Accept/],
    [(r) => right(r).replace("Sec-WebSocket-Accept", "X"), /Sec-WebSocket-Accept/],
    [
      (r) => right(r).replace("\r\n\r\n", `\r\nSec-WebSocket-Accept: ${acceptFor("")}\r\n\r\n`),
      /Acc/,
    ],
    [(r) => right(r).replace("Upgrade: websocket", "Upgrade: h2c"), /does not switch/],
    [(r) => right(r).replace("Connection: Upgrade", "Connection: close"), /does not switch/],
    [(r) => right(r).replace("\r\n\r\n", "\r\nSec-WebSocket-Extensions: x\r\n\r\n"), /extension/],
    [(r) => right(r).replace("\r\n\r\n", "\r\nSec-WebSocket-Protocol: x\r\n\r\n"), /subprotocol/],
    [() => "SSH-2.0\r\n", /HTTP\/0\.9/],
  ];
  for (const [response, words] of wrong) {
    push(response(connect()));
    assert.equal(wasm.state(), states.closed);
    assert.match(reason(), words);
    assert.equal(string(wasm.ending()), "aborted");
  }
  connect();
  push("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n");
  assert.equal(reason(), "HTTP 401 Unauthorized");
  assert.equal(wasm.status(), 401);
  // In pieces, after an interim response, in other cases of letters, and with a frame behind it.
  const request = connect();
  const response = switching(request).replace("Upgrade: websocket", "UPGRADE: WebSocket");
  push(`HTTP/1.1 100 Continue\r\n\r\n${response}`, 1);
  assert.equal(wasm.state(), states.open, reason());
  push(frame(opcodes.text, "first"));
  assert.equal(take(), "text first");
});

test("WS-02: fails if the server ends the connection, or does not answer in time", () => {
  connect();
  wasm.finish(false);
  wasm.poll(0n);
  assert.equal(reason(), "Empty reply from server");
  connect();
  push("HTTP/1.1 101 X\r\n");
  wasm.finish(false);
  wasm.poll(0n);
  assert.match(reason(), /within the response header/);
  connect();
  assert.equal(wasm.pollAt(), 30n * SECOND);
  wasm.poll(30n * SECOND);
  assert.equal(reason(), "Connection timed out");
  open();
  wasm.finish(false);
  wasm.poll(0n);
  assert.match(reason(), /without a close frame/);
  open();
  wasm.finish(true);
  wasm.poll(0n);
  assert.equal(reason(), "scripted failure");
});

test("WS-12: masks every frame with a key of its own, in the shortest form", () => {
  open();
  for (const length of [0, 1, 3, 4, 125, 126, 127, 65535, 65536, 100_000]) {
    const text = "0123456789".repeat(length / 10 + 1).slice(0, length);
    assert.equal(wasm.send(...writeText(wasm, text), true), 1);
    for (let turn = 0; turn < 3; turn++) wasm.poll(0n);
    const bytes = sent();
    const { frames, rest } = readFrames(bytes);
    assert.equal(rest.length, 0);
    assert.equal(frames.length, 1);
    const [{ opcode, masked, payload }] = frames;
    assert.deepEqual([opcode, masked, payload.toString()], [opcodes.text, true, text]);
    assert.equal(bytes.length, length + 6 + (length < 126 ? 0 : length < 65536 ? 2 : 8));
  }
  wasm.send(...writeText(wasm, "a"), false);
  wasm.send(...writeText(wasm, "a"), true);
  wasm.poll(0n);
  const two = readFrames(sent()).frames;
  assert.deepEqual(
    two.map((one) => one.opcode),
    [opcodes.binary, opcodes.text],
  );
  assert.notDeepEqual(two[0].mask, two[1].mask);
});

test("bounds the data that waits to be sent", () => {
  open();
  wasm.limit(0, 65536);
  const place = writeText(wasm, "x".repeat(100_000));
  assert.deepEqual(
    [1, 2, 3].map(() => wasm.send(...place, true)),
    [1, 1, 0],
  );
  wasm.limit(0xffffffff, 65536);
  for (let i = 0; i < 10; i++) wasm.poll(0n);
  assert.equal(readFrames(sent()).frames.length, 2);
  assert.equal(wasm.send(...place, true), 1);
});

test("WS-05: joins fragments, with control frames in between, however they arrive", () => {
  const bytes = Buffer.concat([
    frame(opcodes.text, "caf\u00e9 "),
    frame(opcodes.text, "one ", { final: false }),
    frame(opcodes.ping, "?"),
    frame(opcodes.continuation, "", { final: false }),
    frame(opcodes.continuation, "two ", { final: false }),
    frame(opcodes.pong, "unasked"),
    frame(opcodes.continuation, "three"),
    frame(opcodes.binary, Buffer.of(0, 255)),
    frame(opcodes.text, ""),
    frame(opcodes.text, "x".repeat(300)),
  ]);
  for (const piece of [1, 2, 3, 7, 100, Infinity]) {
    open();
    const wanted = ["text caf\u00c3\u00a9 ", "text one two three", "binary \0\xff", "text "];
    assert.deepEqual(messages(bytes, piece), [...wanted, `text ${"x".repeat(300)}`]);
    const [pong] = readFrames(sent()).frames;
    assert.deepEqual(
      [pong.opcode, pong.masked, pong.payload.toString()],
      [opcodes.pong, true, "?"],
    );
  }
});

test("WS-06: a character may be split between fragments; other text is UTF-8", () => {
  const euro = Buffer.from("\u20ac");
  for (let cut = 1; cut < 3; cut++) {
    open();
    const parts = [
      frame(opcodes.text, euro.subarray(0, cut), { final: false }),
      frame(opcodes.continuation, euro.subarray(cut)),
    ];
    assert.equal(messages(Buffer.concat(parts)).length, 1);
  }
  const bad = [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]];
  for (const bytes of bad) fails(frame(opcodes.text, Buffer.from(bytes)), 1007, /not UTF-8/);
  // Noticed before the message is complete.
  fails(frame(opcodes.text, "a\xffbcdef", { final: false }).fill(0xff, 3, 4), 1007, /not UTF-8/);
  open();
  assert.deepEqual(messages(frame(opcodes.binary, Buffer.of(0xff))), ["binary \xff"]);
});

/** Asserts that these bytes end the connection with a close code. */
function fails(bytes: Buffer, code: number, words: RegExp): void {
  open();
  push(bytes);
  wasm.poll(0n);
  assert.match(reason(), words);
  assert.equal(take(), "");
  const frames = readFrames(sent()).frames;
  assert.equal(frames.length, 1);
  assert.equal(frames[0].opcode, opcodes.close);
  assert.equal(frames[0].payload.readUInt16BE(), code);
  wasm.poll(2n * SECOND);
  assert.equal(wasm.state(), states.closed);
}

test("WS-03, WS-04: ends the connection when the server breaks the protocol", () => {
  const form = (opcode: number, payload: string, more: FrameForm) => frame(opcode, payload, more);
  const cases: [Buffer, RegExp][] = [
    [form(1, "x", { reserved: 0x40 }), /reserved bit/],
    [form(1, "x", { reserved: 0x10 }), /reserved bit/],
    [form(3, "x", {}), /unknown opcode/],
    [form(11, "x", {}), /unknown opcode/],
    [form(1, "x", { mask: Buffer.from("mask") }), /masked/],
    [form(9, "x", { final: false }), /fragmented control/],
    [form(9, "x".repeat(126), {}), /control frame of more than 125/],
    [form(1, "x", { lengthBytes: 2 }), /shortest form/],
    [form(1, "x", { lengthBytes: 8 }), /shortest form/],
    [form(1, "", { lengthBytes: 8, length: 65535n }), /shortest form/],
    [form(1, "", { lengthBytes: 8, length: 1n << 63n }), /2\^63 bytes/],
    [form(0, "x", {}), /nothing to continue/],
    [Buffer.concat([form(1, "x", { final: false }), form(1, "y", {})]), /within a message/],
    [frame(8, "x"), /malformed close/],
    [closeFrame(1005), /malformed close/],
    [closeFrame(999), /malformed close/],
    [closeFrame(2000), /malformed close/],
    [closeFrame(5000), /malformed close/],
  ];
  for (const [bytes, words] of cases) fails(bytes, 1002, words);
  fails(closeFrame(1000), 1000, /closed by the/);
  fails(frame(8, Buffer.of(3, 232, 0xff)), 1007, /not UTF-8/);
});

test("WS-07: bounds the length of a message, announced or in fragments", () => {
  open();
  assert.equal(messages(frame(opcodes.binary, Buffer.alloc(MAXIMUM)))[0].length, MAXIMUM + 7);
  const announced = frame(opcodes.text, "", { lengthBytes: 8, length: 1n << 40n });
  fails(announced, 1009, /longer than 1000 bytes/);
  const part = frame(opcodes.text, "x".repeat(600), { final: false });
  const more = frame(opcodes.continuation, "x".repeat(401));
  fails(Buffer.concat([part, more]), 1009, /longer than 1000 bytes/);
});

test("WS-10: reads nothing while a message waits", () => {
  open();
  const one = frame(opcodes.text, "x".repeat(100));
  push(Buffer.concat([one, one, one]));
  assert.equal(wasm.unread(), 204);
  wasm.poll(100n * SECOND);
  assert.equal(wasm.unread(), 204);
  assert.equal(wasm.state(), states.open, "a stalled reader is not a silent server");
  assert.ok(take());
  assert.equal(wasm.pollAt(), 0n);
  wasm.poll(100n * SECOND);
  assert.equal(wasm.unread(), 102);
});

test("WS-08: answers only the last of many pings, and bounds the frames of a turn", () => {
  open();
  wasm.limit(0, 0xffffffff);
  const pings = Array.from({ length: 2000 }, (_, i) => frame(opcodes.ping, `${i}`));
  wasm.push(...writeBytes(wasm, Buffer.concat(pings)));
  wasm.poll(0n);
  assert.ok(wasm.unread() > 0);
  assert.equal(wasm.pollAt(), 0n);
  for (let turn = 0; turn < 10; turn++) wasm.poll(0n);
  assert.equal(wasm.unread(), 0);
  wasm.limit(0xffffffff, 0xffffffff);
  wasm.poll(0n);
  wasm.poll(0n);
  const { frames } = readFrames(sent());
  assert.ok(frames.length <= 2, `${frames.length} pongs`);
  assert.equal(frames.at(-1)?.payload.toString(), "1999");
});

test("WS-09: pings a silent server, and gives up if that stays unanswered", () => {
  open();
  assert.equal(wasm.pollAt(), 30n * SECOND);
  wasm.poll(30n * SECOND);
  assert.deepEqual(
    readFrames(sent()).frames.map((one) => one.opcode),
    [opcodes.ping],
  );
  push(frame(opcodes.pong, ""), Infinity, 31n * SECOND);
  wasm.poll(61n * SECOND);
  assert.deepEqual(
    readFrames(sent()).frames.map((one) => one.opcode),
    [opcodes.ping],
  );
  wasm.poll(80n * SECOND);
  assert.equal(wasm.state(), states.open);
  wasm.poll(81n * SECOND);
  assert.equal(reason(), "the server does not answer pings");
  assert.equal(wasm.state(), states.closed);
});

test("WS-11: closes in both directions, whoever begins", () => {
  open();
  wasm.close();
  wasm.poll(0n);
  assert.equal(readFrames(sent()).frames[0].payload.readUInt16BE(), 1000);
  assert.equal(wasm.send(...writeText(wasm, "late"), true), 0);
  push(Buffer.concat([frame(opcodes.text, "late"), frame(opcodes.ping, "late")]));
  assert.equal(take(), "");
  assert.equal(sent().length, 0, "nothing is sent after a close frame");
  push(closeFrame(1000));
  assert.equal(wasm.state(), states.closing);
  wasm.finish(false);
  wasm.poll(0n);
  assert.deepEqual([wasm.state(), reason()], [states.closed, ""]);
  assert.equal(string(wasm.ending()), "released");

  open();
  push(closeFrame(1001, "going away"));
  wasm.poll(0n);
  assert.equal(reason(), "closed by the server (1001): going away");
  assert.equal(readFrames(sent()).frames[0].payload.readUInt16BE(), 1001);
  wasm.poll(2n * SECOND);
  assert.equal(wasm.state(), states.closed);

  open();
  push(closeFrame());
  wasm.poll(0n);
  assert.equal(reason(), "closed by the server");
  assert.equal(readFrames(sent()).frames[0].payload.length, 0);

  open();
  wasm.close();
  wasm.poll(0n);
  wasm.poll(2n * SECOND);
  assert.equal(wasm.state(), states.closed, "a server that does not confirm");
  assert.equal(string(wasm.ending()), "aborted");
});
