/** TCP over the IP layer: parts of rows ARP-11, FRG-11, ICM-07 to ICM-12 and TCP-52. */
import assert from "node:assert/strict";
import test from "node:test";
import { fragments, icmp, ipv4 } from "../../../lab/packets/build.ts";
import { address, TCP } from "../../../lab/packets/bytes.ts";
import { type ParsedIpv4 } from "../../../lab/packets/read.ts";
import {
  readSegment,
  type SegmentFields,
  type Sent,
  tcpSegment,
} from "../../../lab/packets/tcp.ts";
import { writeBytes } from "../../../lab/scripted/assembly.ts";
import { framed, gateway, guest, hostForTests, packet } from "../../../lab/scripted/ip-host.ts";
import { SocketError, State } from "../../../lab/scripted/tcp.ts";

const host = await hostForTests();

const PEER_START = 5000;

/** Returns the TCP segments among the frames sent since the last call, with their packets. */
function segments(): Array<Sent & { ip: ParsedIpv4 }> {
  return host
    .sent()
    .flatMap(({ ip }) =>
      ip?.protocol === TCP
        ? [{ ...readSegment(ip.payload, 0, address(ip.source), address(ip.destination)), ip }]
        : [],
    );
}

function segment(fields: SegmentFields): Buffer {
  return packet({ protocol: TCP, payload: tcpSegment(fields) });
}

/** Connects to the gateway's port 80; returns the guest's port and sequence number. */
function establish(): { port: number; sequence: number } {
  host.wasm.tcpConnect(host.now, address(gateway.address), 80);
  host.turn();
  const [syn] = segments();
  const port = syn.sourcePort;
  const sequence = (syn.sequence + 1) >>> 0;
  const ends = { sourcePort: 80, destinationPort: port };
  const options = [2, 4, 5, 0xb4];
  const numbers = { sequence: PEER_START, acknowledgment: sequence };
  host.receive(segment({ ...ends, ...numbers, flags: "SA", options }));
  assert.equal(host.wasm.tcpState(), State.Established);
  segments();
  return { port, sequence };
}

function write(length: number): void {
  assert.equal(host.wasm.tcpWrite(...writeBytes(host.wasm, Buffer.alloc(length, 7))), length);
  host.turn();
}

/** Returns an ICMP error that quotes a packet. */
function errorAbout(type: number, code: number, quoted: ParsedIpv4, rest = 0): Buffer {
  const quote = Buffer.concat([quoted.header, quoted.payload.subarray(0, 8)]);
  return packet({ payload: icmp(type, code, rest, quote) });
}

/** Returns the packet with another sequence number. */
function shifted(ip: ParsedIpv4, by: number): ParsedIpv4 {
  const payload = Buffer.from(ip.payload);
  payload.writeUInt32BE((payload.readUInt32BE(4) + by) >>> 0, 4);
  return { ...ip, payload };
}

test("sends smaller segments at the next time-out if the MTU has shrunk before a write", () => {
  const { sequence } = establish();
  assert.equal(host.wasm.setMtu(0, 68), 1);
  write(1000);
  assert.deepEqual(segments(), []);
  host.pass(2);
  const [first] = segments();
  assert.equal(first.sequence, sequence);
  assert.equal(first.payload.length, 28);
});

test("sends segments that fit the smallest MTU", () => {
  assert.equal(host.wasm.setMtu(0, 68), 1);
  establish();
  write(100);
  const lengths = segments().map(({ payload }) => payload.length);
  assert.deepEqual(lengths, [28, 28, 28, 16]);
});

test("ARP-11: a connection to a silent neighbor fails within 4 s as unreachable", () => {
  host.wasm.tcpConnect(host.now, address("10.0.2.200"), 80);
  host.pass(4);
  assert.equal(host.wasm.tcpState(), State.Closed);
  assert.equal(host.wasm.tcpError(), SocketError.Unreachable);
});

test("sets DF and a correct checksum in every segment", () => {
  establish();
  write(5000);
  const sent = segments();
  assert.equal(sent.length, 4);
  assert.ok(sent.every((one) => one.ip.fragment === 0x4000 && one.checksumRight));
  host.wasm.tcpAbort();
});

test("ICM-07: clears DF if a link is too small even for the smallest segments", () => {
  establish();
  write(1460);
  const [first] = segments();
  host.receive(errorAbout(3, 4, first.ip, 500));
  const [smaller] = segments();
  assert.equal(smaller.ip.payload.length + 20, 552);
  assert.equal(smaller.ip.fragment, 0x4000);
  host.receive(errorAbout(3, 4, smaller.ip, 500));
  const [again] = segments();
  assert.equal(again.sequence, smaller.sequence);
  assert.equal(again.ip.fragment, 0, "routers may fragment it");
  assert.equal(again.ip.payload.length + 20, 552);
  assert.equal(again.checksumRight, true);
  host.receive(errorAbout(3, 4, again.ip, 500));
  assert.deepEqual(segments(), [], "no more than once");
  host.wasm.tcpAbort();
});

test("ICM-07, ICM-09: 'fragmentation needed' can shrink segments but never enlarge them", () => {
  establish();
  write(1460);
  const [first] = segments();
  host.receive(errorAbout(3, 4, first.ip, 9000));
  assert.deepEqual(segments(), []);
  host.receive(errorAbout(3, 4, first.ip, 1000));
  const again = segments();
  assert.ok(again.length > 0 && again.every((one) => one.ip.payload.length <= 980));
  host.wasm.tcpAbort();
});

