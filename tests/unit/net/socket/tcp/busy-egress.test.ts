/** TCP while its egress is busy or gone, or the peer uses the whole window. */
import assert from "node:assert/strict";
import test from "node:test";
import { type Sent } from "../../../../lab/packets/tcp.ts";
import { load, readString } from "../../../../lab/scripted/assembly.ts";
import {
  Bench,
  GUEST,
  Icmp,
  PEER,
  pattern,
  SECOND,
  SocketError,
  State,
} from "../../../../lab/scripted/tcp.ts";

const wasm = await load("tests/lab/entries/tcp.ts");

/** Lets time pass while the sink is busy; returns the segments sent once it has room. */
function held(bench: Bench, micros = 0): Sent[] {
  wasm.setRoom(0);
  bench.now += micros;
  assert.ok(wasm.dispatch(BigInt(bench.now)), "nothing is due");
  assert.deepEqual(bench.take(), []);
  // The sink is retried soon, but not at once.
  const again = Number(wasm.pollAt()) - bench.now;
  assert.ok(again > 0 && again <= 0.1 * SECOND, `${again} us`);
  wasm.setRoom(100);
  return bench.out();
}

/** What is to be sent, when it is due, its cause, and the segment that is sent late. */
const duties: [what: string, micros: number, make: (bench: Bench) => void, seen: string][] = [
  ["data", 0, (b) => b.write("data"), "PA 0 4"],
  ["an ACK", 0, (b) => b.inject("A", 5, 0, { payload: "late" }), "A 0 0"],
  ["a FIN", 0, (b) => wasm.close(b.connection), "FA 0 0"],
  ["the RST of an abort", 0, (b) => wasm.abort(b.connection), "RA 0 0"],
  [
    "a keep-alive",
    7200 * SECOND,
    (b) => wasm.setKeepAlive(b.connection, BigInt(7200 * SECOND)),
    "A -1 0",
  ],
  [
    "a fast retransmit without unsent data",
    0,
    (b) => {
      b.write("short");
      b.out();
      b.write(pattern(1000));
      for (let i = 0; i < 3; i++) b.inject("A");
    },
    "A 0 5",
  ],
  [
    "a probe of a closed window",
    5 * SECOND,
    (b) => {
      b.send("A", 0, 0, { window: 0 });
      b.write("data");
      b.out();
    },
    "A 0 1",
  ],
];

for (const [what, micros, make, seen] of duties) {
  test(`sends ${what} when a busy sink has room again`, () => {
    const bench = new Bench(wasm).establish();
    bench.out();
    make(bench);
    const [late] = held(bench, micros);
    const sequence = bench.fromGuest(late.sequence);
    // The letters in the order of `seen`.
    const flags = [..."PFRA"].filter((letter) => late.flags.includes(letter)).join("");
    assert.equal(`${flags} ${sequence} ${late.payload.length}`, seen);
  });
}

test("keep-alive set during the handshake begins when the handshake is complete", () => {
  const bench = new Bench(wasm);
  bench.connect();
  wasm.setKeepAlive(bench.connection, BigInt(100 * SECOND));
  bench.send("SA", -1, 0, { options: [2, 4, 5, 180] });
  assert.equal(bench.state, State.Established);
  assert.deepEqual(bench.advance(99 * SECOND), []);
  assert.equal(bench.advance(1 * SECOND).length, 1);
});

test("removing an address ends only its connections and TIME-WAITs", () => {
  const bench = new Bench(wasm).establish();
  wasm.close(bench.connection);
  bench.out();
  bench.send("FA", 0, 1);
  assert.equal(wasm.timeWaitCount(), 1);
  bench.peerPort = 81;
  bench.establish();
  wasm.addressGone(PEER);
  assert.equal(wasm.timeWaitCount(), 1);
  assert.equal(bench.state, State.Established);
  wasm.addressGone(GUEST);
  assert.equal(wasm.timeWaitCount(), 0);
  assert.equal(bench.error, SocketError.AddressGone);
  assert.deepEqual(bench.advance(300 * SECOND), []);
});

