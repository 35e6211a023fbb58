/** Fast Open (RFC 7413) under attack; packetdrill/rfc7413-fast-open has its ordinary cases. */
import assert from "node:assert/strict";
import test from "node:test";
import { type Sent, tcpSegment } from "../../../../lab/packets/tcp.ts";
import { Random } from "../../../../lab/random.ts";
import { load } from "../../../../lab/scripted/assembly.ts";
import { Bench, GUEST, PEER, pattern, SECOND, State } from "../../../../lab/scripted/tcp.ts";

const wasm = await load("tests/lab/entries/tcp.ts");
const [FAST_OPEN, EXPERIMENT] = [34, 254];
const PENDING = 8;

/** A listener on port 80 that has Fast Open for `pending` connections. */
function listening(pending = PENDING, backlog = 64): { bench: Bench; listener: number } {
  const bench = new Bench(wasm);
  wasm.setFastOpen(3, 0n, 0n);
  const listener = wasm.listen(80, backlog);
  wasm.setPendingMaximum(listener, pending);
  [bench.guestPort, bench.peerPort] = [80, 40_000];
  return { bench, listener };
}

/** Returns an option with the bytes of a cookie, padded with no-operations. */
function option(cookie: number[], kind = FAST_OPEN, length = 2 + cookie.length): number[] {
  const bytes = [kind, length, ...cookie];
  while (bytes.length % 4 !== 0) bytes.push(1);
  return bytes;
}

/** Returns the cookie in a SYN,ACK, or undefined. */
function cookieIn({ options }: Sent): number[] | undefined {
  for (let at = 0; at < options.length && options[at] !== 0; ) {
    if (options[at] === FAST_OPEN) return options.slice(at + 2, at + options[at + 1]);
    at += options[at] === 1 ? 1 : options[at + 1];
  }
  return undefined;
}

/** Sends a SYN with data from any host, and returns the answer. */
function syn(bench: Bench, source: number, port: number, options: number[], bytes = 100): Sent {
  const ends = { sourcePort: port, destinationPort: 80, source, destination: GUEST };
  const payload = pattern(bytes);
  bench.arrive(tcpSegment({ ...ends, sequence: 5000, flags: "S", options, payload }), source);
  const [answer] = bench.out();
  return answer;
}

/** Asks for the cookie of a host. */
function cookieOf(bench: Bench, source = PEER): number[] {
  const asked = syn(bench, source, 39_999, option([]), 0);
  const flags = { sequence: 5001, acknowledgment: asked.sequence + 1, flags: "RA" };
  const reset = tcpSegment({ sourcePort: 39_999, destinationPort: 80, source, ...flags });
  bench.arrive(reset, source);
  return cookieIn(asked) ?? [];
}

const taken = ({ acknowledgment }: Sent, bytes = 100) => acknowledgment === 5001 + bytes;

test("TCP-60: a forged cookie, or that of another host, has no data accepted", () => {
  const { bench, listener } = listening(PENDING, 256);
  const cookie = cookieOf(bench);
  assert.equal(cookie.length, 8);
  const forged = new Random(7);
  for (let i = 0; i < 100; i++) {
    const bytes = cookie.map(() => forged.below(256));
    assert.ok(!taken(syn(bench, PEER, 40_000 + i, option(bytes))), String(bytes));
  }
  for (let bit = 0; bit < 64; bit++) {
    const wrong = [...cookie];
    wrong[bit >> 3] ^= 1 << (bit & 7);
    assert.ok(!taken(syn(bench, PEER, 41_000 + bit, option(wrong))), `bit ${bit}`);
  }
  assert.ok(!taken(syn(bench, PEER + 1, 42_000, option(cookie))), "another host");
  assert.equal(wasm.ready(listener), 0);
  assert.equal(bench.counter("TcpExtTCPFastOpenPassive"), 0);
  assert.equal(bench.counter("TcpExtTCPFastOpenPassiveFail"), 165);
  assert.ok(taken(syn(bench, PEER, 42_001, option(cookie))));
});

test("TCP-60: each boot has a key of its own", () => {
  const cookies = [1, 2].map((seed) => {
    const { bench } = listening();
    wasm.reset(seed);
    wasm.setFastOpen(3, 0n, 0n);
    wasm.setPendingMaximum(wasm.listen(80, 64), PENDING);
    return String(cookieOf(bench));
  });
  assert.notEqual(cookies[0], cookies[1]);
});

test("TCP-61: SYNs with a valid cookie take up no more than the limit of those pending", () => {
  const { bench, listener } = listening();
  const cookie = option(cookieOf(bench));
  const answers = Array.from({ length: 50 }, (_, i) => syn(bench, PEER, 40_000 + i, cookie));
  assert.deepEqual(
    answers.map((answer) => taken(answer)),
    answers.map((_, i) => i < PENDING),
  );
  assert.equal(wasm.ready(listener), PENDING);
  assert.equal(bench.counter("TcpExtTCPFastOpenListenOverflow"), 50 - PENDING);
  assert.equal(cookieIn(answers[49]), undefined, "no cookie either");
  // Other hosts connect the usual way.
  const other = syn(bench, PEER + 1, 40_000, [], 0);
  assert.equal(other.flags, "SA");
  // The end of one handshake makes room for one more.
  const { sequence } = answers[0];
  const ack = { sequence: 5101, acknowledgment: sequence + 1, flags: "A" };
  bench.arrive(tcpSegment({ sourcePort: 40_000, destinationPort: 80, ...ack }));
  assert.ok(taken(syn(bench, PEER, 43_000, cookie)));
  assert.ok(!taken(syn(bench, PEER, 43_001, cookie)));
});

