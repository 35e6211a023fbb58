/** Lingering closes of TLS connections after alerts: TLS-01, TLS-56. */
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { flags, record, TlsBench } from "../../../../lab/scripted/tls.ts";

const SECOND = 1_000_000n;
const NEVER = (1n << 63n) - 1n;
const MOST = 256 * 1024;

const bench = await TlsBench.load();
const { wasm, text, connect, push, finish } = bench;
beforeEach(() => bench.reset());

/** Fails a handshake with an alert, and has the user give up. */
const alerted = () => {
  const stream = connect();
  wasm.poll(bench.now);
  wasm.sent(stream);
  push(stream, Buffer.concat([record("X", flags(8)), Buffer.from("more that nobody reads")]));
  assert.ok(text(wasm.sent(stream)).includes("A\0\x01"));
  wasm.abort(stream);
  assert.equal(wasm.live(), 0);
  assert.equal(text(wasm.ending(stream)), "closed");
  return stream;
};

test("TLS-01, TLS-56: closes after an alert, and discards input until the peer closes", () => {
  const stream = alerted();
  assert.equal(wasm.unreadBelow(stream), 0);
  push(stream, Buffer.alloc(10_000));
  assert.equal(wasm.unreadBelow(stream), 0);
  assert.equal(text(wasm.ending(stream)), "closed");
  finish(stream);
  assert.equal(text(wasm.ending(stream)), "released");
  wasm.poll(bench.now);
  assert.equal(wasm.pollAt(), NEVER);
});

test("TLS-56: discards input after an alert for 2 s", () => {
  const stream = alerted();
  wasm.poll(bench.now);
  assert.equal(wasm.pollAt(), bench.now + 2n * SECOND);
  bench.now += 2n * SECOND - 1n;
  push(stream, Buffer.alloc(1));
  assert.equal(text(wasm.ending(stream)), "closed");
  bench.now += 1n;
  wasm.poll(bench.now);
  assert.equal(text(wasm.ending(stream)), "released");
});

test("TLS-56: discards at most 256 KiB after an alert", () => {
  const stream = alerted();
  for (let sent = 0; sent < MOST - 20_000; sent += 10_000) push(stream, Buffer.alloc(10_000));
  assert.equal(text(wasm.ending(stream)), "closed");
  push(stream, Buffer.alloc(20_000));
  assert.equal(text(wasm.ending(stream)), "released");
  assert.ok(wasm.unreadBelow(stream) > 0);
});

test("TLS-56: closes at once when the peer has sent the alert (RFC 8446 section 6)", () => {
  const stream = connect();
  wasm.poll(bench.now);
  push(stream, record("A", Buffer.from([40])));
  wasm.abort(stream);
  assert.equal(text(wasm.ending(stream)), "aborted");
});

test("TLS-56: 32 connections discard input after an alert; others end at once", () => {
  const streams = Array.from({ length: 32 }, alerted);
  const last = connect();
  wasm.poll(bench.now);
  push(last, record("X", flags(8)));
  wasm.abort(last);
  assert.equal(text(wasm.ending(last)), "released");
  for (const stream of streams) finish(stream);
  for (const stream of streams) assert.equal(text(wasm.ending(stream)), "released");
});
