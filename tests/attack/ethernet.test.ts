/** Ethernet and the e1000 under attack: rows ETH-01 to ETH-10. */
import assert from "node:assert/strict";
import { E1000Model } from "../lab/machine/e1000.ts";
import { polite } from "../lab/network/tcp.ts";
import { SECOND } from "../lab/network/world.ts";
import { ethernet, icmp } from "../lab/packets/build.ts";
import { BROADCAST, IPV4, TCP } from "../lab/packets/bytes.ts";
import { parseIp } from "../lab/packets/read.ts";
import {
  arpRequest,
  attacker,
  echoRequest,
  gateway,
  guest,
  packet,
} from "../lab/scripted/ip-host.ts";
import { arpAnswer, echoReply } from "./expected-frames.ts";
import { row, rows } from "./world.ts";

/** RCTL, and its bit for unicast promiscuous mode (SDM 13.4.22). */
const [RCTL, UPE] = [0x100, 1 << 3];

const request = echoRequest().subarray(14);
/** An echo request in a frame with this header. */
const carried = (to: string, from: string, type = IPV4, payload: Uint8Array = request) =>
  ethernet(to, from, type, payload);
const stranger = carried("02:00:00:00:00:99", gateway.hardware);

const tagged = (type: number, tag: string) => {
  const inner = Buffer.concat([Buffer.from(`${tag}0800`, "hex"), request]);
  const frame = carried(guest.hardware, gateway.hardware, type, inner);
  const end = 14 + tag.length / 2;
  return [frame, frame.subarray(0, end), frame.subarray(0, end - 1)];
};
/**
 * Data of echo requests whose replies need no padding, so that the replies reuse the requests'
 * frames: from the shortest to the longest that leaves room for 18 more bytes in a frame.
 */
const long = [18, 19, 56, 1454].map((length) => Buffer.alloc(length, "data"));

const vlans = [tagged(0x8100, "0000"), tagged(0x8100, "0005"), tagged(0x88a8, "000581000005")];

rows([
  {
    name: "ETH-01: rejects runts of 6 to 13 bytes",
    frames: [6, 7, 8, 9, 10, 11, 12, 13].map((length) => echoRequest().subarray(0, length)),
    drops: { "ethernet-truncated": 8 },
  },
  {
    name: "ETH-02: rejects a header without a payload",
    frames: [carried(guest.hardware, gateway.hardware, IPV4, Buffer.alloc(0)).subarray(0, 14)],
    drops: { "ipv4-truncated": 1 },
  },
  {
    name: "ETH-03: does not echo padding, and pads with zeros",
    frames: [echoRequest({}, Buffer.alloc(0)).fill(0xaa, 42)],
    answers: echoReply(""),
  },
  {
    name: "ETH-03: echoes a long request without what follows it in its frame",
    frames: long.map((data) => Buffer.concat([echoRequest({}, data), Buffer.alloc(18, 0xaa)])),
    answers: long.flatMap((data) => echoReply(data)),
  },
  {
    name: "ETH-05: receives no frame for another station",
    frames: [stranger],
  },
  {
    name: "ETH-07: rejects a unicast packet in a broadcast frame (SHOULD)",
    frames: [carried(BROADCAST, gateway.hardware)],
    drops: { "ipv4-destination": 1 },
  },
  {
    name: "ETH-08: rejects an 802.3 frame with LLC and SNAP",
    frames: [
      carried(
        guest.hardware,
        gateway.hardware,
        0x0040,
        Buffer.concat([Buffer.from("aaaa030000000800", "hex"), request]),
      ),
    ],
    drops: { "ethernet-unknown-type": 1 },
  },
  {
    name: "ETH-09: treats VLAN 0 as untagged; drops other VLANs, and tags cut short",
    frames: vlans.flat(),
    answers: echoReply(),
    drops: { "ethernet-vlan": 4, "ethernet-truncated": 4 },
  },
]);

row("ETH-03: padding contains nothing of earlier frames", "S1", (lab) => {
  const full = packet({ payload: icmp(0, 0, 0, Buffer.alloc(1472, 0xaa)) });
  // Fill every frame of the pool once.
  lab.inject(
    Array.from({ length: 1100 }, () => full),
    1e-5,
  );
  lab.expectDrops({ "icmp-type": 1100 });
  const question = arpRequest(gateway, guest.address);
  lab.inject([question, echoRequest({}, Buffer.alloc(0)).subarray(0, 42)]);
  lab.expectSent(arpAnswer(gateway), ...echoReply(""));
});

row("ETH-04: rejects a jumbo frame that is spread over descriptors", "S1", (lab) => {
  const whole = packet({ payload: icmp(8, 0, 0x00070001, Buffer.alloc(8976, 1)) });
  assert.equal(whole.length, 9018);
  lab.inject([whole]);
  lab.expectSent();
  // Each part looks like a valid frame of its own.
  const parts = [2048, 2048, 2048, 2048, 826];
  for (const part of [0, 2048, 4096, 6144, 8192]) echoRequest().copy(whole, part);
  lab.twin.receive(whole, lab.world.now, { parts });
  lab.expectSent();
  lab.expectDrops({ oversized: 1 });
});

row("ETH-05: drops a frame for another station that the card lets pass", "S1", (lab) => {
  const { nic } = lab.twin;
  assert.ok(nic instanceof E1000Model);
  nic.set(RCTL, nic.get(RCTL) | UPE);
  lab.inject([stranger]);
  lab.expectSent();
  nic.set(RCTL, nic.get(RCTL) & ~UPE);
  lab.expectDrops({ "ethernet-other-host": 1 });
});

row("ETH-06: drops a frame from a group address, and does not cache it (SHOULD)", "S1", (lab) => {
  const before = lab.neighbors();
  lab.inject([carried(guest.hardware, "01:00:5e:00:00:01")]);
  lab.expectSent();
  assert.equal(lab.neighbors(), before);
  lab.expectDrops({ "ethernet-group-source": 1 });
});

row("ETH-10: timers run during a million unknown frames at wire speed", "T2", (lab) => {
  const { twin, dhcp } = lab;
  const frame = carried(guest.hardware, attacker.hardware, 0x88b5, Buffer.alloc(46));
  lab.connection.behavior = { ...polite, ackDelay: 5 * SECOND };
  // The lease is renewed 60 s after it was granted, which is during the flood.
  dhcp.behavior = { ...dhcp.behavior, lease: 120 };
  const renewed = () => {
    const { acknowledged } = dhcp;
    while (dhcp.acknowledged === acknowledged) lab.pass(0.1);
    return lab.world.now;
  };
  renewed();
  lab.pass(59.7);
  const { acknowledged } = dhcp;
  twin.type("data\r", lab.world.now);
  lab.take();
  const memory = twin.memoryBytes();
  // Four rings' worth at a time, at 1 Gb/s.
  const [burst, bursts] = [1000, 1000];
  for (let i = 0; i < bursts; i++) {
    for (let k = 0; k < burst; k++) twin.receive(frame, lab.world.now);
    lab.pass(burst * 672e-9);
  }
  assert.equal(dhcp.acknowledged, acknowledged + 1, "the lease was not renewed");
  const data = lab.frames().filter((sent) => parseIp(sent)?.protocol === TCP);
  assert.ok(data.length > 1, "nothing was retransmitted");
  assert.equal(twin.memoryBytes(), memory);
  lab.pass(6);
  assert.equal(lab.connection.received, "data\n".length);
  lab.take();
  const { missed } = twin.nic;
  assert.ok(missed > 0, "the ring did not overrun");
  lab.expectDrops({ missed, "ethernet-unknown-type": burst * bursts - missed });
});
