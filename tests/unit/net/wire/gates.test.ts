/** The gates of Ethernet, ARP, IPv4, ICMP and UDP: every truncation, and other faults. */
import assert from "node:assert/strict";
import test from "node:test";
import { arp, ethernet, icmp, ipv4, udpDatagram } from "../../../lab/packets/build.ts";
import {
  address,
  hardwareNumber,
  IPV4,
  internetSum,
  pseudoSum,
} from "../../../lab/packets/bytes.ts";
import { parse, parseIpv4 } from "../../../lab/packets/read.ts";
import { load, readBytes, writeBytes } from "../../../lab/scripted/assembly.ts";

const wasm = await load("tests/lab/entries/wire.ts");
const space: number = wasm.allocateBytes(65536);
const guest = "52:54:00:12:34:56";
const peer = "52:55:0a:00:02:02";
const from = address("10.0.2.2");
const to = address("10.0.2.15");

/** Places bytes in memory, and 64 bytes of 0xff after them to expose any read past the end. */
function put(bytes: Uint8Array): [number, number] {
  new Uint8Array(wasm.memory.buffer, space, bytes.length + 64).fill(0xff);
  new Uint8Array(wasm.memory.buffer, space, bytes.length).set(bytes);
  return [space, bytes.length];
}

function everyTruncation(whole: Uint8Array, gate: (pointer: number, length: number) => number) {
  for (let length = 0; length < whole.length; length++) {
    assert.notEqual(gate(...put(whole.subarray(0, length))), 0, `${length} bytes passed`);
  }
  assert.equal(gate(...put(whole)), 0, "the whole packet did not pass");
}

test("ethernet: accepts 14 bytes and more, for this station or all, from a unicast address", () => {
  const own = hardwareNumber(guest);
  const gate = (pointer: number, length: number) => wasm.gateEthernet(pointer, length, own);
  everyTruncation(ethernet(guest, peer, IPV4, Buffer.alloc(0), null), gate);
  const to = (text: string) => gate(...put(ethernet(text, peer, IPV4, Buffer.alloc(46))));
  assert.equal(to("ff:ff:ff:ff:ff:ff"), 0);
  assert.equal(to("01:00:5e:00:00:01"), 0);
  assert.notEqual(to("02:00:00:00:00:99"), 0);
  assert.notEqual(to("01:00:5e:00:00:fb"), 0);
  const group = ethernet(guest, "01:00:5e:00:00:01", IPV4, Buffer.alloc(46));
  assert.notEqual(gate(...put(group)), 0);
  assert.equal(wasm.emitEthernet(space, own, hardwareNumber(peer), 0x0806), 1);
  assert.deepEqual(parse(readBytes(wasm, space, 42)).to, guest);
});

test("arp: accepts 28 bytes for IPv4 over Ethernet, from a unicast address", () => {
  const sender = hardwareNumber(peer);
  const gate = (pointer: number, length: number) => wasm.gateArp(pointer, length);
  const good = {
    operation: 1,
    senderHardware: peer,
    sender: "10.0.2.2",
    target: "10.0.2.15",
  };
  everyTruncation(arp(good), gate);
  const bad = [
    { ...good, operation: 0 },
    { ...good, operation: 3 },
    { ...good, operation: 4 },
    { ...good, operation: 65535 },
    { ...good, hardwareType: 6 },
    { ...good, protocolType: 0x86dd },
    { ...good, lengths: [255, 255] as [number, number] },
    { ...good, lengths: [0, 0] as [number, number] },
    { ...good, lengths: [6, 16] as [number, number] },
    { ...good, senderHardware: "ff:ff:ff:ff:ff:ff" },
    { ...good, senderHardware: "01:00:5e:00:00:01" },
    { ...good, senderHardware: "00:00:00:00:00:00" },
  ];
  for (const fields of bad) {
    assert.notEqual(gate(...put(arp(fields))), 0, JSON.stringify(fields));
  }
  assert.equal(gate(...put(arp({ ...good, operation: 2 }))), 0);
  const emitted = [space, 2, sender, from, hardwareNumber(guest), to] as const;
  assert.equal(wasm.emitArp(...emitted), 1);
  const expected = arp({ ...good, operation: 2, targetHardware: guest });
  assert.deepEqual(readBytes(wasm, space, 28), expected);
});

