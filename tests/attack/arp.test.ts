/** ARP and the neighbor cache under attack: rows ARP-01 to ARP-12. */
import assert from "node:assert/strict";
import { HttpServer } from "../lab/network/http-peer.ts";
import { SECOND } from "../lab/network/world.ts";
import { type ArpFields, arp, ethernet } from "../lab/packets/build.ts";
import { ARP, BROADCAST, be32, dotted } from "../lab/packets/bytes.ts";
import { parseArp } from "../lab/packets/read.ts";
import {
  arpReply,
  arpRequest,
  attacker,
  echoRequest,
  gateway,
  guest,
} from "../lab/scripted/ip-host.ts";
import { arpAnswer, arpQuestion } from "./expected-frames.ts";
import { type Lab, row, rows, type Sent } from "./world.ts";

/** core/limits.ts: NEIGHBORS. */
const NEIGHBORS = 1024;

const other = { hardware: "52:54:00:00:00:77", address: "10.0.2.77" };
const stolen = { hardware: attacker.hardware, address: gateway.address };
const rival = { hardware: attacker.hardware, address: guest.address };

/** An ARP request for the guest's address, altered by `change`. */
function question(change: Partial<ArpFields>, from = other.hardware): Buffer {
  const fields = { operation: 1, senderHardware: other.hardware, sender: other.address };
  const packet = arp({ ...fields, target: guest.address, ...change });
  return ethernet(BROADCAST, from, ARP, packet);
}

const groups = [BROADCAST, "01:00:5e:00:00:01", "00:00:00:00:00:00"];
const whole = arpRequest(other, guest.address);

rows([
  {
    name: "ARP-04: rejects group and zero hardware addresses",
    frames: groups.flatMap((senderHardware) => [
      question({ senderHardware }),
      question({ senderHardware, operation: 2 }),
    ]),
    drops: { "arp-address": 6 },
  },
  {
    name: "ARP-06: answers a probe for the guest's address",
    frames: [arpRequest({ hardware: other.hardware, address: "0.0.0.0" }, guest.address)],
    answers: [arpAnswer({ hardware: other.hardware, address: "0.0.0.0" })],
  },
  {
    name: "ARP-07: rejects other address lengths",
    frames: [
      question({ lengths: [255, 255] }),
      question({ lengths: [0, 0] }),
      question({ lengths: [6, 16] }),
    ],
    drops: { "arp-format": 3 },
  },
  {
    name: "ARP-08: rejects every truncation",
    frames: Array.from({ length: 28 }, (_, i) => whole.subarray(0, 14 + i)),
    drops: { "arp-truncated": 28 },
  },
  {
    name: "ARP-10: answers the sender in the packet, even if another station sent the frame",
    frames: [question({}, gateway.hardware)],
    answers: [arpAnswer(other)],
  },
]);

/** Asserts that frames get no reply and change no neighbor entry. */
function assertIgnored(lab: Lab, ...frames: Buffer[]): void {
  const before = lab.neighbors();
  lab.inject(frames);
  lab.expectSent();
  assert.equal(lab.neighbors(), before);
}

// A claim does not replace a hardware address that still replies.
row("ARP-01: probes the gateway when another station claims its address", "S1", (lab) => {
  const check = arpQuestion(gateway.address, gateway.hardware);
  lab.inject([arpReply(stolen)]);
  lab.expectSent();
  assert.deepEqual(lab.checks.splice(0), [check]);
  const known = `10.0.2.2 dev net0 lladdr ${gateway.hardware} REACHABLE`;
  assert.ok(lab.neighbors().includes(known), lab.neighbors());
  // For a second after a claim is refuted, no other is checked.
  lab.inject([arpReply(stolen), arpReply(gateway), arpReply(stolen)]);
  lab.inject([arpRequest(stolen, guest.address)]);
  lab.expectSent(arpAnswer(stolen));
  assert.deepEqual(lab.checks.splice(0), [check]);
  assert.ok(lab.neighbors().includes(known), lab.neighbors());
});

row("ARP-02: an unsolicited reply creates no entry", "S1", (lab) => {
  assertIgnored(lab, arpReply(other), question({ operation: 2, target: "10.0.2.99" }));
});

row("ARP-03: answers 10,000 requests, and caches at most 1,024 senders", "S1", (lab) => {
  const hex = (value: number) => (value & 255).toString(16).padStart(2, "0");
  const askers = Array.from({ length: 10_000 }, (_, i) => ({
    hardware: `02:00:00:00:${hex(i >> 8)}:${hex(i)}`,
    address: i % 2 ? `10.0.2.${100 + ((i >> 1) % 150)}` : `172.16.${i >> 8}.${i & 255}`,
  }));
  lab.inject(
    askers.map((asker) => arpRequest(asker, guest.address)),
    1e-5,
  );
  lab.expectSent(...askers.map(arpAnswer));
  const known = lab.neighbors().trim().split(/\r?\n/);
  assert.ok(known.length <= NEIGHBORS, `${known.length} neighbors`);
  assert.ok(known.some((line) => /^10\.0\.2\.2 .*52:55:0a:00:02:02 REACHABLE/.test(line)));
  assert.ok(known.every((line) => line.startsWith("10.0.2.")));
});

