/** The resolver with scripted servers (net/service/dns/), in virtual time. */
import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";
import { address } from "../../../../lab/packets/bytes.ts";
import { a, cname, soa } from "../../../../lab/packets/dns.ts";
import { load, writeText } from "../../../../lab/scripted/assembly.ts";
import { DnsWorld, errors, second } from "../../../../lab/scripted/dns.ts";

const wasm = await load("tests/lab/entries/dns.ts");
const world = new DnsWorld(wasm);
const target = "203.0.113.7";

beforeEach(() => world.reset("10.0.2.3"));

test("DNS-01: resolves a name with one query", () => {
  const query = world.ask("A.test");
  assert.equal(world.queries.length, 1);
  assert.equal(world.last.name, "a.test");
  assert.equal(world.last.type, 1);
  assert.equal(world.last.flags, 0x0100);
  assert.equal(world.last.server, address("10.0.2.3"));
  assert.equal(world.last.serverPort, 53);
  assert.equal(world.outcome(query), "pending");
  world.now = 1500n;
  world.reply({ answers: [a("a.test", target, 60), a("a.test", "203.0.113.8", 50)] });
  assert.equal(world.outcome(query), "203.0.113.7 203.0.113.8");
  assert.equal(world.text(wasm.canonicalName(query)), "a.test");
  assert.equal(wasm.ttl(query), 50);
  assert.equal(wasm.server(query) >>> 0, address("10.0.2.3"));
  assert.equal(wasm.elapsed(query), 1500n);
  assert.equal(wasm.socketCount(), 0);
  assert.equal(wasm.pollAt(), 0x7fffffffffffffffn);
});

test("queries a server on its configured port", () => {
  world.reset("10.0.2.2#5353");
  const query = world.ask("a.test");
  assert.equal(world.last.serverPort, 5353);
  world.reply({ answers: [a("a.test", target)] });
  assert.equal(world.outcome(query), target);
});

test("answers from the cache with the remaining TTL", () => {
  world.ask("a.test");
  world.reply({ answers: [a("a.test", target, 60)] });
  world.now = 20n * second;
  const again = world.ask("a.TEST.");
  assert.equal(world.outcome(again), target);
  assert.equal(wasm.fromCache(again), 1);
  assert.equal(wasm.cached(...writeText(wasm, "A.test"), world.now) >>> 0, address(target));
  assert.equal(wasm.cached(...writeText(wasm, "b.test"), world.now), 0);
  assert.equal(wasm.ttl(again), 40);
  assert.equal(world.queries.length, 1);
  world.now = 60n * second;
  assert.equal(world.outcome(world.ask("a.test")), "pending");
  assert.equal(world.queries.length, 2);
});

test("caches negative answers for the time in the zone's SOA (RFC 2308)", () => {
  const denied = (authority: ReturnType<typeof soa>[], code: number) => {
    world.reset("10.0.2.3");
    const query = world.ask("a.test");
    world.reply({ code, authority });
    world.now = 29n * second;
    const again = world.ask("a.test");
    return `${world.outcome(query)} ${world.outcome(again)} ${world.queries.length}`;
  };
  assert.equal(denied([soa("test", 30)], 3), "nxdomain nxdomain 1");
  assert.equal(denied([soa("test", 30)], 0), "nodata nodata 1");
  assert.equal(denied([soa("test", 3600, 30)], 3), "nxdomain nxdomain 1", "the SOA's own TTL");
  assert.equal(denied([soa("test", 20)], 3), "nxdomain pending 2", "expired");
  assert.equal(denied([soa("bank", 3600)], 3), "nxdomain pending 2", "not the name's zone");
  assert.equal(denied([soa("a.test", 30)], 3), "nxdomain nxdomain 1", "the name's zone");
  assert.equal(denied([soa("", 30)], 3), "nxdomain nxdomain 1", "the root");
  const other = a("test", target, 3600);
  assert.equal(denied([other, soa("test", 30)], 3), "nxdomain nxdomain 1", "after another record");
  const cut = { ...soa("test", 30), data: Buffer.alloc(21, 1) };
  assert.equal(denied([cut], 3), "nxdomain pending 2", "a truncated SOA");
  assert.equal(denied([], 3), "nxdomain pending 2", "no SOA: not cached");
});

test("follows aliases within an answer, in any order", () => {
  const query = world.ask("a.test");
  world.reply({
    answers: [
      a("c.test", target, 300),
      cname("b.test", "c.test", 20),
      cname("a.test", "b.test", 300),
    ],
  });
  assert.equal(world.outcome(query), target);
  assert.equal(world.text(wasm.canonicalName(query)), "c.test");
  assert.equal(wasm.ttl(query), 20);
});

