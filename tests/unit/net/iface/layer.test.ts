/** The IP layer as a whole (net/iface/): routes, loopback, batches, several interfaces. */
import assert from "node:assert/strict";
import test from "node:test";
import { ethernet, ipv4, udpDatagram } from "../../../lab/packets/build.ts";
import { address, dotted, hardwareNumber, IPV4, UDP } from "../../../lab/packets/bytes.ts";
import {
  arpReply,
  dns,
  echoRequest,
  framed,
  gateway,
  guest,
  hostForTests,
  icmpTypes,
  NeighborState,
  OFF_LINK,
} from "../../../lab/scripted/ip-host.ts";

const host = await hostForTests();

const added = 0;
const source = (to: string) => dotted(host.wasm.sourceAddress(address(to)) >>> 0);

function addRoute(to: string, prefix: number, via: string, metric = 0, index = 0): number {
  return host.wasm.addRoute(index, address(to), prefix, address(via), metric);
}

/** Returns the hardware address that a packet to `to` goes to, or the address ARP asks for. */
function nextHop(to: string): string {
  host.ping(to);
  host.turn();
  const [frame] = host.sent();
  return frame?.arp?.target ?? frame?.to ?? "nowhere";
}

test("chooses the longest prefix, then the smallest metric", () => {
  assert.equal(addRoute("198.51.100.0", 24, "10.0.2.10", 10), added);
  assert.equal(addRoute("198.51.100.0", 24, "10.0.2.11", 5), added);
  assert.equal(addRoute("198.51.0.0", 16, "10.0.2.12"), added);
  assert.equal(addRoute("198.51.100.7", 32, "10.0.2.13", 99), added);
  assert.equal(nextHop("198.51.100.1"), "10.0.2.11");
  assert.equal(nextHop("198.51.1.1"), "10.0.2.12");
  assert.equal(nextHop("198.51.100.7"), "10.0.2.13");
  assert.equal(nextHop("198.52.0.1"), gateway.hardware);
  assert.equal(host.wasm.removeRoute(address("198.51.100.0"), 24, 5), 1);
  assert.equal(nextHop("198.51.100.2"), "10.0.2.10");
  assert.deepEqual(host.routes(), [
    "198.51.100.7/32 via 10.0.2.13 dev net0 metric 99",
    "10.0.2.0/24 dev net0 metric 0",
    "198.51.100.0/24 via 10.0.2.10 dev net0 metric 10",
    "198.51.0.0/16 via 10.0.2.12 dev net0 metric 0",
    "0.0.0.0/0 via 10.0.2.2 dev net0 metric 0",
  ]);
  host.pass(4);
});

test("rejects an impossible route, and gives the reason", () => {
  const [exists, full, unreachable, badPrefix] = [1, 2, 3, 4];
  assert.equal(addRoute("0.0.0.0", 0, "10.0.2.9"), exists);
  assert.equal(addRoute("198.51.100.0", 24, "192.0.2.1"), unreachable);
  assert.equal(addRoute("198.51.100.0", 24, guest.address), unreachable);
  for (const nobody of ["10.0.2.255", "10.0.2.0", "255.255.255.255", "224.0.0.1", "127.0.0.1"]) {
    assert.equal(addRoute("198.51.100.0", 24, nobody), unreachable, nobody);
  }
  assert.equal(addRoute("198.51.100.1", 24, "10.0.2.9"), badPrefix);
  assert.equal(addRoute("198.51.100.0", 33, "10.0.2.9"), badPrefix);
  let result = added;
  for (let i = 0; result === added && i < 200; i++)
    result = addRoute(`198.51.${i}.0`, 24, "0.0.0.0");
  assert.equal(result, full);
  assert.equal(host.routes().length, 128);
});

test("accepts a gateway that only an on-link route reaches (clouds that assign a /32)", () => {
  assert.equal(addRoute("192.0.2.1", 32, "0.0.0.0"), added);
  assert.equal(addRoute("198.51.100.0", 24, "192.0.2.1"), added);
  assert.equal(nextHop("198.51.100.9"), "192.0.2.1");
  host.pass(4);
});

