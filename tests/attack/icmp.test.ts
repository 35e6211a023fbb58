/** ICMP under attack: rows ICM-01 to ICM-17. */
import assert from "node:assert/strict";
import { polite } from "../lab/network/tcp.ts";
import { MILLISECOND } from "../lab/network/world.ts";
import { fragments, type Ipv4Fields, icmp, ipv4, udpDatagram } from "../lab/packets/build.ts";
import { address, be16, be32, ICMP, TCP, UDP } from "../lab/packets/bytes.ts";
import { parseIp } from "../lab/packets/read.ts";
import {
  arpRequest,
  attacker,
  dns,
  echoRequest,
  framed,
  gateway,
  guest,
  OFF_LINK,
  packet,
} from "../lab/scripted/ip-host.ts";
import { echoReply, errorAbout, normal } from "./expected-frames.ts";
import { type Lab, row, rows, type Sent } from "./world.ts";

/** A packet that the guest may have sent; `fields` override its header. */
function own(fields: Partial<Ipv4Fields> = {}): Buffer {
  const ends = { source: guest.address, destination: dns.address, protocol: UDP };
  return ipv4({ ...ends, payload: ports(4000, 53), ...fields });
}

function ports(from: number, to: number): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt16BE(from, 0);
  header.writeUInt16BE(to, 2);
  return header;
}

/** An ICMP error about a packet, from the gateway. */
const error = (type: number, code: number, quoted: Buffer, rest = 0) =>
  packet({ payload: icmp(type, code, rest, quoted) });

const cutMessages = Array.from({ length: 8 }, (_, length) =>
  packet({ payload: icmp(8, 0, 0, Buffer.alloc(0)).subarray(0, length) }),
);
const spoilt = echoRequest();
spoilt[40] ^= 1;

const badQuotes = [
  own({ headerWords: 15 }).subarray(0, 28),
  own({ protocol: TCP, payload: Buffer.alloc(4) }),
  own({ totalLength: 65535 }),
  own({ version: 6 }),
  Buffer.alloc(0),
  own({ headerWords: 4 }),
  own({ fragment: 100 }),
  own({ source: "10.0.2.16" }),
];

/** Types of messages that the guest ignores. */
const ignored = [9, 10, 13, 14, 15, 16, 17, 18, 30, 37, 255];
const whole = icmp(8, 0, 0x00070001, Buffer.alloc(65507, 0x33));
const parts = Array.from({ length: 45 }, (_, i): [number, number] => [
  i * 1480,
  Math.min(1480, whole.length - i * 1480),
]);

rows([
  {
    name: "ICM-01: rejects a wrong checksum",
    frames: [spoilt],
    drops: { "icmp-checksum": 1 },
  },
  {
    name: "ICM-02: rejects messages of 0 to 7 bytes",
    frames: cutMessages,
    drops: { "icmp-truncated": 8 },
  },
  {
    name: "ICM-03: answers an echo request of 65,507 bytes",
    frames: fragments(
      { source: gateway.address, destination: guest.address, protocol: ICMP, payload: whole },
      parts,
    ).map((part) => framed(part)),
    answers: echoReply(Buffer.alloc(65507, 0x33)),
  },
  {
    name: "ICM-04: rejects unsolicited echo replies",
    frames: [0, 1, 0x00070001, 0xffffffff].map((rest) =>
      packet({ payload: icmp(0, 0, rest, Buffer.alloc(8)) }),
    ),
    drops: { "icmp-type": 4 },
  },
  {
    name: "ICM-13: rejects errors that quote a packet the guest cannot have sent",
    frames: [3, 11, 12].flatMap((type) => badQuotes.map((quote) => error(type, 1, quote))),
    drops: { "icmp-quote": 3 * badQuotes.length },
  },
  {
    name: "ICM-14: ignores errors that quote an error",
    frames: [3, 4, 5, 11, 12].map((type) =>
      error(type, 0, own({ protocol: ICMP, payload: icmp(3, 3, 0, own()) })),
    ),
    // Quench and redirect are ignored (RFC 6633, RFC 6918).
    drops: { "icmp-type": 2 },
  },
]);