test("queries the end of an incomplete alias chain with a new id and port", () => {
  const query = world.ask("a.test");
  world.reply({ answers: [cname("a.test", "b.test", 20)] });
  assert.equal(world.outcome(query), "pending");
  assert.equal(world.last.name, "b.test");
  const [first, next] = world.queries;
  assert.notEqual(first.port, next.port);
  world.reply({ answers: [a("b.test", target)] });
  assert.equal(world.outcome(query), target);
  assert.equal(wasm.ttl(query), 20);
  assert.equal(world.outcome(world.ask("a.test")), target);
  assert.equal(world.queries.length, 2);
});

test("DNS-20: follows 16 aliases, but neither 20 nor a loop", () => {
  const chain = (length: number) =>
    Array.from({ length }, (_, i) => cname(i === 0 ? "a.test" : `n${i}.test`, `n${i + 1}.test`));
  const legal = world.ask("a.test");
  world.reply({ answers: [...chain(16), a("n16.test", target)] });
  assert.equal(world.outcome(legal), target);
  world.reset("10.0.2.3");
  const long = world.ask("a.test");
  world.reply({ answers: [...chain(20), a("n20.test", target)] });
  assert.equal(world.outcome(long), "alias-loop");
  world.reset("10.0.2.3");
  const self = world.ask("a.test");
  world.reply({ answers: [cname("a.test", "a.test")] });
  assert.equal(world.outcome(self), "alias-loop");
  world.reset("10.0.2.3");
  const circle = world.ask("a.test");
  world.reply({ answers: [cname("a.test", "b.test")] });
  world.reply({ answers: [cname("b.test", "a.test")] });
  assert.equal(world.outcome(circle), "alias-loop");
  assert.equal(world.queries.length, 2);
  world.reset("10.0.2.3");
  const slow = world.ask("a.test");
  for (let i = 0; i < 30 && world.outcome(slow) === "pending"; i++) {
    world.reply({ answers: [cname(world.last.name, `s${i}.test`)] });
  }
  assert.equal(world.outcome(slow), "alias-loop");
  assert.equal(world.queries.length, 17);
  world.reset("10.0.2.3");
  const other = world.ask("a.test");
  world.reply({ answers: [cname("a.test", "b.test"), a("a.test", "203.0.113.66")] });
  assert.equal(world.outcome(other), "pending", "only addresses of the last name are used");
  assert.equal(world.last.name, "b.test");
});

test("DNS-28: retries a silent server at growing intervals, and fails after 15 s", () => {
  const query = world.ask("a.test");
  world.run(14n * second);
  assert.deepEqual(
    world.queries.map((q) => Number(q.at / second)),
    [0, 2, 6, 14],
  );
  assert.equal(new Set(world.queries.map((q) => q.id)).size, 4);
  assert.equal(new Set(world.queries.map((q) => q.port)).size, 4);
  world.run(15n * second);
  assert.equal(world.outcome(query), "timed-out");
  assert.match(world.text(wasm.failure(query)), /timed out; no servers could be reached/);
  assert.equal(wasm.socketCount(), 0);
});

test("DNS-28: queries the second server after 1 s if the first is silent", () => {
  world.reset("10.0.2.3", "10.0.2.4");
  const query = world.ask("a.test");
  world.run(second);
  assert.equal(world.last.server, address("10.0.2.4"));
  world.reply({ answers: [a("a.test", target)] });
  assert.equal(world.outcome(query), target);
  assert.equal(wasm.server(query) >>> 0, address("10.0.2.4"));
});

test("DNS-28: moves on at once from a closed port, and fails without another server", () => {
  world.reset("10.0.2.3", "10.0.2.4");
  const query = world.ask("a.test");
  wasm.refuse(0);
  world.poll();
  assert.equal(world.queries.length, 2);
  assert.equal(world.now, 0n);
  wasm.refuse(1);
  world.poll();
  assert.equal(world.outcome(query), "port-unreachable");
  assert.equal(wasm.elapsed(query), 0n);
});

test("reports a missing route or server at once", () => {
  wasm.setRoute(0);
  const query = world.ask("a.test");
  world.poll();
  assert.equal(world.outcome(query), "unreachable");
  assert.equal(world.queries.length, 0);
  world.reset();
  assert.equal(world.outcome(world.ask("a.test")), "no-servers");
});

