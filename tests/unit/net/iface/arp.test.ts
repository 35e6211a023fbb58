/** ARP and the neighbor cache (net/iface/): rows ARP-01 to ARP-12. */
import assert from "node:assert/strict";
import test from "node:test";
import { type ArpFields, arp, ethernet } from "../../../lab/packets/build.ts";
import { ARP, address, BROADCAST, hardwareNumber } from "../../../lab/packets/bytes.ts";
import {
  arpReply,
  arpRequest,
  attacker,
  gateway,
  guest,
  hostForTests,
  NeighborState,
} from "../../../lab/scripted/ip-host.ts";

const host = await hostForTests();

const other = { hardware: "52:54:00:00:00:77", address: "10.0.2.77" };

/** Returns the ARP packets among the frames sent since the last call. */
function arps() {
  return host.sent().flatMap((frame) => (frame.arp ? [{ ...frame.arp, to: frame.to }] : []));
}

function hardwareOf(text: string): bigint {
  return BigInt.asUintN(64, host.wasm.neighborHardware(0, address(text)));
}

/** An ARP packet in a frame from its sender, or from `from`. */
function arpFrame(fields: ArpFields, to = guest.hardware, from = fields.senderHardware): Buffer {
  return ethernet(to, from, ARP, arp(fields));
}

test("ARP-01: probes the gateway when another station claims its address", () => {
  const claim = { hardware: attacker.hardware, address: gateway.address };
  host.receive(arpReply(claim));
  assert.equal(hardwareOf(gateway.address), hardwareNumber(gateway.hardware));
  assert.equal(host.state(gateway.address), NeighborState.probe);
  const [question] = arps();
  assert.equal(question.to, gateway.hardware, "probed by unicast");
  assert.equal(question.target, gateway.address);
  host.receive(arpReply(claim));
  assert.equal(hardwareOf(gateway.address), hardwareNumber(gateway.hardware));
  host.receive(arpReply(gateway));
  assert.equal(host.state(gateway.address), NeighborState.reachable);
  // A claim that was refuted within the last second is not checked again.
  host.receive(arpReply(claim), arpRequest(claim, guest.address));
  assert.equal(host.state(gateway.address), NeighborState.reachable);
  assert.ok(arps().every((packet) => packet.operation === 2));
  host.pass(10);
  assert.equal(hardwareOf(gateway.address), hardwareNumber(gateway.hardware));
});

test("ARP-02: an unsolicited reply for an unknown address creates no entry", () => {
  host.receive(arpReply(other));
  host.receive(arpFrame({ ...replyOf(other), target: "10.0.2.99" }, BROADCAST));
  assert.equal(host.state(other.address), NeighborState.free);
  assert.equal(host.wasm.neighbors(0), 1);
});

test("ARP-02: a request creates an entry if it is for us", () => {
  host.receive(arpRequest(other, "10.0.2.99"));
  assert.equal(host.state(other.address), NeighborState.free);
  assert.equal(arps().length, 0);
  host.receive(arpRequest(other, guest.address));
  assert.equal(host.state(other.address), NeighborState.stale);
  const [reply] = arps();
  assert.deepEqual(
    [reply.operation, reply.sender, reply.senderHardware, reply.target, reply.to],
    [2, guest.address, guest.hardware, other.address, other.hardware],
  );
});

test("ARP-03: 10,000 requests neither exceed the cache nor evict the gateway", () => {
  for (let i = 0; i < 10_000; i++) {
    const near = i % 2 === 0;
    const asker = {
      hardware: `02:00:00:${hex(i >> 16)}:${hex(i >> 8)}:${hex(i)}`,
      address: near ? `10.0.2.${100 + ((i / 2) % 150)}` : `172.16.${(i >> 8) & 255}.${i & 255}`,
    };
    host.receive(arpRequest(asker, guest.address));
    if (!near) assert.equal(host.state(asker.address), NeighborState.free, "not on the link");
    host.frames();
  }
  assert.ok(host.wasm.neighbors(0) <= host.wasm.neighborLimit());
  assert.equal(host.state(gateway.address), NeighborState.reachable);
  assert.equal(hardwareOf(gateway.address), hardwareNumber(gateway.hardware));
});

