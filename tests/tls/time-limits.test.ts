/** Silent peers, and peers that send a byte now and then: TLS-33, TLS-44 (RFC 8446 section 4). */
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Failure, Status } from "../lab/scripted/streams.ts";
import { data, record, TlsBench } from "../lab/scripted/tls.ts";
import { APPLICATION_DATA } from "./peer/keys.ts";
import { greet } from "./peer/serve.ts";
import { Stage } from "./peer/stage.ts";
import { assertModest } from "./peer/verdict.ts";

const SECOND = 1_000_000n;
const WORDS = "TLS handshake timed out after 30 s";
const stage = new Stage();
const bench = await TlsBench.load();
beforeEach(() => bench.reset());

/** Asserts that the stream has timed out, and that aborting it frees everything. */
function assertTimedOut(stream: number): void {
  const { wasm } = bench;
  assert.equal(wasm.status(stream), Status.Failed);
  assert.equal(wasm.failureKind(stream), Failure.TimedOut);
  assert.equal(bench.text(wasm.failure(stream)), WORDS);
  wasm.abort(stream);
  assert.equal(bench.text(wasm.ending(stream)), "aborted");
  assert.equal(wasm.live(), 0);
}

for (const [interval, title] of [
  [10n, "every ten seconds"],
  [1n, "every second"],
] as const) {
  test(`TLS-33: times out after 30 s despite a byte ${title}`, () => {
    const { wasm } = bench;
    const stream = bench.connect();
    wasm.poll(bench.now);
    const start = bench.now;
    for (const byte of record("H", Buffer.alloc(60))) {
      if (bench.now + interval * SECOND >= start + 30n * SECOND) break;
      bench.now += interval * SECOND;
      bench.push(stream, Uint8Array.of(byte));
      assert.equal(wasm.status(stream), Status.Connecting, String(bench.now - start));
    }
    bench.now = start + 30n * SECOND - 1n;
    wasm.poll(bench.now);
    assert.equal(wasm.status(stream), Status.Connecting);
    bench.now++;
    wasm.poll(bench.now);
    assertTimedOut(stream);
  });
}

test("TLS-44: times out after 30 s of silence", () => {
  const { wasm } = bench;
  const stream = bench.connect();
  wasm.poll(bench.now);
  assert.equal(wasm.pollAt(), bench.now + 30n * SECOND);
  bench.now += 30n * SECOND;
  wasm.poll(bench.now);
  assertTimedOut(stream);
});

test("TLS-33: an open stream does not time out by itself", () => {
  const stream = bench.open();
  assert.equal(bench.wasm.pollAt(), (1n << 63n) - 1n);
  bench.now += 3600n * SECOND;
  bench.push(stream, data("late"));
  assert.equal(bench.text(bench.wasm.readAll(stream, 0, bench.now)), "late");
});

test("TLS-33: accepts input byte by byte at little cost", async () => {
  const afterwards = async (session: Parameters<typeof greet>[0]) => {
    for (const byte of session.wire.record(APPLICATION_DATA, Buffer.from("slow "))) {
      await session.wire.raw(Uint8Array.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await greet(session);
  };
  const visit = await stage.visit({ afterwards }, "chunk=1");
  assert.equal(visit.report.number("received"), "slow hello".length, visit.report.text);
  assertModest(visit);
});