test("DNS-15: NXDOMAIN is final; other failures move on to the next server", () => {
  const codes: [number, string][] = [
    [1, "formerr"],
    [2, "servfail"],
    [4, "notimp"],
    [5, "refused"],
    [15, "other-code"],
  ];
  for (const [code, error] of codes) {
    world.reset("10.0.2.3", "10.0.2.4");
    const query = world.ask("a.test");
    const refuse = () => {
      const { server } = world.last;
      world.reply({ code });
      // FORMERR and NOTIMP may concern EDNS, so the server is queried once more without it.
      if (world.last.server === server && world.last.edns === 0) world.reply({ code });
    };
    refuse();
    assert.equal(world.last.server, address("10.0.2.4"));
    refuse();
    assert.equal(world.outcome(query), error);
    const again = world.ask("a.test");
    assert.equal(world.outcome(again), error, "cached for a second (RFC 9520)");
    world.now = second;
    assert.equal(world.outcome(world.ask("a.test")), "pending");
  }
  world.reset("10.0.2.3", "10.0.2.4");
  const denied = world.ask("a.test");
  world.reply({ code: 3 });
  assert.equal(world.outcome(denied), "nxdomain");
  assert.equal(world.queries.length, 1);
  assert.equal(world.text(wasm.failure(denied)), "name does not exist (NXDOMAIN)");
  world.reset("10.0.2.3");
  const query = world.ask("a.test");
  const answers = [a("a.test", target)];
  for (const flags of [0x0100, 0x9180, 0xa980]) world.reply({ flags, answers });
  assert.equal(world.outcome(query), "pending", "a query, or another opcode");
  world.reply({ flags: 0x81c0, answers });
  assert.equal(world.outcome(query), target, "the Z bit is ignored");
});

test("DNS-17: ids and ports are unpredictable; identical questions share a query", () => {
  const ids = new Set<number>();
  const ports = new Set<number>();
  for (let i = 0; i < 1000; i++) {
    world.ask(`n${i}.test`);
    world.reply({ code: 3 });
    ids.add(world.last.id);
    ports.add(world.last.port);
  }
  assert.ok(ids.size > 970, `${ids.size} ids`);
  assert.ok(ports.size > 970, `${ports.size} ports`);
  const steps = world.queries.slice(1).map((q, i) => q.id - world.queries[i].id);
  assert.ok(new Set(steps).size > 900, "not sequential");
  const count = world.queries.length;
  const same = Array.from({ length: 50 }, () => world.ask("same.test"));
  assert.equal(world.queries.length, count + 1);
  world.reply({ answers: [a("same.test", target)] });
  assert.ok(same.every((query) => world.outcome(query) === target));
});

test("DNS-29: accepts the answer to an earlier query, and no second answer", () => {
  const query = world.ask("a.test");
  const first = world.last;
  world.run(5n * second);
  assert.equal(world.queries.length, 2);
  world.reply({ answers: [a("a.test", target)] }, first);
  assert.equal(world.outcome(query), target, "the first port is still open");
  world.reply({ answers: [a("a.test", "203.0.113.66")] });
  world.reply({ answers: [a("a.test", "203.0.113.66")] }, first);
  assert.equal(world.outcome(query), target);
  assert.equal(world.outcome(world.ask("a.test")), target);
  world.run(30n * second);
  assert.equal(wasm.socketCount(), 0);
});

test("frees the socket when the last waiting query is cancelled", () => {
  const [one, two] = [world.ask("a.test"), world.ask("a.test")];
  wasm.cancel(one);
  assert.equal(world.outcome(one), "cancelled");
  assert.equal(wasm.socketCount(), 1);
  wasm.cancel(two);
  wasm.cancel(two);
  assert.equal(wasm.socketCount(), 0);
  assert.equal(wasm.pollAt(), 0x7fffffffffffffffn);
  const [first, asked] = [world.ask("a.test"), world.last];
  const second = world.ask("b.test");
  wasm.cancel(second);
  assert.equal(wasm.socketCount(), 1);
  assert.deepEqual([world.outcome(first), world.outcome(second)], ["pending", "cancelled"]);
  world.reply({ answers: [a("a.test", target)] }, asked);
  assert.equal(world.outcome(first), target);
});

