/** Routes over several interfaces, types of routes, rules, and next hops (net/iface/ip/). */
import assert from "node:assert/strict";
import test from "node:test";
import { icmp, ipv4 } from "../../../lab/packets/build.ts";
import { address, dotted, hardwareNumber, ICMP } from "../../../lab/packets/bytes.ts";
import { framed, gateway, guest, hostForTests, OFF_LINK } from "../../../lab/scripted/ip-host.ts";
import { SocketError } from "../../../lab/scripted/tcp.ts";

const host = await hostForTests();
const { wasm } = host;

const second = { hardware: "52:54:00:12:34:57", address: "10.9.0.15", gateway: "10.9.0.2" };
const OTHER = "198.51.100.7";

/** Adds net1 with its address and a default route with a metric. */
function addSecond(metric = 1): void {
  wasm.addDevice(hardwareNumber(second.hardware));
  wasm.setAddress(1, address(second.address), 24);
  wasm.addRoute(1, 0, 0, address(second.gateway), metric);
  host.pass(3);
  host.frames();
  host.frames(1);
}

const hop = (to: string, { from = "", mark = 0, ports = 0 } = {}) => {
  const found: number = wasm.nextHop(address(to), from === "" ? 0 : address(from), mark, ports);
  return found === 0 ? "" : dotted(found >>> 0);
};
const source = (to: string) => dotted(wasm.sourceAddress(address(to)) >>> 0);

test("a packet takes the route with the smaller metric, and that interface's address", () => {
  addSecond();
  assert.equal(hop(OTHER), gateway.address);
  assert.equal(source(OTHER), guest.address);
  assert.equal(hop(OTHER, { from: guest.address }), gateway.address);
  wasm.removeRoute(0, 0, 0);
  assert.equal(hop(OTHER), second.gateway);
  assert.equal(source(OTHER), second.address);
});

test("a reply leaves by the interface of its address", () => {
  addSecond();
  assert.equal(hop(OTHER, { from: second.address }), second.gateway);
  const request = { source: OTHER, destination: second.address, protocol: ICMP };
  const frame = framed(ipv4({ ...request, payload: icmp(8, 0, 1, Buffer.alloc(40)) }));
  frame.set(Buffer.from(second.hardware.replaceAll(":", ""), "hex"), 0);
  host.inject(frame, 1);
  host.turn();
  assert.equal(host.sent(1)[0].arp?.target, second.gateway);
  assert.deepEqual(host.sent(0), []);
  host.pass(4);
  host.frames(1);
});

test("a route without a carrier gives way to another, and is used again with one", () => {
  addSecond();
  wasm.setLink(0, 0);
  host.turn();
  assert.equal(hop(OTHER), second.gateway);
  assert.equal(source(OTHER), second.address);
  wasm.setLink(1, 0);
  host.turn();
  assert.equal(hop(OTHER), gateway.address, "both are dead");
  wasm.setLink(0, 1);
  wasm.setLink(1, 1);
  host.turn();
  host.pass(5);
  host.frames();
  host.frames(1);
  assert.equal(hop(OTHER), gateway.address);
});

test("two interfaces in one network: if one has no carrier, the other is used", () => {
  wasm.addDevice(hardwareNumber(second.hardware));
  wasm.setAddress(1, address("10.0.2.16"), 24);
  host.pass(3);
  assert.equal(host.routes().filter((line) => line.startsWith("10.0.2.0/24")).length, 2);
  assert.equal(source("10.0.2.99"), guest.address);
  wasm.setLink(0, 0);
  host.turn();
  assert.equal(source("10.0.2.99"), "10.0.2.16");
  wasm.setLink(0, 1);
  host.turn();
  host.pass(5);
  wasm.removeAddress(1, address("10.0.2.16"));
  assert.equal(host.routes().filter((line) => line.startsWith("10.0.2.0/24")).length, 1);
  host.frames();
  host.frames(1);
});

test("chooses a source by next hop, scope and longest prefix (RFC 6724)", () => {
  wasm.setAddress(0, address("169.254.7.7"), 16);
  wasm.setAddress(0, address("10.0.3.1"), 24);
  wasm.setAddress(0, address("198.51.0.1"), 16);
  assert.equal(source("10.0.3.9"), "10.0.3.1");
  assert.equal(source("169.254.1.1"), "169.254.7.7");
  assert.equal(source(OFF_LINK), guest.address, "an address in the gateway's network");
  wasm.addOnLinkRoute(0, address("198.51.100.0"), 24, address("172.16.0.1"), 0);
  assert.equal(source(OTHER), "198.51.0.1", "the longest matching prefix");
  host.pass(3);
  host.frames();
});

test("black holes, unreachable and prohibited destinations have Linux's errors", () => {
  const expected: [string, number, number][] = [
    ["10.20.0.0", 1, SocketError.InvalidArgument],
    ["10.21.0.0", 2, SocketError.Unreachable],
    ["10.22.0.0", 3, SocketError.Denied],
    ["10.23.0.0", 4, SocketError.NetworkUnreachable],
  ];
  for (const [network, type, error] of expected) {
    assert.equal(wasm.addTypedRoute(address(network), 16, type), 0);
    assert.equal(wasm.routeError(address(network) + 1), error, network);
    wasm.tcpConnect(host.now, address(network) + 1, 80);
    assert.equal(wasm.tcpError(), error, network);
    if (type === 1) wasm.udpOpen(5000, false);
    host.udpSend(Buffer.from("x"), dotted(address(network) + 1), 7);
    host.turn();
    assert.equal(wasm.udpError(), error, network);
  }
  // A connection's source does not lead around a black hole.
  assert.equal(hop("10.20.0.1", { from: guest.address }), "");
  assert.deepEqual(host.frames(), []);
});

