/**
 * Each event moves the counters of TCP that it should and, apart from the FREQUENT ones, no others
 * (nstat, Linux's names). Losses are in loss-counters.test.ts.
 */
import assert from "node:assert/strict";
import test from "node:test";
import { load } from "../../../../lab/scripted/assembly.ts";
import { Bench, Icmp, pattern, SECOND, timestampsOption } from "../../../../lab/scripted/tcp.ts";

const wasm = await load("tests/lab/entries/tcp.ts");
const MILLISECOND = SECOND / 1000;
const SYN_OPTIONS = [2, 4, 5, 180];
const SACK_OPTIONS = [...SYN_OPTIONS, 1, 1, 4, 2];

const established = (options = SACK_OPTIONS) => new Bench(wasm).establish(options);

test("counts opens and segments", () => {
  const bench = new Bench(wasm);
  assert.deepEqual(
    bench.moved(() => bench.connect(), true),
    { ActiveOpens: 1, OutSegs: 1 },
  );
  assert.deepEqual(
    bench.moved(() => bench.send("SA", -1, 0, { options: SYN_OPTIONS }), true),
    { InSegs: 1, OutSegs: 1, PureAcks: 1 },
  );
  bench.write("abc");
  assert.deepEqual(
    bench.moved(() => bench.out(), true),
    { OutSegs: 1, OrigDataSent: 1 },
  );
  assert.deepEqual(
    bench.moved(() => bench.send("A", 0, 3), true),
    { InSegs: 1, HPAcks: 1 },
  );
  assert.deepEqual(
    bench.moved(() => bench.send("A", 0, 3, { payload: pattern(10) }), true),
    { InSegs: 1, HPHits: 1 },
  );
  assert.deepEqual(
    bench.moved(() => bench.send("A", 10, 3, { window: 1000 }), true),
    { InSegs: 1, PureAcks: 1 },
  );
  const other = new Bench(wasm);
  assert.deepEqual(
    other.moved(() => other.accept()),
    { PassiveOpens: 1 },
  );
});

test("counts failed opens and resets", () => {
  let bench = new Bench(wasm);
  bench.connect();
  assert.deepEqual(
    bench.moved(() => bench.send("RA", 0, 0)),
    { AttemptFails: 1 },
  );
  bench = new Bench(wasm);
  wasm.listen(80, 8);
  bench.guestPort = 80;
  bench.guestInitial = bench.send("S", -1, 0)[0].sequence;
  assert.deepEqual(
    bench.moved(() => bench.send("R", 0, 0)),
    { AttemptFails: 1, EmbryonicRsts: 1 },
  );
  bench = established();
  assert.deepEqual(
    bench.moved(() => bench.send("R", 0, 0)),
    { EstabResets: 1 },
  );
  bench = new Bench(wasm);
  bench.guestPort = 81;
  assert.deepEqual(
    bench.moved(() => bench.send("S", 0, 0)),
    { OutRsts: 1 },
  );
  bench = established();
  wasm.abort(bench.connection);
  assert.deepEqual(
    bench.moved(() => bench.out(), true),
    { OutSegs: 1, OutRsts: 1 },
  );
});

test("counts why connections were aborted", () => {
  let bench = established();
  assert.deepEqual(
    bench.moved(() => wasm.abort(bench.connection)),
    { AbortOnData: 1 },
  );
  bench = established();
  bench.send("A", 0, 0, { payload: pattern(10) });
  assert.deepEqual(
    bench.moved(() => wasm.detach(bench.connection)),
    { AbortOnClose: 1 },
  );
  bench = established();
  wasm.detach(bench.connection);
  bench.out();
  assert.deepEqual(
    bench.moved(() => bench.send("A", 0, 1, { payload: pattern(10) })),
    { AbortOnData: 1, OutRsts: 1 },
  );
  bench = established();
  wasm.setTimeout(bench.connection, BigInt(SECOND));
  bench.write("abc");
  const { AbortOnTimeout, EstabResets } = bench.moved(() => bench.advance(2 * SECOND));
  assert.deepEqual([AbortOnTimeout, EstabResets], [1, 1]);
  bench = established();
  wasm.setKeepAlive(bench.connection, BigInt(SECOND));
  const silent = bench.moved(() => bench.advance(1000 * SECOND));
  assert.deepEqual(silent, { EstabResets: 1, AbortOnTimeout: 1, KeepAlive: 9 });
  bench = established();
  wasm.setConnections(1);
  bench.write("abc");
  wasm.detach(bench.connection);
  bench.out();
  bench.now += 3 * SECOND;
  const room = bench.moved(() => assert.notEqual(bench.connect(), undefined));
  assert.deepEqual(room, { ActiveOpens: 1, EstabResets: 1, AbortOnMemory: 1 });
});

test("counts what listeners drop", () => {
  const bench = new Bench(wasm);
  const listener = wasm.listen(80, 1);
  bench.guestPort = 80;
  const open = (port: number) => {
    bench.peerPort = port;
    bench.guestInitial = bench.send("S", -1, 0)[0].sequence;
  };
  open(4000);
  assert.deepEqual(
    bench.moved(() => open(4001)),
    { SyncookiesSent: 1 },
  );
  const cookie = bench.guestInitial;
  assert.deepEqual(
    bench.moved(() => bench.send("A", 0, 0)),
    { PassiveOpens: 1, SyncookiesRecv: 1 },
  );
  const full = { ListenOverflows: 1, ListenDrops: 1 };
  assert.deepEqual(
    bench.moved(() => bench.send("S", -1, 0, { sourcePort: 4002 })),
    full,
  );
  wasm.setConnections(0);
  wasm.accept(listener);
  assert.deepEqual(
    bench.moved(() => bench.send("S", -1, 0, { sourcePort: 4003 })),
    { AttemptFails: 1, ListenDrops: 1 },
    "the half-open connection makes room, which does not suffice",
  );
  bench.guestInitial = cookie + 1;
  assert.deepEqual(
    bench.moved(() => bench.send("A", 0, 0, { sourcePort: 4004 })),
    { SyncookiesFailed: 1, OutRsts: 1 },
  );
});

