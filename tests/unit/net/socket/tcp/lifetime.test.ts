/** TCP lifetimes and limits; sequence numbers and ports. */
import assert from "node:assert/strict";
import test from "node:test";
import { tcpSegment } from "../../../../lab/packets/tcp.ts";
import { load } from "../../../../lab/scripted/assembly.ts";
import { Bench, PEER, pattern, SECOND, SocketError, State } from "../../../../lab/scripted/tcp.ts";

const wasm = await load("tests/lab/entries/tcp.ts");
const NEVER = 0x7fffffffffffffffn;
/** Slots reserved for the connections that this host opens (core/limits.ts). */
const OWN_SLOTS = 32;

test("implements the state diagram of RFC 9293 section 3.3.2, except SEND in LISTEN", () => {
  const events = "PassiveOpen ActiveOpen Close Syn SynAcknowledged AckOfSyn Fin AckOfFin Drop Over";
  const arrows: Record<string, Record<string, string>> = {
    Closed: { PassiveOpen: "Listen", ActiveOpen: "SynSent" },
    Listen: { Syn: "SynReceived", Close: "Closed" },
    SynSent: { Syn: "SynReceived", SynAcknowledged: "Established", Close: "Closed" },
    SynReceived: { AckOfSyn: "Established", Close: "FinWait1" },
    Established: { Close: "FinWait1", Fin: "CloseWait" },
    FinWait1: { AckOfFin: "FinWait2", Fin: "Closing" },
    FinWait2: { Fin: "TimeWait" },
    CloseWait: { Close: "LastAck" },
    Closing: { AckOfFin: "TimeWait" },
    LastAck: { AckOfFin: "Closed" },
    TimeWait: { Over: "Closed" },
  };
  for (const [name, state] of Object.entries(State)) {
    events.split(" ").forEach((event, index) => {
      const target = event === "Drop" ? "Closed" : (arrows[name][event] ?? name);
      const expected = State[target as keyof typeof State];
      assert.equal(wasm.follow(state, index), expected, `${name} + ${event}`);
    });
  }
});

test("TCP-15: resends an unanswered SYN at 1, 3, 7, 15, 31, 63, 123 s; R2 is 180 s", () => {
  const bench = new Bench(wasm);
  bench.connect();
  const start = bench.now;
  const out = bench.advance(179.9 * SECOND);
  assert.deepEqual(
    out.map((s) => (s.at - start) / SECOND),
    [1, 3, 7, 15, 31, 63, 123],
  );
  assert.ok(out.every((s) => s.flags === "S"));
  assert.equal(bench.state, State.SynSent);
  bench.advance(0.1 * SECOND);
  assert.equal(bench.error, SocketError.TimedOut);
  assert.equal(wasm.connectionCount(), 0);
  assert.equal(wasm.pollAt(), NEVER);
});

test("TCP-15: a user time-out ends a connect earlier", () => {
  const bench = new Bench(wasm);
  bench.connection = wasm.connect(BigInt(bench.now), PEER, 80);
  wasm.setTimeout(bench.connection, 10_000_000n);
  bench.advance(9.999 * SECOND);
  assert.equal(bench.state, State.SynSent);
  bench.advance(0.001 * SECOND);
  assert.equal(bench.error, SocketError.TimedOut);
});

test("TCP-45: FIN-WAIT-2 ends after 60 s as an orphan, after 3 minutes otherwise", () => {
  for (const [verb, seconds] of [
    ["detach", 60],
    ["close", 180],
  ] as const) {
    const bench = new Bench(wasm).establish();
    wasm[verb](bench.connection);
    bench.out();
    bench.send("A", 0, 1);
    assert.equal(bench.state, State.FinWait2);
    bench.advance(seconds * SECOND - 1);
    assert.equal(bench.state, State.FinWait2);
    bench.advance(1);
    assert.equal(bench.state, State.Closed);
    assert.equal(wasm.connectionCount(), 0);
    assert.equal(wasm.pollAt(), NEVER);
  }
});