test("ipv4: rejects every truncation, with payload and with options", () => {
  const gate = (pointer: number, length: number) => wasm.gateIpv4(pointer, length);
  const fields = { source: "10.0.2.2", destination: "10.0.2.15", protocol: 1 };
  everyTruncation(ipv4({ ...fields, payload: Buffer.alloc(24, 7) }), gate);
  everyTruncation(ipv4({ ...fields, options: Buffer.alloc(40, 1), payload: Buffer.of(1) }), gate);
  everyTruncation(ipv4(fields), gate);
});

test("ipv4: reads and writes the fields of a header", () => {
  const options = Buffer.of(1, 1, 0, 9);
  const packet = ipv4({
    source: "1.2.3.4",
    destination: "250.6.7.8",
    protocol: 17,
    id: 0xbeef,
    fragment: 0x2000 | 185,
    ttl: 3,
    options,
    payload: Buffer.alloc(16),
  });
  const [pointer] = put(packet);
  const read = Array.from({ length: 12 }, (_, field) => wasm.ipv4Field(pointer, field) >>> 0);
  const ends = [address("1.2.3.4"), address("250.6.7.8")];
  assert.deepEqual(read, [24, 40, 0xbeef, 1480, 1, 1, 3, 17, ...ends, 16, 24]);
  for (const [id, flags, total] of [
    [0, 0x4000, 40],
    [0xffff, 0x3fff, 65535],
    [0x0102, 0, 20],
  ]) {
    const [first, life] = [wasm.ipv4Start(0x45, total), (6 << 8) | 64];
    wasm.emitIpv4(space, first, (id << 16) | flags, life, from, to);
    const emitted = parseIpv4(readBytes(wasm, space, 20));
    assert.deepEqual([emitted.id, emitted.fragment, emitted.protocol], [id, flags, 6]);
    assert.deepEqual([emitted.source, emitted.destination], ["10.0.2.2", "10.0.2.15"]);
    assert.equal(emitted.header.readUInt16BE(2), total);
    assert.equal(emitted.ttl, 64);
  }
});

test("icmp: rejects every truncation, and every flipped bit", () => {
  const gate = (pointer: number, length: number) => wasm.gateIcmp(pointer, length);
  const message = icmp(8, 0, 0x00010002, Buffer.from("abcdefg"));
  everyTruncation(message, gate);
  for (let bit = 0; bit < message.length * 8; bit++) {
    const flipped = Buffer.from(message);
    flipped[bit >> 3] ^= 1 << (bit & 7);
    assert.notEqual(gate(...put(flipped)), 0, `bit ${bit}`);
  }
  const [pointer] = put(Buffer.alloc(19, 3));
  assert.equal(wasm.emitIcmp(pointer, 19, 3, 4, 0x05dc), 1);
  assert.equal(internetSum(readBytes(wasm, pointer, 19)), 0xffff);
  assert.deepEqual(readBytes(wasm, pointer + 8, 11), Buffer.alloc(11, 3));
});

