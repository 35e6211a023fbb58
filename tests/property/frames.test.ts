/** Ethernet, ARP, IPv4, ICMP, UDP, TCP: parse inverts emit; checksums reveal flipped bits. */
import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { atEnd, load } from "../lab/scripted/assembly.ts";
import { bytes, check, hardware, port, spoilt, titled, word } from "./support.ts";

const wasm = await load("tests/lab/entries/wire.ts");
const tcp = await load("tests/lab/entries/property.ts");

/** Returns the address of a block at the end of memory, filled with stale bytes. */
const room = (length: number) => atEnd(wasm, new Uint8Array(length).fill(0xa5))[0];
const view = (pointer: number, length: number) =>
  new Uint8Array(wasm.memory.buffer, pointer, length);

test(titled("Ethernet and ARP: parse inverts emit"), () => {
  check([hardware, hardware, port], (to, from, type) => {
    const pointer = room(14);
    assert.ok(wasm.emitEthernet(pointer, to, from, type));
    const group = (from >> 40n) & 1n;
    assert.equal(wasm.gateEthernet(pointer, 14, to) === 0, group === 0n);
  });
  check([fc.integer({ min: 1, max: 2 }), hardware, word, hardware, word], (operation, ...ends) => {
    const pointer = room(28);
    assert.ok(wasm.emitArp(pointer, operation, ...ends));
    const single = ends[0] !== 0n && ((ends[0] >> 40n) & 1n) === 0n;
    assert.equal(wasm.gateArp(pointer, 28) === 0, single);
  });
});

test(titled("IPv4: parse inverts emit, and rejects any flipped header bit"), () => {
  const total = fc.integer({ min: 20, max: 1500 });
  check([total, port, port, fc.nat(255), word, word, fc.nat(159)], (...values) => {
    const [length, id, flags, protocol, from, to, bit] = values;
    const pointer = room(length);
    const [first, life] = [wasm.ipv4Start(0x45, length), (protocol << 8) | 64];
    wasm.emitIpv4(pointer, first, (id << 16) | flags, life, from, to);
    assert.equal(wasm.gateIpv4(pointer, length), 0);
    const fields = [1, 2, 7, 8, 9, 10].map((field) => wasm.ipv4Field(pointer, field) >>> 0);
    assert.deepEqual(fields, [length, id, protocol, from, to, length - 20]);
    assert.equal(wasm.ipv4Field(pointer, 3), (flags & 0x1fff) * 8);
    view(pointer, 20)[bit >> 3] ^= 1 << (bit & 7);
    assert.notEqual(wasm.gateIpv4(pointer, length), 0, `bit ${bit}`);
  });
});

test(titled("ICMP and UDP: parse inverts emit, and rejects any flipped bit"), () => {
  check([fc.nat(255), fc.nat(255), word, bytes(100), fc.nat()], (type, code, rest, data, bit) => {
    const [length, at] = [8 + data.length, bit % (8 * (8 + data.length))];
    const pointer = room(length);
    view(pointer + 8, data.length).set(data);
    assert.ok(wasm.emitIcmp(pointer, length, type, code, rest));
    assert.equal(wasm.gateIcmp(pointer, length), 0);
    view(pointer, length)[at >> 3] ^= 1 << (at & 7);
    assert.notEqual(wasm.gateIcmp(pointer, length), 0);
  });
  const toPort = fc.integer({ min: 1, max: 65535 });
  check([port, toPort, word, word, bytes(100), fc.nat()], (from, to, source, own, data, bit) => {
    const [length, at] = [8 + data.length, bit % (8 * (8 + data.length))];
    const pointer = room(length);
    view(pointer + 8, data.length).set(data);
    assert.ok(wasm.emitUdp(pointer, length, from, to, source, own));
    assert.equal(wasm.gateUdp(pointer, length, source, own), 0);
    assert.deepEqual(view(pointer + 8, data.length), data);
    view(pointer, length)[at >> 3] ^= 1 << (at & 7);
    // A UDP checksum of 0 means that there is none, which is valid (RFC 768).
    const none = view(pointer + 6, 2).every((byte) => byte === 0);
    if (!none) assert.notEqual(wasm.gateUdp(pointer, length, source, own), 0);
  });
});

test(titled("TCP: parse inverts emit, options included, and rejects any flipped bit"), () => {
  const numbers = [word, word, word, fc.nat(63), port] as const;
  check([...numbers, bytes(40), bytes(60), word, word, fc.nat()], (...values) => {
    const [ports, sequence, ack, flags, window, options, data, source, own, bit] = values;
    const header = 20 + ((options.length + 3) & ~3);
    const length = header + data.length;
    const [pointer] = atEnd(tcp, new Uint8Array(length));
    const segment = new Uint8Array(tcp.memory.buffer, pointer, length);
    segment.set(options, 20);
    segment.set(data, header);
    tcp.emitTcp(pointer, ports, sequence, ack, tcp.tcpControl(header, flags, window));
    tcp.seal(pointer, header, length, source, own);
    assert.equal(tcp.parseTcp(pointer, length, source, own), 0);
    const fields = [0, 1, 2, 3, 4, 5].map((field) => tcp.tcpField(pointer, field) >>> 0);
    assert.deepEqual(fields, [ports, sequence, ack, flags, window, header]);
    segment[(bit >> 3) % length] ^= 1 << (bit & 7);
    assert.notEqual(tcp.parseTcp(pointer, length, source, own), 0);
  });
  check([port, fc.nat(14)], (size, shift) => {
    const [pointer, length] = atEnd(tcp, new Uint8Array(8));
    tcp.emitWindowScale(tcp.emitSegmentSize(pointer, size), shift);
    assert.equal(tcp.tcpOptions(pointer, length) >>> 0, ((size << 16) | 256 | shift) >>> 0);
  });
});

test(titled("no parser reads beyond its input"), () => {
  const packets = spoilt(bytes(80, 8));
  check(
    [packets, hardware, word],
    (packet, own, address) => {
      const [pointer, length] = atEnd(wasm, packet);
      wasm.gateEthernet(pointer, length, own);
      wasm.gateArp(pointer, length);
      wasm.gateIpv4(pointer, length);
      wasm.gateIcmp(pointer, length);
      wasm.gateQuote(pointer, length);
      wasm.gateUdp(pointer, length, address, address);
      tcp.parseTcp(...atEnd(tcp, packet), address, address);
      tcp.tcpOptions(...atEnd(tcp, packet));
    },
    5000,
  );
});