test("ARP-04: ignores group hardware addresses, and one of zeros", () => {
  for (const hardware of [BROADCAST, "01:00:5e:00:00:01", "00:00:00:00:00:00"]) {
    host.receive(arpRequest({ hardware, address: other.address }, guest.address));
    const fields = { ...replyOf({ hardware, address: other.address }) };
    host.receive(arpFrame(fields, guest.hardware, other.hardware));
    assert.equal(host.state(other.address), NeighborState.free, hardware);
  }
  assert.equal(arps().length, 0);
});

test("ARP-05: reports a conflict, and defends the address once in 10 s", () => {
  const rival = { hardware: attacker.hardware, address: guest.address };
  host.receive(arpReply(rival), arpRequest(rival, gateway.address));
  assert.equal(host.wasm.conflicts(0), 2n);
  assert.equal(host.wasm.rival(0), hardwareNumber(attacker.hardware));
  const defence = arps();
  assert.equal(defence.length, 1);
  assert.deepEqual([defence[0].sender, defence[0].target], [guest.address, guest.address]);
  assert.equal(defence[0].to, BROADCAST);
  host.pass(9);
  host.receive(arpReply(rival));
  assert.equal(arps().length, 0);
  host.pass(1);
  host.receive(arpReply(rival));
  assert.equal(arps().length, 1);
  assert.equal(host.state(guest.address), NeighborState.free);
});

test("ARP-06: answers a probe of our address without caching 0.0.0.0", () => {
  host.receive(arpRequest({ hardware: other.hardware, address: "0.0.0.0" }, guest.address));
  const [reply] = arps();
  assert.deepEqual([reply.operation, reply.sender], [2, guest.address]);
  assert.equal(reply.to, other.hardware);
  assert.equal(host.state("0.0.0.0"), NeighborState.free);
});

test("ARP-07: drops address lengths other than 6 and 4", () => {
  for (const lengths of [
    [255, 255],
    [0, 0],
    [6, 16],
    [6, 0],
  ] as Array<[number, number]>) {
    host.receive(arpFrame({ ...requestOf(other), lengths }, BROADCAST));
  }
  assert.equal(host.drops("arp-format"), 4);
  assert.equal(arps().length, 0);
});

test("ARP-08: drops a packet truncated to any length", () => {
  const whole = arpRequest(other, guest.address).subarray(0, 42);
  for (let length = 14; length < 42; length++) host.receive(whole.subarray(0, length));
  assert.equal(host.drops("arp-truncated"), 28);
  assert.equal(arps().length, 0);
  host.receive(whole);
  assert.equal(arps().length, 1);
});

test("ARP-09: ignores unknown types of hardware, protocols and operations", () => {
  const changes = [
    { hardwareType: 6 },
    { protocolType: 0x86dd },
    { operation: 0 },
    { operation: 3 },
    { operation: 4 },
    { operation: 65535 },
  ];
  for (const change of changes) {
    host.receive(arpFrame({ ...requestOf(other), ...change }, BROADCAST));
  }
  assert.equal(host.drops("arp-format"), changes.length);
  assert.equal(arps().length, 0);
  assert.equal(host.wasm.neighbors(0), 1);
});