test("uses a gateway outside all networks if the route says that it is on the link", () => {
  assert.notEqual(addRoute("198.51.100.0", 24, "172.31.1.1"), added);
  const add = (via: string) =>
    host.wasm.addOnLinkRoute(0, address("198.51.100.0"), 24, address(via), 0);
  const broadcast = ["10.0.2.255", "10.0.2.0", "255.255.255.255"];
  for (const nobody of [guest.address, "224.0.0.1", ...broadcast]) {
    assert.notEqual(add(nobody), added, nobody);
  }
  assert.equal(add("172.31.1.1"), added);
  assert.equal(nextHop("198.51.100.1"), "172.31.1.1");
  assert.equal(source("198.51.100.1"), guest.address);
  host.pass(4);
  host.wasm.removeAddress(0, address(guest.address));
  assert.deepEqual(host.routes(), [], "removing the last address removes all routes");
  host.configure();
});

test("uses another interface while the first has no carrier, then the first again", () => {
  const second = host.wasm.addDevice(hardwareNumber("52:54:00:12:34:57"));
  host.wasm.setAddress(second, address("10.0.3.15"), 24);
  assert.equal(addRoute("0.0.0.0", 0, "10.0.3.2", 5, second), added);
  host.pass(3);
  host.sent();
  host.sent(second);
  assert.equal(source(OFF_LINK), guest.address);
  host.wasm.setLink(0, false);
  host.turn();
  assert.equal(source(OFF_LINK), "10.0.3.15");
  assert.equal(source(dns.address), guest.address, "no other network has the link's hosts");
  host.receive(echoRequest({ source: OFF_LINK }));
  assert.equal(icmpTypes(host.sent()).length, 1, "a reply leaves from its source's interface");
  assert.deepEqual(host.sent(second), []);
  const toSecond = echoRequest({ source: OFF_LINK, destination: "10.0.3.15" });
  host.inject(Buffer.concat([Buffer.from("525400123457", "hex"), toSecond.subarray(6)]), second);
  host.turn();
  const [question] = host.sent(second);
  assert.equal(question.arp?.target, "10.0.3.2", "so does one from the other interface");
  host.wasm.setLink(second, false);
  host.turn();
  assert.equal(source(OFF_LINK), guest.address, "without any carrier, as if both had one");
  host.wasm.setLink(0, true);
  host.wasm.setLink(second, true);
  host.turn();
  assert.equal(source(OFF_LINK), guest.address);
  host.pass(3);
  host.sent(second);
});

test("sends nothing without a route, and notifies the socket at once", () => {
  host.wasm.removeRoute(0, 0, 0);
  assert.equal(source(OFF_LINK), "0.0.0.0");
  assert.equal(host.wasm.mtu(address(OFF_LINK)), 0);
  host.ping(OFF_LINK);
  host.turn();
  assert.deepEqual(host.frames(), []);
  assert.equal(host.wasm.echoUnreachable(), 1);
});

test("uses the address in the next hop's network as source", () => {
  host.wasm.setAddress(0, address("192.168.7.9"), 24);
  assert.equal(source("192.168.7.1"), "192.168.7.9");
  assert.equal(source(gateway.address), guest.address);
  assert.equal(source(OFF_LINK), guest.address);
  assert.equal(source("192.168.7.9"), "192.168.7.9", "to itself");
  assert.equal(source("127.0.0.1"), "127.0.0.1");
  assert.equal(source("240.0.0.1"), "0.0.0.0");
  assert.equal(source("0.0.0.0"), "0.0.0.0");
  host.pass(3);
});

test("a ping of 127/8 or of our own address uses no device", () => {
  for (const [sequence, to] of [guest.address, "127.0.0.1", "127.1.2.3"].entries()) {
    host.ping(to, sequence, 56);
    host.turn();
    assert.equal(host.wasm.echoReceive(), 1, to);
    assert.equal(host.wasm.echoLast(0), sequence);
    assert.equal(dotted(host.wasm.echoLast(1) >>> 0), to);
    assert.equal(host.wasm.echoLast(3), 64);
  }
  host.ping("127.0.0.1", 9, 5000);
  host.turn();
  assert.equal(host.wasm.echoReceive(), 1, "in fragments");
  assert.deepEqual(host.frames(), []);
});

