/** The DHCP client's states and timers (net/service/dhcp/), in virtual time. */
import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";
import { address, u32 } from "../../../../lab/packets/bytes.ts";
import { load } from "../../../../lab/scripted/assembly.ts";
import { broadcast, DhcpBench, second, types, usual } from "../../../../lab/scripted/dhcp.ts";

const wasm = await load("tests/lab/entries/dhcp.ts");
const world = new DhcpBench(wasm);
const own = address("10.0.2.15");
const server = address("10.0.2.2");

beforeEach(() => world.reset(11));

const sentTypes = () => world.messages.map((m) => m.type);
const at = (seconds: number) => BigInt(Math.round(seconds * 1e6));

test("obtains a lease with four messages, the first at once", () => {
  wasm.setHostname(1);
  assert.equal(wasm.start(0n), 1);
  world.poll();
  const discover = world.last;
  assert.equal(discover.type, 1);
  assert.equal(discover.at, 0n);
  assert.equal(discover.source, 0);
  assert.equal(discover.destination, broadcast);
  assert.ok(discover.length >= 300);
  assert.equal(discover.options.get(12)?.toString(), "anonymos");
  assert.deepEqual([...(discover.options.get(61) ?? [])], [1, 0x52, 0x54, 0, 0x12, 0x34, 0x56]);
  const asked = [...(discover.options.get(55) ?? [])];
  assert.ok(asked.indexOf(121) < asked.indexOf(3), "RFC 3442: 121 before 3");
  world.reply(types.offer);
  assert.equal(world.last.type, 3);
  assert.equal(world.last.xid, discover.xid);
  assert.deepEqual(world.last.options.get(50), u32(own));
  assert.deepEqual(world.last.options.get(54), u32(server));
  assert.equal(world.last.ciaddr, 0);
  assert.equal(world.state, "requesting");
  world.reply(types.ack);
  assert.equal(world.state, "bound");
  assert.equal(wasm.address() >>> 0, own);
  assert.equal(wasm.prefix(), 24);
  assert.equal(world.text(wasm.lists()), "routers a000202; servers a000203; routes 0/0>a000202");
  assert.equal(world.notes, "+a00020f ?a00020f ");
});

test("requests a broadcast reply while the interface has an address from elsewhere", () => {
  wasm.setAddress(address("10.9.9.9"));
  wasm.start(0n);
  world.run(20n * second);
  assert.deepEqual(
    world.messages.map((m) => m.flags),
    [0x8000, 0x8000, 0x8000],
  );
  world.reset(11);
  wasm.start(0n);
  world.run(20n * second);
  assert.deepEqual(
    world.messages.map((m) => m.flags),
    [0, 0x8000, 0],
  );
});

test("does not send a host name that is not a valid label", () => {
  wasm.setHostname(2);
  wasm.start(0n);
  world.poll();
  assert.equal(world.last.options.has(12), false);
});

test("DHC-17: without a server, retransmits after 4, 8, 16, 32, 64 s, +-1, forever", () => {
  wasm.start(0n);
  world.run(300n * second);
  const times = world.messages.map((m) => m.at);
  const gaps = times.slice(1).map((t, i) => Number(t - times[i]) / 1e6);
  const waits = [4, 8, 16, 32, 64, 64, 64];
  assert.ok(gaps.length >= 6, `${gaps}`);
  gaps.forEach((gap, i) => {
    assert.ok(Math.abs(gap - waits[i]) <= 1, `${gaps}`);
  });
  assert.ok(new Set(gaps.map((g, i) => g - waits[i])).size > 3, "jitter");
  assert.equal(wasm.attempts(), world.messages.length);
  assert.equal(wasm.silentSince(), 0n);
  assert.ok(
    world.messages.some((m) => m.flags === 0x8000),
    "some request a broadcast reply",
  );
  assert.equal(world.last.seconds, Number(world.last.at / second));
  world.reply(types.offer);
  world.reply(types.ack);
  assert.equal(world.state, "bound");
  assert.equal(wasm.silentSince(), -1n);
  assert.equal(wasm.attempts(), 0);
});

test("waits 3 s or more to retransmit, as QEMU delivers no reply in the first second", () => {
  for (let seed = 1; seed < 200; seed++) {
    world.reset(seed);
    wasm.start(0n);
    world.run(3n * second - 1n);
    assert.equal(world.messages.length, 1);
  }
});

test("sends four REQUESTs for an offered address without a reply, then starts over", () => {
  wasm.start(0n);
  world.poll();
  world.reply(types.offer);
  world.run(70n * second);
  assert.deepEqual(sentTypes().slice(0, 5), [1, 3, 3, 3, 3]);
  assert.equal(sentTypes()[5], 1);
  assert.notEqual(world.messages[5].xid, world.messages[0].xid);
});

