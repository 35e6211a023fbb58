/** Queries over TLS to name servers with a name (net/service/dns/secure-exchange.ts, RFC 7858). */
import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";
import { a, encodeAnswer, readQuestion } from "../../../../lab/packets/dns.ts";
import { load, writeBytes, writeText } from "../../../../lab/scripted/assembly.ts";
import { DnsWorld, second } from "../../../../lab/scripted/dns.ts";
import { Status } from "../../../../lab/scripted/streams.ts";

const wasm = await load("tests/lab/entries/dns.ts");
const world = new DnsWorld(wasm);
const target = "203.0.113.7";

beforeEach(() => {
  world.reset("10.0.2.3#dns.test");
  wasm.allowStreams(true);
});

/** Returns the messages written to a stream so far, without their length prefixes. */
function written(stream: number): Buffer[] {
  const bytes = Buffer.from(
    Array.from({ length: wasm.streamWritten(stream) }, (_, at) => wasm.streamByte(stream, at)),
  );
  const messages: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 2 + bytes.readUInt16BE(at)) {
    messages.push(bytes.subarray(at + 2, at + 2 + bytes.readUInt16BE(at)));
  }
  return messages;
}

function open(stream: number, state = Status.Open): void {
  wasm.streamState(stream, state);
  world.poll();
}

/** Answers the last query written to a stream. */
function answer(stream: number, to = target): void {
  const query = written(stream).at(-1);
  assert.ok(query);
  const { name } = readQuestion(query);
  const bytes = encodeAnswer(query.readUInt16BE(0), name, { answers: [a(name, to)] });
  const prefix = Buffer.alloc(2);
  prefix.writeUInt16BE(bytes.length);
  wasm.streamArrive(stream, ...writeBytes(wasm, Buffer.concat([prefix, bytes])));
  world.poll();
}

test("connects to port 853 for the configured name, and sends nothing in the clear", () => {
  const query = world.ask("a.test");
  assert.equal(wasm.streamCount(), 1);
  assert.equal(world.text(wasm.secureTarget()), "dns.test 10.0.2.3:853");
  assert.deepEqual(written(0), [], "the handshake comes first");
  open(0);
  assert.equal(readQuestion(written(0)[0]).name, "a.test");
  answer(0);
  assert.equal(world.outcome(query), target);
  assert.equal(world.queries.length, 0, "no datagram");
});

test("keeps the connection for the next query, and closes it after 20 idle seconds", () => {
  world.ask("a.test");
  open(0);
  answer(0);
  const next = world.ask("b.test");
  assert.equal(wasm.streamCount(), 1);
  assert.equal(written(0).length, 2);
  answer(0);
  assert.equal(world.outcome(next), target);
  assert.equal(wasm.pollAt(), world.now + 20n * second);
  world.run(world.now + 21n * second);
  assert.equal(wasm.streamReleased(0), 1);
  world.ask("c.test");
  assert.equal(wasm.streamCount(), 2);
});

test("asks again over a new connection if the server has closed the one that was kept", () => {
  for (const state of [Status.Finished, Status.Failed]) {
    world.reset("10.0.2.3#dns.test");
    wasm.allowStreams(true);
    world.ask("a.test");
    open(0);
    answer(0);
    const query = world.ask("b.test");
    open(0, state);
    assert.equal(wasm.streamCount(), 2);
    open(1);
    answer(1);
    assert.equal(world.outcome(query), target);
    assert.equal(wasm.streamReleased(0), 1);
  }
});

/** Starts anew with these servers, and has the connection to the first one kept. */
function keepConnection(...servers: string[]): void {
  world.reset(...servers);
  wasm.allowStreams(true);
  world.ask("a.test");
  open(0);
  answer(0);
}

test("sends a query over the kept connection at once, without waiting for a poll", () => {
  keepConnection("10.0.2.3#dns.test");
  wasm.resolve(...writeText(wasm, "b.test"), world.now);
  assert.equal(written(0).length, 2);
});

test("connects again only once for one query, with the whole time limit", () => {
  keepConnection("10.0.2.3#dns.test", "10.0.2.4");
  const query = world.ask("b.test");
  world.run(world.now + 3n * second);
  open(0, Status.Finished);
  assert.equal(wasm.streamCount(), 2);
  world.run(world.now + 4n * second - 1n);
  assert.equal(world.queries.length, 0, "the new connection has 4 s");
  open(1, Status.Finished);
  assert.equal(wasm.streamCount(), 2);
  assert.equal(world.queries.length, 1, "asks the next server");
  world.reply({ answers: [a("b.test", target)] });
  assert.equal(world.outcome(query), target);
});

test("connects again, once, if the server rejects a resumed session", () => {
  const session = 8;
  const query = world.ask("a.test");
  wasm.streamFail(0, session);
  world.poll();
  assert.equal(wasm.streamCount(), 2);
  wasm.streamFail(1, session);
  world.poll();
  assert.equal(wasm.streamCount(), 2);
  assert.equal(world.outcome(query), "secure-failed");
});