/** Returns the guest's addresses, routes and neighbors as text. */
function settings(lab: Lab): string {
  const text = lab.command("ip addr") + lab.command("ip route") + lab.command("ip neigh");
  return text.replace(/\d+sec/g, "");
}

row("ICM-05: ignores redirects (policy)", "S1", (lab) => {
  const before = settings(lab);
  const frames = [gateway, attacker].flatMap(({ address: source }) =>
    ["10.0.2.66", "198.51.100.1", guest.address].flatMap((router) =>
      [gateway.address, OFF_LINK].map((destination) => {
        const quoted = own({ destination, payload: ports(4000, 80) });
        return packet({ source, payload: icmp(5, 1, address(router), quoted) });
      }),
    ),
  );
  lab.inject(frames);
  lab.expectSent();
  assert.equal(settings(lab), before);
  lab.expectDrops({ "icmp-type": frames.length });
  // The route to hosts off the link still leads to the gateway.
  lab.command(`ping -c 1 -W 1 ${OFF_LINK}`);
  const [frame] = lab.frames();
  assert.equal(frame.subarray(0, 6).toString("hex"), gateway.hardware.replaceAll(":", ""));
});

row("ICM-15: ignores masks, router advertisements, timestamps and the like", "S1", (lab) => {
  const before = settings(lab);
  lab.inject(
    ignored.map((type) =>
      packet({ payload: icmp(type, 0, 0x01020258, Buffer.from("ff0000000a000242", "hex")) }),
    ),
  );
  lab.expectSent();
  assert.equal(settings(lab), before);
  lab.expectDrops({ "icmp-type": ignored.length });
});

const UPLOAD = 400_000;

/** State T2 with data in flight: an upload to P:80, which acknowledges 50 ms late. */
class Upload {
  /** The data segments sent so far. */
  readonly segments: Sent[] = [];
  private readonly start: number;

  constructor(private readonly lab: Lab) {
    lab.http.behavior = { ...lab.http.behavior, tcp: { ...polite, ackDelay: 50 * MILLISECOND } };
    this.start = lab.twin.output.length;
    lab.type(`curl -o null -d @bytes:${UPLOAD} http://10.0.2.2/discard\r`);
  }

  /** Waits, and returns the last segment, which is still in flight. */
  inFlight(): Buffer {
    this.pass();
    return this.segments[this.segments.length - 1].frame;
  }

  /** Lets the upload finish. */
  finish(): void {
    const said = () => this.lab.twin.output.slice(this.start);
    for (let i = 0; i < 600 && !said().includes("HTTP 404"); i++) this.pass();
    assert.match(said(), /HTTP 404/);
    assert.ok(this.lab.connection.received > UPLOAD);
    this.lab.pass(3);
    this.lab.take();
  }

  private pass(): void {
    this.lab.pass(0.1);
    for (const sent of this.lab.take()) {
      const ip = parseIp(sent.frame);
      if (ip?.protocol === TCP && ip.end - ip.start > 100) this.segments.push(sent);
    }
  }
}

/** Returns the total length of the packet in a frame. */
const size = (sent: Sent) => be16(sent.frame, 16);

/** Returns a guest's packet as a router quotes it, optionally with another sequence number. */
function quote(frame: Buffer, by = 0): Buffer {
  const quoted = Buffer.from(frame.subarray(14, 42));
  quoted.writeUInt32BE((be32(quoted, 24) + by) >>> 0, 24);
  return quoted;
}

/** Runs an upload while `errors` arrive; returns its time in 10 ms units and its packet sizes. */
function disturbed(lab: Lab, errors: (segment: Buffer) => Buffer[]): [number, number[]] {
  const upload = new Upload(lab);
  lab.inject(errors(upload.inFlight()));
  upload.finish();
  const { segments } = upload;
  const time = segments[segments.length - 1].time - segments[0].time;
  return [Math.round(time / (10 * MILLISECOND)), segments.map(size)];
}

