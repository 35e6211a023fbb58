/** TCP's sender: windows, probes, loss, congestion control, time-outs, ICMP errors. */
import assert from "node:assert/strict";
import test from "node:test";
import { type Sent } from "../../../../lab/packets/tcp.ts";
import { load } from "../../../../lab/scripted/assembly.ts";
import { Bench, Icmp, pattern, SECOND, SocketError, State } from "../../../../lab/scripted/tcp.ts";

const wasm = await load("tests/lab/entries/tcp.ts");
const established = () => new Bench(wasm).establish();
function establishedWithNewReno(): Bench {
  const bench = new Bench(wasm);
  wasm.setCongestion(1);
  return bench.establish();
}
const bytes = (out: Sent[]) => out.reduce((sum, s) => sum + s.payload.length, 0);
const seconds = (out: Sent[], since: number) => out.map((s) => (s.at - since) / SECOND);

/** Opens the congestion window until `flight` bytes are in flight; returns the bytes sent. */
function openWindow(bench: Bench, flight: number): number {
  let sent = 0;
  let acked = 0;
  while (sent - acked < flight) {
    bench.write(pattern(65536));
    sent += bytes(bench.out());
    if (sent - acked >= flight) break;
    bench.now += 10_000;
    acked = sent;
    sent += bytes(bench.send("A", 0, acked));
  }
  return sent;
}

test("TCP-34: sends no new data after the window shrinks below the flight", () => {
  const bench = new Bench(wasm).establish([2, 4, 5, 180], 10000);
  bench.write(pattern(20000));
  assert.equal(bytes(bench.out()), 6 * 1460);
  bench.send("A", 0, 0, { window: 1000 });
  const out = bench.advance(SECOND / 2);
  assert.equal(out.length, 1);
  assert.equal(bench.fromGuest(out[0].sequence), 0);
  assert.equal(out[0].payload.length, 1000);
  bench.send("A", 0, 8760, { window: 1000 });
  assert.equal(wasm.unacknowledgedBytes(bench.connection), 20000 - 8760);
});

test("TCP-35: keeps probing a zero window, backing off to 60 s", () => {
  const bench = new Bench(wasm).establish([2, 4, 5, 180], 0);
  bench.write(pattern(5000));
  assert.equal(bench.out().length, 0);
  const start = bench.now;
  const probes: number[] = [];
  while (bench.now - start < 600 * SECOND) {
    const wanted = Number(wasm.pollAt());
    const out = bench.advance(wanted - bench.now);
    for (const probe of out) {
      assert.equal(probe.payload.length, 1);
      assert.equal(bench.fromGuest(probe.sequence), 0);
      probes.push((probe.at - start) / SECOND);
      bench.send("A", 0, 0, { window: 0 });
    }
  }
  assert.equal(bench.state, State.Established);
  const gaps = probes.slice(1).map((at, i) => Math.round(at - probes[i]));
  assert.deepEqual(gaps.slice(2, 7), [2, 3, 6, 13, 26]);
  for (let i = 1; i < gaps.length; i++) assert.ok(gaps[i] >= gaps[i - 1], gaps.join());
  assert.equal(gaps.at(-1), 60);
  const out = bench.send("A", 0, 0, { window: 65535 });
  assert.equal(bytes(out), 5000);
});

test("a closed connection goes on while the peer answers probes, a released one 15 minutes", () => {
  for (const released of [false, true]) {
    const bench = new Bench(wasm).establish([2, 4, 5, 180], 0);
    bench.write(pattern(5000));
    if (released) wasm.detach(bench.connection);
    else wasm.close(bench.connection);
    const start = bench.now;
    while (bench.state !== State.Closed && bench.now - start < 3600 * SECOND) {
      bench.advance(Number(wasm.pollAt()) - bench.now);
      if (bench.state !== State.Closed) bench.send("A", 0, 0, { window: 0 });
    }
    const minutes = (bench.now - start) / SECOND / 60;
    if (released) assert.ok(minutes >= 14 && minutes <= 16, `${minutes} min`);
    else {
      assert.equal(bench.state, State.FinWait1);
      const out = bench.send("A", 0, 0, { window: 65535 });
      assert.equal(bytes(out), 5000);
    }
  }
});