test("the time of the handshake does not count as slowness of the server", () => {
  world.reset("10.0.2.3#dns.test", "10.0.2.4");
  wasm.allowStreams(true);
  world.ask("a.test");
  world.run(world.now + 3n * second);
  open(0);
  answer(0);
  assert.equal(wasm.rank(0), 0);
});

test("the next server is asked at once if no connection can be opened", () => {
  world.reset("10.0.2.3#dns.test", "10.0.2.4");
  const query = world.ask("a.test");
  assert.equal(world.queries.length, 1);
  world.reply({ answers: [a("a.test", target)] });
  assert.equal(world.outcome(query), target);
  assert.equal(wasm.elapsed(query), 0n);
  assert.equal(wasm.serverDead(0), 0, "nothing is known about the server");
});

test("a server that was sent no query does not count as silent", () => {
  world.reset("10.0.2.3#dns.test", "10.0.2.4");
  wasm.allowStreams(true);
  world.ask("a.test");
  world.run(world.now + 4n * second);
  assert.deepEqual([wasm.serverDead(0), wasm.silences(0)], [1, 0n]);
  world.reset("10.0.2.3#dns.test", "10.0.2.4");
  wasm.allowStreams(true);
  world.ask("a.test");
  wasm.streamFail(0, 1);
  world.poll();
  assert.deepEqual([wasm.serverDead(0), wasm.silences(0)], [1, 0n]);
});

test("a connection kept by dig's query is closed by the resolver", () => {
  const name = writeText(wasm, "a.test");
  world.poll();
  assert.equal(wasm.dormant(), 1);
  const query = wasm.askDirectly(...name, 0, world.now);
  open(0);
  wasm.pollDirectly(query, world.now);
  answer(0);
  assert.equal(wasm.pollDirectly(query, world.now), 1);
  assert.equal(wasm.dormant(), 0);
  world.run(world.now + 21n * second);
  assert.equal(wasm.streamReleased(0), 1);
});

test("dig's query names the reason of a failed connection", () => {
  const reasons: [number, string][] = [
    [1, "connection refused"],
    [2, "timed out"],
    [3, "host unreachable"],
    [4, "connection reset"],
    [6, "scripted failure"],
    [0, "end of file"],
  ];
  for (const [kind, words] of reasons) {
    world.reset("10.0.2.3#dns.test");
    wasm.allowStreams(true);
    const query = wasm.askDirectly(...writeText(wasm, "a.test"), 0, world.now);
    for (let i = 0; i < 3; i++) {
      wasm.streamFail(i, kind);
      wasm.pollDirectly(query, world.now);
    }
    const line = `;; Connection to 10.0.2.3#dns.test(10.0.2.3) for a.test failed: ${words}.`;
    assert.equal(world.text(wasm.complaints(query)), [line, line, line].join("\n"));
  }
});

test("fails with the reason that TLS gives, and never falls back to UDP", () => {
  const query = world.ask("a.test");
  open(0, Status.Failed);
  assert.equal(world.outcome(query), "secure-failed");
  assert.equal(world.text(wasm.failure(query)), "DNS over TLS failed: scripted failure");
  assert.equal(world.queries.length, 0);
  assert.equal(wasm.streamReleased(0), 1);
});

test("reports why no connection could be opened", () => {
  world.reset("10.0.2.3#dns.test");
  const query = world.ask("a.test");
  assert.equal(world.outcome(query), "secure-failed");
  assert.equal(world.text(wasm.failure(query)), "DNS over TLS failed: scripted refusal");
});

test("asks the next server if one fails, over TLS or UDP as configured for each", () => {
  world.reset("10.0.2.3#dns.test", "10.0.2.4");
  wasm.allowStreams(true);
  const query = world.ask("a.test");
  assert.equal(world.queries.length, 0);
  open(0, Status.Failed);
  assert.equal(world.queries.length, 1);
  world.reply({ answers: [a("a.test", target)] });
  assert.equal(world.outcome(query), target);
  assert.equal(wasm.serverDead(0), 1);
});

test("gives a silent server 4 s, and probes it over TLS, not in the clear", () => {
  world.reset("10.0.2.3#dns.test", "10.0.2.4");
  wasm.allowStreams(true);
  world.ask("a.test");
  open(0);
  world.run(world.now + 4n * second - 1n);
  assert.equal(world.queries.length, 0);
  world.run(world.now + 1n);
  world.reply({ answers: [a("a.test", target)] });
  world.run(world.now + 10n * second);
  const before = wasm.streamCount();
  world.ask("b.test");
  assert.equal(wasm.streamCount(), before + 1, "the probe");
  assert.equal(world.queries.at(-1)?.name, "b.test");
  assert.equal(world.queries.filter((sent) => sent.serverPort === 853).length, 0);
});

test("a new list of servers closes the idle connections", () => {
  world.ask("a.test");
  open(0);
  answer(0);
  wasm.dropServers();
  assert.equal(wasm.streamReleased(0), 1);
});
