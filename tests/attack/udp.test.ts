/** UDP under attack: rows UDP-01 to UDP-08. */
import assert from "node:assert/strict";
import { type Ipv4Fields, udpDatagram } from "../lab/packets/build.ts";
import { address, be16, UDP } from "../lab/packets/bytes.ts";
import { parseIp } from "../lab/packets/read.ts";
import { arpRequest, attacker, dns, gateway, guest, packet } from "../lab/scripted/ip-host.ts";
import { errorAbout } from "./expected-frames.ts";
import { type Lab, row, rows } from "./world.ts";

const OPEN = 4000;

interface Ends {
  source?: string;
  from?: number;
  to?: number;
}

/** A valid datagram for the guest, which `spoil` may alter. */
function datagram(
  payload: string | Uint8Array,
  { source = gateway.address, from = 1000, to = OPEN }: Ends = {},
  spoil: (bytes: Buffer) => Buffer = (bytes) => bytes,
): Buffer {
  const sender = { address: address(source), port: from };
  const receiver = { address: address(guest.address), port: to };
  const bytes = spoil(udpDatagram(sender, receiver, Buffer.from(payload)));
  const fields: Partial<Ipv4Fields> = { source, protocol: UDP, payload: bytes };
  return packet(fields);
}

/** Sets the length field, and the checksum to zero. */
const length = (value: number) => (bytes: Buffer) => {
  bytes.writeUInt16BE(value, 4);
  bytes.writeUInt16BE(0, 6);
  return bytes;
};
const noSum = (bytes: Buffer) => {
  bytes.writeUInt16BE(0, 6);
  return bytes;
};
const wrong = (bytes: Buffer) => {
  bytes[8] ^= 1;
  return bytes;
};

const services = [7, 19].map((to) => datagram("loop", { source: gateway.address, from: 19, to }));

rows([
  {
    name: "UDP-01: rejects lengths of 7, 0 and 65,535",
    frames: [7, 0, 65535].map((value) => datagram("four", {}, length(value))),
    drops: { "udp-length": 3 },
  },
  {
    name: "UDP-04: rejects destination port 0",
    frames: [datagram("x", { to: 0 })],
    drops: { "udp-port": 1 },
  },
  {
    name: "UDP-05: rejects datagrams of 0 to 7 bytes",
    frames: Array.from({ length: 8 }, (_, i) => datagram("", {}, (bytes) => bytes.subarray(0, i))),
    drops: { "udp-truncated": 8 },
  },
  {
    name: "UDP-06: has no echo or chargen service",
    frames: services,
    answers: services.map((frame) => errorAbout(frame, 3, 3)),
    drops: { "udp-no-socket": 2 },
  },
]);

/** Listens on OPEN, injects frames, asserts that nothing is sent, and returns what is printed. */
function heard(lab: Lab, ...frames: Buffer[]): string {
  lab.type(`nc -u -l ${OPEN}\r`);
  const before = lab.twin.output.length;
  lab.inject(frames);
  lab.expectSent();
  return lab.twin.output.slice(before);
}

row("UDP-01: rejects lengths of 7, 0 and 65,535 on an open port", "S1", (lab) => {
  const frames = [7, 0, 65535].map((value) => datagram("four", {}, length(value)));
  assert.equal(heard(lab, ...frames), "");
  lab.expectDrops({ "udp-length": 3 });
});

row("UDP-02: does not deliver bytes beyond the datagram's length", "S1", (lab) => {
  const longer = datagram("ab", {}, (bytes) => Buffer.concat([bytes, Buffer.from("trailing")]));
  assert.equal(heard(lab, longer), "ab");
});

row("UDP-03: drops a wrong checksum, and accepts an absent one", "S1", (lab) => {
  assert.equal(heard(lab, datagram("bad", {}, wrong), datagram("none", {}, noSum)), "none");
  lab.expectDrops({ "udp-checksum": 1 });
});

row("UDP-04: sends nothing to source port 0", "S1", (lab) => {
  assert.equal(heard(lab, datagram("from nowhere", { from: 0 })), "from nowhere");
  lab.type("an answer\r");
  lab.expectSent();
});

/** The port of the guest's first datagram. */
function portOf(lab: Lab): number {
  const [sent] = lab.frames().filter((frame) => parseIp(frame)?.protocol === UDP);
  return be16(sent, 34);
}

row("UDP-07: a connected socket receives only from its peer's address and port", "S1", (lab) => {
  lab.inject([arpRequest(attacker, guest.address)]);
  lab.dns.behavior = { ...lab.dns.behavior, silence: 1 };
  lab.type(`nc -u ${dns.address} 53\r`);
  lab.type("hello\r");
  const to = portOf(lab);
  const before = lab.twin.output.length;
  const forged = [
    datagram("from another", { source: attacker.address, from: 53, to }),
    datagram("by another port", { source: dns.address, from: 54, to }),
  ];
  lab.inject(forged, 0.01);
  // To their senders the port appears closed.
  lab.expectSent(...forged.map((frame) => errorAbout(frame, 3, 3)));
  lab.inject([datagram("the true one", { source: dns.address, from: 53, to })]);
  lab.expectSent();
  assert.equal(lab.twin.output.slice(before), "the true one");
  lab.dns.behavior = { ...lab.dns.behavior, silence: 0 };
  lab.expectDrops({ "udp-no-socket": 2 });
});

row("UDP-08: drops what exceeds the queue's bound, and answers pings meanwhile", "S1", (lab) => {
  lab.type(`nc -u -l ${OPEN}\r`);
  const before = lab.twin.output.length;
  const memory = lab.twin.memoryBytes();
  const one = datagram(Buffer.alloc(1472, 0x64));
  // The console prints 11,520 bytes a second; datagrams wait in the queue when its buffer is full.
  lab.inject(
    Array.from({ length: 2500 }, () => one),
    12e-6,
  );
  let pongs = 0;
  lab.gateway.onPong = () => pongs++;
  lab.gateway.ping(address(guest.address), 1, Buffer.from("meanwhile"));
  lab.inject(
    Array.from({ length: 2500 }, () => one),
    12e-6,
  );
  lab.pass(60);
  assert.equal(pongs, 1);
  assert.equal(lab.twin.memoryBytes(), memory);
  const printed = (lab.twin.output.slice(before).match(/d/g) ?? []).length;
  assert.equal(printed % 1472, 0, "only whole datagrams");
  const read = printed / 1472;
  assert.ok(read >= 44 && read < 200, `${read} datagrams kept`);
  lab.take();
  lab.expectDrops({ "udp-queue-full": 5000 - read });
});