test("TCP-36: recovers a lost window update with the next probe", () => {
  const bench = new Bench(wasm).establish([2, 4, 5, 180], 0);
  bench.write(pattern(3000));
  bench.out();
  const [probe] = bench.advance(SECOND * 2);
  assert.equal(probe.payload.length, 1);
  const out = bench.send("A", 0, 1, { window: 65535 });
  assert.equal(bench.fromGuest(out[0].sequence), 1);
  assert.equal(bytes(out), 2999);
});

test("heeds the ACK of a peer that repeats a probe, while its own probe waits for it", () => {
  const bench = new Bench(wasm).establish([2, 4, 5, 180], 0);
  bench.write(pattern(3000));
  bench.out();
  assert.equal(bench.advance(SECOND * 2)[0].payload.length, 1);
  bench.send("A", 0, 0, { payload: "p", window: 0 });
  const out = bench.send("A", 0, 1, { payload: "p", window: 65535 });
  assert.equal(bytes(out), 2999);
});

test("gives up after 5 minutes on a peer that replies to no probe", () => {
  const bench = new Bench(wasm).establish([2, 4, 5, 180], 0);
  bench.write("stuck");
  const start = bench.now;
  bench.advance(299 * SECOND);
  assert.equal(bench.state, State.Established);
  bench.advance(62 * SECOND);
  assert.equal(bench.error, SocketError.TimedOut);
  assert.equal(wasm.connectionCount(), 0);
  assert.ok(bench.now - start <= 361 * SECOND);
});

test("TCP-37: does not send one-byte segments into one-byte windows", () => {
  const bench = established();
  bench.write(pattern(20000));
  let acked = bytes(bench.out());
  let small = 0;
  for (let i = 0; i < 50; i++) {
    for (const s of bench.send("A", 0, acked, { window: 1 })) {
      if (s.payload.length > 0) small++;
      acked += s.payload.length;
    }
  }
  assert.equal(small, 0, "nothing before the persist timer");
  const [probe] = bench.advance(SECOND);
  assert.equal(probe.payload.length, 1, "the override timer");
});

test("TCP-42: RTO doubles up to 60 s if everything is lost, then the connection fails", () => {
  const bench = new Bench(wasm);
  bench.connect();
  bench.send("SA", -1, 0, { options: [2, 4, 5, 180] });
  bench.now += SECOND;
  bench.write(pattern(1000));
  const start = bench.now;
  bench.out();
  const out = bench.advance(400 * SECOND);
  const times = seconds(out, start).map((t) => Math.round(t * 10) / 10);
  // SRTT is about 0 here, so RTO is its margin of 200 ms.
  assert.deepEqual(times.slice(0, 8), [0.2, 0.6, 1.4, 3, 6.2, 12.6, 25.4, 51]);
  assert.equal(Math.round(times.at(-1)! - times.at(-2)!), 60);
  assert.ok(out.every((s) => bench.fromGuest(s.sequence) === 0 && s.payload.length === 1000));
  assert.equal(bench.error, SocketError.TimedOut);
  assert.equal(wasm.connectionCount(), 0);
  assert.ok(!wasm.ringsAllocated(bench.connection));
  assert.ok(times.at(-1)! < 300 && times.at(-1)! > 100, "R2 is at least 100 s");
});

test("TCP-42: RTO starts at 1 s without a measurement, and at 3 s after a lost SYN", () => {
  const bench = new Bench(wasm);
  bench.connect();
  assert.equal(wasm.timeoutOf(bench.connection), 1_000_000n);
  bench.advance(1.5 * SECOND);
  bench.send("SA", -1, 0);
  assert.equal(bench.state, State.Established);
  assert.equal(wasm.timeoutOf(bench.connection), 3_000_000n);
  assert.equal(wasm.congestionWindow(bench.connection), 536, "one segment after a lost SYN");
});

