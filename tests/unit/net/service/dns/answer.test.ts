/** Malformed, forged and odd DNS answers (net/wire/dns.ts, net/service/dns/). */
import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";
import { address } from "../../../../lab/packets/bytes.ts";
import {
  type Answer,
  a,
  cname,
  encodeAnswer,
  encodeName,
  encodeRecord,
  type Name,
  type Record_,
  soa,
} from "../../../../lab/packets/dns.ts";
import { Random } from "../../../../lab/random.ts";
import { load, writeBytes, writeText } from "../../../../lab/scripted/assembly.ts";
import { DnsWorld, second } from "../../../../lab/scripted/dns.ts";

const wasm = await load("tests/lab/entries/dns.ts");
const world = new DnsWorld(wasm);
const target = "203.0.113.7";
const evil = "203.0.113.66";
/** Offset of the first record, after the question for a.test. */
const answerAt = 12 + 8 + 4;

beforeEach(() => world.reset("10.0.2.3"));

/** Returns the outcome for a.test if the only server sends this answer. */
function outcome(answer: Answer): string {
  world.reset("10.0.2.3");
  const query = world.ask("a.test");
  world.reply(answer);
  return world.outcome(query);
}

/** Asserts that a query for a.test ignores this answer, and then accepts a genuine one. */
function ignored(answer: Answer): void {
  world.reset("10.0.2.3");
  const query = world.ask("a.test");
  world.reply(answer);
  assert.equal(world.outcome(query), "pending", JSON.stringify(answer));
  world.reply({ answers: [a("a.test", target)] });
  assert.equal(world.outcome(query), target);
}

const owner = (name: Name): Answer => ({ answers: [{ name, data: Buffer.from([1, 2, 3, 4]) }] });
const record = (rest: Partial<Record_>): Answer => ({
  answers: [{ name: "a.test", data: Buffer.from([203, 0, 113, 66]), ...rest }],
});

test("rejects every truncated answer, or ignores it if the question is truncated", () => {
  const answers = [cname([12], ["b", 14], 60), a(["b", 14], target)];
  const whole = encodeAnswer(0x1234, "a.test", { answers });
  const read = (bytes: Buffer): number => wasm.readAnswer(...writeBytes(wasm, bytes));
  assert.equal(read(whole), 100);
  for (let length = 0; length < whole.length; length++) {
    const result = read(whole.subarray(0, length));
    assert.equal(result, length < answerAt ? 0 : 111, `${length} bytes`);
  }
  const soaAnswer = encodeAnswer(0x1234, "a.test", { authority: [soa("test", 60)] });
  for (let length = answerAt; length < soaAnswer.length; length++) {
    assert.equal(read(soaAnswer.subarray(0, length)), 105, `denial of ${length} bytes`);
  }
});

test("DNS-02 to DNS-09, DNS-11: rejects answers with malformed names", () => {
  const names: [string, Name][] = [
    ["DNS-02 itself", [answerAt]],
    ["DNS-03 each other", [answerAt + 2]],
    ["DNS-04 label and pointer", ["test", answerAt]],
    ["DNS-05 forward", [Buffer.from([0xc0, 0xff])]],
    ["DNS-05 beyond", [Buffer.from([0xff, 0xff])]],
    ["DNS-06 into the header", [0]],
    ["DNS-07 type 01", [Buffer.from([0x41]), Buffer.alloc(65, "A")]],
    ["DNS-07 type 10", [Buffer.from([0x80])]],
    ["DNS-08 overrun", [Buffer.from([63]), Buffer.alloc(10, "a")]],
    ["DNS-09 too long", [...Array(5).fill("a".repeat(63)), Buffer.from([0])]],
    ["DNS-11 no end", [Buffer.from([50, 97, 98])]],
  ];
  for (const [what, name] of names) assert.equal(outcome(owner(name)), "bad-answer", what);
  world.reset("10.0.2.3", "10.0.2.4");
  const query = world.ask("a.test");
  world.reply(owner([answerAt]));
  assert.equal(world.last.server, address("10.0.2.4"), "the next server is queried");
  world.reply({ answers: [a([12], target)] });
  assert.equal(world.outcome(query), target);
});

test("DNS-06: follows a pointer into the middle of a name or into data", () => {
  assert.equal(outcome(owner([14])), "nodata", "an address of test., not of a.test.");
  const inData: Answer = {
    answers: [{ name: "x.test", type: 16, data: encodeName("a.test") }, a([answerAt + 18], target)],
  };
  assert.equal(outcome(inData), target);
});