test("ARP-10: uses the sender in the packet, not the frame's source, as Linux does", () => {
  const split = { ...replyOf({ hardware: attacker.hardware, address: gateway.address }) };
  host.receive(arpFrame(split, guest.hardware, gateway.hardware));
  assert.equal(
    hardwareOf(gateway.address),
    hardwareNumber(gateway.hardware),
    "an unconfirmed claim",
  );
  host.sent();
  host.receive(arpFrame({ ...requestOf(other) }, BROADCAST, attacker.hardware));
  assert.equal(hardwareOf(other.address), hardwareNumber(other.hardware));
  assert.deepEqual(
    arps().map((reply) => [reply.operation, reply.to]),
    [[2, other.hardware]],
  );
  // A bonded station replies through its other port.
  host.ping("10.0.2.78");
  host.turn();
  const bonded = { hardware: "52:54:00:00:00:78", address: "10.0.2.78" };
  host.receive(arpFrame(replyOf(bonded), guest.hardware, attacker.hardware));
  assert.equal(host.state(bonded.address), NeighborState.reachable);
  assert.equal(hardwareOf(bonded.address), hardwareNumber(bonded.hardware));
  host.sent();
});

test("ARP-11: requests a silent neighbor three times, once a second, then drops its packet", () => {
  host.wasm.udpOpen(4000, false);
  host.wasm.udpConnect(address("10.0.2.200"), 7);
  host.udpSend(Buffer.from("x"), "10.0.2.200", 7);
  const times: bigint[] = [];
  const start = host.now;
  host.turn();
  for (let tenth = 0; tenth < 60; tenth++) {
    for (const question of arps()) {
      assert.equal(question.target, "10.0.2.200");
      assert.equal(question.to, BROADCAST);
      times.push((host.now - start) / 100_000n);
    }
    if (tenth === 5) assert.equal(host.wasm.framesInUse(), 1, "the packet is queued");
    host.pass(0.1);
  }
  assert.deepEqual(times, [0n, 10n, 20n]);
  assert.equal(host.wasm.framesInUse(), 0);
  assert.notEqual(host.wasm.udpError(), 0, "the socket is notified");
  assert.equal(host.state("10.0.2.200"), NeighborState.failed);
});

test("ARP-11: a ping of a silent neighbor fails as unreachable", () => {
  host.ping("10.0.2.201", 9);
  host.pass(3.5);
  assert.equal(host.wasm.echoReceive(), 1);
  assert.equal(host.wasm.echoLast(0), 9);
  assert.equal(host.wasm.echoLast(4), 0, "host unreachable");
});

test("ARP-11: gives up on 200 silent neighbors with bounded queues, in bounded time", () => {
  host.wasm.udpOpen(4001, false);
  for (let i = 0; i < 200; i++) {
    for (let j = 0; j < 3; j++) host.udpSend(Buffer.from("x"), `10.0.2.${16 + i}`, 7);
    host.turn();
  }
  const asked = new Map<string, number>();
  for (const question of arps()) {
    asked.set(question.target, (asked.get(question.target) ?? 0) + 1);
  }
  assert.ok(
    [...asked.values()].every((count) => count === 1),
    "once within a second",
  );
  assert.ok(host.wasm.framesInUse() <= 192);
  host.pass(4);
  host.sent();
  assert.equal(host.wasm.framesInUse(), 0);
  assert.equal(host.state(gateway.address), NeighborState.reachable);
});

test("ARP-11: queues the latest packets, and sends them in order after the reply", () => {
  host.wasm.udpOpen(4002, false);
  for (let i = 1; i <= 6; i++) host.udpSend(Buffer.of(i), other.address, 7);
  host.turn();
  assert.deepEqual(arps().length, 1);
  host.receive(arpReply(other));
  const waited = host.sent().map((frame) => frame.ip?.payload[8]);
  assert.deepEqual(waited, [3, 4, 5, 6]);
});

test("ARP-12: finds a neighbor with a new hardware address within 60 s", () => {
  const moved = { hardware: "52:55:0a:00:02:aa", address: gateway.address };
  const start = host.now;
  let found = false;
  while (!found && host.now - start < 60_000_000n) {
    host.ping(gateway.address);
    host.turn();
    for (const frame of host.sent()) {
      // The old address is silent; only a broadcast reaches the new one.
      if (frame.arp && frame.to === BROADCAST) host.answer(moved);
      if (frame.ip && frame.to === moved.hardware) found = true;
    }
    host.pass(1);
  }
  assert.ok(found, "traffic did not resume");
  assert.equal(hardwareOf(gateway.address), hardwareNumber(moved.hardware));
});

