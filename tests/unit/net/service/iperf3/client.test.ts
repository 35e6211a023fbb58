/** The iperf3 client on scripted streams: each state, the report, and servers that misbehave. */
import assert from "node:assert/strict";
import test from "node:test";
import { Iperf3Bench, message, results, state } from "../../../../lab/scripted/iperf3.ts";
import { Failure, Status } from "../../../../lab/scripted/streams.ts";

const bench = await Iperf3Bench.load();
const MEBI = 1 << 20;
const RULE = "- - - - - - - - - - - - - - - - - - - - - - - - -";
const ROOM = 3 * MEBI;

/** Brings a client to the state TestRunning; its data streams accept `room` bytes. */
function running(options = {}, room = ROOM): void {
  const { parallel = 1 } = options as { parallel?: number };
  bench.client(options);
  bench.sent(0);
  bench.send(0, state.parameterExchange);
  bench.send(0, state.createStreams);
  for (let i = 1; i <= parallel; i++) {
    bench.sent(i);
    bench.wasm.setRoom(i, room, false);
  }
  bench.sent(0);
  bench.send(0, state.testStart, state.testRunning);
}

/** Returns why the client failed, and checks that it gave up all streams. */
function failed(ending = "released"): string {
  assert.ok(bench.wasm.done());
  for (let i = 0; i < bench.wasm.count(); i++) assert.equal(bench.text("ending", i), ending);
  return bench.text("failure");
}

test("sends a cookie, the parameters, and the cookie on each data stream", () => {
  bench.client({ parallel: 3 });
  const cookie = bench.sent(0);
  assert.match(cookie.toString(), /^[a-z2-7]{36}\0$/);
  bench.send(0, state.parameterExchange);
  const parameters = bench.sent(0);
  assert.equal(parameters.readUInt32BE(0), parameters.length - 4);
  const { tcp, time, num, parallel, reverse } = JSON.parse(parameters.toString("utf8", 4));
  assert.deepEqual([tcp, time, num, parallel, reverse], [true, 2, 0, 3, undefined]);
  bench.send(0, state.createStreams);
  assert.equal(bench.wasm.count(), 4);
  for (const i of [1, 2, 3]) assert.deepEqual(bench.sent(i), cookie);
});

test("sends for the time asked for, and prints iperf3's report", () => {
  running();
  bench.pass(1);
  bench.wasm.setRoom(1, MEBI / 2, false);
  bench.pass(1);
  assert.deepEqual([...bench.sent(0)], [state.testEnd]);
  bench.send(0, state.exchangeResults);
  const own = JSON.parse(bench.sent(0).toString("utf8", 4));
  assert.equal(own.sender_has_retransmits, 1);
  const { id, bytes, retransmits, end_time } = own.streams[0];
  assert.deepEqual([id, bytes, retransmits, end_time], [1, ROOM, 0, 2]);
  bench.send(0, message(results([ROOM - 5000], -1, 2.05)), state.displayResults);
  assert.deepEqual([...bench.sent(0)], [state.done]);
  assert.equal(failed(), "");
  assert.deepEqual(bench.lines(), [
    "Connecting to host a.test, port 5201",
    "[  5] ",
    "[ ID] Interval           Transfer     Bitrate         Retr  Cwnd",
    "[  5]   0.00-1.00   sec  3.00 MBytes  25.2 Mbits/sec    0   0.00 Bytes       ",
    "[  5]   1.00-2.00   sec  0.00 Bytes  0.00 bits/sec    0   0.00 Bytes       ",
    RULE,
    "[ ID] Interval           Transfer     Bitrate         Retr",
    "[  5]   0.00-2.00   sec  3.00 MBytes  12.6 Mbits/sec    0             sender",
    "[  5]   0.00-2.05   sec  3.00 MBytes  12.3 Mbits/sec                  receiver",
  ]);
});