test("DNS-12: rejects A records of 0, 3, 5, 16 and 65535 bytes", () => {
  for (const length of [0, 3, 5, 16]) {
    assert.equal(outcome(record({ data: Buffer.alloc(length, 1) })), "bad-answer", `${length}`);
  }
  assert.equal(outcome(record({ length: 65535 })), "bad-answer");
  assert.equal(outcome({ answers: [cname("a.test", [Buffer.from([1, 98, 0, 0])])] }), "bad-answer");
});

test("DNS-13: rejects a message with fewer answers than announced", () => {
  assert.equal(outcome({ answers: [a("a.test", target)], answerCount: 65535 }), "bad-answer");
});

test("DNS-14: ignores an answer with another question, or with 0, 2 or 65535 questions", () => {
  const answers = [a("a.test", evil)];
  ignored({ answers, questions: [] });
  ignored({ answers, questions: [], code: 3 });
  ignored({ answers, questions: [{ name: "a.test" }, { name: "a.test" }] });
  ignored({ answers, questionCount: 65535 });
  ignored({ answers, questions: [{ name: "b.test" }] });
  ignored({ answers, questions: [{ name: "a.test", type: 28 }] });
  ignored({ answers, questions: [{ name: "a.test", class_: 3 }] });
  assert.equal(outcome({ questions: [], code: 5 }), "refused", "a failure may omit the question");
});

test("DNS-16: accepts the genuine answer after all wrong ids, and a wrong port and address", () => {
  const query = world.ask("a.test");
  const sent = world.last;
  const forged = { answers: [a("a.test", evil)] };
  for (let id = 0; id < 65536; id++) {
    if (id !== sent.id) world.deliver(encodeAnswer(id, "a.test", forged));
    if (id % 4096 === 0) wasm.collect();
  }
  const right = encodeAnswer(sent.id, "a.test", forged);
  world.deliver(right, { ...sent, port: sent.port ^ 1 });
  world.deliver(right, sent, address("10.0.2.66"));
  world.deliver(right, sent, sent.server, 54);
  assert.equal(world.outcome(query), "pending");
  world.reply({ answers: [a("a.test", target)] });
  assert.equal(world.outcome(query), target);
});

test("DNS-18, DNS-19: neither uses nor caches unrequested records", () => {
  const query = world.ask("a.test");
  world.reply({
    answers: [a("a.test", target), a("bank.test", evil)],
    authority: [{ name: "test", type: 2, data: encodeName("ns.bank.test") }],
    additional: [a("bank.test", evil), a("ns.bank.test", evil)],
  });
  assert.equal(world.outcome(query), target);
  assert.equal(world.outcome(world.ask("bank.test")), "pending");
  assert.equal(outcome({ answers: [a("bank.test", evil)] }), "nodata");
  assert.equal(wasm.cacheCount(), 0);
  assert.equal(world.outcome(world.ask("bank.test")), "pending");
});

test("DNS-21: uses TTL 0 once, treats a set top bit as 0, and limits TTLs to a week", () => {
  const kept = (ttl: number) => {
    assert.equal(outcome({ answers: [a("a.test", target, ttl)] }), target);
    const again = world.ask("a.test");
    return world.outcome(again) === "pending" ? 0 : wasm.ttl(again);
  };
  assert.equal(kept(0), 0);
  assert.equal(kept(0x80000000), 0);
  assert.equal(kept(0xffffffff), 0);
  assert.equal(kept(0x7fffffff), 7 * 86400);
  assert.equal(kept(3600), 3600);
  assert.equal(outcome({ code: 3, authority: [soa("test", 0x7fffffff, 0x7fffffff)] }), "nxdomain");
  assert.equal(wasm.ttl(world.ask("a.test")), 3 * 3600);
});

test("DNS-21: the first query returns the same bounded TTL as later ones", () => {
  const first = (answer: Answer) => {
    world.reset("10.0.2.3");
    const query = world.ask("a.test");
    world.reply(answer);
    assert.notEqual(world.outcome(query), "pending");
    return wasm.ttl(query);
  };
  assert.equal(first({ answers: [a("a.test", target, 0x7fffffff)] }), 7 * 86400);
  const denied = soa("test", 0x7fffffff, 0x7fffffff);
  assert.equal(first({ code: 3, authority: [denied] }), 3 * 3600);
});

test("DNS-22: without TCP, reports a truncated answer as an error", () => {
  world.reset("10.0.2.3");
  const query = world.ask("a.test");
  world.reply({ flags: 0x8380 });
  assert.equal(world.outcome(query), "truncated");
  assert.match(world.text(wasm.failure(query)), /truncated.*TCP/);
});

