/** TCP: handshakes, data in both directions, closing, and the API (net/socket/tcp/). */
import assert from "node:assert/strict";
import test from "node:test";
import { load, readBytes } from "../../../../lab/scripted/assembly.ts";
import {
  Bench,
  GUEST,
  PEER,
  pattern,
  SECOND,
  SocketError,
  State,
} from "../../../../lab/scripted/tcp.ts";

const wasm = await load("tests/lab/entries/tcp.ts");
const NEVER = 0x7fffffffffffffffn;

test("an active open sends a SYN with all options, and a SYN,ACK completes it", () => {
  const bench = new Bench(wasm);
  const syn = bench.connect();
  assert.equal(syn.flags, "S");
  const [timestamp, echo] = [syn.options.slice(8, 12), [0, 0, 0, 0]];
  const timestamps = [8, 10, ...timestamp, ...echo];
  assert.deepEqual(syn.options, [2, 4, 5, 180, 4, 2, ...timestamps, 1, 3, 3, 6]);
  assert.equal(syn.window, 65535);
  assert.ok(syn.checksumRight);
  assert.equal(syn.source, GUEST);
  assert.equal(syn.destination, PEER);
  assert.equal(bench.state, State.SynSent);
  const answer = bench.send("SA", -1, 0, { options: [2, 4, 5, 180] });
  assert.equal(bench.state, State.Established);
  assert.equal(answer.length, 1);
  assert.equal(answer[0].flags, "A");
  assert.equal(bench.fromPeer(answer[0].acknowledgment), 0);
  assert.equal(answer[0].window, 65535);
  assert.ok(wasm.established(bench.connection));
  assert.equal(wasm.pollAt(), NEVER);
});

test("sends full segments, PSH on the last, and frees acknowledged data", () => {
  const bench = new Bench(wasm);
  bench.connect();
  bench.now += 5000;
  bench.send("SA", -1, 0, { options: [2, 4, 5, 180] });
  const data = pattern(4000);
  assert.equal(bench.write(data), 4000);
  const out = bench.out();
  assert.deepEqual(
    out.map((s) => [bench.fromGuest(s.sequence), s.payload.length, s.flags]),
    [
      [0, 1460, "A"],
      [1460, 1460, "A"],
      [2920, 1080, "PA"],
    ],
  );
  assert.deepEqual(Buffer.concat(out.map((s) => s.payload)), data);
  assert.ok(out.every((s) => s.checksumRight));
  assert.equal(wasm.unacknowledgedBytes(bench.connection), 4000);
  bench.now += 5000;
  bench.send("A", 0, 4000);
  assert.equal(wasm.unacknowledgedBytes(bench.connection), 0);
  assert.equal(wasm.roundTrip(bench.connection), 5000n);
  assert.equal(wasm.pollAt(), NEVER);
});

test("Nagle's algorithm delays the last short segment, noDelay does not", () => {
  const bench = new Bench(wasm).establish();
  bench.write("one");
  assert.equal(bench.out().length, 1);
  bench.write("two");
  assert.equal(bench.out().length, 0);
  const [second] = bench.send("A", 0, 3);
  assert.equal(second.payload.toString(), "two");
  wasm.setNoDelay(bench.connection, true);
  bench.write("three");
  assert.equal(bench.out()[0].payload.toString(), "three");
});

test("reads received data in order, or peeks and consumes it in place", () => {
  const bench = new Bench(wasm).establish();
  bench.inject("PA", 0, 0, { payload: "hello " });
  bench.inject("PA", 6, 0, { payload: "world" });
  assert.equal(wasm.readable(bench.connection), 11);
  assert.equal(wasm.peekLength(bench.connection), 11);
  const at = wasm.peekPointer(bench.connection);
  assert.equal(readBytes(wasm, at, 5).toString(), "hello");
  wasm.consume(bench.connection, 6);
  assert.equal(bench.read().toString(), "world");
});

test("sends one ACK for all segments of a poll, with a constant window", () => {
  const bench = new Bench(wasm).establish();
  for (let i = 0; i < 16; i++) bench.inject("A", i * 1460, 0, { payload: pattern(1460) });
  const acks = bench.out();
  assert.equal(acks.length, 1);
  assert.equal(bench.fromPeer(acks[0].acknowledgment), 16 * 1460);
  assert.equal(acks[0].window, 65535);
  assert.equal(bench.read().length, 16 * 1460);
  assert.equal(bench.out().length, 0, "no window update");
});

