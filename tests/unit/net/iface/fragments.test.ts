/** Reassembly and fragmentation (net/iface/ip/reassembly, egress): rows FRG-01 to FRG-22. */
import assert from "node:assert/strict";
import test from "node:test";
import { fragments, type Ipv4Fields, icmp, ipv4, udpDatagram } from "../../../lab/packets/build.ts";
import { address, ICMP, internetSum, UDP } from "../../../lab/packets/bytes.ts";
import { type Parsed } from "../../../lab/packets/read.ts";
import {
  attacker,
  framed,
  gateway,
  guest,
  hostForTests,
  icmpTypes,
  packet,
} from "../../../lab/scripted/ip-host.ts";

const host = await hostForTests();

type Part = [offset: number, length: number, more?: boolean];

const ends = { source: gateway.address, destination: guest.address };
const data = Buffer.from(Array.from({ length: 2992 }, (_, i) => (i * 7 + (i >> 8)) & 255));
/** An echo request of 3,000 bytes, ICMP header included. */
const echo: Ipv4Fields = {
  ...ends,
  protocol: ICMP,
  id: 77,
  payload: icmp(8, 0, 0x00070001, data),
};
const thirds: Part[] = [
  [0, 1000],
  [1000, 1000],
  [2000, 1000],
];

function receive(fields: Ipv4Fields, parts: Part[]): void {
  host.receive(...fragments(fields, parts).map((part) => framed(part)));
}

/** Reassembles a datagram that was sent in fragments. */
function whole(frames: Parsed[]): Buffer {
  const parts = frames.flatMap((frame) => (frame.ip ? [frame.ip] : []));
  const ids = new Set(parts.map((part) => part.id));
  assert.equal(ids.size, 1, "one identification for all");
  const ordered = parts.sort((a, b) => (a.fragment & 0x1fff) - (b.fragment & 0x1fff));
  let end = 0;
  for (const part of ordered) {
    assert.equal((part.fragment & 0x1fff) * 8, end, "neither gap nor overlap");
    end += part.payload.length;
    assert.equal((part.fragment & 0x2000) !== 0, part !== ordered.at(-1), "MF on all but the last");
  }
  return Buffer.concat(ordered.map((part) => part.payload));
}

function assertEchoed(sentData: Uint8Array = data): void {
  const reply = whole(host.sent());
  assert.equal(internetSum(reply), 0xffff, "checksum");
  assert.equal(reply[0], 0, "an echo reply");
  assert.deepEqual(reply.subarray(8), Buffer.from(sentData));
}

function assertSilent(): void {
  assert.deepEqual(host.frames(), []);
}

test("FRG-01: reassembles three fragments in order", () => {
  receive(echo, thirds);
  assertEchoed();
  assert.equal(host.wasm.reassemblies(), 0);
});

test("FRG-02: reassembles three fragments in every other order", () => {
  const orders = ["021", "102", "120", "201", "210"];
  for (const order of orders) {
    receive(
      echo,
      [...order].map((i) => thirds[Number(i)]),
    );
    assertEchoed();
  }
});

test("FRG-03: ignores exact duplicates", () => {
  receive(echo, [thirds[0], thirds[1], thirds[1], thirds[0], thirds[2]]);
  assertEchoed();
});

test("FRG-04: drops a datagram with a fragment of other data inside another fragment", () => {
  const other = { ...echo, payload: Buffer.alloc(3000, 0x55) };
  receive(other, [[512, 256, true]]);
  receive(echo, thirds);
  assertSilent();
  assert.ok(host.drops("fragment-overlap") >= 1);
  receive(echo, thirds);
  assertSilent();
});

test("FRG-05: drops a datagram with a fragment across two others", () => {
  receive(echo, [thirds[0], [1512, 1000, true], thirds[1], thirds[2]]);
  assertSilent();
});

