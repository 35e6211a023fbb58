/** Several name servers, and what the resolver remembers of each (net/service/dns/server.ts). */
import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";
import { address, dotted } from "../../../../lab/packets/bytes.ts";
import {
  type Answer,
  a,
  cname,
  encodeAnswer,
  encodeName,
  soa,
} from "../../../../lab/packets/dns.ts";
import { load, writeBytes } from "../../../../lab/scripted/assembly.ts";
import { DnsWorld, type SentQuery, second } from "../../../../lab/scripted/dns.ts";

const wasm = await load("tests/lab/entries/dns.ts");
const world = new DnsWorld(wasm);
const target = "203.0.113.7";
const [first, other] = ["10.0.2.3", "10.0.2.4"];
let names = 0;

beforeEach(() => {
  world.reset(first, other);
  names = 0;
});

/** Looks up a new name; returns the lookup and the queries that were sent for it. */
function askNew(): { query: number; name: string; sent: SentQuery[] } {
  const name = `n${names++}.test`;
  const before = world.queries.length;
  const query = world.ask(name);
  return { query, name, sent: world.queries.slice(before) };
}

const serversOf = (sent: SentQuery[]) => sent.map((q) => dotted(q.server));
const answer = (to: SentQuery = world.last): void =>
  world.reply({ answers: [a(to.name, target)] }, to);

/** Looks up a new name while the first server is silent. */
function firstIsSilent(): void {
  const { query } = askNew();
  world.run(world.now + second);
  answer();
  assert.equal(world.outcome(query), target);
}

test("a dead first server delays one lookup by a second; later ones use the second server", () => {
  firstIsSilent();
  assert.deepEqual([wasm.serverDead(0), wasm.serverDead(1)], [1, 0]);
  for (let i = 0; i < 5; i++) {
    const { query, sent } = askNew();
    assert.deepEqual(serversOf(sent), [other]);
    answer();
    assert.equal(world.outcome(query), target);
    assert.equal(wasm.elapsed(query), 0n);
  }
});

test("a dead server is probed at growing intervals, without delaying any lookup", () => {
  firstIsSilent();
  const probed: number[] = [];
  for (let at = 2; at < 200; at++) {
    world.run(BigInt(at) * second);
    const { query, sent } = askNew();
    if (serversOf(sent).includes(first)) probed.push(at);
    answer(sent.find((q) => q.server === address(other)));
    assert.equal(world.outcome(query), target);
    assert.equal(wasm.elapsed(query), 0n);
  }
  assert.deepEqual(probed, [6, 16, 36, 76, 156]);
  world.run(300n * second);
  assert.equal(wasm.socketCount(), 0);
});

test("a server that answers a probe is queried first again", () => {
  firstIsSilent();
  world.run(6n * second);
  const { sent } = askNew();
  assert.deepEqual(serversOf(sent).sort(), [first, other]);
  for (const query of sent) answer(query);
  assert.equal(wasm.serverDead(0), 0);
  assert.deepEqual(serversOf(askNew().sent), [first]);
});

test("a server that answers late is slow, not dead, and is queried after a faster one", () => {
  const { query, sent } = askNew();
  world.run(second);
  answer();
  assert.equal(world.outcome(query), target);
  world.run(3n * second);
  answer(sent[0]);
  assert.equal(wasm.serverDead(0), 0);
  assert.deepEqual(serversOf(askNew().sent), [other]);
});

/** Makes the first server slow: it answers after `after` seconds, and the second at once. */
function firstIsSlow(after = 3n): void {
  const { sent } = askNew();
  world.run(second);
  answer();
  world.run(after * second);
  answer(sent[0]);
  assert.deepEqual([wasm.rank(0), wasm.rank(1)], [1, 0]);
}

test("a slow server is probed, and a fast answer to the probe makes it the first again", () => {
  firstIsSlow();
  world.run(9n * second);
  const { query, sent } = askNew();
  assert.deepEqual(serversOf(sent).sort(), [first, other]);
  answer(sent.find((q) => q.server === address(other)));
  assert.equal(wasm.elapsed(query), 0n, "the probe delays nothing");
  answer(sent.find((q) => q.server === address(first)));
  assert.deepEqual(serversOf(askNew().sent), [first]);
});

test("a server that stays slow is probed at growing intervals", () => {
  firstIsSlow();
  const probed: number[] = [];
  for (let at = 4; at < 170; at++) {
    world.run(BigInt(at) * second);
    const { sent } = askNew();
    answer(sent.find((q) => q.server === address(other)));
    const probe = sent.find((q) => q.server === address(first));
    if (probe === undefined) continue;
    probed.push(at);
    world.run(BigInt(++at) * second);
    answer(probe);
  }
  assert.deepEqual(probed, [6, 16, 36, 76, 156]);
  assert.equal(wasm.rank(0), 1);
});

