/** ICMP for hosts (net/iface/): rows ICM-01 to ICM-17. */
import assert from "node:assert/strict";
import test, { afterEach, beforeEach } from "node:test";
import { type Ipv4Fields, icmp, ipv4, udpDatagram } from "../../../lab/packets/build.ts";
import { address, dotted, ICMP, internetSum, UDP } from "../../../lab/packets/bytes.ts";
import {
  assertAlive,
  attacker,
  dns,
  echoRequest,
  framed,
  gateway,
  guest,
  Host,
  icmpTypes,
  OFF_LINK,
  packet,
} from "../../../lab/scripted/ip-host.ts";

const host = await Host.create();
beforeEach(() => host.configure());
afterEach(() => assertAlive(host));

/** A UDP datagram from the gateway (or another) to one of the guest's ports. */
function datagram(port: number, payload = Buffer.from("x"), source = gateway.address): Buffer {
  const from = { address: address(source), port: 1000 };
  const to = { address: address(guest.address), port };
  return packet({ protocol: UDP, source, payload: udpDatagram(from, to, payload) });
}

/** An ICMP error from the gateway that quotes a packet of the guest's. */
function error(type: number, code: number, quoted: Buffer, rest = 0): Buffer {
  return packet({ payload: icmp(type, code, rest, quoted) });
}

/** A packet that the guest may have sent. */
function own(fields: Partial<Ipv4Fields>): Buffer {
  const ends = { source: guest.address, destination: dns.address, protocol: UDP };
  return ipv4({ ...ends, payload: Buffer.alloc(8), ...fields });
}

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

test("ICM-03: a reply has its request's length, for every length that fits a frame", () => {
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

test("ICM-04: ignores replies that nobody asked for", () => {
  for (let i = 0; i < 100; i++) {
    host.receive(packet({ payload: icmp(0, 0, i * 65537, Buffer.alloc(8)) }));
  }
  assert.deepEqual(host.frames(), []);
  assert.equal(host.drops("icmp-type"), 100);
});

test("ICM-05: redirects change no route", () => {
  const routes = host.routes();
  for (const router of ["10.0.2.66", "198.51.100.1", guest.address]) {
    for (const source of [gateway.address, attacker.address]) {
      const quoted = own({ destination: OFF_LINK, payload: ports(4000, 80) });
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

test("ICM-06, ICM-15: ignores quench, masks, advertisements, timestamps and the rest", () => {
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

test("ICM-07, ICM-09: fragmentation needed never changes the interface's MTU", () => {
  for (const mtu of [0, 1, 67, 68, 296, 9000, 65535]) {
    host.receive(error(3, 4, own({ payload: ports(4000, 53) }), mtu));
    assert.equal(host.wasm.mtu(address(dns.address)), 1500);
  }
  assert.deepEqual(host.frames(), []);
});

test("ICM-10, ICM-11: an error reaches the socket that it concerns, and no other", () => {
  host.wasm.udpOpen(4000, false);
  host.wasm.udpConnect(address(dns.address), 53);
  const wrong = [
    own({ payload: ports(4001, 53) }),
    own({ payload: ports(4000, 54) }),
    own({ payload: ports(4000, 53), destination: gateway.address }),
    own({ payload: ports(4000, 53), source: "10.0.2.16" }),
    own({ payload: ports(4000, 53), source: "127.0.0.1" }),
    own({ payload: ports(4000, 53), protocol: 6 }),
  ];
  for (const quoted of wrong) host.receive(error(3, 3, quoted));
  assert.equal(host.wasm.udpError(), 0);
  host.receive(error(3, 3, own({ payload: ports(4000, 53) })));
  assert.equal(host.wasm.udpError(), 1, "refused");
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
  assert.equal(host.wasm.echoLast(4), 5, "time exceeded");
});

test("ICM-13: drops quotes that are cut or nonsense", () => {
  const quotes = [
    Buffer.alloc(0),
    own({ headerWords: 15 }).subarray(0, 28),
    own({ protocol: 6, payload: Buffer.alloc(4) }),
    own({ totalLength: 65535 }),
    own({ version: 6 }),
    own({ headerWords: 4 }),
    own({ totalLength: 20 }),
    own({ fragment: 100 }),
    own({}).subarray(0, 27),
  ];
  for (const type of [3, 11, 12]) for (const quote of quotes) host.receive(error(type, 1, quote));
  assert.equal(host.drops("icmp-quote"), 3 * quotes.length);
  assert.deepEqual(host.frames(), []);
});

test("ICM-14: never answers an error with an error", () => {
  const inner = own({ payload: ports(1, 2) });
  for (const type of [3, 4, 5, 11, 12]) {
    const message = icmp(type, 3, 0, own({ protocol: ICMP, payload: icmp(3, 3, 0, inner) }));
    host.receive(packet({ payload: message }));
    // Nor does an unknown protocol, nor a fragment whose reassembly times out.
    host.receive(packet({ payload: message.subarray(0, 24), fragment: 0x2000, id: type }));
  }
  host.pass(61);
  assert.deepEqual(icmpTypes(host.sent()), []);
});

test("ICM-16: ten thousand datagrams to closed ports draw few errors, and no fixed number", () => {
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
  assert.ok(counts.size > 1, "the limit is random");
});

test("ICM-16: a flood from one source leaves errors for others", () => {
  host.know(dns);
  for (let i = 0; i < 1000; i++) {
    host.now += 100n;
    host.receive(datagram(1024 + i));
  }
  host.sent();
  const told = host.frames().length;
  assert.equal(told, 0);
  host.now += 60_000n;
  host.receive(datagram(4444, Buffer.from("x"), dns.address));
  assert.deepEqual(icmpTypes(host.sent()), [[3, 3]]);
});

test("ICM-16: port unreachable quotes the datagram, 576 bytes at most in all", () => {
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

test("ICM-17: errors that quote every port do not reveal open ones", () => {
  host.wasm.udpOpen(40000, false);
  host.wasm.udpConnect(address(dns.address), 53);
  for (let port = 39990; port < 40010; port++) {
    host.receive(error(3, 4, own({ payload: ports(port, 53) }), 600));
    assert.deepEqual(host.frames(), [], `${port}`);
    assert.equal(host.wasm.mtu(address(dns.address)), 1500);
  }
  assert.equal(host.wasm.udpError(), 0);
});

test("ignores an error sent by broadcast", () => {
  host.wasm.udpOpen(4000, false);
  host.wasm.udpConnect(address(dns.address), 53);
  const payload = icmp(3, 3, 0, own({ payload: ports(4000, 53) }));
  const to = { source: gateway.address, destination: "10.0.2.255", protocol: ICMP };
  host.receive(framed(ipv4({ ...to, payload })));
  assert.equal(host.wasm.udpError(), 0);
});
