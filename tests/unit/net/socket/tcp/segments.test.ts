/** Which segments TCP accepts in each state (RFC 9293 section 3.10.7, RFC 5961, RFC 1337). */
import assert from "node:assert/strict";
import test from "node:test";
import { tcpSegment } from "../../../../lab/packets/tcp.ts";
import { load } from "../../../../lab/scripted/assembly.ts";
import { Bench, PEER, pattern, SECOND, SocketError, State } from "../../../../lab/scripted/tcp.ts";

const wasm = await load("tests/lab/entries/tcp.ts");
const established = () => new Bench(wasm).establish();

test("TCP-01: challenges a RST inside the window but not at RCV.NXT", () => {
  const bench = established();
  const [ack] = bench.send("R", 1);
  assert.equal(ack.flags, "A");
  assert.equal(bench.fromPeer(ack.acknowledgment), 0);
  assert.equal(bench.state, State.Established);
  assert.equal(bench.send("R", 65534).length, 1);
  assert.equal(bench.state, State.Established);
});

test("TCP-02: a RST at RCV.NXT resets the connection, which the user sees at once", () => {
  const bench = established();
  bench.write("unsent");
  assert.equal(bench.send("R", 0).length, 0);
  assert.equal(bench.state, State.Closed);
  assert.equal(bench.error, SocketError.Reset);
  assert.equal(wasm.connectionCount(), 0);
  assert.equal(wasm.writable(bench.connection), 0);
  assert.equal(bench.write("x"), 0);
});

test("TCP-03: drops a RST outside the window silently", () => {
  const bench = established();
  assert.equal(bench.send("R", -1).length, 0);
  assert.equal(bench.send("R", 65535).length, 0);
  assert.equal(bench.send("RA", 65535 + 70000, 0).length, 0);
  assert.equal(bench.state, State.Established);
});

test("TCP-04: delivers the data before a RST, but not the payload of the RST", () => {
  const bench = established();
  bench.send("PA", 0, 0, { payload: "before" });
  bench.send("RA", 6, 0, { payload: "x".repeat(100) });
  assert.equal(bench.error, SocketError.Reset);
  assert.equal(bench.read().toString(), "before");
  bench.out();
  assert.equal(wasm.connectionCount(), 0);
  assert.ok(!wasm.ringsAllocated(bench.connection));
});

test("keeps the data of a reset connection until its user reads or releases it", () => {
  const bench = established();
  bench.send("PA", 0, 0, { payload: "read late" });
  bench.send("R", 9);
  assert.equal(wasm.connectionCount(), 1);
  bench.advance(3600 * SECOND);
  assert.equal(bench.read().toString(), "read late");
  bench.out();
  assert.equal(wasm.connectionCount(), 0);
  assert.ok(!wasm.ringsAllocated(bench.connection));
  const other = established();
  other.send("PA", 0, 0, { payload: "never read" });
  other.send("R", 10);
  wasm.detach(other.connection);
  assert.equal(other.out().length, 0);
  assert.equal(wasm.connectionCount(), 0);
  assert.ok(!wasm.ringsAllocated(other.connection));
});

test("TCP-02: a RST at RCV.NXT resets through a closed window, even with data (MUST-66)", () => {
  for (const payload of ["", "x"]) {
    const bench = established();
    const unread = bench.closeWindow();
    bench.send("R", unread - 1, 0, { payload });
    bench.send("R", unread + 1, 0, { payload });
    assert.equal(bench.state, State.Established);
    bench.send("R", unread, 0, { payload });
    assert.equal(bench.error, SocketError.Reset);
    assert.equal(wasm.readable(bench.connection), unread);
  }
});

test("TCP-05: challenges a SYN in ESTABLISHED, whatever its sequence number", () => {
  const bench = established();
  for (const seq of [-1, 0, 1, 1000, 70000, -70000]) {
    const [ack] = bench.send("S", seq);
    assert.equal(ack.flags, "A", String(seq));
    assert.equal(bench.fromPeer(ack.acknowledgment), 0);
    bench.now += SECOND;
  }
  assert.equal(bench.state, State.Established);
});

test("TCP-06: challenges a SYN,ACK in ESTABLISHED", () => {
  const bench = established();
  assert.equal(bench.send("SA", 0, 0)[0].flags, "A");
  assert.equal(bench.state, State.Established);
});

test("TCP-07: drops data with a stale or future ACK number, and sends an ACK", () => {
  const bench = established();
  for (const ack of [1, 0x80000000, -65536 * 2]) {
    const out = bench.send("PA", 0, ack, { payload: "blind" });
    assert.equal(out.length, 1, String(ack));
    assert.equal(out[0].flags, "A");
    assert.equal(wasm.readable(bench.connection), 0);
  }
  bench.inject("PA", 0, -60000, { payload: "old" });
  assert.equal(
    wasm.readable(bench.connection),
    3,
    "an ACK number within the largest window is plausible",
  );
});