test("does not probe an idle neighbor until it is used, and then by unicast", () => {
  host.pass(2);
  assert.equal(host.wasm.pollAt(host.now), 0x7fffffffffffffffn);
  host.pass(31);
  host.ping(gateway.address);
  host.turn();
  host.pass(1);
  const frames = host.sent();
  assert.deepEqual(
    frames.map((frame) => [frame.to, frame.arp?.operation ?? 0]),
    [
      [gateway.hardware, 0],
      [gateway.hardware, 1],
    ],
    "the packet is not queued, and the gateway is probed a second later",
  );
  host.receive(arpReply(gateway));
  assert.equal(host.state(gateway.address), NeighborState.reachable);
});

test("announces a new address twice, 2 s apart (RFC 5227 section 2.3)", () => {
  host.wasm.setAddress(0, address("10.0.2.16"), 24);
  const times: number[] = [];
  for (let second = 0; second < 5; second++) {
    for (const said of arps()) {
      assert.deepEqual([said.operation, said.sender, said.target], [1, "10.0.2.16", "10.0.2.16"]);
      times.push(second);
    }
    host.pass(1);
  }
  assert.deepEqual(times, [0, 2]);
});

test("probes a free address three times within 7 s (RFC 5227 section 2.1)", () => {
  host.wasm.probe(0, address("10.0.2.50"));
  assert.equal(host.wasm.probeResult(0), 1);
  host.pass(7);
  const questions = arps();
  assert.equal(questions.length, 3);
  assert.ok(questions.every((q) => q.sender === "0.0.0.0" && q.target === "10.0.2.50"));
  assert.equal(host.wasm.probeResult(0), 2, "free");
});

test("a probe detects a host that has the address or probes it at the same time", () => {
  const owner = { hardware: other.hardware, address: "10.0.2.50" };
  const signs = [
    arpReply(owner),
    arpRequest(owner, "10.0.2.99"),
    arpRequest({ hardware: other.hardware, address: "0.0.0.0" }, owner.address),
  ];
  for (const sign of signs) {
    host.wasm.probe(0, address(owner.address));
    host.pass(1.5);
    host.receive(sign);
    assert.equal(host.wasm.probeResult(0), 3, "taken");
    host.sent();
    host.pass(8);
    assert.equal(arps().length, 0, "no more probes");
  }
});

test("static entries are neither probed nor replaced, and can be removed", () => {
  const fixed = { hardware: "02:aa:aa:aa:aa:aa", address: other.address };
  assert.equal(host.wasm.addNeighbor(0, address(fixed.address), hardwareNumber(fixed.hardware)), 1);
  host.receive(arpReply(other));
  host.pass(3600);
  host.ping(other.address);
  host.turn();
  assert.deepEqual(
    host.sent().map((frame) => [frame.to, frame.type]),
    [[fixed.hardware, 0x0800]],
  );
  host.wasm.flushNeighbors(0, false);
  assert.equal(host.state(other.address), NeighborState.permanent);
  assert.equal(host.wasm.removeNeighbor(0, address(other.address)), 1);
  assert.equal(host.wasm.removeNeighbor(0, address(other.address)), 0);
  assert.equal(host.state(other.address), NeighborState.free);
  host.know(gateway);
});

function hex(value: number): string {
  return (value & 255).toString(16).padStart(2, "0");
}

function replyOf(peer: { hardware: string; address: string }): ArpFields {
  return {
    operation: 2,
    senderHardware: peer.hardware,
    sender: peer.address,
    targetHardware: guest.hardware,
    target: guest.address,
  };
}

function requestOf(peer: { hardware: string; address: string }): ArpFields {
  return {
    operation: 1,
    senderHardware: peer.hardware,
    sender: peer.address,
    target: guest.address,
  };
}
