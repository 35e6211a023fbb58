/** Randomly damaged frames, from a printed seed, after which the host must still work. */
import assert from "node:assert/strict";
import test from "node:test";
import { fragments, icmp, ipv4, udpDatagram } from "../../../lab/packets/build.ts";
import { address, ICMP, internetSum, TCP, UDP } from "../../../lab/packets/bytes.ts";
import { tcpSegment } from "../../../lab/packets/tcp.ts";
import { Random } from "../../../lab/random.ts";
import {
  arpReply,
  arpRequest,
  assertAlive,
  attacker,
  echoRequest,
  framed,
  gateway,
  guest,
  Host,
  packet,
} from "../../../lab/scripted/ip-host.ts";

const host = await Host.create();
const seed = Number(process.env.SEED ?? 20261122);

function corpus(): Buffer[] {
  const from = { address: address(gateway.address), port: 53 };
  const to = { address: address(guest.address), port: 4000 };
  const udp = udpDatagram(from, to, Buffer.alloc(40, 1));
  const quoted = ipv4({
    source: guest.address,
    destination: gateway.address,
    protocol: UDP,
    payload: udp,
  });
  const ends = { source: gateway.address, destination: guest.address, protocol: ICMP };
  const parts = fragments({ ...ends, id: 9, payload: icmp(8, 0, 1, Buffer.alloc(120, 3)) }, [
    [0, 64],
    [64, 64],
  ]);
  const syn = tcpSegment({ sourcePort: 9, destinationPort: 80, sequence: 1, flags: "S" });
  return [
    arpReply(gateway),
    arpRequest(attacker, guest.address),
    echoRequest({ options: Buffer.from("0727040000000000", "hex") }, Buffer.alloc(56, 2)),
    packet({ protocol: UDP, payload: udp }),
    packet({ protocol: TCP, payload: syn }),
    packet({ payload: icmp(3, 4, 600, quoted) }),
    packet({ payload: icmp(11, 0, 0, quoted) }),
    ...parts.map((part) => framed(part)),
  ];
}

/** Returns a damaged copy, usually with its header checksum corrected. */
function spoil(frame: Buffer, random: Random): Buffer {
  const copy = Buffer.from(frame);
  for (let changes = random.below(4); changes > 0; changes--) {
    // Changes are mostly in the headers, and half of them set an extreme value.
    const at = random.below(random.below(3) === 0 ? copy.length : Math.min(64, copy.length));
    copy[at] = random.below(2) === 0 ? random.pick([0, 1, 127, 128, 254, 255]) : random.below(256);
  }
  const header = (copy[14] & 15) * 4;
  if (random.below(4) !== 0 && header >= 20 && 14 + header <= copy.length) {
    copy.writeUInt16BE(0, 24);
    copy.writeUInt16BE(~internetSum(copy.subarray(14, 14 + header)) & 0xffff, 24);
  }
  return random.below(4) === 0 ? copy.subarray(0, random.below(copy.length + 1)) : copy;
}

test(`survives 50,000 damaged frames (SEED=${seed})`, () => {
  host.configure();
  host.wasm.udpOpen(4000, false);
  host.wasm.tcpListen(80);
  const random = new Random(seed);
  const frames = corpus();
  for (let i = 0; i < 50_000; i++) {
    host.inject(spoil(random.pick(frames), random));
    if (random.below(8) === 0) host.turn();
    if (random.below(64) === 0) {
      host.now += BigInt(random.below(500_000));
      host.turn();
      host.frames();
      while (host.udpReceive() !== undefined);
    }
  }
  host.turn();
  host.pass(300);
  host.frames();
  host.know(gateway);
  assertAlive(host);
  assert.equal(host.wasm.reassemblies(), 0);
  assert.ok(host.wasm.neighbors(0) <= host.wasm.neighborLimit());
});
