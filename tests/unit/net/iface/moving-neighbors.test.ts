/** Neighbors that move, and more of them than the cache holds: rows ARP-13 and ARP-14. */
import assert from "node:assert/strict";
import test from "node:test";
import { arp, ethernet, icmp, ipv4 } from "../../../lab/packets/build.ts";
import { ARP, address, BROADCAST, hardwareNumber, ICMP, IPV4 } from "../../../lab/packets/bytes.ts";
import {
  arpRequest,
  gateway,
  guest,
  hostForTests,
  NeighborState,
  OFF_LINK,
  packet,
} from "../../../lab/scripted/ip-host.ts";

const host = await hostForTests();
const moved = { hardware: "52:55:0a:00:02:aa", address: gateway.address };

function hardwareOf(text: string): bigint {
  return BigInt.asUintN(64, host.wasm.neighborHardware(0, address(text)));
}

function hex(value: number): string {
  return (value & 255).toString(16).padStart(2, "0");
}

/** This host's address in a large network. */
const OWN = "10.1.255.254";

/** An echo request to OWN, in a frame from `hardware`. */
function request(source: string, hardware = gateway.hardware): Buffer {
  const payload = icmp(8, 0, 1, Buffer.alloc(40));
  const whole = { source, destination: OWN, protocol: ICMP, payload };
  return ethernet(guest.hardware, hardware, IPV4, ipv4(whole));
}

function joinLargeNetwork(): void {
  host.wasm.setAddress(0, address(OWN), 16);
  host.pass(3);
  host.sent();
}

test("ARP-13: traffic follows an announced gateway within a second", () => {
  for (const announcement of [
    { operation: 1, senderHardware: moved.hardware, sender: moved.address, target: moved.address },
    {
      operation: 2,
      senderHardware: moved.hardware,
      sender: moved.address,
      targetHardware: moved.hardware,
      target: moved.address,
    },
  ]) {
    host.configure();
    host.receive(ethernet(BROADCAST, moved.hardware, ARP, arp(announcement)));
    const start = host.now;
    let followed = -1;
    while (followed < 0 && host.now - start < 3_000_000n) {
      host.pass(0.1);
      host.ping(OFF_LINK);
      host.turn();
      for (const frame of host.sent()) {
        if (frame.arp && frame.to === moved.hardware) host.answer(moved);
        if (frame.ip && frame.to === moved.hardware) followed = Number(host.now - start) / 1e6;
      }
    }
    assert.ok(followed > 0 && followed <= 1, `followed after ${followed} s`);
    host.turn();
    assert.equal(host.state(gateway.address), NeighborState.reachable);
    assert.equal(hardwareOf(gateway.address), hardwareNumber(moved.hardware));
  }
  host.know(moved);
  host.configure();
});

test("ARP-13: traffic follows a gateway that moves without announcement within 5 s", () => {
  for (const phase of [0, 0.7, 1.9, 2.5]) {
    host.configure();
    /** Pings for a time; returns true as soon as a packet goes to the new address. */
    const talk = (seconds: number, oldAnswers: boolean) => {
      const end = host.now + BigInt(Math.round(seconds * 1e6));
      while (host.now < end) {
        host.ping(OFF_LINK);
        host.turn();
        for (const frame of host.sent()) {
          if (frame.arp && oldAnswers) host.answer(gateway);
          if (frame.arp && !oldAnswers && frame.to === BROADCAST) host.answer(moved);
          if (frame.ip && frame.to === moved.hardware) return true;
        }
        host.pass(0.2);
      }
      return false;
    };
    talk(10 + phase, true);
    const start = host.now;
    assert.ok(talk(5, false), "traffic still goes to the old address");
    assert.ok(host.now - start <= 5_000_000n);
  }
  host.configure();
});

test("ARP-13: an answered conversation needs no requests", () => {
  for (let second = 0; second < 20; second++) {
    host.ping(gateway.address, second);
    host.turn();
    for (const frame of host.sent()) {
      assert.equal(frame.arp, undefined, `second ${second}`);
      const data = frame.ip?.payload.subarray(8) ?? Buffer.alloc(0);
      const rest = frame.ip?.payload.readUInt32BE(4) ?? 0;
      host.receive(packet({ payload: icmp(0, 0, rest, data) }));
    }
    host.pass(1);
  }
  assert.equal(host.state(gateway.address), NeighborState.reachable);
});

test("ARP-14: answers 1,000 stations", () => {
  joinLargeNetwork();
  const answered = new Set<string>();
  for (let i = 1; i <= 1000; i++) {
    const hardware = `02:00:00:01:${hex(i >> 8)}:${hex(i)}`;
    const station = { hardware, address: `10.1.${i >> 8}.${i & 255}` };
    host.receive(arpRequest(station, OWN));
    host.receive(request(station.address, hardware));
    for (const frame of host.sent()) if (frame.ip) answered.add(frame.to);
  }
  assert.equal(answered.size, 1000);
  assert.equal(host.state(gateway.address), NeighborState.reachable);
});

test("ARP-14: the oldest packets to spoofed stations make room, and own traffic goes on", () => {
  joinLargeNetwork();
  for (let i = 0; i < 3000; i++) {
    host.receive(request(`10.1.${100 + (i >> 8)}.${i & 255}`));
    if (i % 100 === 0) host.pass(0.01);
    host.sent();
  }
  assert.ok(host.wasm.framesInUse() <= 192, `${host.wasm.framesInUse()} frames wait`);
  assert.ok(host.wasm.neighborOverflow(0) > 0n, "packets dropped are counted");
  assert.equal(host.state(gateway.address), NeighborState.reachable);
  const fresh = { hardware: "02:00:00:02:00:01", address: "10.1.99.1" };
  host.ping(fresh.address);
  host.turn();
  host.receive(request("10.1.200.1"));
  host.answer(fresh);
  host.turn();
  assert.ok(host.sent().some((frame) => frame.ip && frame.to === fresh.hardware));
  host.pass(70);
  assert.ok(host.wasm.neighbors(0) < 1024, "failed entries are forgotten");
  host.configure();
});
