/** UDP sockets (net/socket/udp.ts) with Node as the peer: rows UDP-01 to UDP-08. */
import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";
import { udpDatagram } from "../../../lab/packets/build.ts";
import { address, internetSum, pseudoSum } from "../../../lab/packets/bytes.ts";
import { Random } from "../../../lab/random.ts";
import { load, readBytes, writeBytes } from "../../../lab/scripted/assembly.ts";

const wasm = await load("tests/lab/entries/udp.ts");
const guest = address("10.0.2.15");
const server = address("10.0.2.3");
const attacker = address("10.0.2.66");
const anyDevice = 0xffffffff;

beforeEach(() => wasm.reset(7));

function arrive(bytes: Uint8Array, source = server, to = guest, device = anyDevice): number {
  const [pointer, length] = writeBytes(wasm, bytes);
  return wasm.arrive(source, to, pointer, length, device);
}

function datagram(port: number, payload: Uint8Array, source = server, sourcePort = 53): Buffer {
  return udpDatagram({ address: source, port: sourcePort }, { address: guest, port }, payload);
}

function receive(socket: number, capacity = 65536): Buffer | undefined {
  const pointer = wasm.allocateBytes(capacity);
  const length: number = wasm.receive(socket, pointer, capacity);
  return length < 0 ? undefined : readBytes(wasm, pointer, length);
}

function sent(index: number) {
  return {
    bytes: readBytes(wasm, wasm.sentPointer(index), wasm.sentLength(index)),
    source: wasm.sentSource(index) >>> 0,
    destination: wasm.sentDestination(index) >>> 0,
  };
}

test("sends a datagram with ports, length and a correct checksum", () => {
  const socket = wasm.open(4000);
  for (const length of [0, 1, 2, 31, 32, 33, 1472, 1473, 9000, 65504, 65507]) {
    wasm.reset(7);
    const fresh = wasm.open(4000);
    const payload = Buffer.from(Array.from({ length }, (_, i) => (i * 7) & 255));
    assert.equal(wasm.send(fresh, ...writeBytes(wasm, payload), server, 53), 1, `${length}`);
    assert.equal(wasm.dispatch(), 0);
    const packet = sent(0);
    assert.equal(packet.bytes.readUInt16BE(0), 4000);
    assert.equal(packet.bytes.readUInt16BE(2), 53);
    assert.equal(packet.bytes.readUInt16BE(4), 8 + length);
    assert.deepEqual(packet.bytes.subarray(8), payload);
    const pseudo = pseudoSum(guest, server, 17, packet.bytes.length);
    assert.equal(internetSum(packet.bytes, pseudo), 0xffff, `checksum of ${length} bytes`);
    assert.notEqual(packet.bytes.readUInt16BE(6), 0);
  }
  assert.equal(wasm.send(socket, wasm.allocateBytes(65508), 65508, server, 53), 0, "too long");
});

test("queues a bounded number of datagrams, in order, while the sink is busy", () => {
  const socket = wasm.open(0);
  wasm.setRoom(1);
  for (let i = 0; i < 3; i++) {
    assert.equal(wasm.send(socket, ...writeBytes(wasm, Uint8Array.of(i)), server, 53), 1);
  }
  assert.equal(wasm.dispatch(), 1);
  assert.equal(wasm.sentCount(), 1);
  assert.equal(wasm.pollAt(), 0n);
  wasm.setRoom(10);
  assert.equal(wasm.dispatch(), 0);
  assert.deepEqual(
    [0, 1, 2],
    [sent(0), sent(1), sent(2)].map((p) => p.bytes[8]),
  );
  assert.equal(wasm.pollAt(), 0x7fffffffffffffffn);
  const [pointer] = writeBytes(wasm, Buffer.alloc(1400));
  let taken = 0;
  while (wasm.send(socket, pointer, 1400, server, 53)) taken++;
  assert.ok(taken >= 45 && taken <= 46, `${taken} datagrams of 1,400 bytes`);
});

test("without a route, drops the datagram and notifies the socket", () => {
  const socket = wasm.open(0);
  wasm.setSource(0);
  wasm.send(socket, ...writeBytes(wasm, Buffer.from("x")), server, 53);
  assert.equal(wasm.dispatch(), 0);
  assert.equal(wasm.sentCount(), 0);
  assert.equal(wasm.errorOf(socket), 7, "SocketError.NetworkUnreachable");
});

test("UDP-01: drops lengths of 0, 7, 13 and 65535 in a datagram of 12 bytes", () => {
  const socket = wasm.open(4000);
  for (const length of [0, 7, 13, 65535]) {
    const bytes = datagram(4000, Buffer.alloc(4));
    bytes.writeUInt16BE(length, 4);
    bytes.writeUInt16BE(0, 6);
    assert.notEqual(arrive(bytes), 0, `${length}`);
  }
  assert.equal(receive(socket), undefined);
});