test("FRG-06: survives teardrop, a last fragment that ends inside the first", () => {
  const udp = { ...ends, protocol: UDP, id: 242, payload: Buffer.alloc(40) };
  receive(udp, [
    [0, 36, true],
    [24, 4, false],
  ]);
  receive({ ...udp, id: 243 }, [
    [0, 40, true],
    [24, 4, false],
  ]);
  assertSilent();
  assert.ok(host.drops("fragment-length") >= 1);
  assert.ok(host.drops("fragment-overlap") >= 1);
});

test("FRG-07: survives bonk, a second fragment that starts inside the first", () => {
  const udp = { ...ends, protocol: UDP, id: 1109, payload: Buffer.alloc(80) };
  receive(udp, [
    [0, 36, true],
    [32, 4, false],
    [64, 4, false],
  ]);
  host.pass(61);
  assert.equal(host.wasm.reassemblies(), 0);
  assert.deepEqual(icmpTypes(host.sent()), []);
});

test("FRG-08: survives the ping of death, an end beyond 65,535", () => {
  receive(echo, [thirds[0]]);
  host.receive(packet({ id: 77, payload: Buffer.alloc(1000), fragment: 0x1fff }));
  assert.equal(host.wasm.reassemblies(), 0);
  assert.equal(host.drops("fragment-too-long"), 1);
  receive(echo, [thirds[1], thirds[2]]);
  assertSilent();
});

test("FRG-09: survives Jolt2, two last fragments repeated 5,000 times each", () => {
  for (const offset of [65520, 65504]) {
    const fields = { id: 1109, payload: Buffer.alloc(9), fragment: offset / 8 };
    for (let i = 0; i < 5000; i++) host.receive(packet(fields));
  }
  assert.equal(host.drops("fragment-too-long"), 5000);
  assert.ok(host.wasm.reassemblies() <= 1);
  assertSilent();
});

test("FRG-10: drops a fragment with MF whose length is not a multiple of 8", () => {
  const odd = Buffer.alloc(1001);
  host.receive(packet({ id: 77, payload: odd, fragment: 0x2000 }));
  assert.equal(host.drops("fragment-length"), 1);
  assert.equal(host.wasm.reassemblies(), 0);
});

test("FRG-11: does not act on a header before the rest of the datagram has arrived", () => {
  const parts: Part[] = [
    [0, 8],
    [8, 2992],
  ];
  // The first fragment is the whole ICMP header.
  receive({ ...echo, payload: icmp(8, 0, 0x00070001, data) }, [parts[0]]);
  assertSilent();
  host.receive(...fragments(echo, [[8, 1400]]).map((part) => framed(part)));
  host.receive(...fragments(echo, [[1408, 1592]]).map((part) => framed(part)));
  assertEchoed();
});

test("FRG-12: drops empty fragments", () => {
  host.receive(packet({ id: 77, payload: Buffer.alloc(0), fragment: 0x2000 }));
  host.receive(packet({ id: 77, payload: Buffer.alloc(0), fragment: 0x0010 }));
  assert.equal(host.drops("fragment-length"), 2);
  assert.equal(host.wasm.reassemblies(), 0);
});

test("FRG-13: evicts the oldest of 5,000 incomplete datagrams, and delivers a complete one", () => {
  for (let id = 0; id < 5000; id++) {
    host.receive(packet({ id, payload: Buffer.alloc(8), fragment: 1 }));
  }
  assert.equal(host.wasm.reassemblies(), 32);
  assert.equal(host.drops("fragment-limit"), 4968);
  receive({ ...echo, id: 6000 }, thirds);
  assertEchoed();
  host.pass(61);
});