test("DNS-31: caches the 256 names used last of 10,000, and bounds concurrent lookups", () => {
  for (let i = 0; i < 10000; i++) {
    world.ask(`n${i}.test`);
    if (i % 2 === 0) world.reply({ answers: [a(`n${i}.test`, target, 86400)] });
    else world.reply({ code: 3, authority: [soa("test", 86400)] });
    if (i % 100 === 0) world.outcome(world.ask("n0.test"));
    if (i % 500 === 0) {
      wasm.collect();
      assert.ok(wasm.cacheCount() <= 256);
    }
  }
  const size: number = wasm.memory.buffer.byteLength;
  assert.ok(size < 32 << 20, `${size} bytes`);
  const count = world.queries.length;
  assert.equal(world.outcome(world.ask("n0.test")), target, "recently used");
  assert.equal(world.outcome(world.ask("n9998.test")), target);
  assert.equal(world.queries.length, count);
  assert.equal(world.outcome(world.ask("n1.test")), "pending");
  const many = Array.from({ length: 40 }, (_, i) => world.outcome(world.ask(`m${i}.test`)));
  assert.equal(many.filter((outcome) => outcome === "no-resources").length, 9);
  assert.ok(errors.includes("no-resources"));
});

test("a full cache evicts expired entries first", () => {
  for (let i = 0; i < 256; i++) {
    world.ask(`n${i}.test`);
    world.reply({ answers: [a(`n${i}.test`, target, i < 250 ? 10 : 600)] });
  }
  assert.equal(wasm.cacheCount(), 256);
  world.now += 20n * second;
  world.ask("new.test");
  world.reply({ answers: [a("new.test", target, 600)] });
  assert.equal(wasm.cacheCount(), 7);
  assert.equal(world.outcome(world.ask("n255.test")), target);
});

test("resolves names from hosts, in any letter case, and localhost, without a server", () => {
  world.reset();
  assert.equal(wasm.addHost(...writeText(wasm, "Printer"), address("10.0.2.9")), 1);
  assert.equal(wasm.addHost(...writeText(wasm, "printer"), address("10.0.2.10")), 1);
  assert.equal(wasm.addHost(...writeText(wasm, "a..b"), address("10.0.2.10")), 0);
  assert.equal(world.outcome(world.ask("PRINTER")), "10.0.2.9 10.0.2.10");
  wasm.addHost(...writeText(wasm, "scanner"), address("10.0.2.11"));
  assert.equal(wasm.removeHost(...writeText(wasm, "pRinter.")), 1);
  assert.equal(world.outcome(world.ask("printer")), "no-servers");
  assert.equal(world.outcome(world.ask("scanner")), "10.0.2.11");
  assert.equal(world.outcome(world.ask("localhost")), "127.0.0.1");
  assert.equal(world.outcome(world.ask("x.localhost")), "127.0.0.1");
});

test("changing the servers clears the cache", () => {
  world.ask("a.test");
  world.reply({ answers: [a("a.test", target, 600)] });
  wasm.addServer(address("10.0.2.4"), 53);
  assert.equal(wasm.cacheCount(), 0);
});

test("tries a name without a dot in each search domain, and then as it is", () => {
  wasm.setSearchDomains(...writeText(wasm, "corp.example Lab.example. a..b corp.example"));
  const found = world.ask("printer");
  assert.equal(world.last.name, "printer.corp.example");
  world.reply({ code: 3, authority: [soa("corp.example", 60)] });
  assert.equal(world.outcome(found), "pending");
  assert.equal(world.last.name, "printer.lab.example");
  world.reply({ answers: [a("printer.lab.example", target)] });
  assert.equal(world.outcome(found), target);
  assert.equal(world.text(wasm.canonicalName(found)), "printer.lab.example");
  assert.equal(world.outcome(world.ask("printer")), target, "both from the cache");
  assert.deepEqual(
    world.queries.map((q) => q.name),
    ["printer.corp.example", "printer.lab.example"],
  );

  const missing = world.ask("scanner");
  const asked = [world.last.name];
  world.reply({ authority: [soa("corp.example", 60)] });
  for (let i = 0; i < 2; i++) {
    asked.push(world.last.name);
    world.reply({ code: 3 });
  }
  assert.deepEqual(asked, ["scanner.corp.example", "scanner.lab.example", "scanner"]);
  assert.equal(world.outcome(missing), "nodata", "the name exists in one domain");
});

test("tries no search domains for a name with a dot, even a final one, or after a timeout", () => {
  wasm.setSearchDomains(...writeText(wasm, "corp.example"));
  for (const name of ["printer.", "www.test"]) {
    const query = world.ask(name);
    assert.equal(world.last.name, name.replace(/\.$/, ""));
    world.reply({ code: 3 });
    assert.equal(world.outcome(query), "nxdomain");
  }
  const silent = world.ask("silent");
  world.run(world.now + 16n * second);
  assert.equal(world.outcome(silent), "timed-out");
  const long = `${"a".repeat(63)}.`.repeat(3) + "b".repeat(60);
  wasm.setSearchDomains(...writeText(wasm, long));
  world.ask("printer");
  assert.equal(world.last.name, "printer", "name and domain together are too long");
});
