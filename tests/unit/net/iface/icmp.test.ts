/** ICMP on a host (net/iface/): rows ICM-01 to ICM-17 (not 08, 12) of docs/attacks/icmp-udp.md. */
import assert from "node:assert/strict";
import test from "node:test";
import { type Ipv4Fields, icmp, ipv4, udpDatagram } from "../../../lab/packets/build.ts";
import { address, dotted, ICMP, internetSum, UDP } from "../../../lab/packets/bytes.ts";
import {
  attacker,
  dns,
  echoRequest,
  framed,
  gateway,
  guest,
  hostForTests,
  icmpTypes,
  OFF_LINK,
  packet,
} from "../../../lab/scripted/ip-host.ts";

const host = await hostForTests();

/** Returns a UDP datagram from `source`, by default the gateway, to a port of the guest. */
function datagram(port: number, payload = Buffer.from("x"), source = gateway.address): Buffer {
  const from = { address: address(source), port: 1000 };
  const to = { address: address(guest.address), port };
  return packet({ protocol: UDP, source, payload: udpDatagram(from, to, payload) });
}

/** Returns an ICMP error from the gateway; `rest` is the second word of the ICMP header. */
function error(type: number, code: number, quoted: Buffer, rest = 0): Buffer {
  return packet({ payload: icmp(type, code, rest, quoted) });
}

/** Returns an IPv4 packet that the guest could have sent, for errors to quote. */
function guestPacket(fields: Partial<Ipv4Fields>): Buffer {
  const ends = { source: guest.address, destination: dns.address, protocol: UDP };
  return ipv4({ ...ends, payload: Buffer.alloc(8), ...fields });
}

/** Returns the first 8 bytes of a UDP or TCP header: the ports, then zeros. */
function ports(from: number, to: number): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt16BE(from, 0);
  header.writeUInt16BE(to, 2);
  return header;
}

test("ICM-01: drops an echo request with a wrong checksum", () => {
  const frame = echoRequest();
  frame[40] ^= 1;
  host.receive(frame);
  assert.deepEqual(host.frames(), []);
  assert.equal(host.drops("icmp-checksum"), 1);
});

test("ICM-02: drops messages of 0 to 7 bytes", () => {
  const whole = icmp(8, 0, 0, Buffer.alloc(0));
  for (let length = 0; length < 8; length++) {
    host.receive(packet({ payload: whole.subarray(0, length) }));
  }
  assert.deepEqual(host.frames(), []);
  assert.equal(host.drops("icmp-truncated"), 8);
});

test("ICM-03: echoes the request's data for every length that fits a frame", () => {
  for (let length = 0; length <= 1472; length++) {
    const data = Buffer.alloc(length, length & 255);
    host.receive(echoRequest({}, data));
    const [reply] = host.sent();
    const message = reply.ip?.payload ?? Buffer.alloc(0);
    assert.equal(internetSum(message), 0xffff);
    assert.deepEqual(message.subarray(4, 8), Buffer.from("00070001", "hex"));
    assert.deepEqual(message.subarray(8), data);
  }
});

test("ICM-03: the reply to a request of zeros has checksum 0xffff, not 0", () => {
  for (const length of [0, 1, 8, 56, 1000]) {
    host.receive(packet({ payload: icmp(8, 0, 0, Buffer.alloc(length)) }));
    const [reply] = host.sent();
    assert.equal(internetSum(reply.ip?.payload ?? Buffer.alloc(0)), 0xffff);
  }
});

test("ICM-04: ignores unsolicited echo replies", () => {
  for (let i = 0; i < 100; i++) {
    host.receive(packet({ payload: icmp(0, 0, i * 65537, Buffer.alloc(8)) }));
  }
  assert.deepEqual(host.frames(), []);
  assert.equal(host.drops("icmp-type"), 100);
});

