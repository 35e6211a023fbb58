/** DHCPINFORM: the options of an address set by hand (RFC 2131 section 4.4.3), in virtual time. */
import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";
import { address } from "../../../../lab/packets/bytes.ts";
import { ips, type Options } from "../../../../lab/packets/dhcp.ts";
import { load } from "../../../../lab/scripted/assembly.ts";
import { broadcast, DhcpBench, second, types } from "../../../../lab/scripted/dhcp.ts";

const wasm = await load("tests/lab/entries/dhcp.ts");
const world = new DhcpBench(wasm);
const own = address("10.0.2.50");
/** What servers reply to INFORM: neither a lease time nor an address. */
const options: Options = [
  [1, ips("255.255.255.0")],
  [3, ips("10.0.2.2")],
  [6, ips("10.0.2.3")],
  [15, Buffer.from("test.example")],
];

beforeEach(() => {
  world.reset(7);
  wasm.setAddress(own);
  wasm.setHostname(1);
});

const reply = (overrides = {}) =>
  world.reply(types.ack, { yiaddr: "0.0.0.0", options, ...overrides });

function inform(): void {
  assert.equal(wasm.inform(world.now), 1);
  world.poll();
}

test("asks for the options of its address, and takes those of the ACK", () => {
  inform();
  assert.equal(world.state, "informing");
  assert.equal(world.last.type, 8);
  assert.equal(world.last.ciaddr, own);
  assert.equal(world.last.source, own);
  assert.equal(world.last.destination, broadcast);
  for (const code of [50, 51, 54]) assert.equal(world.last.options.has(code), false, `${code}`);
  assert.ok(world.last.options.get(55)?.includes(6));
  assert.equal(world.last.options.get(12)?.toString(), "anonymos");
  reply();
  assert.equal(world.state, "informed");
  assert.equal(wasm.address() >>> 0, own);
  assert.equal(world.text(wasm.lists()), "routers a000202; servers a000203; routes 0/0>a000202");
  assert.equal(world.text(wasm.domain()), "test.example");
  assert.equal(wasm.pollAt(), 0x7fffffffffffffffn, "there is nothing to renew");
  assert.match(
    world.text(wasm.logText()),
    /^net0: DHCP options for 10\.0\.2\.50\/24 from 10\.0\.2\.2\n$/,
  );
});

test("DHC-27: takes no address and no lease time from the ACK", () => {
  inform();
  reply({ yiaddr: "10.0.2.99", options: [...options, [51, [0, 0, 0, 20]]] });
  assert.equal(world.state, "informed");
  assert.equal(wasm.address() >>> 0, own);
  assert.equal(wasm.expiresAt(), 0x7fffffffffffffffn);
  assert.match(world.notes, /^\+a000232 $/, "not probed: the user chose it");
});

test("uses a server that gives no identifier; ignores a router that is the host itself", () => {
  inform();
  reply({ server: null, source: "0.0.0.0", options: [[3, ips(own)]] });
  assert.equal(world.state, "informed");
  assert.equal(world.text(wasm.lists()), "routers a000232; servers; routes");
});

test("DHC-27: ignores offers, NAKs, and ACKs of other transactions", () => {
  inform();
  world.reply(types.offer);
  world.reply(types.nak, { options: [] });
  reply({ xid: 1 });
  reply({ chaddr: Buffer.from("525400123457", "hex") });
  assert.equal(world.state, "informing");
  assert.equal(wasm.address() >>> 0, own);
  assert.equal(wasm.ignored(), 4n);
  reply();
  world.reply(types.nak, { options: [] });
  assert.equal(world.state, "informed");
});

test("without a reply, asks after 4, 8, 16, 32, 64 s, +-1, and logs it once a minute", () => {
  inform();
  world.run(400n * second);
  const gaps = world.messages.slice(1).map((m, i) => Number(m.at - world.messages[i].at) / 1e6);
  [4, 8, 16, 32, 64, 64, 64].forEach((wait, i) => {
    assert.ok(Math.abs(gaps[i] - wait) <= 1, `${gaps}`);
  });
  assert.ok(world.messages.every((m) => m.type === 8));
  const lines = world.text(wasm.logText()).trim().split("\n");
  assert.match(lines[0], /^net0: DHCP: no answer from a server for 1\d s, INFORM sent 2 times$/);
  assert.ok(lines.length >= 4 && lines.length <= 7, lines.join("\n"));
  reply();
  assert.equal(world.state, "informed");
});

test("asks again when the link comes up and on command, and keeps its options until then", () => {
  inform();
  reply();
  wasm.linkChanged(0, world.now);
  wasm.linkChanged(1, world.now);
  world.poll();
  assert.equal(world.messages.length, 2);
  assert.equal(world.state, "informing");
  assert.equal(world.text(wasm.domain()), "test.example");
  reply({ options: [[15, Buffer.from("other.example")]] });
  assert.equal(world.text(wasm.domain()), "other.example");
  assert.equal(wasm.renew(world.now), 1);
  world.poll();
  assert.equal(world.messages.length, 3);
  assert.equal(world.last.type, 8);
});

test("waits for a link, and for an address", () => {
  wasm.linkChanged(0, 0n);
  assert.equal(wasm.inform(0n), 1);
  world.run(100n * second);
  assert.equal(world.messages.length, 0);
  wasm.setAddress(0);
  wasm.linkChanged(1, world.now);
  world.run(130n * second);
  assert.equal(world.messages.length, 0);
  assert.equal(world.text(wasm.lastFailure()), "net0 has no address");
  wasm.setAddress(own);
  world.run(200n * second);
  assert.equal(world.last.ciaddr, own);
  wasm.setAddress(0);
  reply();
  assert.equal(world.state, "informing", "a reply about an address that is gone");
});

test("release and stop send no message, and keep the address", () => {
  for (const end of [() => wasm.release(world.now), () => wasm.stop()]) {
    inform();
    reply();
    const sent = world.messages.length;
    end();
    world.poll();
    assert.equal(world.state, "stopped");
    assert.equal(world.messages.length, sent);
    assert.equal(wasm.address() >>> 0, own);
    assert.equal(wasm.socketCount(), 0);
  }
});

test("replaces the search for a lease, but not a lease", () => {
  wasm.setAddress(0);
  wasm.start(0n);
  world.poll();
  assert.equal(world.state, "selecting");
  wasm.setAddress(own);
  inform();
  reply();
  assert.equal(world.state, "informed");
  world.reset(7);
  world.bind();
  assert.equal(wasm.inform(world.now), 0);
  assert.equal(world.state, "bound");
});

test("reports that port 68 is in use", () => {
  wasm.occupyPort();
  assert.equal(wasm.inform(0n), 0);
  assert.equal(world.state, "stopped");
  assert.equal(world.text(wasm.lastFailure()), "port 68 is in use");
});