test("TCP-61: SYNs with a valid cookie take up no more than the backlog", () => {
  const { bench, listener } = listening(64, 4);
  const cookie = option(cookieOf(bench));
  for (let i = 0; i < 20; i++) syn(bench, PEER, 40_000 + i, cookie);
  assert.equal(wasm.ready(listener), 4);
});

test("TCP-62: RSTs of a host whose address is forged make no room for more", () => {
  const { bench } = listening();
  const cookie = option(cookieOf(bench));
  let accepted = 0;
  for (let i = 0; i < 100; i++) {
    const answer = syn(bench, PEER, 40_000 + i, cookie);
    if (taken(answer)) accepted++;
    const reset = { sequence: answer.acknowledgment, acknowledgment: 0, flags: "R" };
    bench.arrive(tcpSegment({ sourcePort: 40_000 + i, destinationPort: 80, ...reset }));
  }
  assert.equal(accepted, PENDING);
  assert.equal(wasm.connectionCount(), 0);
  bench.advance(59 * SECOND);
  assert.ok(!taken(syn(bench, PEER, 50_000, cookie)));
  bench.advance(2 * SECOND);
  assert.ok(taken(syn(bench, PEER, 50_001, cookie)), "after a minute");
});

test("TCP-62: handshakes that time out leave no pending connection behind", () => {
  const { bench } = listening();
  const cookie = option(cookieOf(bench));
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < PENDING; i++) {
      assert.ok(taken(syn(bench, PEER, 40_000 + 100 * round + i, cookie)));
    }
    bench.advance(400 * SECOND);
    assert.equal(wasm.connectionCount(), 0);
  }
});

test("TCP-63: cookies of odd length, too short, too long or cut off are ignored", () => {
  const { bench } = listening();
  const cookie = cookieOf(bench);
  const malformed = [
    ...[1, 2, 3, 5, 7].map((length) => option(cookie.slice(0, length))),
    ...[9, 11, 15, 17, 18, 20].map((length) => option([...cookie, ...Array(length - 8).fill(0)])),
    option(cookie, FAST_OPEN, 0),
    option(cookie, FAST_OPEN, 1),
    option(cookie, FAST_OPEN, 255),
    option([0xf9], EXPERIMENT),
    option([0xf9, 0x88, ...cookie], EXPERIMENT),
    option([0xf9, 0x89, ...cookie.slice(0, 7)], EXPERIMENT),
    option([0xf9, 0x89, ...cookie, ...Array(10).fill(0)], EXPERIMENT),
  ];
  for (const [i, options] of malformed.entries()) {
    const answer = syn(bench, PEER, 40_000 + i, options);
    assert.ok(!taken(answer), String(options));
    assert.equal(cookieIn(answer), undefined, String(options));
  }
  assert.equal(bench.counter("TcpExtTCPFastOpenPassiveFail"), 0);
  // The last of several options counts.
  const twice = [...option(cookie), ...option([])];
  assert.ok(!taken(syn(bench, PEER, 41_000, twice)));
  assert.ok(taken(syn(bench, PEER, 41_001, [...option([]), ...option(cookie)])));
});

test("TCP-64: data of a SYN beyond the window is cut off, and sent again by the peer", () => {
  const { bench, listener } = listening();
  const cookie = option(cookieOf(bench));
  const most = 65_535 - 20 - 20 - 12;
  const answer = syn(bench, PEER, 40_000, cookie, most);
  assert.ok(taken(answer, most), "as much as a packet can have");
  bench.connection = wasm.accept(listener);
  assert.deepEqual(bench.read(), pattern(most));
  wasm.setReceiveBytes(listener, 32_768);
  const cut = syn(bench, PEER, 40_001, cookie, most);
  const count = cut.acknowledgment - 5001;
  assert.ok(count > 0 && count < most, `${count} bytes`);
  bench.connection = wasm.accept(listener);
  assert.deepEqual(bench.read(), pattern(count));
});

test("TCP-65: without memory for its data, a SYN opens a connection the usual way", () => {
  const { bench, listener } = listening();
  const cookie = option(cookieOf(bench));
  assert.equal(bench.counter("TcpExtTCPFastOpenPassive"), 0);
  wasm.setFreeBytes(0);
  assert.equal(syn(bench, PEER, 40_000, cookie), undefined, "no connection at all");
  wasm.setFreeBytes(1 << 30);
  assert.ok(taken(syn(bench, PEER, 40_001, cookie)));
  bench.connection = wasm.accept(listener);
  assert.equal(bench.state, State.SynReceived);
});

test("cookies are those of Linux", () => {
  const { bench } = listening();
  // net.ipv4.tcp_fastopen_key=a0bf63f7-ed803d81-cd641d30-cebc4a90 and the addresses of packetdrill.
  wasm.setFastOpen(3, 0xed803d81a0bf63f7n, 0xcebc4a90cd641d30n);
  const cookie = (local: number, remote: number) => {
    const ends = { sourcePort: 40_000, destinationPort: 80, source: remote, destination: local };
    const asked = tcpSegment({ ...ends, sequence: 1, flags: "S", options: option([]) });
    bench.arrive(asked, remote, local);
    return Buffer.from(cookieIn(bench.out()[0]) ?? []).toString("hex");
  };
  assert.equal(cookie(0xc0a80002, 0x0af80002), "00abaaabe8e954c2");
  assert.equal(cookie(0xc0a80003, 0x0af80003), "76d2c1c530f51f79");
});
