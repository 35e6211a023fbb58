/** Reassembly under attack: rows FRG-01 to FRG-21. */
import assert from "node:assert/strict";
import { fragments, type Ipv4Fields, icmp, ipv4, udpDatagram } from "../lab/packets/build.ts";
import { address, ICMP, TCP, UDP } from "../lab/packets/bytes.ts";
import { tcpSegment } from "../lab/packets/tcp.ts";
import { attacker, framed, gateway, guest, packet } from "../lab/scripted/ip-host.ts";
import { arpQuestion, echoReply, errorAbout, normal } from "./expected-frames.ts";
import { type Lab, row, rows } from "./world.ts";

/** core/limits.ts: REASSEMBLIES. */
const REASSEMBLIES = 32;

type Part = [offset: number, length: number, more?: boolean];

const ends = { source: gateway.address, destination: guest.address };
const text = Buffer.from(Array.from({ length: 2992 }, (_, i) => 97 + ((i * 7 + (i >> 8)) % 26)));
/** An echo request of 3,000 bytes, ICMP header included. */
const echo: Ipv4Fields = {
  ...ends,
  protocol: ICMP,
  id: 77,
  payload: icmp(8, 0, 0x00070001, text),
};
const thirds: Part[] = [
  [0, 1000],
  [1000, 1000],
  [2000, 1000],
];
const [first, second, third] = thirds;
const answer = echoReply(text);

const cut = (fields: Ipv4Fields, ...parts: Part[]) =>
  fragments(fields, parts).map((part) => framed(part));

/** Splits `length` bytes into fragments of `size`, a multiple of 8. */
const evenly = (length: number, size: number): Part[] =>
  Array.from({ length: Math.ceil(length / size) }, (_, i) => [
    i * size,
    Math.min(size, length - i * size),
  ]);

const orders = ["012", "021", "102", "120", "201", "210"].map((order) =>
  [...order].map((i) => thirds[Number(i)]),
);
const forged = { ...echo, payload: Buffer.alloc(3000, 0x55) };
const udp40 = { ...ends, protocol: UDP, id: 242, payload: Buffer.alloc(40) };
const udp80 = { ...ends, protocol: UDP, id: 1109, payload: Buffer.alloc(80) };
const longest = { ...echo, payload: icmp(8, 0, 0x00070001, Buffer.alloc(65507, 0x21)) };

/** The fragments of `echo`, each with its own header. */
const [plainFirst, plainSecond, plainThird] = fragments(echo, thirds);
const optioned = (part: Buffer, fragment: number, options: Buffer) =>
  framed(ipv4({ ...ends, protocol: ICMP, id: 77, payload: part.subarray(20), fragment, options }));