test("delivers UDP to ourselves, and reports a closed port", () => {
  host.wasm.udpOpen(4000, false);
  host.udpSend(Buffer.from("myself"), "127.0.0.1", 4000);
  host.turn();
  assert.equal(host.udpReceive()?.toString(), "myself");
  host.wasm.udpConnect(address("127.0.0.1"), 4001);
  host.udpSend(Buffer.from("nobody"), "127.0.0.1", 4001);
  host.turn();
  assert.equal(host.wasm.udpError(), 1, "refused");
  assert.deepEqual(host.frames(), []);
});

test("receives at most 64 frames in a poll, and flushes the device once", () => {
  for (let i = 0; i < 100; i++) host.inject(echoRequest({ id: i }));
  const before: number = host.wasm.flushes(0);
  assert.equal(host.wasm.poll(host.now), 1, "more frames are waiting");
  assert.equal(host.wasm.flushes(0), before + 1);
  assert.equal(host.frames().length, 64);
  assert.equal(host.wasm.poll(host.now), 0);
  assert.equal(host.frames().length, 36);
});

test("drops only the replies for which the device has no room", () => {
  host.wasm.setRing(0, 3, 256);
  host.receive(...Array.from({ length: 10 }, (_, id) => echoRequest({ id }, Buffer.alloc(56))));
  assert.equal(host.frames().length, 3);
  assert.equal(host.wasm.framesInUse(), 0);
});

test("keeps sockets waiting while the device has no room, without spinning", () => {
  host.wasm.udpOpen(4000, false);
  host.wasm.setRing(0, 2, 0);
  for (let i = 0; i < 5; i++) host.udpSend(Buffer.of(i), gateway.address, 7);
  assert.equal(host.turn(), 1);
  const at: bigint = host.wasm.pollAt(host.now);
  assert.ok(at > host.now && at <= host.now + 10_000n);
  assert.equal(host.frames().length, 2);
  host.wasm.setRing(0, 256, 256);
  host.turn();
  assert.deepEqual(
    host.sent().map((frame) => frame.ip?.payload[8]),
    [2, 3, 4],
  );
});

test("without an address, delivers only to sockets that wait for configuration", () => {
  host.reset();
  const from = { address: address(gateway.address), port: 67 };
  const offer = (to: string, port: number) => {
    const ends = { source: gateway.address, destination: to, protocol: UDP };
    const payload = udpDatagram(from, { address: address(to), port }, Buffer.from(to));
    return framed(ipv4({ ...ends, payload }));
  };
  host.wasm.udpOpen(68, true);
  host.receive(offer("255.255.255.255", 68), offer(guest.address, 68), offer(guest.address, 69));
  assert.equal(host.udpReceive()?.toString(), "255.255.255.255");
  assert.equal(host.udpReceive()?.toString(), guest.address);
  assert.equal(host.udpReceive(), undefined);
  host.receive(echoRequest());
  assert.equal(host.udpSend(Buffer.from("discover"), "255.255.255.255", 67), true);
  host.turn();
  const [discover, ...rest] = host.sent();
  assert.deepEqual(rest, []);
  assert.equal(discover.to, "ff:ff:ff:ff:ff:ff");
  assert.deepEqual([discover.ip?.source, discover.ip?.destination], ["0.0.0.0", "255.255.255.255"]);
  host.configure();
});

test("an interface that is down neither receives nor sends, and forgets its neighbors", () => {
  host.wasm.setUp(0, 0);
  host.receive(echoRequest());
  host.ping(gateway.address);
  host.turn();
  assert.deepEqual(host.frames(), []);
  host.wasm.setUp(0, 1);
  host.pass(3);
  const said = host.sent().filter((frame) => frame.arp?.sender === frame.arp?.target);
  assert.equal(said.length, 2, "announced");
  assert.equal(host.state(gateway.address), NeighborState.free);
  host.know(gateway);
});