test("a slow server that does not answer a probe is dead", () => {
  firstIsSlow();
  world.run(9n * second);
  const { sent } = askNew();
  answer(sent.find((q) => q.server === address(other)));
  world.run(18n * second);
  assert.deepEqual([wasm.rank(0), wasm.silences(0)], [2, 2n]);
});

test("a closed port marks a server dead; if all are dead, they are queried in order", () => {
  askNew();
  wasm.refuse(0);
  world.poll();
  assert.equal(wasm.serverDead(0), 1);
  assert.equal(wasm.silences(0), 0n, "it was not silent");
  wasm.refuse(1);
  world.poll();
  assert.equal(wasm.serverDead(1), 1);
  assert.deepEqual(serversOf(askNew().sent), [first]);
});

test("accepts an answer after five seconds if all servers are that slow", () => {
  const { query, sent } = askNew();
  world.run(5n * second);
  assert.ok(world.queries.length > 2);
  answer(sent[0]);
  assert.equal(world.outcome(query), target);
  assert.equal(wasm.elapsed(query), 5n * second);
});

test("the state of a server survives a change of the server list", () => {
  firstIsSilent();
  wasm.addServer(address("10.0.2.5"), 53);
  assert.deepEqual([wasm.serverDead(0), wasm.serverDead(1), wasm.serverDead(2)], [1, 0, 0]);
});

test("bounds sockets: a new lookup closes the oldest query of another", () => {
  const queries = Array.from({ length: 31 }, () => askNew().query);
  world.run(14n * second);
  assert.equal(wasm.socketCount(), 40);
  const { query, sent } = askNew();
  assert.equal(wasm.socketCount(), 40);
  answer(sent[0]);
  assert.equal(world.outcome(query), target);
  assert.equal(world.outcome(queries[0]), "pending");
});

test("bounds sockets: a retry closes the socket of its lookup's oldest query", () => {
  for (let i = 0; i < 32; i++) askNew();
  world.run(14n * second);
  assert.equal(wasm.socketCount(), 40);
  world.run(40n * second);
  assert.equal(wasm.socketCount(), 0);
});

test("queries the next server after a referral, an empty answer or REFUSED", () => {
  const ns = (name: string) => ({ name, type: 2, data: encodeName("ns.test") });
  const lame: [string, Answer, string][] = [
    ["referral", { authority: [ns("test")], additional: [a("ns.test", "192.0.2.1")] }, "lame"],
    ["upward referral", { authority: [ns("")] }, "lame"],
    ["nothing at all", {}, "nodata"],
    ["REFUSED", { code: 5 }, "refused"],
    ["answers of another name", { answers: [a("b.test", target)] }, "nodata"],
  ];
  for (const [what, bad, error] of lame) {
    world.reset(first, other);
    const { query } = askNew();
    world.reply(bad);
    assert.equal(dotted(world.last.server), other, what);
    answer();
    assert.equal(world.outcome(query), target, what);
    const none = askNew();
    world.reply(bad);
    world.reply(bad);
    assert.equal(world.outcome(none.query), error, what);
    assert.equal(wasm.ttl(none.query) <= 1, true, "not cached as a denial");
  }
  world.reset(first, other);
  const { query } = askNew();
  world.reply({ authority: [soa("test", 60)] });
  assert.equal(world.outcome(query), "nodata", "with an SOA, an empty answer is final");
  const alias = askNew();
  world.reply({ answers: [cname(alias.name, "b.test")], authority: [ns("test")] });
  assert.equal(world.last.name, "b.test", "an alias is no referral");
});

test("EDNS announces 1,232 bytes, and is omitted after FORMERR, NOTIMP and BADVERS", () => {
  const opt = { name: "", type: 41, class_: 1232, ttl: 0x01000000, data: Buffer.alloc(0) };
  const refusals: Answer[] = [{ code: 1 }, { code: 4 }, { additional: [opt] }];
  for (const refusal of refusals) {
    world.reset(first);
    const { query } = askNew();
    assert.equal(world.last.edns, 1232);
    world.reply(refusal);
    assert.equal(world.outcome(query), "pending");
    assert.equal(world.last.edns, 0);
    answer();
    assert.equal(world.outcome(query), target);
    askNew();
    assert.equal(world.last.edns, 0, "remembered");
    world.run(2n * 3600n * second);
    askNew();
    assert.equal(world.last.edns, 1232, "but not for ever");
  }
});

test("an extended code other than BADVERS says nothing of EDNS", () => {
  // BADCOOKIE, 23: the header has the lower four bits (RFC 6891 section 6.1.3).
  const opt = { name: "", type: 41, class_: 1232, ttl: 0x01000000, data: Buffer.alloc(0) };
  world.reset(first);
  askNew();
  world.reply({ code: 7, additional: [opt] });
  askNew();
  assert.equal(world.last.edns, 1232);
});