test("does not measure a retransmitted segment (Karn)", () => {
  const bench = established();
  bench.write("x");
  bench.out();
  bench.advance(0.25 * SECOND);
  assert.equal(wasm.retransmits(bench.connection), 1);
  const before = wasm.roundTrip(bench.connection);
  bench.send("A", 0, 1);
  assert.equal(wasm.roundTrip(bench.connection), before);
  assert.ok(wasm.timeoutOf(bench.connection) >= 400_000n, "the back-off remains");
});

test("a user time-out expires exactly on time", () => {
  const bench = established();
  wasm.setTimeout(bench.connection, 2_000_000n);
  bench.write("x");
  const start = bench.now;
  bench.out();
  bench.advance(1_999_999);
  assert.equal(bench.state, State.Established);
  bench.advance(1);
  assert.equal(bench.error, SocketError.TimedOut);
  assert.equal(bench.now - start, 2_000_000);
});

test("TCP-43: retransmits on three duplicate ACKs and on partial ACKs, until recovery ends", () => {
  const bench = establishedWithNewReno();
  const sent = openWindow(bench, 20 * 1460);
  const una = sent - bytesInFlight(bench);
  const flight = sent - una;
  assert.equal(bench.send("A", 0, una).length, 1, "limited transmit");
  assert.equal(bench.send("A", 0, una).length, 1, "limited transmit");
  const out = bench.send("A", 0, una);
  assert.equal(out.length, 1, "only one retransmission");
  assert.equal(bench.fromGuest(out[0].sequence), una);
  assert.equal(out[0].payload.length, 1460);
  const half = wasm.threshold(bench.connection);
  assert.equal(half, flight >> 1, "without the segments of limited transmit");
  assert.ok(wasm.congestionWindow(bench.connection) <= flight, "falls as segments arrive");
  for (let i = 0; i < 5; i++) {
    const more = bench.send("A", 0, una);
    assert.ok(more.every((s) => bench.fromGuest(s.sequence) > una));
  }
  const partial = bench.send("A", 0, una + 1460);
  assert.equal(bench.fromGuest(partial[0].sequence), una + 1460, "a partial ACK: the next hole");
  bench.send("A", 0, bench.maximumOf());
  assert.ok(wasm.congestionWindow(bench.connection) <= half);
  assert.equal(wasm.retransmits(bench.connection), 2);
});

test("TCP-44: bounds cwnd under one-byte ACKs, ACKs of unsent data and duplicate ACKs", () => {
  const bench = established();
  bench.write(pattern(65536));
  bench.out();
  const before = wasm.congestionWindow(bench.connection);
  for (let i = 1; i <= 1460; i++) bench.send("A", 0, i);
  const grown = wasm.congestionWindow(bench.connection) - before;
  assert.ok(grown <= 1460, `cwnd grew ${grown} for 1460 bytes`);
  const window = wasm.congestionWindow(bench.connection);
  const [ack] = bench.send("A", 0, 1 << 20);
  assert.equal(ack.flags, "A");
  assert.equal(wasm.congestionWindow(bench.connection), window);
  const flight = bytesInFlight(bench);
  for (let i = 0; i < 100; i++) bench.send("A", 0, 1460);
  const inflated = wasm.congestionWindow(bench.connection);
  assert.ok(inflated <= wasm.threshold(bench.connection) + 3 * 1460 + flight + 2 * 1460);
});

test("TCP-20, TCP-21: 1,000 duplicate ACKs cause one retransmission, a time-out the next", () => {
  const bench = new Bench(wasm).establish([2, 4, 0, 88]);
  const sent = openWindow(bench, 30000);
  const una = sent - bytesInFlight(bench);
  let again = 0;
  for (let i = 0; i < 1000; i++) {
    const options = [1, 1, 5, 10, 0, 0, (i >> 8) & 255, i & 255, 0, 0, 0, 0];
    again += bench
      .send("A", 0, una, { options })
      .filter((s) => bench.fromGuest(s.sequence) === una).length;
  }
  assert.equal(again, 1);
  const out = bench.advance(SECOND);
  assert.equal(bench.fromGuest(out[0].sequence), una, "by time-out, from the first byte");
  assert.equal(wasm.congestionWindow(bench.connection), 88);
});