test("DHC-16: backs off from 4 to 64 seconds if every REQUEST is refused", () => {
  wasm.start(0n);
  const delays: number[] = [];
  for (let i = 0; i < 8; i++) {
    world.run(world.now);
    while (world.last?.type !== 1) world.run(wasm.pollAt());
    world.reply(types.offer);
    assert.equal(world.last.type, 3);
    const count = world.messages.length;
    world.reply(types.nak, { options: [[56, Buffer.from("no\x1b[2J")]] });
    assert.equal(world.state, "init");
    assert.equal(world.messages.length, count);
    delays.push(Number(wasm.pollAt() - world.now) / 1e6);
    world.run(wasm.pollAt());
  }
  [4, 8, 16, 32, 64, 64, 64, 64].forEach((wait, i) => {
    assert.ok(Math.abs(delays[i] - wait) <= 1, `${delays}`);
  });
  assert.equal(world.text(wasm.lastFailure()), "DHCPNAK from 10.0.2.2: no\\027[2J");
});

test("DHC-19: renews by unicast at 0.5, rebinds by broadcast at 0.875, and expires on time", () => {
  world.bind(usual(3600));
  world.messages = [];
  world.run(at(1799));
  assert.equal(world.messages.length, 0);
  world.run(at(3149));
  assert.equal(world.state, "renewing");
  assert.equal(world.messages[0].at, at(1800));
  for (const message of world.messages) {
    assert.equal(message.type, 3);
    assert.equal(message.destination, server);
    assert.equal(message.source, own);
    assert.equal(message.ciaddr, own);
    assert.equal(message.options.has(50) || message.options.has(54), false);
  }
  const gaps = world.messages.slice(1).map((m, i) => m.at - world.messages[i].at);
  assert.ok(
    gaps.every((gap) => gap >= 60n * second),
    `${gaps}`,
  );
  assert.equal(gaps[0], at(675), "half the time until T2");
  world.messages = [];
  world.run(at(3599));
  assert.equal(world.state, "rebinding");
  assert.equal(world.messages[0].at, at(3150));
  assert.ok(world.messages.every((m) => m.destination === broadcast && m.ciaddr === own));
  assert.equal(wasm.address() >>> 0, own);
  world.messages = [];
  world.run(at(3600));
  assert.equal(wasm.address(), 0);
  assert.equal(world.notes, "+a00020f ?a00020f -a00020f ");
  assert.equal(world.last.type, 1);
  assert.equal(world.last.source, 0);
  assert.equal(world.text(wasm.lastFailure()), "the lease expired");
});

test("DHC-19: rebinds with any server; a renewal ignores another server's other address", () => {
  world.bind(usual(3600));
  world.run(at(1800));
  world.reply(types.ack, { server: "10.0.2.9", source: "10.0.2.9", yiaddr: "10.0.2.16" });
  assert.equal(world.state, "renewing", "another server, and another address");
  world.reply(types.ack);
  assert.equal(world.state, "bound");
  assert.equal(wasm.t1At(), at(3600));
  world.run(at(3600 + 1350));
  assert.equal(world.state, "rebinding");
  world.reply(types.ack, { server: "10.0.2.9", source: "10.0.2.9" });
  assert.equal(world.state, "bound");
  assert.equal(world.notes.match(/\?/g)?.length, 1, "probed only once");
});

test("DHC-23: accepts an ACK with another server's identifier", () => {
  wasm.start(0n);
  world.poll();
  world.reply(types.offer);
  world.reply(types.ack, { server: "10.0.2.9", yiaddr: "10.0.2.16" });
  assert.equal(world.state, "requesting", "not the requested address");
  world.reply(types.ack, { server: "10.0.2.9", source: "10.0.2.9", xid: 1 });
  assert.equal(world.state, "requesting", "not the reply to this request");
  world.reply(types.ack, { server: "10.0.2.9", source: "10.0.2.9" });
  assert.equal(world.state, "bound");
  world.run(at(1800));
  assert.equal(world.last.destination, address("10.0.2.9"), "the server that granted it");
  world.reply(types.ack, { server: "10.0.2.8", source: "10.0.2.8" });
  assert.equal(world.state, "bound", "the server has moved");
});

test("sends several requests before a short lease expires", () => {
  world.bind(usual(20));
  world.messages = [];
  world.run(at(19.9));
  assert.ok(world.messages.length >= 3 && world.messages.length <= 6);
  assert.equal(world.messages[0].at, at(10));
  world.run(at(20));
  assert.equal(wasm.address(), 0);
});

test("renews an infinite lease only on request", () => {
  world.bind(usual(0xffffffff));
  assert.equal(wasm.pollAt(), 0x7fffffffffffffffn);
  world.messages = [];
  world.run(at(1e9));
  assert.equal(world.messages.length, 0);
  assert.equal(wasm.renew(world.now), 1);
  world.poll();
  world.reply(types.ack, { options: usual(0xffffffff) });
  assert.equal(world.state, "bound");
});