test("counts what arrives with -R, and sums up parallel streams", () => {
  running({ parallel: 2, reverse: true, seconds: 1 });
  const data = Buffer.alloc(1000);
  bench.send(1, data, data);
  bench.send(2, data);
  bench.pass(1);
  bench.send(2, data); // late: dropped, and not counted
  bench.send(0, state.exchangeResults);
  const own = bench.sent(0).subarray(1);
  assert.equal(JSON.parse(own.toString("utf8", 4)).streams[1].bytes, 1000);
  bench.send(0, message(results([2500, 1500], 3, 1)), state.displayResults);
  assert.equal(failed(), "");
  const lines = bench.lines();
  assert.equal(lines[1], "Reverse mode, remote host a.test is sending");
  assert.deepEqual(lines.slice(4), [
    "[ ID] Interval           Transfer     Bitrate",
    "[  5]   0.00-1.00   sec  1.95 KBytes  16.0 Kbits/sec                  ",
    "[  7]   0.00-1.00   sec  1000 Bytes  8.00 Kbits/sec                  ",
    "[SUM]   0.00-1.00   sec  2.93 KBytes  24.0 Kbits/sec                  ",
    RULE,
    "[ ID] Interval           Transfer     Bitrate         Retr",
    "[  5]   0.00-1.00   sec  2.44 KBytes  20.0 Kbits/sec    3             sender",
    "[  5]   0.00-1.00   sec  1.95 KBytes  16.0 Kbits/sec                  receiver",
    "[  7]   0.00-1.00   sec  1.46 KBytes  12.0 Kbits/sec    3             sender",
    "[  7]   0.00-1.00   sec  1000 Bytes  8.00 Kbits/sec                  receiver",
    "[SUM]   0.00-1.00   sec  3.91 KBytes  32.0 Kbits/sec    6             sender",
    "[SUM]   0.00-1.00   sec  2.93 KBytes  24.0 Kbits/sec                  receiver",
  ]);
});

test("sends exactly the bytes of -n on all streams together", () => {
  running({ parallel: 2, bytes: 100_001 }, 70_000);
  bench.pass(0.1);
  assert.equal(bench.wasm.total(1) + bench.wasm.total(2), 100_001n + 2n * 37n);
  assert.deepEqual([...bench.sent(0)], [state.testEnd]);
});

test("explains why it cannot connect", () => {
  bench.wasm.startClient(1, 2n, 0n, false);
  bench.wasm.streamsAre(Status.Connecting);
  bench.wasm.poll(0n);
  bench.end(0, Status.Failed, Failure.Refused);
  assert.equal(failed("aborted"), "unable to connect to server: scripted failure");
  bench.client({ parallel: 2 });
  bench.send(0, state.parameterExchange);
  bench.wasm.refuse();
  bench.send(0, state.createStreams);
  assert.equal(failed(), "unable to create a new stream: too many connections");
});

test("a busy, failing or ending server is an error in iperf3's words", () => {
  const cases: [number[], string][] = [
    [[state.accessDenied], "the server is busy running a test. try again later"],
    [[state.serverTerminate], "the server has terminated"],
    [
      [state.serverError, 0, 0, 0, 13, 0, 0, 0, 0],
      "the server reports an error: it cannot run this test",
    ],
    [
      [state.serverError, 0, 0, 0, 101, 0, 0, 0, 5],
      "the server reports an error: error 101 of iperf3",
    ],
    [
      [state.serverError, 255, 255, 255, 255, 0, 0, 0, 5],
      "the server reports an error: error 2147483647 of iperf3",
    ],
    [[77], "received an unknown control message"],
    [[state.testRunning], "received an unknown control message"],
    [[state.displayResults], "received an unknown control message"],
    [
      [state.parameterExchange, state.createStreams, state.createStreams],
      "received an unknown control message",
    ],
  ];
  for (const [bytes, words] of cases) {
    bench.client();
    bench.send(0, ...bytes);
    assert.equal(failed(), words);
  }
});

test("a control connection that ends or is silent is an error at any time", () => {
  const stages = [
    () => bench.client(),
    () => {
      bench.client();
      bench.send(0, state.parameterExchange);
    },
    () => running(),
    () => {
      running({ seconds: 1 });
      bench.pass(1);
    },
    () => {
      running({ seconds: 1 });
      bench.pass(1);
      bench.send(0, state.exchangeResults, message(results([5])).subarray(0, 20));
    },
  ];
  for (const stage of stages) {
    stage();
    bench.end(0);
    assert.equal(failed(), "control socket has closed unexpectedly");
    stage();
    bench.end(0, Status.Failed, Failure.Reset);
    assert.equal(failed(), "unable to receive control message: scripted failure");
    stage();
    bench.pass(125);
    if (!bench.wasm.done()) bench.pass(125); // the time of the test itself
    assert.equal(failed(), "idle timeout for receiving data");
  }
});