test("ICM-08: ignores 'fragmentation needed' about a segment that is not in flight", () => {
  establish();
  write(1460);
  const [first] = segments();
  for (const by of [-10_000, 10_000, 1 << 30]) {
    host.receive(errorAbout(3, 4, shifted(first.ip, by), 1000));
  }
  assert.deepEqual(segments(), []);
  host.wasm.tcpAbort();
});

test("ICM-10, ICM-11: errors do not end an established connection", () => {
  establish();
  write(100);
  const [first] = segments();
  for (const [type, code] of [
    [3, 0],
    [3, 1],
    [3, 2],
    [3, 3],
    [11, 0],
    [12, 0],
    [4, 0],
  ]) {
    host.receive(errorAbout(type, code, first.ip));
    assert.equal(host.wasm.tcpState(), State.Established, `${type}/${code}`);
  }
  host.wasm.tcpAbort();
});

test("ICM-12: 'port unreachable' aborts a connect if the sequence number matches", () => {
  host.wasm.tcpConnect(host.now, address(gateway.address), 80);
  host.turn();
  const [syn] = segments();
  host.receive(errorAbout(3, 3, shifted(syn.ip, 1)), errorAbout(3, 3, shifted(syn.ip, -1)));
  assert.equal(host.wasm.tcpState(), State.SynSent);
  host.receive(errorAbout(3, 3, syn.ip));
  assert.equal(host.wasm.tcpState(), State.Closed);
  assert.equal(host.wasm.tcpError(), SocketError.Refused);
});

test("FRG-11: reads a SYN in 8-byte fragments only after reassembly", () => {
  host.wasm.tcpListen(80);
  const ends = { sourcePort: 4321, destinationPort: 80 };
  const syn = tcpSegment({ ...ends, sequence: 1, flags: "S" });
  const whole = {
    source: gateway.address,
    destination: guest.address,
    protocol: TCP,
    payload: syn,
  };
  const parts = fragments(whole, [
    [0, 8],
    [8, 8],
    [16, 4],
  ]);
  for (const part of parts.slice(0, 2)) {
    host.receive(framed(part));
    assert.deepEqual(segments(), []);
  }
  host.receive(framed(parts[2]));
  assert.deepEqual(
    segments().map((one) => one.flags),
    ["SA"],
  );
  const reset = tcpSegment({ ...ends, sequence: 2, flags: "R" });
  host.receive(packet({ protocol: TCP, payload: reset }));
});

test("TCP-52: drops segments to broadcast addresses, and truncated ones", () => {
  const syn = tcpSegment({ sourcePort: 1, destinationPort: 80, sequence: 1, flags: "S" });
  host.wasm.tcpListen(80);
  for (const destination of ["10.0.2.255", "255.255.255.255"]) {
    const ip = ipv4({ source: gateway.address, destination, protocol: TCP, payload: syn });
    host.receive(framed(ip));
  }
  assert.equal(host.drops("tcp-broadcast"), 2);
  host.receive(packet({ protocol: TCP, payload: syn.subarray(0, 19) }));
  assert.equal(host.drops("tcp-truncated"), 1);
  assert.deepEqual(segments(), []);
});

test("refuses to connect to a group or broadcast address (RFC 1122 section 4.2.3.10)", () => {
  for (const to of ["10.0.2.255", "10.0.2.0", "255.255.255.255", "224.0.0.1", "240.0.0.1"]) {
    assert.equal(host.wasm.tcpConnect(host.now, address(to), 80), 1);
    assert.equal(host.wasm.tcpError(), SocketError.NetworkUnreachable, to);
  }
  assert.deepEqual(segments(), []);
});

test("sends one ACK for all segments of a poll", () => {
  const { port, sequence } = establish();
  const ends = { sourcePort: 80, destinationPort: port, acknowledgment: sequence };
  for (let i = 0; i < 20; i++) {
    const payload = Buffer.alloc(1460, i);
    host.inject(segment({ ...ends, sequence: PEER_START + 1 + i * 1460, flags: "A", payload }));
  }
  host.turn();
  const answers = segments();
  assert.equal(answers.length, 1);
  assert.equal(answers[0].acknowledgment, PEER_START + 1 + 20 * 1460);
  host.wasm.tcpAbort();
});

test("removing an address ends its connections", () => {
  establish();
  host.wasm.removeAddress(0, address(guest.address));
  host.turn();
  assert.equal(host.wasm.tcpError(), SocketError.AddressGone);
  host.configure();
});

test("a connection to 127.0.0.1 transfers data without a device", () => {
  host.wasm.tcpListen(8080);
  host.wasm.tcpConnect(host.now, address("127.0.0.1"), 8080);
  host.turn();
  assert.equal(host.wasm.tcpState(), State.Established);
  write(50_000);
  host.pass(1);
  assert.equal(host.wasm.tcpAccept(), 1);
  assert.equal(host.wasm.tcpRead(host.scratch, 65536), 50_000);
  assert.deepEqual(host.frames(), []);
  host.wasm.tcpAbort();
  host.turn();
});
