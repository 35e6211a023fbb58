/** TCP's buffers: they grow with what a connection carries, and cost only what they hold. */
import assert from "node:assert/strict";
import test from "node:test";
import { load, readString } from "../../../../lab/scripted/assembly.ts";
import { Bench, pattern, State } from "../../../../lab/scripted/tcp.ts";

const wasm = await load("tests/lab/entries/tcp.ts");
const RESERVE = 1024 * 1024;
const PAGE = 16 * 1024;
/** MSS 1460 and a window scale of 7. */
const SCALED = [2, 4, 5, 180, 1, 3, 3, 7];

/** The peer's data stream, in full segments, as far as the window allows. */
class Stream {
  sent = 0;
  window = 65535;

  constructor(readonly bench: Bench) {}

  /** Sends up to `bytes`; returns how many. */
  send(bytes: number): number {
    const start = this.sent;
    while (this.sent - start < bytes && this.sent < this.edge) {
      const length = Math.min(1460, bytes - (this.sent - start), this.edge - this.sent);
      this.bench.inject("A", this.sent, 0, { payload: pattern(length) });
      this.sent += length;
    }
    for (const { acknowledgment, window } of this.bench.out()) {
      this.acknowledged = (acknowledgment - this.bench.peerInitial - 1) >>> 0;
      this.window = window * 64;
    }
    return this.sent - start;
  }

  acknowledged = 0;
  get edge(): number {
    return this.acknowledged + this.window;
  }
}

test("without memory, data is dropped and counted, and arrives when there is some", () => {
  const bench = new Bench(wasm).establish(SCALED);
  wasm.setFreeBytes(RESERVE);
  const inject = (at: number) =>
    wasm.dropName(bench.inject("A", at, 0, { payload: pattern(1000) }));
  let next = 0;
  while (readString(wasm.memory, inject(next)) === "none") {
    bench.out();
    next += 1000;
  }
  assert.equal(readString(wasm.memory, inject(next)), "tcp-memory");
  wasm.setFreeBytes(RESERVE + PAGE);
  assert.equal(readString(wasm.memory, inject(next)), "none");
  assert.equal(bench.read().length, next + 1000);
});

test("the receive window grows with what the user reads in a round trip, up to 4 MiB", () => {
  const bench = new Bench(wasm);
  bench.connect();
  bench.now += 50_000;
  bench.send("SA", -1, 0, { options: SCALED });
  const stream = new Stream(bench);
  const windows: number[] = [];
  for (let round = 0; round < 12; round++) {
    bench.now += 50_000;
    stream.send(1 << 23);
    while (bench.read(1 << 20).length > 0);
    for (const { window } of bench.out()) stream.window = window * 64;
    windows.push(stream.window);
  }
  assert.ok(windows[0] <= 256 * 1024, windows.join());
  for (let i = 1; i < windows.length; i++) {
    assert.ok(windows[i] >= windows[i - 1], windows.join());
  }
  assert.ok(Math.max(...windows) > 3 << 20, windows.join());
  assert.ok(Math.max(...windows) <= 4 << 20, windows.join());
});

test("a user that reads little in a round trip gets no larger window", () => {
  const bench = new Bench(wasm);
  bench.connect();
  bench.now += 10_000;
  bench.send("SA", -1, 0, { options: SCALED });
  const stream = new Stream(bench);
  for (let round = 0; round < 200; round++) {
    bench.now += 10_000;
    stream.send(20_000);
    bench.read(20_000);
    for (const { window } of bench.out()) stream.window = window * 64;
  }
  assert.ok(stream.window <= 131072, `${stream.window}`);
});

test("the send buffer grows with cwnd, to four times cwnd at most and up to 4 MiB", () => {
  const bench = new Bench(wasm).establish(SCALED);
  const data = pattern(1 << 20);
  const room = () => wasm.writable(bench.connection) + wasm.unacknowledgedBytes(bench.connection);
  assert.equal(room(), 64 * 1024);
  let acked = 0;
  for (let round = 0; round < 40; round++) {
    while (bench.write(data) > 0);
    bench.now += 10_000;
    bench.out();
    const end = bench.maximumOf();
    // The peer acknowledges every eight segments.
    for (; acked < end; acked += 8 * 1460) bench.inject("A", 0, Math.min(acked, end));
    bench.send("A", 0, end);
    acked = end;
    const most = Math.max(64 * 1024, 4 * wasm.congestionWindow(bench.connection));
    assert.ok(room() <= most, `${room()} for a window of ${most / 4}`);
  }
  assert.equal(room(), 4 << 20);
  assert.equal(bench.state, State.Established);
});

test("an idle connection holds no page", () => {
  const bench = new Bench(wasm).establish(SCALED);
  const stream = new Stream(bench);
  assert.equal(wasm.pagesUsed(bench.connection), 0);
  stream.send(40_000);
  assert.equal(wasm.pagesUsed(bench.connection), Math.ceil(40_000 / PAGE));
  bench.read();
  assert.equal(wasm.pagesUsed(bench.connection), 0);
  bench.write(pattern(14_600));
  bench.out();
  assert.equal(wasm.pagesUsed(bench.connection), 1);
  bench.send("A", 40_000, 14_600);
  assert.equal(wasm.pagesUsed(bench.connection), 0);
});

test("with little memory, takes data in order but none beyond a gap, and no window grows", () => {
  const bench = new Bench(wasm);
  wasm.setFreeBytes(RESERVE + 7 * PAGE);
  bench.establish(SCALED);
  bench.inject("A", 5000, 0, { payload: pattern(1000) });
  assert.equal(wasm.pieces(bench.connection), 0);
  const stream = new Stream(bench);
  for (let round = 0; round < 10; round++) {
    bench.now += 50_000;
    stream.send(100_000);
    while (bench.read(1 << 20).length > 0);
    for (const { window } of bench.out()) stream.window = window * 64;
  }
  assert.ok(stream.acknowledged > 500_000);
  assert.ok(stream.window <= 131072);
});