test("a data stream that ends during the test is an error", () => {
  running();
  bench.end(1, Status.Failed, Failure.Reset);
  assert.equal(failed(), "unable to write to stream socket: scripted failure");
  running({ reverse: true });
  bench.end(1);
  assert.equal(failed(), "stream socket has closed unexpectedly");
});

test("rejects results that are too long, no JSON, or about other streams", () => {
  const length = (bytes: number) => Buffer.from([bytes >>> 24, bytes >>> 16, bytes >>> 8, bytes]);
  const other = results([1]);
  other.streams[0].id = 2;
  const cases: [Uint8Array, RegExp][] = [
    [length(65_537), /^received a message of invalid length: 65537 bytes$/],
    [length(0xffffffff), /^received a message of invalid length: 4294967295 bytes$/],
    [length(0), /^received a message of invalid length: 0 bytes$/],
    [message("{}]"), /^received invalid JSON: .* at byte 2$/],
    [message("[]"), /^received invalid JSON: expected an object$/],
    [message({}), /^unable to receive results: no streams$/],
    [message({ streams: {} }), /^unable to receive results: no streams$/],
    [message(results([1, 2])), /^unable to receive results: 2 streams$/],
    [message({ streams: [{ id: 1 }] }), /^unable to receive results: a stream without id, bytes/],
    [message(results([-1])), /^unable to receive results: a stream without id, bytes/],
    [message(other), /^stream has an invalid id$/],
  ];
  for (const [bytes, words] of cases) {
    running({ seconds: 1 });
    bench.pass(1);
    bench.send(0, state.exchangeResults, bytes);
    assert.match(failed(), words);
  }
});

test("Ctrl-C tells the server, and prints what was counted", () => {
  running({ seconds: 100 });
  bench.pass(1);
  bench.wasm.cancel(BigInt(bench.now));
  assert.deepEqual([...bench.sent(0)], [state.clientTerminate]);
  assert.equal(failed(), "");
  const lines = bench.lines();
  assert.match(lines.at(-2) ?? "", / 0\.00-1\.00 {3}sec {2}3\.00 MBytes .* sender$/);
});

test("formats amounts, rates and times as iperf3 does", () => {
  const { wasm } = bench;
  const bytes: [number, string][] = [
    [0, "0.00 Bytes"],
    [999, " 999 Bytes"],
    [1023, "1023 Bytes"],
    [1024, "1.00 KBytes"],
    [10_234, "9.99 KBytes"],
    [10_236, "10.0 KBytes"],
    [102_350, "100 KBytes".padStart(11)],
    [1_048_575, "1024 KBytes"],
    [1_539_000_000, "1.43 GBytes"],
    [5_000_000_000_000, "4.55 TBytes"],
  ];
  for (const [count, wanted] of bytes) {
    assert.equal(bench.text("formatBytes", BigInt(count) as never), wanted);
  }
  const rate = (count: bigint, micros: bigint) =>
    bench.text("formatRate", count as never, micros as never);
  assert.equal(rate(1_250_000n, 1_000_000n), "10.0 Mbits/sec");
  assert.equal(rate(1_249_000n, 1_000_000n), "9.99 Mbits/sec");
  assert.equal(rate(0n, 0n), "0.00 bits/sec");
  assert.equal(rate(1n << 44n, 10_000_000n), "14.1 Tbits/sec");
  for (const [written, micros] of [
    ["2.000345", 2_000_345n],
    ["1e-05", 10n],
    ["1.5e+2", 150_000_000n],
    ["-3", 0n],
    ["1e400", (1n << 63n) - 1n],
    ["0.12345678901234567890", 123_456n],
    ["", 0n],
  ] as const) {
    const pointer = wasm.__new(2 * written.length, 2);
    Buffer.from(wasm.memory.buffer, pointer, 2 * written.length).write(written, "utf16le");
    assert.equal(wasm.microsOf(pointer), micros, written);
  }
});