test("FIN-WAIT-2 continues while data arrives", () => {
  const bench = new Bench(wasm).establish();
  wasm.close(bench.connection);
  bench.out();
  bench.send("A", 0, 1);
  for (let i = 0; i < 10; i++) {
    bench.advance(100 * SECOND);
    bench.send("PA", i, 1, { payload: "." });
  }
  assert.equal(bench.state, State.FinWait2);
  assert.equal(bench.read().toString(), "..........");
});

test("TCP-45: 1,000 connections in FIN-WAIT-2 do not exhaust memory or the table", () => {
  const bench = new Bench(wasm);
  for (let i = 0; i < 1000; i++) {
    bench.establish();
    assert.notEqual(bench.connection, 0, `connection ${i}`);
    wasm.detach(bench.connection);
    bench.out();
    bench.send("A", 0, 1);
    bench.advance(SECOND / 5);
  }
  bench.advance(61 * SECOND);
  assert.equal(wasm.connectionCount(), 0);
});

test("keep-alive: sends 9 probes 75 s apart after the idle time; each reply restarts it", () => {
  const bench = new Bench(wasm).establish();
  wasm.setKeepAlive(bench.connection, BigInt(7200 * SECOND));
  const start = bench.now;
  const [probe] = bench.advance(7200 * SECOND);
  assert.equal(probe.at - start, 7200 * SECOND);
  assert.equal(bench.fromGuest(probe.sequence), -1);
  assert.equal(probe.payload.length, 0);
  bench.send("A", 0, 0);
  assert.equal(bench.advance(7199 * SECOND).length, 0);
  const rest = bench.advance(3600 * SECOND);
  assert.equal(rest.length, 9);
  assert.equal(rest[1].at - rest[0].at, 75 * SECOND);
  assert.equal(bench.error, SocketError.TimedOut);
});

test("TCP-56: bounds connects to a silent host, refuses more, and frees all in the end", () => {
  const bench = new Bench(wasm).establish();
  wasm.setConnections(512);
  const live = bench.connection;
  let made = 0;
  for (let i = 0; i < 600; i++) {
    if (wasm.connect(BigInt(bench.now), 0x0a000263, 81) !== 0) made++;
  }
  assert.equal(made, 511);
  bench.out();
  bench.connection = live;
  bench.write("alive");
  assert.equal(bench.out()[0].payload.toString(), "alive");
  bench.send("A", 0, 5);
  bench.advance(181 * SECOND);
  assert.equal(wasm.connectionCount(), 1);
  assert.equal(bench.state, State.Established);
});

test("low memory: keeps room for four connects", () => {
  const bench = new Bench(wasm);
  const listener = wasm.listen(80, 256);
  const reserve = 1024 * 1024;
  const each = 40 * 1024;
  bench.guestPort = 80;
  bench.peerPort = 40000;
  wasm.setFreeBytes(reserve + 5 * each);
  const [synAck] = bench.send("S", -1, 0);
  bench.guestInitial = synAck.sequence;
  wasm.setFreeBytes(reserve + 5 * each - 1);
  bench.send("A", 0, 0);
  assert.equal(wasm.ready(listener), 0, "its last ACK is dropped until there is memory");
  wasm.setFreeBytes(reserve + 5 * each);
  bench.send("A", 0, 0);
  assert.equal(wasm.ready(listener), 1);
  wasm.setFreeBytes(reserve + 5 * each - 1);
  bench.peerPort = 50000;
  assert.equal(bench.send("S", -1, 0).length, 0);
  wasm.setFreeBytes(reserve + each);
  assert.notEqual(wasm.connect(BigInt(bench.now), PEER, 80), 0);
  wasm.setFreeBytes(reserve + each - 1);
  assert.equal(wasm.connect(BigInt(bench.now), PEER, 80), 0);
});