test("DHC-18: on a conflict drops the address, sends DECLINE and waits 10 seconds", () => {
  world.bind();
  world.now = at(0.2);
  wasm.setTaken(1);
  world.poll();
  assert.equal(wasm.address(), 0);
  assert.equal(world.last.type, 4);
  assert.deepEqual(world.last.options.get(50), u32(own));
  assert.deepEqual(world.last.options.get(54), u32(server));
  assert.equal(world.last.ciaddr, 0);
  assert.equal(world.last.source, 0);
  assert.equal(world.last.destination, broadcast);
  wasm.setTaken(0);
  const count = world.messages.length;
  world.run(at(10.1));
  assert.equal(world.messages.length, count);
  world.run(at(10.3));
  assert.equal(world.last.type, 1);
  assert.equal(world.text(wasm.lastFailure()), "10.0.2.15 is in use by another host");
});

test("DHC-20: in BOUND, ignores unsolicited messages, FORCERENEW included", () => {
  world.bind();
  const before = wasm.t1At();
  const count = world.messages.length;
  const ignored: bigint = wasm.ignored();
  for (const type of [1, 2, 5, 6, 9]) world.reply(type, { yiaddr: "10.0.2.99" });
  assert.equal(world.state, "bound");
  assert.equal(wasm.t1At(), before);
  assert.equal(world.messages.length, count);
  assert.equal(wasm.ignored(), ignored + 5n);
});

test("DHC-21: removes the old address if a renewal brings another one", () => {
  world.bind();
  world.run(at(1800));
  world.reply(types.ack, { yiaddr: "10.0.2.50" });
  assert.equal(world.notes, "+a00020f ?a00020f -a00020f +a000232 ?a000232 ");
  assert.equal(wasm.address() >>> 0, address("10.0.2.50"));
});

test("a refused renewal ends the lease at once", () => {
  world.bind();
  world.run(at(1800));
  world.reply(types.nak, { server: "10.0.2.9", options: [] });
  assert.equal(wasm.address() >>> 0, own, "not from the server that was asked");
  world.reply(types.nak, { options: [] });
  assert.equal(wasm.address(), 0);
  assert.equal(world.state, "init");
});

test("release sends unicast from the address and drops it; stop sends nothing", () => {
  world.bind();
  wasm.release(world.now);
  assert.equal(world.state, "releasing");
  world.poll();
  assert.equal(world.last.type, 7);
  assert.equal(world.last.destination, server);
  assert.equal(world.last.source, own);
  assert.equal(world.last.ciaddr, own);
  world.poll();
  assert.equal(world.state, "stopped");
  assert.equal(wasm.address(), 0);
  assert.equal(wasm.socketCount(), 0);
  assert.equal(wasm.renew(world.now), 0);
  world.bind();
  assert.equal(world.state, "bound");
  const count = world.messages.length;
  wasm.stop();
  world.poll();
  assert.equal(world.messages.length, count);
  assert.equal(wasm.address(), 0);
});

test("a manual renewal sends a request at once or, without a lease, starts over", () => {
  world.bind();
  const count = world.messages.length;
  assert.equal(wasm.renew(world.now), 1);
  world.poll();
  assert.equal(world.messages.length, count + 1);
  assert.equal(world.last.destination, server);
  world.reply(types.ack, { options: [...usual(), [15, Buffer.from("example.net")]] });
  assert.equal(world.text(wasm.domain()), "example.net");
  world.reset(2);
  wasm.start(0n);
  world.run(at(30));
  const before = world.messages.length;
  wasm.renew(world.now);
  world.poll();
  assert.equal(world.messages.length, before + 1);
});

test("a manual renewal starts over if the address was removed", () => {
  world.bind();
  wasm.removeAddress();
  assert.equal(wasm.renew(world.now), 1);
  world.poll();
  assert.equal(world.state, "selecting");
  assert.equal(world.last.destination, 0xffffffff);
});

test("reports that port 68 is in use, and does not start", () => {
  wasm.occupyPort();
  assert.equal(wasm.start(0n), 0);
  assert.equal(world.state, "stopped");
  assert.equal(world.text(wasm.lastFailure()), "port 68 is in use");
  wasm.poll(0n);
  wasm.stop();
});

test("uses the server's T1 and T2 if they are plausible", () => {
  const good: Parameters<typeof world.bind>[0] = [...usual(1000), [58, u32(100)], [59, u32(200)]];
  world.bind(good);
  assert.equal(wasm.t1At(), at(100));
  assert.equal(wasm.t2At(), at(200));
  assert.equal(wasm.expiresAt(), at(1000));
});
