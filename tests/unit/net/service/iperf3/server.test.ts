/** The iperf3 server on scripted streams: tests, visitors, and clients that misbehave. */
import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";
import { Iperf3Bench, message, results, state } from "../../../../lab/scripted/iperf3.ts";
import { Failure, Status } from "../../../../lab/scripted/streams.ts";

const bench = await Iperf3Bench.load();
const cookie = Buffer.from(`${"c".repeat(36)}\0`);
const other = Buffer.from(`${"d".repeat(36)}\0`);
const usual = { tcp: true, omit: 0, time: 2, num: 0, blockcount: 0, parallel: 1 };
const RULE = "- - - - - - - - - - - - - - - - - - - - - - - - -";

/** Connects a client, and brings the server to CreateStreams; returns its control stream. */
function negotiate(parameters = {}): number {
  const control = bench.connect(cookie);
  assert.deepEqual([...bench.sent(control)], [state.parameterExchange]);
  bench.send(control, message({ ...usual, ...parameters }));
  assert.deepEqual([...bench.sent(control)], [state.createStreams]);
  return control;
}

/** Brings the server to a test with one stream; returns its control and data streams. */
function running(parameters = {}): [number, number] {
  const control = negotiate(parameters);
  const data = bench.connect(cookie);
  assert.deepEqual([...bench.sent(control)], [state.testStart, state.testRunning]);
  return [control, data];
}

/** Checks that the test has failed for that reason, and that the server is ready for another. */
function failed(reason: string): void {
  assert.equal(bench.lines().at(-1), `error - ${reason}`);
  assert.equal(bench.wasm.tests(), 1);
  for (let i = 0; i < bench.wasm.count(); i++) assert.equal(bench.text("ending", i), "released");
  negotiate();
}

beforeEach(() => bench.server());

test("receives, exchanges results, and is ready for the next test", () => {
  const [control, data] = running();
  bench.send(data, Buffer.alloc(70_000));
  bench.pass(2);
  bench.send(control, state.testEnd);
  assert.deepEqual([...bench.sent(control)], [state.exchangeResults]);
  bench.send(control, message(results([80_000], 0)));
  const sent = bench.sent(control);
  assert.equal(sent.at(-1), state.displayResults);
  const own = JSON.parse(sent.toString("utf8", 4, sent.length - 1));
  assert.equal(own.sender_has_retransmits, -1);
  assert.deepEqual([own.streams[0].id, own.streams[0].bytes], [1, 70_000]);
  assert.deepEqual([own.streams[0].start_time, own.streams[0].end_time], [0, 2]);
  bench.send(control, state.done);
  assert.equal(bench.text("ending", control), "released");
  assert.equal(bench.wasm.tests(), 1);
  assert.deepEqual(bench.lines().slice(2), [
    RULE,
    "[ ID] Interval           Transfer     Bitrate",
    "[  5]   0.00-2.00   sec  68.4 KBytes   280 Kbits/sec                  receiver",
  ]);
  running();
});

test("sends with reverse: as fast as it can, up to num bytes, or at a bandwidth", () => {
  const [, fast] = running({ reverse: true });
  assert.equal(bench.wasm.total(fast), 100_000n);
  bench.wasm.setRoom(fast, 1_000_000, false);
  bench.pass(0.01);
  assert.equal(bench.wasm.total(fast), 1_100_000n);
  bench.server();
  const [, some] = running({ reverse: true, num: 12_345, time: 0 });
  bench.pass(0.01);
  assert.equal(bench.wasm.total(some), 12_345n);
  bench.server();
  const [, slow] = running({ reverse: true, bandwidth: 800_000 });
  bench.wasm.setRoom(slow, 10_000_000, false);
  for (let i = 0; i < 1000; i++) bench.pass(0.001);
  const total = Number(bench.wasm.total(slow));
  assert.ok(total >= 100_000 && total <= 120_000, `${total} bytes in a second`);
});

test("does not count what arrives in the time to omit", () => {
  const [control, data] = running({ omit: 1 });
  bench.send(data, Buffer.alloc(5000));
  bench.pass(1);
  bench.send(data, Buffer.alloc(300));
  bench.pass(1);
  bench.send(control, state.testEnd, message(results([300], 0)));
  const sent = bench.sent(control).subarray(1);
  const { streams } = JSON.parse(sent.toString("utf8", 4, sent.length - 1));
  assert.deepEqual([streams[0].bytes, streams[0].end_time], [300, 1]);
});

test("sends num bytes after the time to omit, in which it sends as fast as it can", () => {
  const [, data] = running({ reverse: true, num: 12_345, time: 0, omit: 1 });
  bench.pass(0.01);
  assert.equal(bench.wasm.total(data), 100_000n);
  bench.pass(1);
  bench.wasm.setRoom(data, 100_000, false);
  bench.pass(0.01);
  assert.equal(bench.wasm.total(data), 112_345n);
});

test("reports intervals if asked to", () => {
  bench.server(1_000_000);
  const [control, data] = running();
  bench.send(data, Buffer.alloc(1000));
  bench.pass(1);
  bench.send(data, Buffer.alloc(2000));
  bench.pass(0.5);
  bench.send(control, state.testEnd);
  assert.deepEqual(bench.lines().slice(3, 5), [
    "[  5]   0.00-1.00   sec  1000 Bytes  8.00 Kbits/sec                  ",
    "[  5]   1.00-1.50   sec  1.95 KBytes  32.0 Kbits/sec                  ",
  ]);
});

