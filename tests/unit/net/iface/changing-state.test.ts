/** The IP layer while addresses, routes, neighbors or free descriptors change. */
import assert from "node:assert/strict";
import test from "node:test";
import { fragments, icmp, udpDatagram } from "../../../lab/packets/build.ts";
import { address, hardwareNumber, ICMP, UDP } from "../../../lab/packets/bytes.ts";
import {
  arpRequest,
  attacker,
  echoRequest,
  framed,
  gateway,
  guest,
  hostForTests,
  icmpTypes,
  NeighborState,
  OFF_LINK,
  packet,
} from "../../../lab/scripted/ip-host.ts";

const echo = { source: gateway.address, destination: guest.address, protocol: ICMP, id: 5 };
/** A one-byte datagram to a port, from port 1. */
function datagram(source: string, destination: string, port: number): Buffer {
  const from = { address: address(source), port: 1 };
  return udpDatagram(from, { address: address(destination), port }, Buffer.from("x"));
}

const host = await hostForTests();

test("ARP-04: ignores a claim with our own hardware address", () => {
  const before = host.drops("arp-address");
  host.receive(arpRequest({ hardware: guest.hardware, address: attacker.address }, guest.address));
  assert.deepEqual(host.frames(), []);
  assert.equal(host.drops("arp-address"), before + 1);
  assert.equal(host.state(attacker.address), NeighborState.free);
});

test("sends neither reply nor error without a route back", () => {
  host.wasm.removeRoute(0, 0, 0);
  const source = OFF_LINK;
  host.receive(
    packet({ source, payload: icmp(8, 0, 1, Buffer.from("short")) }),
    packet({ source, payload: icmp(8, 0, 1, Buffer.alloc(100)) }),
    packet({ source, protocol: UDP, payload: datagram(source, guest.address, 9) }),
  );
  assert.deepEqual(host.frames(), []);
  host.wasm.addRoute(0, 0, 0, address(gateway.address), 0);
});

test("accepts each of its addresses on every link (RFC 1122 section 3.3.4.2, weak model)", () => {
  host.wasm.addDevice(hardwareNumber("52:54:00:12:34:57"));
  host.wasm.setAddress(1, address("192.168.7.9"), 24);
  host.pass(3);
  host.frames(1);
  host.receive(echoRequest({ destination: "192.168.7.9" }));
  const sent = host.sent();
  assert.deepEqual(icmpTypes(sent), [[0, 0]]);
  assert.equal(sent[0].ip?.source, "192.168.7.9");
});

test("accepts the broadcast address of each network of an interface", () => {
  host.wasm.setAddress(0, address("192.168.9.9"), 24);
  host.pass(3);
  host.frames();
  host.wasm.udpOpen(777, 0);
  for (const [destination, heard] of [
    ["192.168.9.255", "x"],
    ["10.0.2.255", "x"],
    ["192.168.8.255", undefined],
  ] as const) {
    const payload = datagram(gateway.address, destination, 777);
    host.receive(packet({ destination, protocol: UDP, payload }));
    assert.equal(host.udpReceive()?.toString(), heard, destination);
  }
  assert.deepEqual(host.frames(), []);
});

test("changes the prefix of an address, even if its route has been removed", () => {
  const defaultRoute = "0.0.0.0/0 via 10.0.2.2 dev net0 metric 0";
  host.wasm.setAddress(0, address(guest.address), 16);
  assert.deepEqual(host.routes(), ["10.0.0.0/16 dev net0 metric 0", defaultRoute]);
  host.wasm.removeRoute(address("10.0.0.0"), 16, 0);
  host.wasm.setAddress(0, address(guest.address), 24);
  assert.deepEqual(host.routes(), ["10.0.2.0/24 dev net0 metric 0", defaultRoute]);
  host.pass(3);
  host.frames();
});

test("a change of prefix keeps the old network's route if another address is in it", () => {
  host.wasm.setAddress(0, address("10.0.2.77"), 24);
  host.wasm.setAddress(0, address(guest.address), 16);
  assert.deepEqual(host.routes(), [
    "10.0.2.0/24 dev net0 metric 0",
    "10.0.0.0/16 dev net0 metric 0",
    "0.0.0.0/0 via 10.0.2.2 dev net0 metric 0",
  ]);
  host.pass(3);
  host.frames();
});

test("static neighbors can fill the table, and more are refused", () => {
  const limit: number = host.wasm.neighborLimit();
  const add = (i: number) => host.wasm.addNeighbor(0, address("10.0.2.100") + i, 0x020000000000n);
  let added = 0;
  while (added <= limit && add(added) === 1) added++;
  assert.equal(added, limit - 1, "all except the gateway's");
  assert.equal(host.state(gateway.address), NeighborState.reachable);
  host.wasm.flushNeighbors(0, 1);
  host.know(gateway);
});

test("sends no fragment of a reply while the device has no room, and all of a later reply", () => {
  const payload = icmp(8, 0, 1, Buffer.alloc(3000));
  const parts = fragments({ ...echo, payload }, [
    [0, 1480],
    [1480, 1480],
    [2960, 48],
  ]).map((part) => framed(part));
  host.wasm.setRing(0, 0, 0);
  host.receive(...parts);
  assert.deepEqual(host.frames(), []);
  host.wasm.setRing(0, 100, 100);
  host.receive(...parts);
  assert.equal(host.frames().length, 3);
});