for (const [name, errors] of [
  ["ICM-06: source quench", (frame: Buffer) => [error(4, 0, quote(frame))]],
  [
    'ICM-08: "fragmentation needed" for a segment that is not in flight',
    (frame: Buffer) => [-1e6, 1e6, 1 << 30].map((by) => error(3, 4, quote(frame, by), 1000)),
  ],
  [
    'ICM-09: "fragmentation needed" with a larger MTU',
    (frame: Buffer) => [error(3, 4, quote(frame), 9000)],
  ],
  [
    "ICM-10: protocol or port unreachable",
    (frame: Buffer) => [error(3, 2, quote(frame)), error(3, 3, quote(frame))],
  ],
  [
    "ICM-11: net or host unreachable, TTL exceeded or parameter problem",
    (frame: Buffer) =>
      [
        [3, 0],
        [3, 1],
        [11, 0],
        [12, 0],
      ].map(([type, code]) => error(type, code, quote(frame))),
  ],
] as const) {
  row(`${name} does not affect an open connection`, "S1", (lab) => {
    const usual = disturbed(lab, () => []);
    assert.deepEqual(disturbed(lab, errors), usual);
    if (name.startsWith("ICM-06")) lab.expectDrops({ "icmp-type": 1 });
  });
}

row("ICM-11: keeps retransmitting despite host unreachable and TTL exceeded", "T2", (lab) => {
  lab.mute(true);
  lab.type("data\r");
  const [first] = lab.frames();
  lab.inject([error(3, 1, quote(first)), error(11, 0, quote(first))]);
  lab.pass(10);
  const again = lab.frames().filter((frame) => parseIp(frame));
  const same = again.every((frame) => be32(frame, 38) === be32(first, 38));
  assert.ok(again.length >= 3 && same, `${again.length} segments`);
  lab.mute(false);
  lab.pass(10);
  assert.equal(lab.connection.received, "data\n".length);
  lab.take();
});

for (const [mtu, largest] of [
  [0, 1492],
  [1, 552],
  [67, 552],
  [68, 552],
  [296, 552],
]) {
  // An MTU of 0 selects RFC 1191's next plateau; an MTU below 552 counts as 552.
  row(`ICM-07: "fragmentation needed", MTU ${mtu}, limits packets to ${largest}`, "S1", (lab) => {
    const upload = new Upload(lab);
    upload.inFlight();
    // Larger packets vanish from now on. As such packets have arrived before, the error is believed
    // once the segment times out (RFC 5927 section 7.2).
    lab.port.setFaults({}, { mtu: largest });
    const segment = upload.inFlight();
    assert.equal(be16(segment, 16), 1500);
    const before = upload.segments.length;
    lab.inject([error(3, 4, quote(segment), mtu)]);
    upload.finish();
    lab.port.setFaults({}, {});
    const sizes = upload.segments.slice(before).map(size);
    const large = sizes.filter((bytes) => bytes > largest);
    assert.ok(large.length < 100 && sizes.length > large.length + 100, `${large.length}`);
    assert.equal(Math.max(...sizes.slice(-100)), largest);
  });
}

row("ICM-12: port unreachable aborts a connect if the sequence number matches", "T1", (lab) => {
  const [syn] = lab.frames();
  const before = lab.twin.output.length;
  lab.inject([1, -1, 1000].map((by) => error(3, 3, quote(syn, by))));
  lab.pass(0.5);
  assert.equal(lab.twin.output.length, before);
  lab.inject([error(3, 3, quote(syn))]);
  lab.expectSent();
  assert.match(lab.twin.output.slice(before), /^nc: connect to .* failed: Connection refused/);
  // The gateway has not replied since the SYN; it is queried in vain.
  lab.pass(3);
  lab.take();
});