test("waits for all streams of the test, in any pieces, and denies other cookies", () => {
  const control = negotiate({ parallel: 2 });
  const first = bench.connect(cookie.subarray(0, 20));
  const stranger = bench.connect(other);
  assert.deepEqual([...bench.sent(stranger)], [state.accessDenied]);
  assert.equal(bench.text("ending", stranger), "closed");
  bench.end(stranger);
  assert.equal(bench.text("ending", stranger), "released");
  bench.send(first, cookie.subarray(20));
  assert.equal(bench.sent(control).length, 0);
  const second = bench.connect(cookie);
  assert.deepEqual([...bench.sent(control)], [state.testStart, state.testRunning]);
  for (const late of [cookie, other, Buffer.of()]) {
    const visitor = bench.connect(late);
    assert.deepEqual([...bench.sent(visitor)], [state.accessDenied]);
  }
  assert.equal(bench.text("ending", first), "open");
  assert.equal(bench.text("ending", second), "open");
});

test("silent visitors are bounded in number and time, and do not disturb the test", () => {
  const control = negotiate();
  const silent = Array.from({ length: 40 }, () => bench.connect());
  bench.pass(1);
  const open = () => silent.filter((one) => bench.text("ending", one) === "open").length;
  assert.equal(open(), 16);
  const data = bench.connect(cookie);
  assert.deepEqual([...bench.sent(control)], [state.testStart, state.testRunning]);
  assert.equal(open(), 0); // denied, and waited for
  bench.pass(30);
  for (const one of silent) assert.equal(bench.text("ending", one), "released");
  assert.equal(bench.text("ending", data), "open");
});

test("silent connections before a test's streams are released in time", () => {
  negotiate();
  const silent = bench.connect();
  bench.pass(30);
  assert.equal(bench.text("ending", silent), "released");
});

test("a test that it cannot run is refused with iperf3's code", () => {
  const cases = [
    { tcp: undefined, udp: true },
    { bidirectional: true },
    { parallel: 0 },
    { parallel: 129 },
    { parallel: 4294967297 },
    { parallel: "x" },
    { time: -1 },
    { time: 86_401 },
    { num: -1 },
    { omit: 601 },
    { TOS: 256 },
  ];
  for (const wrong of cases) {
    bench.server();
    const control = bench.connect(cookie);
    bench.sent(control);
    bench.send(control, message({ ...usual, ...wrong }));
    assert.deepEqual([...bench.sent(control)], [state.serverError, 0, 0, 0, 13, 0, 0, 0, 0]);
    failed("the client asks for a test that is not implemented");
  }
});

test("clients that end, are silent or talk nonsense end only their test", () => {
  const stages: [string, () => number][] = [
    ["before the cookie", () => bench.connect()],
    ["in the cookie", () => bench.connect(cookie.subarray(0, 36))],
    ["before the parameters", () => bench.connect(cookie)],
    ["in the length", () => bench.connect(Buffer.concat([cookie, Buffer.alloc(3)]))],
    [
      "in the parameters",
      () => bench.connect(Buffer.concat([cookie, message(usual).subarray(0, 30)])),
    ],
    ["before the data streams", () => negotiate()],
    ["in the test", () => running()[0]],
    [
      "before the results",
      () => {
        const [control] = running();
        bench.send(control, state.testEnd);
        return control;
      },
    ],
  ];
  for (const [, stage] of stages) {
    bench.server();
    bench.end(stage());
    failed("control socket has closed unexpectedly");
    bench.server();
    bench.end(stage(), Status.Failed, Failure.Reset);
    failed("unable to receive control message: scripted failure");
    bench.server();
    stage();
    bench.pass(125);
    failed("idle timeout for receiving data");
  }
});

test("states out of order and bad messages end only the test", () => {
  for (const [bytes, reason] of [
    [Buffer.of(0, 1, 0, 1), "received a message of invalid length: 65537 bytes"],
    [message("nonsense"), "received invalid JSON: expected null at byte 1"],
    [message('"text"'), "received invalid JSON: expected an object"],
  ] as const) {
    bench.server();
    bench.connect(Buffer.concat([cookie, bytes]));
    failed(reason);
  }
  for (const byte of [0, state.testStart, state.done, state.accessDenied, 99]) {
    bench.server();
    bench.send(running()[0], byte);
    failed("received an unknown control message");
  }
  bench.server();
  bench.send(negotiate(), state.testEnd);
  failed("received an unknown control message");
  bench.server();
  bench.send(running()[0], state.clientTerminate);
  failed("the client has terminated");
});

test("a data stream that ends in the test ends it, and so does a client that never ends", () => {
  bench.end(running()[1], Status.Failed, Failure.Reset);
  failed("unable to read from stream socket: scripted failure");
  bench.server();
  const [, data] = running({ time: 100 });
  for (let i = 0; i < 139; i++) {
    bench.pass(1);
    bench.send(data, Buffer.alloc(10));
  }
  assert.equal(bench.wasm.tests(), 0);
  bench.pass(1);
  failed("idle timeout for receiving data");
});

test("closing ends the test with ServerTerminate", () => {
  const [control, data] = running();
  const visitor = bench.connect();
  bench.sent(control);
  bench.wasm.close();
  assert.deepEqual([...bench.sent(control)], [state.serverTerminate]);
  for (const one of [control, data, visitor]) assert.equal(bench.text("ending", one), "released");
});

test("pollAt is the earliest deadline", () => {
  const at = () => Number(bench.wasm.pollAt(BigInt(bench.now)) - BigInt(bench.now));
  assert.ok(at() > 1e15);
  bench.connect();
  assert.equal(at(), 30e6);
  bench.server(500_000);
  running();
  assert.equal(at(), 500_000);
  bench.server();
  running({ time: 10 });
  assert.equal(at(), 50e6);
  bench.server();
  running({ time: 0 });
  assert.equal(at(), 120e6);
});
