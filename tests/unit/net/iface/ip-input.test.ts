/** Ethernet and IPv4, received and sent: rows ETH-01 to ETH-10 and IP-01 to IP-18. */
import assert from "node:assert/strict";
import test from "node:test";
import { ethernet, icmp, ipv4, udpDatagram } from "../../../lab/packets/build.ts";
import { address, ICMP, IPV4, TCP, UDP } from "../../../lab/packets/bytes.ts";
import {
  arpRequest,
  attacker,
  dns,
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

const host = await hostForTests();

const ping = icmp(8, 0, 0x00070001, Buffer.from("ping"));

/** Receives a frame and asserts that its only effect is one counted drop. */
function assertDropped(frame: Buffer, reason: string, why = reason): void {
  const before = host.drops(reason);
  host.receive(frame);
  assert.deepEqual(host.frames(), [], why);
  assert.equal(host.drops(reason), before + 1, why);
}

/** Receives a frame and asserts that it causes one echo reply. */
function assertEchoed(frame: Buffer, data: Uint8Array | string = "ping"): void {
  host.receive(frame);
  const sent = host.sent();
  assert.deepEqual(icmpTypes(sent), [[0, 0]]);
  assert.deepEqual(sent[0].ip?.payload.subarray(8), Buffer.from(data));
}

test("ETH-01: drops runts of 0 to 13 bytes", () => {
  const whole = echoRequest();
  for (let length = 0; length < 14; length++) {
    assertDropped(whole.subarray(0, length), "ethernet-truncated");
  }
});

test("ETH-02: drops a header without a payload", () => {
  assertDropped(
    ethernet(guest.hardware, gateway.hardware, IPV4, Buffer.alloc(0), null),
    "ipv4-truncated",
  );
});

test("ETH-03: does not echo padding, and pads with zeros", () => {
  host.receive(echoRequest({}, Buffer.from("")).fill(0xaa, 42));
  const [reply] = host.sent();
  assert.equal(reply.ip?.payload.length, 8);
  assert.equal(reply.length, 60);
  assert.deepEqual(reply.padding, Buffer.alloc(18));
});

test("ETH-03: echoes a request of any length without the bytes that follow it in its frame", () => {
  for (let length = 0; length <= 1454; length += length < 64 ? 1 : 139) {
    const data = Buffer.alloc(length, "data");
    const request = echoRequest({}, data).subarray(0, 42 + length);
    host.receive(Buffer.concat([request, Buffer.alloc(18, 0xaa)]));
    const [reply] = host.sent();
    assert.deepEqual(reply.ip?.payload.subarray(8), data);
    assert.equal(reply.length, Math.max(60, 42 + length));
    assert.ok(reply.padding.every((byte) => byte === 0));
  }
});

test("ETH-04: receives a frame that fills its buffer", () => {
  const data = Buffer.alloc(2048 - 42, 7);
  const frame = packet({ payload: icmp(8, 0, 1, data) });
  host.receive(frame);
  const replies = host.sent();
  const bytes = replies.reduce((sum, reply) => sum + (reply.ip?.payload.length ?? 0), 0);
  assert.equal(bytes, data.length + 8, "the reply is fragmented");
});

test("ETH-05: drops a frame for another station", () => {
  const frame = ethernet("02:00:00:00:00:99", gateway.hardware, IPV4, echoRequest().subarray(14));
  assertDropped(frame, "ethernet-other-host");
});

test("ETH-06: drops a frame from a group address, and does not cache it", () => {
  const frame = ethernet(guest.hardware, "01:00:5e:00:00:01", IPV4, echoRequest().subarray(14));
  assertDropped(frame, "ethernet-group-source");
  assert.equal(host.wasm.neighbors(0), 1);
});

test("ETH-07: drops a unicast packet in a broadcast frame", () => {
  const frame = ethernet("ff:ff:ff:ff:ff:ff", gateway.hardware, IPV4, echoRequest().subarray(14));
  assertDropped(frame, "ipv4-destination");
});

test("ETH-08: drops 802.3 length frames", () => {
  const snap = Buffer.from("aaaa030000000800", "hex");
  const payload = Buffer.concat([snap, echoRequest().subarray(14)]);
  const frame = ethernet(guest.hardware, gateway.hardware, 0x0040, payload);
  assertDropped(frame, "ethernet-unknown-type");
});

test("ETH-09: accepts only tags of VLAN 0, single or double, and drops truncated ones", () => {
  const inner = Buffer.concat([Buffer.from("0800", "hex"), echoRequest().subarray(14)]);
  for (const [type, tag] of [
    [0x8100, "0005"],
    [0x8100, "e001"],
    [0x8100, "000081000005"],
    [0x88a8, "000581000005"],
  ] as Array<[number, string]>) {
    const payload = Buffer.concat([Buffer.from(tag, "hex"), inner]);
    const frame = ethernet(guest.hardware, gateway.hardware, type, payload);
    assertDropped(frame, "ethernet-vlan");
    assertDropped(frame.subarray(0, 16), "ethernet-truncated", "truncated after the tag");
    assertDropped(frame.subarray(0, 15), "ethernet-truncated", "truncated in the tag");
  }
  for (const tag of ["81000000", "8100e000", "88a80000", "8100000081000000", "88a8600081000000"]) {
    const type = Number.parseInt(tag.slice(0, 4), 16);
    const rest = Buffer.from(tag.slice(4), "hex");
    const sent = (frame: Buffer, kind: number) => {
      const payload = Buffer.concat([rest, frame.subarray(12)]);
      host.receive(ethernet(guest.hardware, gateway.hardware, type, payload));
      return host.sent().filter((reply) => reply.type === kind).length;
    };
    assert.equal(sent(echoRequest(), 0x0800), 1, `an echo request with ${tag}`);
    assert.equal(sent(arpRequest(gateway, guest.address), 0x0806), 1, `an ARP request with ${tag}`);
  }
});

test("ETH-10: a flood of unknown frames takes bounded time per poll and no memory", () => {
  const frame = ethernet(guest.hardware, gateway.hardware, 0x88b5, Buffer.alloc(50));
  const size = host.wasm.memory.buffer.byteLength;
  for (let round = 0; round < 1000; round++) {
    for (let i = 0; i < 200; i++) host.inject(frame);
    assert.equal(host.wasm.poll(host.now), 1, "frames remain; others are polled first");
    host.turn();
  }
  assert.equal(host.drops("ethernet-unknown-type"), 200_000);
  assert.equal(host.wasm.memory.buffer.byteLength, size);
});

test("IP-01: drops versions other than 4", () => {
  for (const version of [0, 5, 6, 15]) assertDropped(echoRequest({ version }), "ipv4-version");
});

test("IP-02: drops headers shorter than 20 bytes", () => {
  for (const headerWords of [0, 1, 4]) {
    assertDropped(echoRequest({ headerWords }), "ipv4-header-length");
  }
});

test("IP-03: drops a header longer than its packet", () => {
  const frame = echoRequest({ headerWords: 15, totalLength: 28 });
  assertDropped(frame, "ipv4-header-length");
});

test("IP-04: drops total lengths of 0, 19 and 20", () => {
  assertDropped(echoRequest({ totalLength: 0 }), "ipv4-header-length");
  assertDropped(echoRequest({ totalLength: 19 }), "ipv4-header-length");
  assertDropped(echoRequest({ totalLength: 20 }), "icmp-truncated");
});

test("IP-05: drops a total length beyond the frame, without reading stale bytes", () => {
  for (const totalLength of [47, 1500, 65535]) {
    assertDropped(echoRequest({ totalLength }), "ipv4-total-length");
  }
});

test("IP-06: drops wrong header checksums", () => {
  const good = echoRequest();
  const right = good.readUInt16BE(24);
  for (const checksum of [right + 1, right - 1, 0, 0xffff]) {
    assertDropped(echoRequest({ checksum: checksum & 0xffff }), "ipv4-checksum");
  }
  assertEchoed(good);
});

test("IP-07: drops sources that are not unicast", () => {
  const sources = [
    "127.0.0.1",
    "255.255.255.255",
    "224.0.0.1",
    "10.0.2.255",
    "0.0.0.0",
    "0.1.2.3",
    "240.0.0.1",
  ];
  for (const source of sources) assertDropped(echoRequest({ source }), "ipv4-source", source);
});

test("IP-08: drops packets from our own address (LAND)", () => {
  const own = { source: guest.address };
  const syn = Buffer.from("00500050000000010000000050022000000000000", "hex");
  assertDropped(packet({ ...own, protocol: TCP, payload: syn }), "ipv4-source");
  const ends = { address: address(guest.address), port: 7 };
  const udp = udpDatagram(ends, ends, Buffer.from("x"));
  assertDropped(packet({ ...own, protocol: UDP, payload: udp }), "ipv4-source");
  assertDropped(echoRequest(own), "ipv4-source");
});

test("IP-09: neither accepts nor forwards packets for loopback or another host", () => {
  for (const destination of ["127.0.0.1", "10.0.2.16", "203.0.113.9", "0.0.0.0", "240.0.0.1"]) {
    assertDropped(echoRequest({ destination }), "ipv4-destination", destination);
  }
});

test("IP-10: accepts a TTL of 0 and 1", () => {
  for (const ttl of [0, 1]) assertEchoed(echoRequest({ ttl }));
});

test("IP-11: reports unknown protocols, tunnels included", () => {
  for (const protocol of [143, 4, 41, 47, 255, 0]) {
    const inner = echoRequest().subarray(14, 46);
    host.receive(packet({ protocol, payload: inner }));
    const sent = host.sent().filter((frame) => frame.ip);
    assert.deepEqual(icmpTypes(sent), [[3, 2]], `${protocol}`);
    assert.deepEqual(sent[0].ip?.payload.subarray(28), inner);
    host.pass(1);
  }
  assert.equal(host.drops("ipv4-protocol"), 6);
});

test("IP-12: drops source routes, valid or malformed", () => {
  const routes = ["832704", "830700", "8307ff", "83ff04", "892704", "8907040a00020100"];
  for (const route of routes) {
    const options = Buffer.alloc(40);
    options.set(Buffer.from(route, "hex"));
    assertDropped(echoRequest({ options }), "ipv4-options", route);
  }
});

test("IP-13: drops options of length 0 or 1, or beyond the header", () => {
  for (const option of ["4400", "0701", "07ff0400", "010107", "0144"]) {
    const options = Buffer.alloc(4);
    options.set(Buffer.from(option, "hex"));
    if (option.length === 6) options.set(Buffer.from("01010107", "hex"));
    if (option === "0144") options.set(Buffer.from("01010144", "hex"));
    assertDropped(echoRequest({ options }), "ipv4-options", option);
  }
});

test("IP-14: skips record route and timestamps, whatever their pointers", () => {
  for (const option of ["07070300000000", "0707ff00000000", "44080ff100000000"]) {
    const options = Buffer.alloc(12);
    options.set(Buffer.from(option, "hex"));
    assertEchoed(echoRequest({ options }));
  }
});

test("IP-15: skips 40 bytes of NOP, and garbage after the end of options", () => {
  assertEchoed(echoRequest({ options: Buffer.alloc(40, 1) }));
  assertEchoed(echoRequest({ options: Buffer.concat([Buffer.of(0), Buffer.alloc(39, 0x83)]) }));
});

test("IP-16: ignores the reserved flag, and treats DF with MF as a fragment", () => {
  assertEchoed(echoRequest({ fragment: 0x8000 }));
  assertEchoed(echoRequest({ fragment: 0x4000 }));
  host.receive(echoRequest({ fragment: 0x6000, id: 5 }, Buffer.alloc(8)));
  assert.deepEqual(host.frames(), []);
  assert.equal(host.wasm.reassemblies(), 1);
  const rest = Buffer.alloc(4, 9);
  const whole = icmp(8, 0, 0x00070001, Buffer.concat([Buffer.alloc(8), rest]));
  const first = echoRequest({ payload: whole.subarray(0, 16), fragment: 0x6000, id: 6 });
  host.receive(first, packet({ payload: rest, fragment: 0x4002, id: 6 }));
  assert.deepEqual(icmpTypes(host.sent()), [[0, 0]]);
});

test("IP-17: neither echoes nor reports packets to groups and broadcasts", () => {
  const closed = udpDatagram(
    { address: address(gateway.address), port: 1000 },
    { address: address("10.0.2.255"), port: 9999 },
    Buffer.from("x"),
  );
  for (const destination of ["255.255.255.255", "10.0.2.255", "224.0.0.1"]) {
    const to = destination === "224.0.0.1" ? "01:00:5e:00:00:01" : "ff:ff:ff:ff:ff:ff";
    const fields = { source: gateway.address, destination };
    for (const [protocol, payload] of [
      [ICMP, ping],
      [UDP, closed],
      [143, ping],
      [TCP, Buffer.alloc(20)],
    ] as Array<[number, Buffer]>) {
      const inside = ipv4({ ...fields, protocol, payload });
      host.receive(ethernet(to, gateway.hardware, IPV4, inside));
      host.receive(framed(inside));
      assert.deepEqual(host.frames(), [], `${destination} ${protocol}`);
    }
  }
});

test("IP-18: identifications do not repeat, and reveal nothing about other destinations", () => {
  host.know(dns);
  host.wasm.udpOpen(4000, false);
  const ids = new Map<string, number[]>();
  for (let i = 0; i < 1000; i++) {
    for (const to of [gateway.address, dns.address]) host.udpSend(Buffer.from("x"), to, 7);
    host.turn();
    for (const frame of host.sent()) {
      assert.equal(frame.ip?.fragment, 0, "DF is not set");
      const to = frame.ip?.destination ?? "";
      ids.set(to, [...(ids.get(to) ?? []), frame.ip?.id ?? -1]);
    }
  }
  const [toGateway, toDns] = [...ids.values()];
  assert.equal(new Set(toGateway).size, 1000);
  assert.equal(new Set(toDns).size, 1000);
  // With a shared counter, values of the two sequences would alternate.
  const between = toGateway.filter((id, i) => ((toDns[i] - id) & 0xffff) <= 2).length;
  assert.ok(between < 10, `${between} of 1000 are consecutive`);
});

test("sends with TTL 64 and our own address as source", () => {
  host.ping(OFF_LINK);
  host.turn();
  const [frame] = host.sent();
  assert.equal(frame.to, gateway.hardware, "through the gateway");
  assert.deepEqual([frame.ip?.source, frame.ip?.ttl], [guest.address, 64]);
  assert.equal(host.state(OFF_LINK), NeighborState.free);
  assert.equal(host.state(attacker.address), NeighborState.free);
});