/** Starts a query and waits until it is written to TCP; returns the query, its id and name. */
function overStream(): { query: number; id: number; name: string } {
  world.reset("10.0.2.3");
  wasm.allowStreams(true);
  const query = world.ask("a.test");
  world.reply({ flags: 0x8380, answers: [a("a.test", evil)] });
  assert.equal(wasm.streamCount(), 1);
  world.poll();
  assert.equal(wasm.streamWritten(0), 0, "not yet connected");
  wasm.streamState(0, 1);
  world.poll();
  const written = Buffer.from(
    Array.from({ length: wasm.streamWritten(0) }, (_, i) => wasm.streamByte(0, i)),
  );
  assert.equal(written.readUInt16BE(0), written.length - 2);
  return { query, id: written.readUInt16BE(2), name: "a.test" };
}

const prefixed = (bytes: Buffer) =>
  Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);

test("DNS-22: reassembles a long answer over TCP from any pieces", () => {
  const answers = Array.from({ length: 100 }, (_, i) =>
    a("a.test", `203.0.113.${100 + (i % 100)}`),
  );
  for (const step of [1, 7, 100000]) {
    const { query, id, name } = overStream();
    const bytes = prefixed(encodeAnswer(id, name, { answers }));
    for (let at = 0; at < bytes.length; at += step) {
      assert.equal(world.outcome(query), "pending");
      wasm.streamArrive(0, ...writeBytes(wasm, bytes.subarray(at, at + step)));
      world.poll();
    }
    assert.equal(wasm.addressCount(query), 16);
    assert.equal(wasm.streamReleased(0), 1);
  }
});

test("DNS-22: reports bad TCP lengths and ids; if TCP ends or is silent, uses UDP's answer", () => {
  const after = (bytes: Buffer, state: number): string => {
    const { query } = overStream();
    wasm.streamArrive(0, ...writeBytes(wasm, bytes));
    world.poll();
    wasm.streamState(0, state);
    world.poll();
    return world.outcome(query);
  };
  assert.equal(after(Buffer.from([0, 0]), 1), "bad-answer");
  assert.equal(after(Buffer.from([0, 11, 1]), 1), "bad-answer");
  assert.equal(after(Buffer.from([255, 255, ...Array(10).fill(1)]), 1), "bad-answer");
  assert.equal(after(Buffer.from([0]), 2), evil, "the server closes: the truncated answer is used");
  assert.equal(
    after(Buffer.alloc(0), 3),
    evil,
    "the connection fails: the truncated answer is used",
  );
  const wrongId = prefixed(encodeAnswer(0, "a.test", { answers: [a("a.test", evil)] }));
  assert.equal(after(wrongId, 1), "bad-answer");
  const { query } = overStream();
  assert.equal(wasm.truncated(query), 0);
  world.run(2n * second);
  assert.equal(
    world.outcome(query),
    evil,
    "silence: the truncated answer is used after two seconds",
  );
  assert.equal(wasm.truncated(query), 1);
  assert.equal(wasm.streamReleased(0), 1);
});

test("DNS-23: ignores answers of 1 and 11 bytes, reads 513 and 4,096, drops longer ones", () => {
  const sized = (length: number) => {
    const query = world.ask("a.test");
    const text = encodeRecord({ name: "a.test", type: 16, data: Buffer.alloc(0) });
    const base = encodeAnswer(0, "a.test", { answers: [a("a.test", target)] }).length;
    const data = Buffer.alloc(length - base - text.length);
    world.reply({ answers: [a("a.test", target), { name: "a.test", type: 16, data }] });
    const result = world.outcome(query);
    world.reset("10.0.2.3");
    return result;
  };
  const query = world.ask("a.test");
  for (const length of [0, 1, 11, 12]) world.deliver(Buffer.alloc(length));
  assert.equal(world.outcome(query), "pending");
  world.reset("10.0.2.3");
  assert.equal(sized(513), target);
  assert.equal(sized(4096), target);
  assert.equal(sized(4097), "pending");
  assert.equal(sized(15000), "pending");
});

test("DNS-24: ignores OPT records, and rejects an answer section that one overruns", () => {
  const opt = (rest: Partial<Record_> = {}): Record_ => ({
    name: "",
    type: 41,
    class_: 1232,
    ttl: 0,
    data: Buffer.alloc(0),
    ...rest,
  });
  const good = a("a.test", target);
  assert.equal(outcome({ answers: [good], additional: [opt(), opt()] }), target);
  assert.equal(outcome({ answers: [opt({ class_: 1 }), good] }), target);
  assert.equal(outcome({ answers: [good], additional: [opt({ ttl: 0x01010000 })] }), target);
  assert.equal(outcome({ answers: [good], additional: [opt({ length: 65535 })] }), target);
  assert.equal(outcome({ answers: [opt({ length: 65535 }), good] }), "bad-answer");
});