test("icmp: accepts a quote only with a first fragment's header and 8 bytes (ICM-13)", () => {
  const gate = (pointer: number, length: number) => wasm.gateQuote(pointer, length);
  const fields = {
    source: "10.0.2.15",
    destination: "10.0.2.2",
    protocol: 6,
    payload: Buffer.alloc(8),
  };
  everyTruncation(ipv4(fields), gate);
  everyTruncation(ipv4({ ...fields, options: Buffer.alloc(40, 1) }), gate);
  const passes = (change: object) => gate(...put(ipv4({ ...fields, ...change }))) === 0;
  assert.ok(passes({ totalLength: 1500 }), "a quote is usually shorter than its packet");
  assert.ok(passes({ checksum: 0 }));
  assert.ok(!passes({ headerWords: 15 }));
  assert.ok(!passes({ headerWords: 4 }));
  assert.ok(!passes({ version: 6 }));
  assert.ok(!passes({ totalLength: 65535 }));
  assert.ok(!passes({ totalLength: 24 }));
  assert.ok(!passes({ fragment: 1 }));
  assert.ok(!passes({ payload: Buffer.alloc(4) }));
});

test("icmp: maps each type and code to a kind of error, or to none", () => {
  const host = 0;
  const kinds: Array<[number, number, number]> = [
    [3, 0, host],
    [3, 1, host],
    [3, 2, 1],
    [3, 3, 2],
    [3, 4, 3],
    [3, 5, host],
    [3, 9, 4],
    [3, 13, 4],
    [3, 16, -1],
    [11, 0, 5],
    [11, 1, 5],
    [11, 2, -1],
    [12, 0, 6],
    [4, 0, -1],
    [5, 1, -1],
    [8, 0, -1],
    [17, 0, -1],
  ];
  for (const [type, code, kind] of kinds) {
    assert.equal(wasm.errorOf(type, code), kind, `${type}/${code}`);
  }
});

test("udp: rejects truncations, wrong lengths, port 0, and wrong checksums other than 0", () => {
  const gate = (pointer: number, length: number) => wasm.gateUdp(pointer, length, from, to);
  const ends = [
    { address: from, port: 53 },
    { address: to, port: 4000 },
  ] as const;
  const good = udpDatagram(...ends, Buffer.from("hello"));
  everyTruncation(good, gate);
  for (const length of [0, 7, 14, 65535]) {
    const bad = Buffer.from(good);
    bad.writeUInt16BE(length, 4);
    assert.notEqual(gate(...put(bad)), 0, `length ${length}`);
  }
  const trailing = Buffer.concat([good, Buffer.alloc(5, 9)]);
  assert.equal(gate(...put(trailing)), 0, "trailing bytes do not count");
  const none = Buffer.from(good);
  none.writeUInt16BE(0, 6);
  assert.equal(gate(...put(none)), 0, "no checksum");
  const wrong = Buffer.from(good);
  wrong[9] ^= 1;
  assert.notEqual(gate(...put(wrong)), 0);
  const portless = udpDatagram(ends[0], { address: to, port: 0 }, Buffer.alloc(1));
  assert.notEqual(gate(...put(portless)), 0);
});

test("udp: writes a header with its checksum, and 0 as 0xffff", () => {
  for (let value = 0; value < 65536; value += 257) {
    const [pointer] = writeBytes(wasm, Buffer.alloc(10));
    new DataView(wasm.memory.buffer).setUint16(pointer + 8, value, false);
    assert.equal(wasm.emitUdp(pointer, 10, 1, 2, from, to), 1);
    const datagram = readBytes(wasm, pointer, 10);
    assert.notEqual(datagram.readUInt16BE(6), 0);
    assert.equal(internetSum(datagram, pseudoSum(from, to, 17, 10)), 0xffff);
  }
  // The payload makes the sum 0xffff, so its complement is 0.
  const [pointer] = writeBytes(wasm, Buffer.alloc(10));
  wasm.emitUdp(pointer, 10, 1, 2, from, to);
  const check = new DataView(wasm.memory.buffer).getUint16(pointer + 6, false);
  new DataView(wasm.memory.buffer).setUint16(pointer + 8, check, false);
  wasm.emitUdp(pointer, 10, 1, 2, from, to);
  assert.equal(new DataView(wasm.memory.buffer).getUint16(pointer + 6, false), 0xffff);
});