test("marks every neighbor stale after a link outage", () => {
  host.wasm.setLink(0, 0);
  host.turn();
  host.wasm.setLink(0, 1);
  host.turn();
  assert.equal(host.wasm.linkChanges(0), 2);
  assert.equal(host.state(gateway.address), NeighborState.stale);
  host.pass(3);
  assert.equal(host.sent().filter((frame) => frame.arp).length, 2, "announced");
});

test("removing an address removes its routes, and packets to it are dropped", () => {
  assert.equal(host.wasm.setAddress(0, address("192.168.7.9"), 24), 1);
  addRoute("198.51.100.0", 24, "192.168.7.1");
  assert.equal(host.wasm.removeAddress(0, address("192.168.7.9")), 1);
  assert.equal(host.wasm.removeAddress(0, address("192.168.7.9")), 0);
  assert.deepEqual(host.routes(), [
    "10.0.2.0/24 dev net0 metric 0",
    "0.0.0.0/0 via 10.0.2.2 dev net0 metric 0",
  ]);
  host.sent();
  host.receive(echoRequest({ destination: "192.168.7.9" }));
  assert.deepEqual(host.frames(), []);
});

test("rejects addresses that no host can have, and a ninth address", () => {
  for (const bad of [
    "0.0.0.0",
    "127.0.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "10.0.3.0",
    "10.0.3.255",
  ]) {
    assert.equal(host.wasm.setAddress(0, address(bad), 24), 0, bad);
  }
  assert.equal(host.wasm.setAddress(0, address("10.0.3.1"), 33), 0);
  assert.equal(host.wasm.setAddress(0, address("10.9.0.0"), 31), 1);
  for (let i = 0; i < 6; i++) assert.equal(host.wasm.setAddress(0, address(`10.8.${i}.1`), 24), 1);
  assert.equal(host.wasm.setAddress(0, address("10.8.9.1"), 24), 0);
  host.pass(3);
});

test("with two interfaces, a route chooses the interface and the source address", () => {
  const second = "52:54:00:12:34:57";
  assert.equal(host.wasm.addDevice(hardwareNumber(second)), 1);
  host.wasm.setAddress(1, address("192.168.7.9"), 24);
  assert.equal(addRoute("198.51.100.0", 24, "192.168.7.1", 0, 1), added);
  host.pass(3);
  host.frames(1);
  host.ping("198.51.100.9");
  host.turn();
  assert.deepEqual(host.frames(0), []);
  const [question] = host.sent(1);
  assert.deepEqual([question.arp?.sender, question.arp?.target], ["192.168.7.9", "192.168.7.1"]);
  host.wasm.setUp(1, 0);
  assert.equal(source("198.51.100.9"), guest.address, "by the default route");
  host.frames(1);
});

test("a tap sees every frame in both directions, dropped ones included", () => {
  host.wasm.tapAll(1);
  const before = [host.wasm.tapped(0), host.wasm.tapped(1)];
  host.receive(echoRequest(), ethernet(guest.hardware, dns.hardware, IPV4, Buffer.alloc(4)));
  host.ping("127.0.0.1");
  host.turn();
  host.wasm.tapAll(0);
  assert.equal(icmpTypes(host.sent()).length, 1);
  assert.deepEqual([host.wasm.tapped(0) - before[0], host.wasm.tapped(1) - before[1]], [4, 3]);
});

test("a tap sees short frames padded, on the device and on loopback", () => {
  const tapped = (to: string) => {
    const before = host.wasm.tapped(2);
    host.ping(to);
    host.turn();
    return host.wasm.tapped(2) - before;
  };
  host.wasm.tapAll(1);
  assert.equal(tapped(gateway.address), 60, "an echo request of 50 bytes");
  assert.equal(tapped("127.0.0.1"), 4 * 60, "request and reply, sent and received");
  host.wasm.tapAll(0);
  assert.deepEqual(
    host.frames().map((frame) => frame.length),
    [60],
  );
});

test("an ARP reply confirms a neighbor that has aged", () => {
  host.know(dns);
  host.pass(40);
  host.ping(dns.address);
  host.turn();
  host.receive(arpReply(dns));
  assert.equal(host.state(dns.address), NeighborState.reachable);
  host.frames();
});