test("acknowledges a single segment in the next turn, and every second one at once", () => {
  const bench = new Bench(wasm).establish();
  assert.equal(bench.send("PA", 0, 0, { payload: pattern(1460) }).length, 0);
  const [prompt] = bench.advance(SECOND);
  assert.equal(prompt.at, SECOND + 1);
  assert.equal(bench.send("A", 1460, 0, { payload: pattern(1460) }).length, 0);
  assert.equal(bench.send("A", 2920, 0, { payload: pattern(1460) }).length, 1);
  assert.equal(wasm.pollAt(), NEVER);
});

test("acknowledges a single segment after 40 ms once the user has answered one", () => {
  const bench = new Bench(wasm).establish();
  bench.send("PA", 0, 0, { payload: "ping" });
  bench.write("pong");
  assert.equal(bench.out().length, 1);
  assert.equal(bench.send("PA", 4, 4, { payload: pattern(1460) }).length, 0);
  const [delayed] = bench.advance(SECOND);
  assert.equal(delayed.at, SECOND + 40_000);
  // In vain: the next one is prompt again.
  assert.equal(bench.send("PA", 1464, 4, { payload: pattern(1460) }).length, 0);
  const [prompt] = bench.advance(SECOND);
  assert.equal(prompt.at, 2 * SECOND + 1);
});

test("sends an ACK with data if there is any", () => {
  const bench = new Bench(wasm).establish();
  bench.inject("PA", 0, 0, { payload: "ping" });
  bench.write("pong");
  const out = bench.out();
  assert.equal(out.length, 1);
  assert.equal(bench.fromPeer(out[0].acknowledgment), 4);
  assert.equal(bench.advance(SECOND / 10).length, 0);
});

test("close: FIN-WAIT-1, FIN-WAIT-2, TIME-WAIT, gone", () => {
  const bench = new Bench(wasm).establish();
  bench.write("bye");
  wasm.close(bench.connection);
  assert.equal(bench.state, State.FinWait1);
  const [fin] = bench.out();
  assert.equal(fin.flags, "FPA");
  assert.equal(fin.payload.toString(), "bye");
  bench.send("A", 0, 4);
  assert.equal(bench.state, State.FinWait2);
  bench.send("PA", 0, 4, { payload: "still" });
  assert.equal(bench.read().toString(), "still");
  const [ack] = bench.send("FA", 5, 4);
  assert.equal(bench.fromPeer(ack.acknowledgment), 6);
  assert.equal(bench.state, State.TimeWait);
  assert.ok(wasm.peerFinished(bench.connection));
  assert.equal(wasm.connectionCount(), 0);
  assert.equal(wasm.timeWaitCount(), 1);
  assert.ok(!wasm.ringsAllocated(bench.connection));
  bench.advance(60 * SECOND);
  assert.equal(wasm.timeWaitCount(), 0);
  assert.equal(wasm.pollAt(), NEVER);
});

test("close by the peer: CLOSE-WAIT, LAST-ACK, gone at once", () => {
  const bench = new Bench(wasm).establish();
  const [ack] = bench.send("FPA", 0, 0, { payload: "all" });
  assert.equal(bench.fromPeer(ack.acknowledgment), 4);
  assert.equal(bench.state, State.CloseWait);
  assert.equal(wasm.peerFinished(bench.connection), 0);
  assert.equal(bench.read().toString(), "all");
  assert.equal(wasm.peerFinished(bench.connection), 1);
  bench.write("rest");
  wasm.close(bench.connection);
  assert.equal(wasm.writable(bench.connection), 0);
  assert.equal(bench.state, State.LastAck);
  const [fin] = bench.out();
  assert.equal(fin.flags, "FPA");
  bench.send("A", 4, 5);
  assert.equal(bench.state, State.Closed);
  assert.equal(bench.error, SocketError.None);
  assert.equal(wasm.connectionCount(), 0);
  assert.equal(wasm.timeWaitCount(), 0);
});