test("TCP-08: limits a connection's challenge ACKs to a random number a second", () => {
  const bench = established();
  const counts: number[] = [];
  for (let second = 0; second < 12; second++) {
    let count = 0;
    for (let i = 0; i < 1000; i++) {
      bench.now += 1000;
      count += bench.send("S", i * 7).length;
    }
    counts.push(count);
  }
  assert.ok(
    counts.every((count) => count >= 5 && count <= 20),
    counts.join(),
  );
  assert.ok(new Set(counts).size > 1, `not always the same: ${counts.join()}`);
});

test("TCP-09: drops a segment without ACK silently", () => {
  const bench = established();
  assert.equal(bench.send("", 0, 0, { payload: pattern(1000) }).length, 0);
  assert.equal(bench.send("P", 0, 0, { payload: pattern(1000) }).length, 0);
  assert.equal(wasm.readable(bench.connection), 0);
  assert.equal(bench.advance(SECOND).length, 0);
});

test("TCP-10: SYN-SENT: replies to a wrong ACK number with a RST and keeps waiting", () => {
  const bench = new Bench(wasm);
  bench.connect();
  for (const ack of [-1, 1, -2]) {
    const [rst] = bench.send("SA", -1, ack);
    assert.equal(rst.flags, "R");
    assert.equal(bench.fromGuest(rst.sequence), ack);
    assert.equal(bench.state, State.SynSent);
  }
  bench.send("SA", -1, 0);
  assert.equal(bench.state, State.Established);
});

test("TCP-11: SYN-SENT: drops a RST without the right ACK number", () => {
  const bench = new Bench(wasm);
  bench.connect();
  assert.equal(bench.send("R", 0).length, 0);
  assert.equal(bench.send("RA", 0, 1).length, 0);
  assert.equal(bench.send("RA", 0, -1).length, 0);
  assert.equal(bench.state, State.SynSent);
});

test("TCP-12: SYN-SENT: RST,ACK of the SYN refuses the connection at once", () => {
  const bench = new Bench(wasm);
  bench.connect();
  bench.inject("RA", -1, 0);
  assert.equal(bench.error, SocketError.Refused);
  assert.equal(bench.state, State.Closed);
  assert.equal(bench.out().length, 0);
  assert.equal(wasm.connectionCount(), 0);
});

test("TCP-13: simultaneous open: sends SYN,ACK, and both sides are established", () => {
  const bench = new Bench(wasm);
  bench.connect();
  const [synAck] = bench.send("S", -1, 0, { options: [2, 4, 5, 180] });
  assert.equal(synAck.flags, "SA");
  assert.equal(bench.fromGuest(synAck.sequence), -1);
  assert.equal(bench.fromPeer(synAck.acknowledgment), 0);
  assert.equal(bench.state, State.SynReceived);
  const [ack] = bench.send("SA", -1, 0);
  assert.equal(bench.state, State.Established);
  assert.equal(ack.flags, "A", "the peer's SYN,ACK is acknowledged");
});

test("TCP-14: processes data and FIN of a SYN,ACK in order", () => {
  const bench = new Bench(wasm);
  bench.connect();
  const [ack] = bench.send("SAF", -1, 0, { payload: pattern(500) });
  assert.equal(bench.fromPeer(ack.acknowledgment), 501);
  assert.equal(bench.state, State.CloseWait);
  assert.deepEqual(bench.read(), pattern(500));
  assert.ok(wasm.peerFinished(bench.connection));
});

test("SYN-RECEIVED: replies to a wrong ACK number with a RST; a RST returns to LISTEN", () => {
  const bench = new Bench(wasm);
  const listener = wasm.listen(80, 8);
  bench.guestPort = 80;
  const [synAck] = bench.send("S", -1);
  bench.guestInitial = synAck.sequence;
  const [rst] = bench.send("A", 0, 5);
  assert.equal(rst.flags, "R");
  assert.equal(bench.fromGuest(rst.sequence), 5);
  assert.equal(wasm.halfOpen(listener), 1);
  assert.equal(bench.send("R", 0).length, 0);
  assert.equal(wasm.halfOpen(listener), 0);
  assert.equal(wasm.connectionCount(), 0);
});

test("SYN-RECEIVED: replies to a repeated SYN with the SYN,ACK", () => {
  const bench = new Bench(wasm);
  wasm.listen(80, 8);
  bench.guestPort = 80;
  const [first] = bench.send("S", -1);
  const again = bench.send("S", -1);
  assert.ok(again.some((s) => s.flags === "SA" && s.sequence === first.sequence));
  assert.equal(wasm.connectionCount(), 1);
});

test("TCP-26: drops RST and data with a wrong checksum", () => {
  const bench = established();
  assert.equal(bench.send("R", 0, 0, { badChecksum: true }).length, 0);
  assert.equal(bench.send("PA", 0, 0, { payload: "x", badChecksum: true }).length, 0);
  assert.equal(bench.state, State.Established);
  assert.equal(wasm.readable(bench.connection), 0);
});