test("if a server drops queries with EDNS, the retry and later queries omit it", () => {
  world.reset(first);
  const { query } = askNew();
  world.run(2n * second);
  assert.equal(world.last.edns, 0);
  assert.equal(world.last.wireName, world.last.name, "nor is the letter case randomized");
  answer();
  assert.equal(world.outcome(query), target);
  askNew();
  assert.equal(world.last.edns, 0);
});

test("keeps EDNS after a timeout if the server has used it before", () => {
  world.reset(first);
  askNew();
  const opt = { name: "", type: 41, class_: 1232, ttl: 0, data: Buffer.alloc(0) };
  world.reply({ answers: [a(world.last.name, target)], additional: [opt] });
  askNew();
  world.run(world.now + 2n * second);
  assert.equal(world.last.edns, 1232);
});

const LONG = "abcdefghijklmnopqrstuvwxyz.test";

test("the letters of a name are sent in random case", () => {
  const cases = new Set<string>();
  for (let i = 0; i < 20; i++) {
    world.reset(first);
    for (let j = 0; j <= i; j++) world.ask(j === i ? LONG : `x${j}.test`);
    assert.equal(world.last.name, LONG);
    cases.add(world.last.wireName);
  }
  assert.ok(cases.size > 15, `${cases.size} of 20`);
});

/** Returns an answer from a server that does not preserve the case of letters. */
const lowered = (to: SentQuery): Buffer =>
  encodeAnswer(to.id, to.name, { answers: [a(to.name, target)] });

test("repeats a query over TCP if the answer over UDP changes the case of letters", () => {
  world.reset(first);
  wasm.allowStreams(true);
  const query = world.ask(LONG);
  world.deliver(lowered(world.last));
  assert.equal(world.outcome(query), "pending");
  assert.equal(wasm.streamCount(), 1);
  wasm.streamState(0, 1);
  world.poll();
  const written = Buffer.from(
    Array.from({ length: wasm.streamWritten(0) }, (_, i) => wasm.streamByte(0, i)),
  );
  const bytes = lowered({ ...world.last, id: written.readUInt16BE(2) });
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  wasm.streamArrive(0, ...writeBytes(wasm, Buffer.concat([length, bytes])));
  world.poll();
  assert.equal(world.outcome(query), target);
  world.ask(`b${LONG}`);
  assert.equal(world.last.wireName, `b${LONG}`, "no longer in random case for this server");
});

test("without TCP, repeats a query in lower case if the server changes the case of letters", () => {
  world.reset(first);
  const query = world.ask(LONG);
  world.deliver(lowered(world.last));
  assert.equal(world.outcome(query), "pending");
  assert.equal(world.queries.length, 2);
  assert.equal(world.last.wireName, LONG);
  assert.equal(world.last.edns, 1232, "EDNS is kept");
  assert.notEqual(world.queries[0].port, world.last.port);
  answer();
  assert.equal(world.outcome(query), target);
});

test("a name in different case does not bring EDNS back for a server that drops it", () => {
  world.reset(first);
  world.ask(LONG);
  world.run(2n * second);
  assert.equal(world.last.edns, 0);
  world.deliver(lowered(world.queries[0]), world.queries[0]);
  assert.equal(world.queries.length, 3);
  assert.deepEqual([world.last.edns, world.last.wireName], [0, LONG]);
});

test("a late truncated answer does not delay the query of the next server", () => {
  wasm.allowStreams(true);
  const { query, sent } = askNew();
  world.run(second);
  assert.equal(dotted(world.last.server), other);
  world.run(2n * second - 100_000n);
  world.reply({ flags: 0x8380 }, sent[0]);
  assert.equal(wasm.streamCount(), 1, "repeats it over TCP");
  assert.equal(world.queries.length, 2);
  world.run(2n * second);
  assert.equal(world.queries.length, 3);
  answer();
  assert.equal(world.outcome(query), target);
});

test("if TCP is filtered, uses the truncated answer, and does not try TCP for a while", () => {
  world.reset(first);
  wasm.allowStreams(true);
  const query = world.ask("a.test");
  world.reply({ flags: 0x8380, answers: [a("a.test", target)] });
  world.run(2n * second);
  assert.equal(world.outcome(query), target);
  assert.equal(wasm.truncated(query), 1);
  const next = world.ask("b.test");
  world.reply({ flags: 0x8380, answers: [a("b.test", target)] });
  assert.equal(world.outcome(next), target);
  assert.equal(wasm.elapsed(next), 0n);
  assert.equal(wasm.streamCount(), 1);
  const empty = world.ask("c.test");
  world.reply({ flags: 0x8380 });
  assert.equal(world.outcome(empty), "truncated", "the truncated answer is empty");
});