test("slow start doubles the congestion window in a round trip, but not with one ACK", () => {
  const bench = establishedWithNewReno();
  assert.equal(wasm.congestionWindow(bench.connection), 14600);
  bench.write(pattern(65536));
  const first = bytes(bench.out());
  assert.equal(first, 14600);
  bench.now += 10_000;
  for (let acked = 2920; acked <= first; acked += 2920) bench.send("A", 0, acked);
  assert.equal(wasm.congestionWindow(bench.connection), 29200);
  bench.send("A", 0, bench.maximumOf());
  assert.equal(wasm.congestionWindow(bench.connection), 32120, "two segments (RFC 3465: L)");
});

test("resets the congestion window after a pause", () => {
  const bench = established();
  const sent = openWindow(bench, 40 * 1460);
  bench.send("A", 0, sent);
  let acked = sent;
  while (wasm.unacknowledgedBytes(bench.connection) > 0) {
    acked += bytes(bench.out());
    bench.send("A", 0, acked);
    acked = bench.maximumOf();
    bench.send("A", 0, acked);
  }
  assert.ok(wasm.congestionWindow(bench.connection) > 14600);
  bench.advance(10 * SECOND);
  // Pure ACKs do not use the window.
  bench.send("PA", 0, acked, { payload: "request" });
  bench.advance(SECOND / 10);
  bench.write("x");
  bench.out();
  assert.equal(wasm.congestionWindow(bench.connection), 14600);
});

test("ICM-06 to ICM-11: no ICMP error fails an established connection", () => {
  const bench = established();
  bench.write(pattern(5000));
  bench.out();
  const window = wasm.congestionWindow(bench.connection);
  for (const kind of [0, 1, 2, 4, 5, 6]) bench.icmp(kind, 100);
  assert.equal(bench.state, State.Established);
  assert.equal(bench.error, SocketError.None);
  assert.equal(wasm.congestionWindow(bench.connection), window);
  bench.advance(400 * SECOND);
  assert.equal(bench.error, SocketError.Unreachable, "reported when it fails in the end");
});

test("ICM-07, ICM-08, ICM-09: lowers the MTU to a floor or plateau, and ignores forgeries", () => {
  const size = (mtu: number, seq = 0) => {
    const bench = established();
    bench.write(pattern(5000));
    bench.out();
    bench.icmp(Icmp.FragmentationNeeded, seq, mtu);
    const out = bench.out();
    return [wasm.segmentSize(bench.connection), out[0]?.payload.length ?? 0];
  };
  assert.deepEqual(size(1000), [960, 960]);
  for (const mtu of [1, 67, 68, 296, 551]) assert.deepEqual(size(mtu), [512, 512]);
  assert.deepEqual(size(0), [1452, 1452], "the next plateau below 1500 is 1492");
  assert.deepEqual(size(9000), [1460, 0]);
  assert.deepEqual(size(1500), [1460, 0]);
  assert.deepEqual(size(1000, 5000), [1460, 0], "not in flight: forged");
  assert.deepEqual(size(1000, -1), [1460, 0]);
});

test("ICM-12: SYN-SENT: fails at once on unreachable if the sequence number is right", () => {
  const fails = (kind: number, seq = -1) => {
    const bench = new Bench(wasm);
    bench.connect();
    bench.icmp(kind, seq);
    bench.out();
    return bench.error;
  };
  assert.equal(fails(Icmp.PortUnreachable), SocketError.Refused);
  assert.equal(fails(Icmp.HostUnreachable), SocketError.Unreachable);
  assert.equal(fails(Icmp.Prohibited), SocketError.Unreachable);
  assert.equal(fails(Icmp.TimeExceeded), SocketError.None);
  assert.equal(fails(Icmp.PortUnreachable, 5), SocketError.None);
  assert.equal(fails(Icmp.HostUnreachable, -2), SocketError.None);
});

function bytesInFlight(bench: Bench): number {
  return bench.maximumOf() - bench.unacknowledgedOf();
}