test("ICM-05: ignores redirects", () => {
  const routes = host.routes();
  for (const router of ["10.0.2.66", "198.51.100.1", guest.address]) {
    for (const source of [gateway.address, attacker.address]) {
      const quoted = guestPacket({ destination: OFF_LINK, payload: ports(4000, 80) });
      const redirect = icmp(5, 1, address(router), quoted);
      host.receive(packet({ source, payload: redirect }));
    }
  }
  assert.deepEqual(host.routes(), routes);
  host.ping(OFF_LINK);
  host.turn();
  const [frame] = host.sent();
  assert.equal(frame.to, gateway.hardware);
});

test("ICM-06, ICM-15: ignores source quench, queries, advertisements and unknown types", () => {
  const routes = host.routes();
  const types = [1, 2, 4, 6, 7, 9, 10, 13, 14, 15, 16, 17, 18, 30, 31, 37, 40, 42, 255];
  for (const type of types) {
    host.receive(packet({ payload: icmp(type, 0, 0, Buffer.from("ff000000", "hex")) }));
  }
  assert.deepEqual(host.frames(), []);
  assert.equal(host.drops("icmp-type"), types.length);
  assert.deepEqual(host.routes(), routes);
  assert.equal(dotted(host.wasm.sourceAddress(address(gateway.address)) >>> 0), guest.address);
});

test("ICM-07, ICM-09: 'fragmentation needed' does not change a destination's MTU", () => {
  for (const mtu of [0, 1, 67, 68, 296, 9000, 65535]) {
    host.receive(error(3, 4, guestPacket({ payload: ports(4000, 53) }), mtu));
    assert.equal(host.wasm.mtu(address(dns.address)), 1500);
  }
  assert.deepEqual(host.frames(), []);
});

test("ICM-10, ICM-11: an error reaches only the socket that sent the quoted packet", () => {
  host.wasm.udpOpen(4000, false);
  host.wasm.udpConnect(address(dns.address), 53);
  const wrong = [
    guestPacket({ payload: ports(4001, 53) }),
    guestPacket({ payload: ports(4000, 54) }),
    guestPacket({ payload: ports(4000, 53), destination: gateway.address }),
    guestPacket({ payload: ports(4000, 53), source: "10.0.2.16" }),
    guestPacket({ payload: ports(4000, 53), source: "127.0.0.1" }),
    guestPacket({ payload: ports(4000, 53), protocol: 6 }),
  ];
  for (const quoted of wrong) host.receive(error(3, 3, quoted));
  assert.equal(host.wasm.udpError(), 0);
  host.receive(error(3, 3, guestPacket({ payload: ports(4000, 53) })));
  assert.equal(host.wasm.udpError(), 1, "expected SocketError.Refused");
  assert.deepEqual(host.frames(), []);
});

test("ICM-11: a failed ping reports the router and the reason", () => {
  host.ping(OFF_LINK, 5);
  host.turn();
  const [sent] = host.frames();
  const quoted = sent.subarray(14, 42);
  host.receive(packet({ source: gateway.address, payload: icmp(11, 0, 0, quoted) }));
  assert.equal(host.wasm.echoReceive(), 1);
  assert.equal(host.wasm.echoLast(0), 5);
  assert.equal(dotted(host.wasm.echoLast(1) >>> 0), gateway.address);
  assert.equal(host.wasm.echoLast(4), 5, "expected IcmpError.TimeExceeded");
});

test("ICM-13: drops errors whose quoted packet is truncated or invalid", () => {
  const quotes = [
    Buffer.alloc(0),
    guestPacket({ headerWords: 15 }).subarray(0, 28),
    guestPacket({ protocol: 6, payload: Buffer.alloc(4) }),
    guestPacket({ totalLength: 65535 }),
    guestPacket({ version: 6 }),
    guestPacket({ headerWords: 4 }),
    guestPacket({ totalLength: 20 }),
    guestPacket({ fragment: 100 }),
    guestPacket({}).subarray(0, 27),
  ];
  for (const type of [3, 11, 12]) for (const quote of quotes) host.receive(error(type, 1, quote));
  assert.equal(host.drops("icmp-quote"), 3 * quotes.length);
  assert.deepEqual(host.frames(), []);
});