test("a route limits the size of packets", () => {
  wasm.removeRoute(0, 0, 0);
  assert.equal(wasm.addSpecialRoute(0, address(gateway.address), 1400, 0, 0), 0);
  assert.equal(wasm.mtu(address(OTHER)), 1400);
  assert.equal(wasm.mtu(address("10.0.2.9")), 1500);
  wasm.setMtu(0, 1300);
  assert.equal(wasm.mtu(address(OTHER)), 1300);
  wasm.setMtu(0, 1500);
});

test("a route's source is used, even if it is another interface's", () => {
  addSecond();
  wasm.removeRoute(0, 0, 0);
  assert.equal(wasm.addSpecialRoute(0, address(gateway.address), 0, address(second.address), 0), 0);
  assert.equal(source(OTHER), second.address);
  assert.equal(hop(OTHER, { from: second.address }), gateway.address, "the route names it");
});

test("rules select a table by source and by mark", () => {
  addSecond();
  wasm.removeRoute(0, 0, 1);
  wasm.addSpecialRoute(1, address(second.gateway), 0, 0, 100);
  assert.equal(hop(OTHER, { from: second.address }), gateway.address, "the main table");
  wasm.addRule(address(second.address), 32, 0, 100);
  assert.equal(hop(OTHER, { from: second.address }), second.gateway);
  assert.equal(hop(OTHER), gateway.address);
  assert.equal(hop(OTHER, { mark: 7 }), gateway.address);
  wasm.addRule(0, 0, 7, 100);
  assert.equal(hop(OTHER, { mark: 7 }), second.gateway);
  assert.equal(hop(OTHER, { mark: 8 }), gateway.address);
  // The source that the route gives selects a table in turn, and is kept.
  wasm.addRule(address(guest.address), 32, 0, 100);
  assert.equal(hop(OTHER), second.gateway);
  assert.equal(source(OTHER), guest.address);
  host.configure();
});

test("rules select a table by TOS and by interface, as Linux does for its own packets", () => {
  const ANY = 0xffffffff;
  const bound = (device: number, tos = 0) => dotted(wasm.boundHop(address(OTHER), device, tos));
  const ruleFor = (tos: number, fromHost: boolean, output: number) => {
    wasm.addRule(0, 0, 0, 100);
    wasm.restrictRule(tos, fromHost, output);
  };
  addSecond();
  wasm.removeRoute(0, 0, 1);
  wasm.addSpecialRoute(1, address(second.gateway), 0, 0, 100);
  assert.equal(bound(0), gateway.address, "the main table");
  assert.equal(bound(1), OTHER, "without a route there, it is on the link");
  ruleFor(0, true, 1);
  assert.equal(bound(1), second.gateway, "oif");
  assert.equal(bound(0), gateway.address);
  assert.equal(bound(ANY), gateway.address, "an unbound socket has no oif");
  ruleFor(0, false, -1);
  assert.equal(bound(ANY), gateway.address, "iif net0: nothing is forwarded");
  ruleFor(0x10, true, -1);
  assert.equal(bound(ANY, 0x10), second.gateway, "tos");
  assert.equal(bound(ANY, 0x13), second.gateway, "without the ECN bits");
  assert.equal(bound(ANY, 0xb0), second.gateway, "the upper bits do not count");
  assert.equal(bound(ANY, 0x18), gateway.address);
  assert.equal(bound(0, 0x10), gateway.address, "only routes over the interface count");
  host.configure();
});

test("conversations are spread over next hops by weight, and keep their next hop", () => {
  const first = Array.from({ length: 400 }, (_, i) => (40_000 + i) * 65536 + 80);
  wasm.addHop(1, 0, address("10.0.2.3"), 3);
  const chosen = first.map((ports) => hop(OTHER, { from: guest.address, ports }));
  const share = chosen.filter((to) => to === "10.0.2.3").length;
  assert.ok(share > 250 && share < 350, `${share} of 400 take the way of weight 3`);
  assert.deepEqual(
    first.map((ports) => hop(OTHER, { from: guest.address, ports })),
    chosen,
  );
});

test("a next hop without a carrier leaves the group", () => {
  addSecond(5);
  wasm.removeRoute(0, 0, 5);
  wasm.addHop(2, 1, address(second.gateway), 1);
  const used = () =>
    new Set(Array.from({ length: 64 }, (_, ports) => hop(OTHER, { ports: ports * 977 })));
  const ways = host.routes();
  assert.equal(used().size, 2, ways.join("\n"));
  assert.equal(hop(OTHER, { from: second.address }), second.gateway, "its own address's way");
  wasm.setLink(1, 0);
  host.turn();
  assert.deepEqual(used(), new Set([gateway.address]));
  wasm.setLink(1, 1);
  host.turn();
  host.pass(5);
  host.frames();
  host.frames(1);
  assert.equal(used().size, 2);
  // Without its address, the next hop is gone for good.
  wasm.removeAddress(1, address(second.address));
  assert.deepEqual(used(), new Set([gateway.address]));
});

test("routes with the same destination and metric can be appended, and the first is used", () => {
  assert.equal(wasm.addRoute(0, 0, 0, address("10.0.2.9"), 0), 1, "exists");
  assert.equal(wasm.appendRoute(0, 0, 0, address("10.0.2.9"), 0), 0);
  assert.equal(wasm.appendRoute(0, 0, 0, address("10.0.2.9"), 0), 1, "the same");
  assert.equal(hop(OTHER), gateway.address);
  wasm.removeRoute(0, 0, 0);
  assert.equal(hop(OTHER), "10.0.2.9");
});
