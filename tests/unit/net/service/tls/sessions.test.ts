/** TLS session resumption: servers, number of uses, lifetime. */
import assert from "node:assert/strict";
import { beforeEach, suite, test } from "node:test";
import { writeText } from "../../../../lab/scripted/assembly.ts";
import { Failure } from "../../../../lab/scripted/streams.ts";
import { data, record, TlsBench } from "../../../../lab/scripted/tls.ts";

const SECOND = 1_000_000n;

const bench = await TlsBench.load();
const { wasm, text, connect, push, open } = bench;
beforeEach(() => bench.reset());

suite("TLS sessions", () => {
  test("offers a session to the same name and port only, and only once (TLS-41)", () => {
    const first = open("a.test");
    push(first, record("T"));
    assert.equal(wasm.sessions(), 1);
    connect("b.test");
    assert.equal(text(wasm.offered()), "");
    connect("a.test", false, 8443);
    assert.equal(text(wasm.offered()), "");
    connect("A.Test.");
    assert.equal(text(wasm.offered()), "ticket");
    connect("a.test");
    assert.equal(text(wasm.offered()), "");
  });

  test("keeps two sessions per server", () => {
    const stream = open("a.test");
    for (let i = 0; i < 5; i++) push(stream, record("T"));
    assert.equal(wasm.sessions(), 2);
    push(stream, Buffer.concat([record("T"), record("T"), data("x")]));
    assert.equal(wasm.sessions(), 2);
    for (const offered of ["ticket", "ticket", ""]) {
      connect("a.test");
      assert.equal(text(wasm.offered()), offered);
    }
  });

  test("a handshake that fails with a session has its own failure, and ends all sessions", () => {
    const stream = open("a.test");
    push(stream, Buffer.concat([record("T"), record("T")]));
    for (const kind of [Failure.Session, Failure.Protocol]) {
      const again = connect("a.test");
      wasm.poll(bench.now);
      push(again, record("A", Uint8Array.of(70)));
      assert.equal(wasm.failureKind(again), kind);
      assert.equal(text(wasm.failure(again)), "TLS: the peer sent alert protocol_version (70)");
      assert.equal(wasm.sessions(), 0);
    }
  });

  test("keeps the remaining session after a failure that follows the handshake", () => {
    push(open("a.test"), Buffer.concat([record("T"), record("T")]));
    const resumed = open("a.test");
    push(resumed, record("A", Uint8Array.of(20)));
    assert.equal(wasm.failureKind(resumed), Failure.Protocol);
    assert.equal(wasm.sessions(), 1);
  });

  test("reads data that follows tickets in the same turn", () => {
    const stream = open("a.test");
    push(stream, Buffer.concat([record("T"), record("T"), data("x")]));
    assert.equal(wasm.readable(stream), 1);
  });

  test("keeps at most 32 sessions, each for seven days", () => {
    assert.equal(wasm.fillSessions(40), 32);
    assert.equal(wasm.takeSession(...writeText(wasm, "h7"), 443, 0n), 0);
    assert.equal(wasm.takeSession(...writeText(wasm, "h8"), 443, 0n), 1);
    const week = 7n * 86_400n * SECOND;
    assert.equal(wasm.takeSession(...writeText(wasm, "h9"), 443, week - 1n), 1);
    assert.equal(wasm.takeSession(...writeText(wasm, "h10"), 443, week), 0);
  });

  test("an unverified connection neither keeps a session nor resumes one", () => {
    const unverified = open("a.test", true);
    push(unverified, record("T"));
    assert.equal(wasm.sessions(), 0);
    const good = open("a.test");
    push(good, record("T"));
    connect("a.test", true);
    assert.equal(text(wasm.offered()), "");
  });
});