test("counts delayed, old and challenge ACKs", () => {
  let bench = established();
  bench.send("A", 0, 0, { payload: pattern(5) });
  assert.deepEqual(
    bench.moved(() => bench.advance(10_000)),
    {},
  );
  bench.write("x");
  bench.out();
  bench.send("A", 5, 1, { payload: pattern(5) });
  assert.deepEqual(
    bench.moved(() => bench.advance(SECOND)),
    { DelayedACKs: 1 },
  );
  assert.deepEqual(
    bench.moved(() => bench.send("A", 0, 0, { payload: pattern(10) })),
    { DelayedACKLost: 1, DSACKOldSent: 1 },
  );
  assert.deepEqual(
    bench.moved(() => bench.send("S", 20, 0)),
    { ChallengeACK: 1, SYNChallenge: 1 },
  );
  const { ChallengeACK, ACKSkippedChallenge } = bench.moved(() => {
    for (let i = 0; i < 40; i++) bench.send("R", 20, 0);
  });
  assert.equal(ChallengeACK + ACKSkippedChallenge, 40);
  assert.ok(ChallengeACK <= 9 && ChallengeACK >= 4);
  bench = established();
  wasm.close(bench.connection);
  bench.out();
  bench.send("FA", 0, 1);
  assert.deepEqual(
    bench.moved(() => {
      for (let i = 0; i < 3; i++) bench.send("FA", 0, 1);
    }),
    { ACKSkippedTimeWait: 2 },
  );
  assert.deepEqual(
    bench.moved(() => bench.advance(61 * SECOND)),
    { TW: 1 },
  );
});

test("counts ICMP errors about nothing in flight", () => {
  const bench = established();
  assert.deepEqual(
    bench.moved(() => bench.icmp(Icmp.HostUnreachable, 1000)),
    { OutOfWindowIcmps: 1 },
  );
});

test("counts data beyond a gap, and data that arrived twice there", () => {
  const bench = established();
  const send = (seq: number) => bench.send("A", seq, 0, { payload: pattern(100, seq) });
  assert.deepEqual(
    bench.moved(() => send(1000)),
    { OFOQueue: 1 },
  );
  assert.deepEqual(
    bench.moved(() => send(1000)),
    { OFOQueue: 1, OFOMerge: 1, DSACKOfoSent: 1 },
  );
  wasm.setFreeBytes(0);
  assert.deepEqual(
    bench.moved(() => send(20000)),
    { OFODrop: 1 },
  );
  assert.deepEqual(
    bench.moved(() => bench.send("A", 0, 0, { payload: pattern(20000) })),
    { RcvQDrop: 1 },
  );
  wasm.setFreeBytes(0xffffffff);
});

test("counts windows closed and opened, and the probes of both sides", () => {
  let bench = established();
  let had = 0;
  const closed = bench.moved(() => {
    had = bench.closeWindow();
  });
  assert.deepEqual([closed.ToZeroWindowAdv, closed.FromZeroWindowAdv], [1, undefined]);
  assert.deepEqual(
    bench.moved(() => bench.send("A", had, 0, { payload: "x" })),
    { ZeroWindowDrop: 1 },
  );
  assert.deepEqual(
    bench.moved(() => {
      bench.read();
      bench.out();
    }),
    { FromZeroWindowAdv: 1 },
  );
  bench = established();
  bench.send("A", 0, 0, { window: 0 });
  bench.write("abc");
  const { WinProbe } = bench.moved(() => bench.advance(2 * SECOND));
  assert.ok(WinProbe >= 2);
});

test("counts timestamps that are old or echo a value that was never sent", () => {
  let bench = new Bench(wasm);
  wasm.setTimestamps(true);
  const syn = bench.connect();
  const sent = Buffer.from(syn.options).readUInt32BE(8);
  assert.deepEqual(
    bench.moved(() =>
      bench.send("SA", -1, 0, { options: [...SYN_OPTIONS, ...timestampsOption(7, 1)] }),
    ),
    { PAWSActive: 1, OutRsts: 1 },
  );
  bench.send("SA", -1, 0, { options: [...SYN_OPTIONS, ...timestampsOption(1000, sent)] });
  assert.deepEqual(
    bench.moved(() =>
      bench.send("A", 0, 0, { payload: "x", options: timestampsOption(999, sent) }),
    ),
    { PAWSEstab: 1 },
  );
  bench = new Bench(wasm);
  wasm.setTimestamps(true);
  wasm.listen(80, 8);
  bench.guestPort = 80;
  const [synAck] = bench.send("S", -1, 0, { options: [...SYN_OPTIONS, ...timestampsOption(7, 0)] });
  bench.guestInitial = synAck.sequence;
  assert.deepEqual(
    bench.moved(() => bench.send("A", 0, 0, { options: timestampsOption(8, 12345) })),
    { TSEcrRejected: 1, ChallengeACK: 1 },
  );
});

test("counts retransmitted SYNs", () => {
  const bench = new Bench(wasm);
  bench.connect();
  assert.deepEqual(
    bench.moved(() => bench.advance(1500 * MILLISECOND)),
    { RetransSegs: 1, SynRetrans: 1 },
  );
});
