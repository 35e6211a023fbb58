/** The ICMP echo client (net/socket/echo.ts) with Node as the peer. */
import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";
import { address, internetSum } from "../../../lab/packets/bytes.ts";
import { load, readBytes, writeBytes } from "../../../lab/scripted/assembly.ts";

const wasm = await load("tests/lab/entries/udp.ts");
const gateway = address("10.0.2.2");

beforeEach(() => wasm.reset(3));

function request(index: number): Buffer {
  return readBytes(wasm, wasm.sentPointer(index), wasm.sentLength(index));
}

/** Passes a message to the table, and reports whether it was accepted. */
function arrive(bytes: Buffer, now = 0n): boolean {
  return wasm.echoArrive(now, gateway, 64, ...writeBytes(wasm, bytes)) === 0;
}

function replyTo(bytes: Buffer): Buffer {
  const reply = Buffer.from(bytes);
  reply[0] = 0;
  return reply;
}

test("a request contains identifier, sequence number and a correct checksum", () => {
  const socket = wasm.echoOpen();
  for (const length of [0, 7, 8, 56, 1472, 1473, 65507]) {
    wasm.reset(3);
    const fresh = wasm.echoOpen();
    assert.equal(wasm.echoSend(fresh, gateway, 5, length, 1234n), 1);
    assert.equal(wasm.echoDispatch(), 0);
    const bytes = request(0);
    assert.equal(bytes.length, 8 + length);
    assert.equal(bytes[0], 8);
    assert.equal(bytes.readUInt16BE(4), wasm.echoIdentifier(fresh));
    assert.equal(bytes.readUInt16BE(6), 5);
    assert.equal(internetSum(bytes), 0xffff);
    assert.equal(wasm.sentProtocol(0), 1);
  }
  assert.equal(wasm.echoSend(socket, gateway, 1, 65508, 0n), 0);
});

test("reads sequence number, sender, TTL and request time from a reply", () => {
  const socket = wasm.echoOpen();
  wasm.echoSend(socket, gateway, 9, 56, 777n);
  wasm.echoDispatch();
  const reply = replyTo(request(0));
  assert.equal(wasm.echoArrive(1000n, gateway, 63, ...writeBytes(wasm, reply)), 0);
  assert.equal(wasm.echoReceive(socket), 1);
  assert.equal(wasm.echoSequence(socket), 9);
  assert.equal(wasm.echoFrom(socket) >>> 0, gateway);
  assert.equal(wasm.echoTtl(socket), 63);
  assert.equal(wasm.echoTime(socket), 777n);
  assert.equal(wasm.echoKind(socket), -1);
  assert.equal(wasm.echoReceive(socket), 0);
  reply.writeUInt16BE((wasm.echoIdentifier(socket) + 1) & 0xffff, 4);
  assert.notEqual(wasm.echoArrive(0n, gateway, 63, ...writeBytes(wasm, reply)), 0, "not ours");
  const short = replyTo(request(0)).subarray(0, 12);
  assert.equal(wasm.echoArrive(0n, gateway, 63, ...writeBytes(wasm, short)), 0);
  wasm.echoReceive(socket);
  assert.equal(wasm.echoTime(socket), -1n, "too short to contain the time");
});

test("accepts only replies that match a request in code, number, data and time", () => {
  const socket = wasm.echoOpen();
  wasm.echoSend(socket, gateway, 9, 56, 777n);
  wasm.echoDispatch();
  const reply = replyTo(request(0));
  /** Returns the reply with one byte changed. */
  const replyWith = (at: number, value: number) => {
    const copy = Buffer.from(reply);
    copy[at] = value;
    return copy;
  };
  const wrong = {
    "code 3": replyWith(1, 3),
    "a number that was not sent": replyWith(7, 10),
    "other data": replyWith(63, 0),
    "a time before the first request": replyWith(15, 0x80),
    "more data": Buffer.concat([reply, Buffer.of(56)]),
  };
  for (const [what, bytes] of Object.entries(wrong))
    assert.equal(arrive(bytes, 1000n), false, what);
  assert.equal(arrive(reply, 776n), false, "a future time");
  assert.equal(wasm.echoReceive(socket), 0);
  assert.equal(arrive(reply, 777n), true);
  wasm.echoError(5, gateway, gateway, writeBytes(wasm, request(0).subarray(0, 8))[0]);
  assert.equal(wasm.echoReceive(socket), 1);
  assert.equal(wasm.echoReceive(socket), 1, "an error about a sent request");
  wasm.echoError(
    5,
    gateway,
    gateway,
    writeBytes(wasm, replyWith(0, 8).fill(10, 7, 8).subarray(0, 8))[0],
  );
  assert.equal(wasm.echoReceive(socket), 0, "an error about an unsent request");
});

test("reports a second reply as duplicate until its number is reused", () => {
  const socket = wasm.echoOpen();
  const duplicates: number[] = [];
  for (const answers of [3, 2]) {
    wasm.echoSend(socket, gateway, 0x10001, 4, 0n);
    wasm.echoDispatch();
    for (let i = 0; i < answers; i++) assert.equal(arrive(replyTo(request(0))), true);
    while (wasm.echoReceive(socket)) duplicates.push(wasm.echoDuplicate(socket));
  }
  assert.deepEqual(duplicates, [0, 1, 1, 0, 1]);
  assert.equal(wasm.echoTime(socket), -1n, "the request had no room for the time");
});

test("reports an error with its kind and sender", () => {
  const socket = wasm.echoOpen();
  wasm.echoSend(socket, gateway, 4, 56, 0n);
  wasm.echoDispatch();
  const quote = request(0).subarray(0, 8);
  const router = address("10.0.2.1");
  wasm.echoError(5, router, gateway, writeBytes(wasm, quote)[0]);
  assert.equal(wasm.echoReceive(socket), 1);
  assert.equal(wasm.echoKind(socket), 5);
  assert.equal(wasm.echoSequence(socket), 4);
  assert.equal(wasm.echoFrom(socket) >>> 0, router);
  quote[0] = 0;
  wasm.echoError(5, router, gateway, writeBytes(wasm, quote)[0]);
  assert.equal(wasm.echoReceive(socket), 0, "a quoted reply is not a request");
});

test("bounds unread replies and sockets", () => {
  const socket = wasm.echoOpen();
  wasm.echoSend(socket, gateway, 1, 8, 0n);
  wasm.echoDispatch();
  const [pointer, length] = writeBytes(wasm, replyTo(request(0)));
  let kept = 0;
  for (let i = 0; i < 5000; i++) {
    if (wasm.echoArrive(0n, gateway, 64, pointer, length) === 0) kept++;
  }
  assert.ok(kept > 100 && kept < 1000, `${kept} replies kept`);
  wasm.echoClose(socket);
  wasm.echoClose(socket);
  for (let i = 0; i < 8; i++) assert.notEqual(wasm.echoOpen(), 0);
  assert.equal(wasm.echoOpen(), 0);
  assert.equal(wasm.echoCount(), 8);
});