row("ARP-05: defends its address against another user", "T2", (lab) => {
  lab.inject([arpReply(rival), arpRequest(rival, gateway.address)]);
  lab.expectSent(arpQuestion(guest.address));
  // At most once in ten seconds (RFC 5227 section 2.4 c).
  lab.inject([arpReply(rival)]);
  lab.expectSent();
  lab.expectDrops({ "arp-address": 3 });
  lab.type("still here\r");
  assert.equal(lab.connection.received, "still here\n".length);
  lab.take();
});

row("ARP-06: does not cache 0.0.0.0", "S1", (lab) => {
  const before = lab.neighbors();
  lab.inject([arpRequest({ hardware: other.hardware, address: "0.0.0.0" }, guest.address)]);
  assert.equal(lab.neighbors(), before);
  lab.take();
});

row(
  "ARP-09: ignores other hardware types, protocols and operations, RARP included",
  "S1",
  (lab) => {
    const changes = [{ hardwareType: 6 }, { protocolType: 0x86dd }];
    const operations = [0, 3, 4, 65535].map((operation) => ({
      operation,
      targetHardware: guest.hardware,
      target: "10.0.2.99",
    }));
    assertIgnored(lab, ...[...changes, ...operations].map((change) => question(change)));
    const addresses = lab.command("ip addr").match(/inet [\d.]+/g);
    assert.deepEqual(addresses, [`inet ${guest.address}`]);
    lab.expectDrops({ "arp-format": 6 });
  },
);

/** 200 unused on-link addresses. */
const silent = Array.from({ length: 200 }, (_, i) => `10.0.2.${i < 50 ? 16 + i : 17 + i}`);

/** Asserts at most three requests per address, a second apart; returns their times. */
function assertPatient(sent: Sent[]): Map<string, number[]> {
  const asked = new Map<string, number[]>();
  for (const { frame, time } of sent) {
    const target = dotted(be32(frame, 38));
    assert.deepEqual(frame, arpQuestion(target));
    const times = asked.get(target) ?? [];
    const last = times.at(-1) ?? Number.NEGATIVE_INFINITY;
    assert.ok(time - last > 0.999 * SECOND, `${target} after ${(time - last) / SECOND} s`);
    asked.set(target, [...times, time]);
  }
  for (const [target, times] of asked) assert.ok(times.length <= 3, `${target}: ${times.length}`);
  return asked;
}

row("ARP-11: gives up on each of 201 silent neighbors within four seconds", "S1", (lab) => {
  for (const target of ["10.0.2.250", ...silent]) {
    const start = lab.world.now;
    const said = lab.command(`nc ${target} 80`, 10);
    assert.match(said, /^nc: connect to .* failed: .*(unreachable|No route)/im);
    assert.ok(lab.world.now - start < 4 * SECOND);
    const times = assertPatient(lab.take()).get(target);
    assert.equal(times?.length, 3, target);
  }
});

row("ARP-11: asks for 200 silent neighbors patiently, and frees their packets", "S1", (lab) => {
  for (let i = 0; i < 6; i++) lab.inject(silent.map((source) => echoRequest({ source })));
  lab.pass(5);
  const asked = assertPatient(lab.take());
  assert.ok(asked.size > 0 && asked.size <= silent.length, `${asked.size} addresses requested`);
});

row("ARP-12: finds a gateway with a new hardware address within 60 s", "S1", (lab) => {
  const hardware = "52:55:0a:00:02:aa";
  const moved = lab.addPeer("moved", { hardware, address: gateway.address });
  new HttpServer(moved);
  for (const [from, to, expected] of [
    [lab.gateway, moved, hardware],
    [moved, lab.gateway, gateway.hardware],
  ] as const) {
    from.port.setFaults({ cut: true });
    to.port.setFaults({});
    lab.pass(35);
    const said = lab.command("ping -c 60 10.0.2.2", 70);
    const received = Number(/ (\d+) received/.exec(said)?.[1]);
    assert.ok(received >= 50, said);
    assert.ok(lab.neighbors().includes(`10.0.2.2 dev net0 lladdr ${expected} REACHABLE`));
  }
  for (const frame of lab.frames()) {
    const arpPacket = parseArp(frame);
    if (arpPacket)
      assert.deepEqual([arpPacket.operation, dotted(arpPacket.target)], [1, "10.0.2.2"]);
  }
});