test("FRG-22: 1,000 forged fragments a second do not displace a genuine datagram", () => {
  let id = 0;
  // From the sender's own address, from one other, and from as many as there are fragments.
  const forgers = [() => gateway.address, () => attacker.address, () => `198.51.100.${id & 255}`];
  for (const from of forgers) {
    for (let round = 0; round < 20; round++) {
      const forge = () => {
        const fields = { source: from(), id: 1000 + (++id & 0x7fff), fragment: 1 };
        host.receive(packet({ ...fields, payload: Buffer.alloc(8) }));
        host.pass(0.001);
      };
      const parts = fragments({ ...echo, id: 40_000 + round }, [
        [0, 1480],
        [1480, 1520],
      ]).map((part) => framed(part));
      host.receive(parts[0]);
      for (let i = 0; i < 20; i++) forge();
      host.receive(parts[1]);
      host.pass(0.001);
      assert.equal(host.sent().filter((frame) => frame.ip).length, 3, `${from()} ${round}`);
    }
  }
  // A thousand at once from one address displace only its own.
  const [first, second] = fragments({ ...echo, id: 50_000 }, [
    [0, 1480],
    [1480, 1520],
  ]).map((part) => framed(part));
  host.receive(first);
  for (let i = 0; i < 1000; i++) {
    host.receive(
      packet({ source: attacker.address, id: i, fragment: 1, payload: Buffer.alloc(8) }),
    );
  }
  host.receive(second);
  assertEchoed();
  host.pass(61);
});

test("FRG-14: reassembles 64 KiB of 8-byte fragments in reverse within 2 s", () => {
  const payload = icmp(8, 0, 0x00070001, Buffer.alloc(65496, 0x33));
  const parts: Part[] = [];
  for (let offset = payload.length - 8; offset >= 0; offset -= 8) parts.push([offset, 8]);
  const frames = fragments({ ...echo, payload }, parts).map((part) => framed(part));
  const start = process.cpuUsage();
  for (const frame of frames) host.receive(frame);
  const spent = process.cpuUsage(start).user / 1000;
  assertEchoed(Buffer.alloc(65496, 0x33));
  assert.ok(spent < 2000, `${frames.length} fragments took ${spent} ms`);
});

test("FRG-15: drops a datagram with two different ends", () => {
  receive(echo, [thirds[2], [2000, 8, false], thirds[0], thirds[1]]);
  assertSilent();
  receive({ ...echo, id: 78 }, [[2000, 8, false], thirds[2], thirds[0], thirds[1]]);
  assertSilent();
});

test("FRG-16: drops a datagram with data beyond its end", () => {
  receive(echo, [thirds[2], [3000, 8, true], thirds[0], thirds[1]]);
  assertSilent();
  receive({ ...echo, id: 78 }, [[3000, 8, true], thirds[2], thirds[0], thirds[1]]);
  assertSilent();
});

test("FRG-17: never combines fragments of different protocols or sources", () => {
  const udp = { ...echo, protocol: UDP, payload: Buffer.alloc(3000, 1) };
  const elsewhere = { ...echo, source: attacker.address, payload: Buffer.alloc(3000, 2) };
  receive(udp, [thirds[0]]);
  receive(elsewhere, [thirds[1]]);
  receive(echo, [thirds[0]]);
  receive(udp, [thirds[1]]);
  receive(elsewhere, [thirds[0]]);
  receive(echo, [thirds[2]]);
  assertSilent();
  receive(echo, [thirds[1]]);
  assertEchoed();
  host.pass(61);
});

test("FRG-18: after 60 s sends one 'time exceeded' if the first fragment has arrived", () => {
  receive(echo, [thirds[0]]);
  receive({ ...echo, id: 78 }, [thirds[1]]);
  host.pass(59);
  assert.equal(host.wasm.reassemblies(), 2);
  assertSilent();
  host.pass(2);
  assert.equal(host.wasm.reassemblies(), 0);
  assert.equal(host.drops("fragment-timeout"), 2);
  const sent = host.sent();
  assert.deepEqual(icmpTypes(sent), [[11, 1]]);
  const quote = sent.find((frame) => frame.ip)?.ip?.payload.subarray(8) ?? Buffer.alloc(0);
  assert.deepEqual(quote.subarray(20, 28), Buffer.from(echo.payload ?? []).subarray(0, 8));
  assert.equal(quote.readUInt16BE(4), 77);
  assert.equal(quote.readUInt16BE(6), 0x2000, "quoted unchanged");
});