test("DNS-25: skips other classes and types, and addresses that no host can have", () => {
  const good = a("a.test", target);
  assert.equal(outcome({ answers: [{ ...a("a.test", evil), class_: 3 }, good] }), target);
  assert.equal(outcome({ answers: [{ ...a("a.test", evil), class_: 255 }, good] }), target);
  const aaaa = { name: "a.test", type: 28, data: Buffer.alloc(16, 1) };
  assert.equal(outcome({ answers: [aaaa, good] }), target);
  assert.equal(outcome({ answers: [aaaa] }), "nodata");
  for (const nobody of ["127.0.0.1", "0.0.0.0", "0.1.2.3", "224.0.0.1", "255.255.255.255"]) {
    assert.equal(outcome({ answers: [a("a.test", nobody)] }), "unusable", nobody);
    assert.equal(outcome({ answers: [a("a.test", nobody), good] }), target, nobody);
  }
  assert.equal(outcome({ answers: [a("a.test", "169.254.169.254")] }), "169.254.169.254");
});

test("DNS-26: prints an alias with odd bytes escaped, and never queries it", () => {
  const odd: Name = ["x\0.\x1b[31m", "test", Buffer.from([0])];
  world.reset("10.0.2.3");
  const query = world.ask("a.test");
  world.reply({ answers: [cname("a.test", odd), a(odd, target)] });
  assert.equal(world.outcome(query), target);
  assert.equal(world.text(wasm.canonicalName(query)), "x\\000\\.\\027[31m.test");
  assert.equal(outcome({ answers: [cname("a.test", odd)] }), "bad-answer");
  assert.equal(world.queries.length, 1);
});

test("DNS-27: accepts an answer whose owner is in another letter case", () => {
  assert.equal(outcome({ answers: [a("A.tEST", target)] }), target);
});

test("DNS-30: rejects invalid names without a packet, and returns an address as it is", () => {
  const bad = ["", ".", "..", "a..b", ".a", "-x", "x-", "a b", "a/b", "a:80", "ä.test"];
  const numbers = ["1.2.3.4.", "0x7f.1", "127.1", "1", "256.1.1.1", "a.0x7f", "1.2.3"];
  const long = [`${"a".repeat(64)}.test`, Array(128).fill("a").join("."), "xn--\xff", "a\0b"];
  for (const name of [...bad, ...numbers, ...long]) {
    const query = world.ask(name);
    assert.equal(world.outcome(query), "bad-name", JSON.stringify(name));
    assert.notEqual(world.text(wasm.failure(query)), "");
  }
  assert.equal(world.queries.length, 0);
  assert.equal(world.outcome(world.ask("1.2.3.4")), "1.2.3.4");
  assert.equal(world.queries.length, 0);
  for (const name of ["a.", "a-b.test", "xn--bcher-kva.example", "_dmarc.test", "3com.test"]) {
    const query = world.ask(name);
    assert.equal(world.outcome(query), "pending", name);
  }
  const longest = [..."abc"].map((c) => c.repeat(63)).join(".") + "." + "d".repeat(61);
  assert.equal(longest.length, 253);
  world.ask(longest);
  assert.equal(world.last.name, longest);
  assert.equal(world.outcome(world.ask(`${longest}d`)), "bad-name");
});

test("sends a query in the format of RFC 1035", () => {
  const to: number = wasm.allocateBytes(300);
  const length: number = wasm.writeQuery(to, ...writeText(wasm, "a.test"));
  const bytes = Buffer.from(wasm.memory.buffer.slice(to, to + length)).toString("hex");
  assert.equal(bytes, "123401000001000000000000" + "0161" + "0474657374" + "00" + "00010001");
});

test("survives 20,000 answers of random bytes after the right question", () => {
  const random = new Random(4711);
  for (let i = 0; i < 20000; i++) {
    const raw = Buffer.from(
      Array.from({ length: random.below(100) }, () => random.below(random.chance(0.75) ? 16 : 256)),
    );
    const bytes = encodeAnswer(0x1234, "a.test", { raw, answerCount: random.below(4) });
    const result: number = wasm.readAnswer(...writeBytes(wasm, bytes));
    assert.ok(result >= 100);
    if (i % 1000 === 0) wasm.collect();
  }
});