test("UDP-02: does not deliver bytes beyond the datagram's length", () => {
  const socket = wasm.open(4000);
  const bytes = Buffer.concat([datagram(4000, Buffer.from("ab")), Buffer.from("trailing")]);
  assert.equal(arrive(bytes), 0);
  assert.equal(receive(socket)?.toString(), "ab");
});

test("UDP-03: drops a wrong checksum, and accepts an absent one", () => {
  const socket = wasm.open(4000);
  const bad = datagram(4000, Buffer.from("bad"));
  bad[8] ^= 1;
  assert.notEqual(arrive(bad), 0);
  assert.equal(receive(socket), undefined);
  const none = datagram(4000, Buffer.from("none"));
  none.writeUInt16BE(0, 6);
  assert.equal(arrive(none), 0);
  assert.equal(receive(socket)?.toString(), "none");
});

test("UDP-04: drops destination port 0, and sends nothing to source port 0", () => {
  const socket = wasm.open(4000);
  assert.notEqual(arrive(datagram(0, Buffer.from("x"))), 0);
  assert.equal(arrive(datagram(4000, Buffer.from("y"), server, 0)), 0);
  assert.equal(receive(socket)?.toString(), "y");
  assert.equal(wasm.lastPort(socket), 0);
  assert.equal(wasm.send(socket, ...writeBytes(wasm, Buffer.from("z")), server, 0), 0);
  assert.equal(wasm.send(socket, ...writeBytes(wasm, Buffer.from("z")), server, 65536), 0);
});

test("UDP-05: drops a datagram truncated to any length", () => {
  wasm.open(4000);
  const whole = datagram(4000, Buffer.from("payload"));
  for (let length = 0; length < whole.length; length++) {
    assert.notEqual(arrive(whole.subarray(0, length)), 0, `${length} bytes`);
  }
});

test("UDP-06: has no echo or chargen service", () => {
  wasm.open(4000);
  for (const port of [7, 19]) {
    assert.notEqual(arrive(datagram(port, Buffer.from("x"), attacker, 19)), 0);
  }
  wasm.dispatch();
  assert.equal(wasm.sentCount(), 0);
});

test("UDP-07: a connected socket receives only from its peer's address and port", () => {
  const socket = wasm.open(4000);
  wasm.connect(socket, server, 53);
  assert.notEqual(arrive(datagram(4000, Buffer.from("spoof"), attacker), attacker), 0);
  assert.notEqual(arrive(datagram(4000, Buffer.from("port"), server, 54)), 0);
  assert.equal(receive(socket), undefined);
  assert.equal(arrive(datagram(4000, Buffer.from("true"))), 0);
  assert.equal(receive(socket)?.toString(), "true");
  assert.equal(wasm.lastAddress(socket) >>> 0, server);
});

test("UDP-08: bounds the queue of 5,000 unread datagrams, and serves other sockets", () => {
  const flooded = wasm.open(4000);
  const other = wasm.open(4001);
  const [pointer, length] = writeBytes(wasm, datagram(4000, Buffer.alloc(1472)));
  let kept = 0;
  for (let i = 0; i < 5000; i++) {
    if (wasm.arrive(server, guest, pointer, length, anyDevice) === 0) kept++;
  }
  assert.ok(wasm.queuedBytes(flooded) <= 65536);
  assert.equal(wasm.dropped(flooded), BigInt(5000 - kept));
  assert.equal(arrive(datagram(4001, Buffer.from("fine"))), 0);
  assert.equal(receive(other)?.toString(), "fine");
  for (let i = 0; i < kept; i++) assert.equal(receive(flooded)?.length, 1472);
  assert.equal(receive(flooded), undefined);
});

test("the queue keeps order and contents through 20,000 random pushes and pops", () => {
  const socket = wasm.open(4000);
  const expected: Buffer[] = [];
  const random = new Random(12345);
  const scratch = wasm.allocateBytes(8 + 4000);
  const into = wasm.allocateBytes(8192);
  for (let i = 0; i < 20000; i++) {
    if (random.below(2) === 0) {
      const payload = Buffer.alloc(
        random.below(10) === 0 ? random.below(4000) : random.below(100),
        i & 255,
      );
      const bytes = datagram(4000, payload);
      new Uint8Array(wasm.memory.buffer, scratch, bytes.length).set(bytes);
      const drop = wasm.arrive(server, guest, scratch, bytes.length, anyDevice);
      if (drop === 0) expected.push(payload);
    } else {
      const length: number = wasm.receive(socket, into, 8192);
      const want = expected.shift();
      assert.equal(length, want?.length ?? -1);
      if (want !== undefined) assert.deepEqual(readBytes(wasm, into, length), want);
    }
  }
});