test("ICM-14: sends no error about an error", () => {
  const inner = guestPacket({ payload: ports(1, 2) });
  for (const type of [3, 4, 5, 11, 12]) {
    const message = icmp(
      type,
      3,
      0,
      guestPacket({ protocol: ICMP, payload: icmp(3, 3, 0, inner) }),
    );
    host.receive(packet({ payload: message }));
    // No error is sent either when the reassembly of an error times out.
    host.receive(packet({ payload: message.subarray(0, 24), fragment: 0x2000, id: type }));
  }
  host.pass(61);
  assert.deepEqual(icmpTypes(host.sent()), []);
});

test("ICM-16: 10,000 datagrams to closed ports cause a random number of 8 to 40 errors", () => {
  const counts = new Set<number>();
  for (let round = 1; round <= 4; round++) {
    host.configure(round);
    const size = host.wasm.memory.buffer.byteLength;
    let errors = 0;
    for (let i = 0; i < 10_000; i++) {
      host.now += 100n;
      host.receive(datagram(1024 + i));
      for (const [type, code] of icmpTypes(host.sent())) {
        assert.deepEqual([type, code], [3, 3]);
        errors++;
      }
    }
    assert.ok(errors >= 8 && errors <= 40, `${errors} errors in a second`);
    assert.equal(host.wasm.limited(0), BigInt(10_000 - errors));
    assert.equal(host.wasm.memory.buffer.byteLength, size);
    counts.add(errors);
  }
  assert.ok(counts.size > 1, "the same number of errors in every round");
});

test("ICM-16: a flood from one source does not use up the error budget of another", () => {
  host.know(dns);
  for (let i = 0; i < 1000; i++) {
    host.now += 100n;
    host.receive(datagram(1024 + i));
  }
  const errors = icmpTypes(host.sent()).length;
  assert.ok(errors >= 6 && errors <= 20, `${errors} errors in 100 ms`);
  host.now += 60_000n;
  host.receive(datagram(4444, Buffer.from("x"), dns.address));
  assert.deepEqual(icmpTypes(host.sent()), [[3, 3]]);
});

test("ICM-16: 'port unreachable' quotes the datagram, up to 576 bytes in total", () => {
  for (const length of [1, 500, 1400]) {
    const frame = datagram(9999, Buffer.alloc(length, 3));
    host.receive(frame);
    const [sent] = host.sent();
    const message = sent.ip?.payload ?? Buffer.alloc(0);
    assert.equal(internetSum(message), 0xffff);
    const quoted = message.subarray(8);
    assert.equal(quoted.length, Math.min(28 + length, 576 - 28));
    assert.deepEqual(quoted, frame.subarray(14, 14 + quoted.length));
    host.pass(1);
  }
});

test("ICM-17: errors that quote one port after another do not reveal open ones", () => {
  host.wasm.udpOpen(40000, false);
  host.wasm.udpConnect(address(dns.address), 53);
  for (let port = 39990; port < 40010; port++) {
    host.receive(error(3, 4, guestPacket({ payload: ports(port, 53) }), 600));
    assert.deepEqual(host.frames(), [], `${port}`);
    assert.equal(host.wasm.mtu(address(dns.address)), 1500);
  }
  assert.equal(host.wasm.udpError(), 0);
});

test("ignores an error sent to the broadcast address", () => {
  host.wasm.udpOpen(4000, false);
  host.wasm.udpConnect(address(dns.address), 53);
  const payload = icmp(3, 3, 0, guestPacket({ payload: ports(4000, 53) }));
  const to = { source: gateway.address, destination: "10.0.2.255", protocol: ICMP };
  host.receive(framed(ipv4({ ...to, payload })));
  assert.equal(host.wasm.udpError(), 0);
});