test("TCP-46: TIME-WAIT: ignores a RST, reopens on a newer SYN, acknowledges an older one", () => {
  const bench = new Bench(wasm);
  bench.accept(80);
  wasm.close(bench.connection);
  bench.out();
  bench.send("A", 0, 1);
  bench.send("FA", 0, 1);
  assert.equal(wasm.timeWaitCount(), 1);
  assert.equal(bench.send("R", 1).length, 0);
  assert.equal(wasm.timeWaitCount(), 1);
  const [ack] = bench.send("S", -5);
  assert.equal(ack.flags, "A");
  assert.equal(bench.fromPeer(ack.acknowledgment), 1);
  assert.equal(wasm.timeWaitCount(), 1);
  const [synAck] = bench.send("S", 100);
  assert.equal(synAck.flags, "SA");
  assert.ok(bench.fromGuest(synAck.sequence) > 1, "beyond the old connection's numbers");
  assert.equal(wasm.timeWaitCount(), 0);
});

test("TCP-47: a closed port replies with a RST, but not to a RST", () => {
  const bench = new Bench(wasm);
  bench.guestPort = 9999;
  const cases: [string, string, number | null][] = [
    ["S", "RA", 1],
    ["A", "R", null],
    ["FA", "R", null],
    ["SF", "RA", 2],
    ["SFUP", "RA", 2],
    ["", "RA", 0],
  ];
  for (const [flags, answer, span] of cases) {
    const [rst] = bench.send(flags, 99, 1000);
    assert.equal(rst.flags, answer, flags);
    if (span === null) assert.equal(rst.sequence, bench.guestInitial + 1001);
    else {
      assert.equal(rst.sequence, 0);
      assert.equal(bench.fromPeer(rst.acknowledgment), 99 + span);
    }
    assert.ok(rst.checksumRight);
  }
  const [withData] = bench.send("S", 0, 0, { payload: "abc" });
  assert.equal(bench.fromPeer(withData.acknowledgment), 4);
  for (const flags of ["R", "RA", "RS"]) assert.equal(bench.send(flags, 0, 0).length, 0, flags);
  assert.equal(wasm.connectionCount(), 0);
});

test("LISTEN: replies to an ACK with a RST, and ignores all else except a SYN without FIN", () => {
  const bench = new Bench(wasm);
  wasm.listen(80, 8);
  bench.guestPort = 80;
  assert.equal(bench.send("A", 0, 5)[0].flags, "R");
  assert.equal(bench.send("SA", 0, 5)[0].flags, "R");
  for (const flags of ["SF", "SFUP", "", "F", "R"]) {
    assert.equal(bench.send(flags, 0).length, 0, flags);
  }
  assert.equal(wasm.connectionCount(), 0);
});

test("TCP-52: drops segments with broadcast and multicast addresses silently", () => {
  const bench = established();
  for (const address of [0xffffffff, 0xe0000001, 0]) {
    const fields = { sourcePort: 80, destinationPort: bench.guestPort, sequence: 1, flags: "S" };
    bench.arrive(tcpSegment({ ...fields, destination: address }), PEER, address);
    bench.arrive(tcpSegment({ ...fields, source: address }), address);
  }
  assert.equal(bench.out().length, 0);
});

test("TCP-55: acknowledges keep-alive probes, with and without a byte", () => {
  const bench = established();
  bench.send("PA", 0, 0, { payload: "abc" });
  bench.advance(SECOND);
  for (const payload of ["", "c"]) {
    const [ack] = bench.send("A", 2, 0, { payload });
    assert.equal(bench.fromPeer(ack.acknowledgment), 3);
  }
  assert.equal(bench.read().toString(), "abc");
});

test("TCP-58: acknowledges a repeated FIN each time and restarts TIME-WAIT", () => {
  const bench = established();
  wasm.close(bench.connection);
  bench.out();
  bench.send("FA", 0, 0);
  assert.equal(bench.state, State.Closing);
  for (let i = 0; i < 3; i++) assert.equal(bench.send("FA", 0, 0)[0].flags, "A");
  bench.send("A", 1, 1);
  assert.equal(wasm.timeWaitCount(), 1);
  for (let i = 0; i < 3; i++) {
    bench.advance(50 * SECOND);
    const [ack] = bench.send("FA", 0, 1);
    assert.equal(bench.fromPeer(ack.acknowledgment), 1);
  }
  bench.advance(59 * SECOND);
  assert.equal(wasm.timeWaitCount(), 1);
  bench.advance(2 * SECOND);
  assert.equal(wasm.timeWaitCount(), 0);
});

test("removing an address fails its connections, and sends nothing from it", () => {
  const bench = established();
  bench.write(pattern(3000));
  wasm.addressGone(0x0a00020f);
  assert.equal(bench.error, SocketError.AddressGone);
  assert.equal(bench.out().length, 0);
  assert.equal(bench.advance(100 * SECOND).length, 0);
  assert.equal(wasm.connectionCount(), 0);
});