rows([
  {
    name: "FRG-01: reassembles three fragments in order",
    frames: cut(echo, ...thirds),
    answers: answer,
  },
  {
    name: "FRG-02: reassembles three fragments in every order",
    frames: orders.flatMap((order) => cut(echo, ...order)),
    answers: orders.flatMap(() => echoReply(text)),
  },
  {
    name: "FRG-03: ignores exact duplicates",
    frames: cut(echo, first, second, second, third),
    answers: answer,
  },
  {
    name: "FRG-04: drops a datagram with a fragment inside another",
    frames: [...cut(forged, [512, 256, true]), ...cut(echo, ...thirds), ...cut(echo, ...thirds)],
    drops: { "fragment-overlap": 6, "fragment-timeout": 1 },
    wait: 61,
  },
  {
    name: "FRG-05: drops a datagram with a fragment across two others",
    frames: cut(echo, first, [1512, 1000, true], second, third),
    drops: { "fragment-overlap": 2, "fragment-timeout": 1 },
    wait: 61,
  },
  {
    name: "FRG-06: survives teardrop, a last fragment that ends inside the first",
    frames: [
      ...cut(udp40, [0, 36, true], [24, 4, false]),
      ...cut({ ...udp40, id: 243 }, [0, 40, true], [24, 4, false]),
    ],
    drops: { "fragment-length": 1, "fragment-overlap": 1, "fragment-timeout": 2 },
    wait: 61,
  },
  {
    name: "FRG-07: survives bonk, a second fragment that starts inside the first",
    frames: cut(udp80, [0, 36, true], [32, 4, false], [64, 4, false]),
    drops: { "fragment-length": 1, "fragment-overlap": 1, "fragment-timeout": 1 },
    wait: 61,
  },
  {
    name: "FRG-08: survives the ping of death, an end beyond 65,535",
    frames: [
      ...cut(echo, first),
      packet({ id: 77, payload: Buffer.alloc(1000), fragment: 0x1fff }),
      ...cut(echo, second, third),
    ],
    drops: { "fragment-too-long": 1, "fragment-timeout": 1 },
    wait: 61,
  },
  {
    name: "FRG-10: rejects a fragment with MF whose length is not a multiple of 8",
    frames: [packet({ id: 77, payload: Buffer.alloc(1001), fragment: 0x2000 })],
    drops: { "fragment-length": 1 },
  },
  {
    name: "FRG-12: rejects empty fragments",
    frames: [0x2000, 0x2010, 0x0010].map((fragment) =>
      packet({ id: 77, payload: Buffer.alloc(0), fragment }),
    ),
    drops: { "fragment-length": 3 },
  },
  {
    name: "FRG-15: drops a datagram with two different ends",
    frames: [
      ...cut(echo, third, [2000, 8, false], first, second),
      ...cut({ ...echo, id: 78 }, [2000, 8, false], third, first, second),
    ],
    drops: { "fragment-overlap": 6, "fragment-timeout": 2 },
    wait: 61,
  },
  {
    name: "FRG-16: drops a datagram with data beyond its end",
    frames: [
      ...cut(echo, third, [3000, 8, true], first, second),
      ...cut({ ...echo, id: 78 }, [3000, 8, true], third, first, second),
    ],
    drops: { "fragment-overlap": 6, "fragment-timeout": 2 },
    wait: 61,
  },
  {
    name: "FRG-20: keeps the first fragment's header and ignores the options of the others",
    frames: [
      optioned(plainThird, 2000 / 8, Buffer.concat([Buffer.of(7, 39, 4), Buffer.alloc(37)])),
      optioned(plainFirst, 0x2000, Buffer.of(0x94, 4, 0, 0)),
      framed(plainSecond),
    ],
    answers: answer,
  },
  {
    name: "FRG-21: delivers and answers 65,535 bytes in 45 fragments",
    frames: cut(longest, ...evenly(65515, 1480)),
    answers: echoReply(Buffer.alloc(65507, 0x21)),
  },
]);

row("FRG-09: survives Jolt2, two last fragments 5,000 times each", "S1", (lab) => {
  const memory = lab.twin.memoryBytes();
  for (const offset of [65520, 65504]) {
    const frame = packet({ id: 1109, payload: Buffer.alloc(9), fragment: offset / 8 });
    lab.inject(
      Array.from({ length: 5000 }, () => frame),
      1e-5,
    );
  }
  lab.expectSent();
  assert.equal(lab.twin.memoryBytes(), memory);
  lab.expectDrops({ "fragment-too-long": 5000 });
  lab.outlive(1);
});

row("FRG-11: reads a TCP header in fragments only after reassembly", "S1", (lab) => {
  const fields = { sourcePort: 4321, destinationPort: 4444, sequence: 1 };
  const from = { source: address(gateway.address), destination: address(guest.address) };
  const payload = tcpSegment({ ...from, ...fields, flags: "SA", acknowledgment: 7 });
  const parts = cut({ ...ends, protocol: TCP, id: 9, payload }, [0, 8], [8, 8], [16, 4]);
  lab.inject(parts.slice(0, 2));
  lab.expectSent();
  lab.inject(parts.slice(2));
  lab.pass(0.1);
  // The segment belongs to no connection and has an ACK: the RST takes its number.
  const [reset, ...more] = lab.frames();
  assert.deepEqual(more, []);
  assert.deepEqual([reset.readUInt32BE(38), reset[47]], [7, 4]);
  lab.expectDrops({ "tcp-no-socket": 1 });
});

row(
  "FRG-13: evicts the oldest of 5,000 incomplete datagrams, and delivers a complete one",
  "S1",
  (lab) => {
    const memory = lab.twin.memoryBytes();
    const frames = Array.from({ length: 5000 }, (_, id) =>
      packet({ id, payload: Buffer.alloc(8), fragment: 1 }),
    );
    lab.inject(frames, 1e-5);
    // A large datagram and the others behind it take all buffers, so all 5,000 are evicted.
    const late = cut({ ...echo, id: 6000 }, ...thirds);
    const behind = frames.slice(0, REASSEMBLIES - 1);
    lab.inject([late[0], ...behind]);
    lab.expectSent();
    lab.inject(late.slice(1));
    lab.expectSent(...answer);
    assert.equal(lab.twin.memoryBytes(), memory);
    lab.expectDrops({ "fragment-limit": 5000 });
    lab.outlive(REASSEMBLIES - 1);
  },
);