test("a table full of half-open connections admits a connect and a new SYN", () => {
  const bench = new Bench(wasm);
  wasm.setConnections(512);
  for (const port of [80, 81]) {
    wasm.listen(port, 256);
    bench.guestPort = port;
    for (let i = 0; i < 256; i++) {
      bench.peerPort = 40000 + i;
      bench.send("S", -1, 0);
    }
  }
  assert.equal(wasm.connectionCount(), 512 - OWN_SLOTS);
  assert.notEqual(wasm.connect(BigInt(bench.now), PEER, 80), 0);
  bench.out();
  bench.peerPort = 50000;
  assert.equal(bench.send("S", -1, 0).length, 1);
  assert.equal(wasm.connectionCount(), 512 - OWN_SLOTS);
});

test("peers that hold connections open leave slots for this host's own", () => {
  const bench = new Bench(wasm);
  wasm.setConnections(512);
  const listener = wasm.listen(80, 256);
  bench.guestPort = 80;
  const connectIn = (port: number): boolean => {
    bench.peerPort = port;
    const [reply] = bench.send("S", -1, 0);
    if (reply === undefined) return false;
    bench.guestInitial = reply.sequence;
    bench.send("A", 0, 0);
    return wasm.accept(listener) !== 0;
  };
  for (let i = 0; i < 512 - OWN_SLOTS; i++) assert.ok(connectIn(20_000 + i), `${i}`);
  assert.ok(!connectIn(30_000));
  for (let i = 0; i < OWN_SLOTS; i++) {
    assert.notEqual(wasm.connect(BigInt(bench.now), PEER, 81), 0, `${i}`);
    bench.out();
  }
  assert.equal(wasm.connect(BigInt(bench.now), PEER, 81), 0);
});

test("ignores a SYN while the backlog is full; half-open connections expire", () => {
  const bench = new Bench(wasm);
  const listener = wasm.listen(80, 1);
  bench.guestPort = 80;
  bench.peerPort = 40000;
  const [first] = bench.send("S", -1, 0);
  bench.guestInitial = first.sequence;
  bench.send("A", 0, 0);
  assert.equal(wasm.ready(listener), 1);
  bench.peerPort = 40001;
  assert.equal(bench.send("S", -1, 0).length, 0);
  assert.notEqual(wasm.accept(listener), 0);
  const [second] = bench.send("S", -1, 0);
  bench.guestInitial = second.sequence;
  bench.peerPort = 40002;
  const [third] = bench.send("S", -1, 0);
  assert.equal(third.flags, "SA");
  bench.guestInitial = third.sequence;
  bench.send("A", 0, 0);
  assert.equal(wasm.ready(listener), 1);
  bench.advance(200 * SECOND);
  assert.equal(wasm.halfOpen(listener), 0);
  wasm.closeListener(listener);
  bench.out();
  assert.equal(wasm.connectionCount(), 1);
});

test("TCP-48: 10,000 SYNs to a closed port leave no state", () => {
  const bench = new Bench(wasm);
  for (let i = 0; i < 10000; i++) {
    const source = 0xc0a80000 + i;
    const syn = { sourcePort: 1000, destinationPort: 7, sequence: i, flags: "S", source };
    bench.arrive(tcpSegment(syn), source);
    if (i % 100 === 0) bench.take();
  }
  assert.equal(wasm.connectionCount(), 0);
  assert.equal(bench.counter("TcpOutRsts"), 10000);
  assert.equal(wasm.pollAt(), NEVER);
});

test("TCP-49: initial sequence numbers are unpredictable, and differ by endpoints and boot", () => {
  const isns = (seed: number) => {
    const bench = new Bench(wasm, seed);
    const all: number[] = [];
    for (let i = 0; i < 300; i++) {
      all.push(bench.connect().sequence);
      wasm.abort(bench.connection);
      bench.out();
      bench.now += 1000;
    }
    return all;
  };
  const [first, second] = [isns(1), isns(2)];
  const steps = new Set(first.slice(1).map((isn, i) => (isn - first[i]) >>> 0));
  assert.ok(steps.size > 290, "differences do not repeat");
  assert.ok(first.every((isn, i) => isn !== second[i]));
  for (let bit = 0; bit < 32; bit++) {
    const ones = first.filter((isn) => ((isn >>> bit) & 1) === 1).length;
    assert.ok(ones > 90 && ones < 210, `bit ${bit}: ${ones} of 300`);
  }
});