/** A datagram to one of the guest's ports. */
function datagram(port: number, source = gateway.address): Buffer {
  const from = { address: address(source), port: 1000 };
  const to = { address: address(guest.address), port };
  return packet({ protocol: UDP, source, payload: udpDatagram(from, to, Buffer.from("x")) });
}

row(
  "ICM-16: limits the errors for 10,000 datagrams to closed ports, to a random number",
  "S1",
  (lab) => {
    const memory = lab.twin.memoryBytes();
    const counts = new Set<number>();
    for (let round = 0; round < 4; round++) {
      lab.inject(Array.from({ length: 10_000 }, (_, i) => datagram(1024 + i)));
      const errors = lab.frames();
      assert.ok(errors.length >= 8 && errors.length <= 40, `${errors.length} errors per second`);
      const wanted = errors.map((frame) => errorAbout(datagram(be16(frame, 64)), 3, 3));
      assert.deepEqual(normal(errors), normal(wanted));
      counts.add(errors.length);
      lab.pass(5);
    }
    assert.ok(counts.size > 1, "the limit does not vary");
    assert.equal(lab.twin.memoryBytes(), memory);
    lab.expectDrops({ "udp-no-socket": 40_000 });
  },
);

row("ICM-16: a flood from one source does not use up the errors for another", "S1", (lab) => {
  lab.inject([arpRequest(attacker, guest.address)]);
  lab.inject(Array.from({ length: 1000 }, (_, i) => datagram(1024 + i)));
  lab.take();
  lab.pass(0.06);
  const other = datagram(4444, attacker.address);
  lab.inject([other]);
  lab.pass(0.1);
  assert.deepEqual(normal(lab.frames()).at(-1), normal([errorAbout(other, 3, 3)])[0]);
  lab.expectDrops({ "udp-no-socket": 1001 });
});

row("ICM-17: errors that quote every port during a lookup reveal no open port", "S1", (lab) => {
  lab.dns.behavior = { ...lab.dns.behavior, silence: 1 };
  lab.type("host slow.test\r");
  const [query] = lab.frames().filter((frame) => parseIp(frame)?.protocol === UDP);
  const port = be16(query, 34);
  const about = (of: number) => own({ payload: ports(of, 53) });
  const memory = lab.twin.memoryBytes();
  const frames: Buffer[] = [];
  for (let of = 1024; of < 65536; of++) frames.push(error(3, 4, about(of), 600));
  for (let of = port - 10; of < port + 10; of++) frames.push(error(5, 1, about(of), 0x0a000242));
  lab.inject(frames, 1e-6);
  // Only the query is sent again, to the same server by the same path.
  const again = lab.frames();
  for (const frame of again) assert.deepEqual(frame.subarray(26, 42), query.subarray(26, 42));
  assert.equal(lab.twin.memoryBytes(), memory);
  lab.expectDrops({ "icmp-type": 20 });
  lab.dns.behavior = { ...lab.dns.behavior, silence: 0 };
  lab.pass(10);
  assert.match(lab.twin.output, /slow\.test has address 10\.0\.2\.2/);
  lab.take();
});

row("ICM-17: a port open to another peer looks closed", "S1", (lab) => {
  lab.dns.behavior = { ...lab.dns.behavior, silence: 1 };
  lab.inject([arpRequest(attacker, guest.address)]);
  lab.type("host slow.test\r");
  const [query] = lab.frames().filter((frame) => parseIp(frame)?.protocol === UDP);
  const open = be16(query, 34);
  const probes = [open, open ^ 1].map((port) => datagram(port, attacker.address));
  lab.inject(probes, 0.01);
  const told = lab.frames().filter((frame) => parseIp(frame)?.protocol === ICMP);
  assert.deepEqual(normal(told), normal(probes.map((probe) => errorAbout(probe, 3, 3))));
  lab.expectDrops({ "udp-no-socket": 2 });
  lab.dns.behavior = { ...lab.dns.behavior, silence: 0 };
  lab.pass(10);
  lab.take();
});