row("FRG-14: reassembles 64 KiB of 8-byte fragments as fast backwards as forwards", "S1", (lab) => {
  const data = Buffer.alloc(65496, 0x33);
  const whole = { ...echo, payload: icmp(8, 0, 0x00070001, data) };
  const forwards = cut(whole, ...evenly(65504, 8));
  const work = (frames: Buffer[]) => {
    const start = process.cpuUsage().user;
    lab.inject(frames, 1e-5);
    const spent = process.cpuUsage().user - start;
    lab.expectSent(...echoReply(data));
    return spent;
  };
  work(forwards);
  const usual = work(forwards);
  const backwards = work(forwards.toReversed());
  assert.ok(backwards < 3 * usual, `${backwards} us backwards, ${usual} us forwards`);
});

row("FRG-17: never combines fragments of different protocols or sources", "S1", (lab) => {
  const datagram = { ...echo, protocol: UDP, payload: Buffer.alloc(3000, 1) };
  const elsewhere = { ...echo, source: attacker.address, payload: Buffer.alloc(3000, 2) };
  lab.inject([
    ...cut(datagram, first),
    ...cut(elsewhere, second),
    ...cut(echo, first),
    ...cut(datagram, second),
    ...cut(elsewhere, first),
    ...cut(echo, third),
  ]);
  lab.expectSent();
  lab.inject(cut(echo, second));
  lab.expectSent(...answer);
  // Both others draw a time exceeded; the attacker's hardware address must be resolved first.
  lab.pass(62);
  const told = [cut(datagram, first)[0], cut(elsewhere, first)[0]].map((frame) =>
    errorAbout(frame, 11, 1),
  );
  lab.expectSent(told[0], arpQuestion(attacker.address), told[1]);
  lab.expectDrops({ "fragment-timeout": 2 });
});

row(
  "FRG-18: sends one time exceeded after 60 s, if the first fragment has arrived",
  "S1",
  (lab) => {
    // Send two at once: the next two will use the same buffers.
    const [one, two] = [7, 8].map((id) => cut({ ...echo, id }, ...thirds));
    lab.inject(one.flatMap((frame, i) => [frame, two[i]]));
    lab.expectSent(...echoReply(text), ...echoReply(text));
    const [alone] = cut(echo, first);
    const start = lab.world.now;
    lab.inject([alone, ...cut({ ...echo, id: 78 }, second)]);
    lab.pass(130);
    const sent = lab.take();
    const waited = (sent[0].time - start) / 1e9;
    assert.ok(waited >= 60 && waited <= 120, `${waited} s`);
    assert.deepEqual(normal(sent.map(({ frame }) => frame)), normal([errorAbout(alone, 11, 1)]));
    lab.expectDrops({ "fragment-timeout": 2 });
  },
);

/** Asserts that `nc -u -l` has printed this text and nothing else since `from`. */
function assertHeard(lab: Lab, from: number, expected: string): void {
  lab.pass(1);
  assert.equal(lab.twin.output.slice(from), expected);
}

row("FRG-19: never combines forged and genuine fragments into a datagram", "S1", (lab) => {
  lab.type("nc -u -l 4000\r");
  const from = lab.twin.output.length;
  const genuine = udpDatagram(
    { address: address(gateway.address), port: 53 },
    { address: address(guest.address), port: 4000 },
    text,
  );
  const datagram = { ...ends, protocol: UDP, id: 5, payload: genuine };
  const other = { ...datagram, payload: Buffer.alloc(3000, 0x66) };
  lab.inject([...cut(other, second), ...cut(datagram, ...thirds)]);
  assertHeard(lab, from, "");
  lab.inject([...cut({ ...other, id: 6 }, second), ...cut({ ...datagram, id: 6 }, first, third)]);
  assertHeard(lab, from, "");
  lab.inject(cut({ ...datagram, id: 7 }, ...thirds));
  assertHeard(lab, from, text.toString());
  lab.expectSent();
  lab.expectDrops({ "fragment-overlap": 2, "udp-checksum": 1 });
  lab.outlive(1);
});

row("FRG-20: rejects more than 65,535 bytes including the first fragment's header", "S1", (lab) => {
  const [, ...rest] = cut(longest, ...evenly(65515, 1456));
  const payload = Buffer.from(longest.payload ?? []).subarray(0, 1456);
  const start = { ...ends, protocol: ICMP, id: 77, fragment: 0x2000, payload };
  lab.inject([framed(ipv4({ ...start, options: Buffer.alloc(20, 1) })), ...rest]);
  lab.expectSent();
  lab.expectDrops({ "fragment-too-long": 1 });
});