test("a small queue keeps records apart, even if it is filled to the last byte", () => {
  const random = new Random(99);
  for (const capacity of [64, 128, 200, 256]) {
    wasm.queueOpen(capacity);
    const lengths: number[] = [];
    let [pushed, popped] = [0, 0];
    for (let i = 0; i < 20000; i++) {
      const length = random.below(capacity >> 2);
      if (random.below(5) < 3) {
        if (wasm.queuePush(length, pushed & 255)) {
          lengths.push(length);
          pushed++;
        } else assert.notEqual(lengths.length, 0, "an empty queue has room");
      } else if (lengths.length > 0) {
        assert.equal(wasm.queuePop(popped++ & 255), lengths.shift());
      }
      assert.equal(wasm.queueCount(), lengths.length);
    }
  }
});

test("truncates a datagram longer than the buffer, and keeps its full length in lastLength", () => {
  const socket = wasm.open(4000);
  arrive(datagram(4000, Buffer.from("0123456789")));
  assert.equal(receive(socket, 4)?.toString(), "0123");
  assert.equal(wasm.lastLength(socket), 10);
  assert.equal(receive(socket), undefined);
});

test("delivers an ICMP error only to the connected socket that it quotes", () => {
  const socket = wasm.open(4000);
  const portUnreachable = 2;
  const quote = datagram(53, Buffer.alloc(0), guest, 4000).subarray(0, 8);
  const tell = (kind: number, to: number) =>
    wasm.arriveError(kind, guest, to, writeBytes(wasm, quote)[0]);
  tell(portUnreachable, server);
  assert.equal(wasm.errorOf(socket), 0, "not connected");
  wasm.connect(socket, server, 53);
  tell(portUnreachable, attacker);
  assert.equal(wasm.errorOf(socket), 0, "another destination");
  tell(portUnreachable, server);
  assert.equal(wasm.errorOf(socket), 1, "SocketError.Refused");
  tell(0, server);
  assert.equal(wasm.errorOf(socket), 4, "SocketError.Unreachable");
});

test("random ports are 1024 or above, and rarely repeat", () => {
  const ports = new Set<number>();
  for (let i = 0; i < 1000; i++) {
    const socket = wasm.open(0);
    const port: number = wasm.localPort(socket);
    assert.ok(port >= 1024 && port <= 65535);
    ports.add(port);
    wasm.close(socket);
  }
  assert.ok(ports.size > 970, `${ports.size} distinct ports of 1,000`);
});

test("a port has one socket, the table is bounded, and closing frees both", () => {
  const first = wasm.open(4000);
  assert.equal(wasm.open(4000), 0);
  assert.equal(wasm.open(65536), 0);
  wasm.close(first);
  wasm.close(first);
  const again: number[] = [wasm.open(4000)];
  while (again.length < 64) again.push(wasm.open(0));
  assert.ok(again.every((socket) => socket !== 0));
  assert.equal(wasm.open(0), 0, "the 65th");
  for (const socket of again) wasm.close(socket);
  assert.equal(wasm.count(), 0);
});

test("sockets of different interfaces may share a port, and receive only their own data", () => {
  const zero = wasm.openOn(68, 0);
  const one = wasm.openOn(68, 1);
  assert.notEqual(zero, 0);
  assert.notEqual(one, 0);
  assert.equal(wasm.openOn(68, 1), 0);
  assert.equal(wasm.acceptsUnconfigured(68, 0), 0);
  wasm.acceptUnconfigured(zero);
  assert.equal(wasm.acceptsUnconfigured(68, 0), 1);
  assert.equal(wasm.acceptsUnconfigured(68, 1), 0);
  arrive(datagram(68, Buffer.from("b")), server, guest, 1);
  assert.equal(receive(zero), undefined);
  assert.equal(receive(one)?.toString(), "b");
});

test("without an address, sends a broadcast from 0.0.0.0", () => {
  const socket = wasm.openOn(68, 0);
  wasm.acceptUnconfigured(socket);
  wasm.setSource(0);
  wasm.send(socket, ...writeBytes(wasm, Buffer.from("discover")), 0xffffffff, 67);
  wasm.dispatch();
  const packet = sent(0);
  assert.equal(packet.source, 0);
  assert.equal(packet.destination, 0xffffffff);
  const pseudo = pseudoSum(0, 0xffffffff, 17, packet.bytes.length);
  assert.equal(internetSum(packet.bytes, pseudo), 0xffff);
});