test("ignores the last ACK of a handshake while the backlog is full", () => {
  const bench = new Bench(wasm);
  const listener: number = wasm.listen(80, 2);
  bench.guestPort = 80;
  const initial: number[] = [];
  const begin = (i: number) => {
    bench.peerPort = 1000 + i;
    [{ sequence: initial[i] }] = bench.send("S", -1, 0, { options: [2, 4, 5, 180] });
  };
  const acknowledge = (i: number) => {
    bench.peerPort = 1000 + i;
    bench.guestInitial = initial[i];
    return readString(wasm.memory, wasm.dropName(bench.inject("A")));
  };
  begin(0);
  begin(1);
  assert.equal(acknowledge(0), "none");
  begin(2);
  assert.equal(acknowledge(1), "none");
  assert.equal(acknowledge(2), "tcp-backlog");
  assert.equal(wasm.ready(listener), 2);
  assert.notEqual(wasm.accept(listener), 0);
  // The SYN,ACK is sent again, and now there is room.
  assert.equal(acknowledge(2), "none");
  assert.equal(wasm.ready(listener), 2);
});

test("accepts data up to the last byte of the window, followed by a FIN", () => {
  const bench = new Bench(wasm).establish();
  let [sent, window] = [0, 65535];
  while (window > 1460) {
    bench.inject("A", sent, 0, { payload: pattern(1460, sent) });
    sent += 1460;
    window -= 1460;
  }
  bench.inject("FA", sent, 0, { payload: pattern(window, sent) });
  sent += window;
  assert.ok(!wasm.peerFinished(bench.connection), "not before the data is read");
  assert.ok(bench.read().equals(pattern(sent)));
  assert.equal(bench.state, State.CloseWait);
  assert.equal(bench.fromPeer(bench.out().at(-1)?.acknowledgment ?? 0), sent + 1);
});

test("ICMP: lowers the MTU to the next plateau if the error states no MTU", () => {
  const bench = new Bench(wasm).establish();
  bench.write(pattern(3000));
  bench.out();
  const sizes: number[] = [];
  for (let i = 0; i < 6; i++) {
    bench.icmp(Icmp.FragmentationNeeded, 0);
    sizes.push(wasm.segmentSize(bench.connection));
    bench.out();
  }
  assert.deepEqual(sizes, [1452, 966, 512, 512, 512, 512]);
});

/** A connection on which a tail loss probe is due but could not be sent yet. */
function probeHeldBack(): Bench {
  const bench = new Bench(wasm).establish([2, 4, 5, 180, 1, 1, 4, 2]);
  bench.write(pattern(4 * 1460));
  assert.equal(bench.out().length, 4);
  bench.now += 0.1 * SECOND;
  bench.send("A", 0, 1460);
  wasm.setRoom(0);
  bench.now += 0.25 * SECOND;
  bench.out();
  return bench;
}

test("a FIN that is sent as a tail loss probe is the only probe", () => {
  const bench = probeHeldBack();
  wasm.close(bench.connection);
  wasm.setRoom(100);
  // The ACK of a segment before it gives the connection another turn.
  const out = [...bench.out(), ...bench.send("A", 0, 2 * 1460)];
  assert.deepEqual(
    out.map((s) => `${s.flags} ${bench.fromGuest(s.sequence)}`),
    [`FA ${4 * 1460}`],
  );
});

test("a tail loss probe whose reason is gone is neither sent nor counted", () => {
  const bench = probeHeldBack();
  bench.inject("A", 0, 4 * 1460);
  wasm.setRoom(100);
  assert.deepEqual(bench.out(), []);
  const window = wasm.congestionWindow(bench.connection);
  bench.write(pattern(1460));
  bench.out();
  bench.now += 0.1 * SECOND;
  bench.send("A", 0, 5 * 1460);
  assert.equal(wasm.congestionWindow(bench.connection), window);
});