test("FRG-19: never delivers a datagram of forged and genuine fragments", () => {
  const genuine = udpDatagram(
    { address: address(gateway.address), port: 53 },
    { address: address(guest.address), port: 4000 },
    data.subarray(0, 2992),
  );
  const udp = { ...ends, protocol: UDP, id: 5, payload: genuine };
  const forged = { ...udp, payload: Buffer.alloc(3000, 0x66) };
  host.wasm.udpOpen(4000, false);
  receive(forged, [thirds[1]]);
  receive(udp, thirds);
  assert.equal(host.udpReceive(), undefined, "the overlap is detected");
  receive({ ...forged, id: 6 }, [thirds[1]]);
  receive({ ...udp, id: 6 }, [thirds[0], thirds[2]]);
  assert.equal(host.udpReceive(), undefined, "the checksum is verified");
  assert.equal(host.drops("udp-checksum"), 1);
  receive({ ...udp, id: 7 }, thirds);
  assert.deepEqual(host.udpReceive(), data.subarray(0, 2992));
  host.sent();
});

test("FRG-20: keeps the first fragment's header and ignores the options of the others", () => {
  const [first, second, third] = fragments(echo, thirds);
  const optioned = (part: Buffer, fragment: number, options: Buffer) =>
    framed(
      ipv4({ ...ends, protocol: ICMP, id: 77, payload: part.subarray(20), fragment, options }),
    );
  const recordRoute = Buffer.concat([Buffer.of(7, 39, 4), Buffer.alloc(37)]);
  host.receive(optioned(third, 2000 / 8, recordRoute));
  host.receive(optioned(first, 0x2000, Buffer.of(0x94, 4, 0, 0)));
  host.receive(framed(second));
  assertEchoed();
});

test("FRG-20: drops a datagram whose first header makes it exceed 65,535 bytes", () => {
  const payload = icmp(8, 0, 0x00070001, Buffer.alloc(65507, 1));
  const parts: Part[] = [];
  for (let offset = 0; offset < payload.length; offset += 1480) {
    parts.push([offset, Math.min(1480, payload.length - offset)]);
  }
  const [, ...rest] = fragments({ ...echo, payload }, parts);
  const options = Buffer.alloc(20, 1);
  const first = { ...ends, protocol: ICMP, id: 77, fragment: 0x2000, options };
  host.receive(framed(ipv4({ ...first, payload: payload.subarray(0, 1480) })));
  for (const part of rest) host.receive(framed(part));
  assertSilent();
  assert.equal(host.drops("fragment-too-long"), 1);
  assert.equal(host.wasm.reassemblies(), 0);
});

test("FRG-21: delivers and answers a datagram of exactly 65,535 bytes", () => {
  const payload = icmp(8, 0, 0x00070001, Buffer.alloc(65507, 0x21));
  const parts: Part[] = [];
  for (let offset = 0; offset < payload.length; offset += 1480) {
    parts.push([offset, Math.min(1480, payload.length - offset)]);
  }
  receive({ ...echo, payload }, parts);
  assertEchoed(Buffer.alloc(65507, 0x21));
});

test("sends datagrams longer than the MTU in fragments that fit, for any MTU", () => {
  host.wasm.udpOpen(4000, false);
  for (const mtu of [68, 576, 1499, 1500]) {
    assert.equal(host.wasm.setMtu(0, mtu), 1);
    for (const length of [1, mtu - 28, mtu - 27, 2992]) {
      assert.ok(host.udpSend(data.subarray(0, length), gateway.address, 53));
      host.turn();
      const frames = host.sent();
      assert.ok(frames.every((frame) => frame.length <= Math.max(60, mtu + 14)));
      const datagram = whole(frames);
      assert.deepEqual(datagram.subarray(8), data.subarray(0, length), `${mtu} ${length}`);
      assert.equal(frames.length === 1, length + 28 <= mtu);
    }
  }
  assert.equal(host.wasm.setMtu(0, 67), 0);
  assert.equal(host.wasm.setMtu(0, 1501), 0);
});