test("simultaneous close: CLOSING, TIME-WAIT", () => {
  const bench = new Bench(wasm).establish();
  wasm.close(bench.connection);
  bench.out();
  const [ack] = bench.send("FA", 0, 0);
  assert.equal(bench.state, State.Closing);
  assert.equal(bench.fromPeer(ack.acknowledgment), 1);
  bench.send("A", 1, 1);
  assert.equal(bench.state, State.TimeWait);
  assert.equal(wasm.timeWaitCount(), 1);
});

test("accepts a connection once it is established; closing the listener keeps it", () => {
  const bench = new Bench(wasm);
  const listener = wasm.listen(80, 8);
  assert.equal(wasm.listen(80, 8), 0);
  bench.guestPort = 80;
  bench.peerPort = 40000;
  const [synAck] = bench.send("S", -1, 0, { options: [2, 4, 5, 180, 1, 3, 3, 7] });
  assert.equal(synAck.flags, "SA");
  assert.deepEqual(synAck.options, [2, 4, 5, 180, 1, 3, 3, 6]);
  assert.equal(wasm.accept(listener), 0);
  assert.equal(wasm.halfOpen(listener), 1);
  bench.guestInitial = synAck.sequence;
  bench.send("PA", 0, 0, { payload: "GET" });
  bench.connection = wasm.accept(listener);
  assert.notEqual(bench.connection, 0);
  assert.equal(bench.state, State.Established);
  assert.equal(bench.read().toString(), "GET");
  wasm.closeListener(listener);
  assert.equal(wasm.listenerCount(), 0);
  assert.equal(bench.state, State.Established);
});

test("abort, and release with unread data, send a RST and free everything (TCP-57)", () => {
  for (const verb of ["abort", "detach"]) {
    const bench = new Bench(wasm).establish();
    bench.send("PA", 0, 0, { payload: pattern(1000) });
    wasm[verb](bench.connection);
    const [rst] = bench.out();
    assert.equal(rst.flags, "RA");
    assert.equal(bench.fromGuest(rst.sequence), 0);
    assert.equal(bench.state, State.Closed);
    assert.equal(wasm.connectionCount(), 0);
    assert.ok(!wasm.ringsAllocated(bench.connection));
  }
  const clean = new Bench(wasm).establish();
  wasm.detach(clean.connection);
  assert.equal(clean.out()[0].flags, "FA");
  const [rst] = clean.send("PA", 0, 1, { payload: "late" });
  assert.equal(rst.flags, "RA");
});

test("sends data written during the handshake, and the FIN of a close, once it is complete", () => {
  const bench = new Bench(wasm);
  bench.connect();
  bench.write("early");
  wasm.close(bench.connection);
  assert.equal(bench.state, State.SynSent);
  const out = bench.send("SA", -1, 0);
  assert.equal(out[0].flags, "FPA");
  assert.equal(out[0].payload.toString(), "early");
  assert.equal(bench.state, State.FinWait1);
});

test("connect fails without a route, and without enough memory", () => {
  const bench = new Bench(wasm);
  wasm.setSource(0);
  bench.connection = wasm.connect(1n, PEER, 80);
  assert.equal(bench.error, SocketError.NetworkUnreachable);
  assert.equal(bench.state, State.Closed);
  wasm.setSource(GUEST);
  assert.equal(wasm.errorOf(wasm.connect(1n, 0xe0000001, 80)), SocketError.NetworkUnreachable);
  wasm.setFreeBytes(1024 * 1024 + 40 * 1024 - 1);
  assert.equal(wasm.connect(1n, PEER, 80), 0);
  wasm.setFreeBytes(1024 * 1024 + 40 * 1024);
  assert.notEqual(wasm.connect(1n, PEER, 80), 0);
});

test("retries a busy sink, and loses nothing", () => {
  const bench = new Bench(wasm).establish();
  bench.write(pattern(5000));
  wasm.setRoom(1);
  assert.equal(wasm.dispatch(BigInt(bench.now)), 1);
  assert.equal(wasm.pollAt(), BigInt(bench.now + 1000));
  wasm.setRoom(100);
  const out = bench.out();
  assert.equal(Buffer.concat(out.map((s) => s.payload)).length, 5000);
  assert.equal(wasm.framesAvailable(), 4);
});