test("TCP-49: initial sequence numbers of the same endpoints advance with the clock", () => {
  const bench = new Bench(wasm);
  wasm.listen(80, 8);
  bench.guestPort = 80;
  const at = () => {
    const [synAck] = bench.send("S", -1, 0);
    bench.send("R", 0, 0);
    return synAck.sequence;
  };
  const before = at();
  bench.now += 4000;
  assert.equal((at() - before) >>> 0, 1000, "a tick every 4 microseconds");
});

test("TCP-50: picks from 16,384 ports or more at random, none in use or in TIME-WAIT", () => {
  const bench = new Bench(wasm);
  const ports = new Set<number>();
  let sequential = 0;
  let last = 0;
  for (let i = 0; i < 2000; i++) {
    const port = bench.connect().sourcePort;
    if (Math.abs(port - last) <= 1) sequential++;
    last = port;
    assert.ok(port >= 32768);
    ports.add(port);
    bench.send("SA", -1, 0);
    wasm.close(bench.connection);
    bench.out();
    bench.send("FA", 0, 1);
  }
  assert.equal(ports.size, 2000, "TIME-WAIT prevents reuse");
  assert.equal(wasm.timeWaitCount(), 2000);
  assert.ok(sequential < 5);
  assert.ok(Math.max(...ports) - Math.min(...ports) > 16384);
});

test("TCP-50: does not soon reuse a port if the peer closed first", () => {
  const bench = new Bench(wasm);
  const ports: number[] = [];
  for (let i = 0; i < 4000; i++) {
    const port = bench.connect().sourcePort;
    const recent = ports.slice(-256);
    assert.ok(
      !recent.includes(port),
      `${port} again after ${recent.length - recent.indexOf(port)}`,
    );
    ports.push(port);
    bench.send("SA", -1, 0);
    bench.send("FA", 0, 0);
    wasm.close(bench.connection);
    bench.out();
    bench.send("A", 1, 1);
  }
  assert.equal(wasm.timeWaitCount(), 0);
  assert.ok(new Set(ports).size < ports.length, "ports are reused later");
});

test("a full table of TIME-WAITs evicts the oldest, and all expire", () => {
  const bench = new Bench(wasm);
  bench.accept(80);
  wasm.abort(bench.connection);
  bench.out();
  const total = 16384 + 100;
  for (let i = 0; i < total; i++) {
    bench.peerPort = 1 + (i % 60000);
    const [synAck] = bench.send("S", -1, 0);
    bench.guestInitial = synAck.sequence;
    bench.send("A", 0, 0);
    bench.connection = wasm.accept(findListener());
    wasm.close(bench.connection);
    bench.out();
    bench.send("FA", 0, 1);
  }
  assert.equal(wasm.timeWaitCount(), 16384);
  assert.equal(bench.counter("TcpExtTCPTimeWaitOverflow"), 100);
  bench.advance(60 * SECOND);
  assert.equal(wasm.timeWaitCount(), 0);
});

function findListener(): number {
  return wasm.listenerAt(0);
}

test("timers work past 2^32 and 2^52 microseconds of uptime", () => {
  for (const start of [2 ** 32 - 500_000, 2 ** 34, 2 ** 52]) {
    const bench = new Bench(wasm);
    bench.now = start;
    bench.establish();
    bench.write(pattern(100));
    bench.out();
    const [again] = bench.advance(SECOND / 2);
    assert.equal(again.at - start, 200_001, String(start));
    bench.send("A", 0, 100);
    assert.equal(wasm.pollAt(), NEVER);
  }
});
