/** Rows of the whole system, on the twin: soak, wraps, links, floods, bad descriptors. */
import assert from "node:assert/strict";
import test from "node:test";
import type { NicKind } from "../lab/machine/nic.ts";
import { Twin, type TwinOptions } from "../lab/machine/twin.ts";
import { DhcpServer } from "../lab/network/dhcp-server.ts";
import { DnsServer } from "../lab/network/dns-server.ts";
import { crcText, fetchFrom, HttpServer, pattern } from "../lab/network/http-peer.ts";
import { Peer } from "../lab/network/peer.ts";
import { type Port, Switch } from "../lab/network/switch.ts";
import { SECOND, World } from "../lab/network/world.ts";
import { arp, ethernet } from "../lab/packets/build.ts";
import { ARP, address, BROADCAST } from "../lab/packets/bytes.ts";

const STATIC = "ip=10.0.2.15::10.0.2.2:255.255.255.0:::off:10.0.2.2";
const GUEST = address("10.0.2.15");
const MAC = [0x52, 0x54, 0, 0x12, 0x34, 0x56];

interface Lab {
  world: World;
  twin: Twin;
  port: Port;
  gateway: Peer;
  dhcp: DhcpServer;
  dns: DnsServer;
  network: Switch;
}

/** A twin, 3 s after boot, with a gateway that serves DHCP, DNS and HTTP. */
async function lab(options: TwinOptions = {}, prepare?: (twin: Twin) => void): Promise<Lab> {
  const world = new World(1);
  const network = new Switch(world);
  const hardware = Uint8Array.of(2, 0, 0, 0, 0, 2);
  const gateway = new Peer(world, network, "gateway", "10.0.2.2", hardware);
  const router = gateway.address;
  const dhcp = new DhcpServer(gateway, { router, servers: [router], first: "10.0.2.15" });
  const dns = new DnsServer(gateway, { "web.test": "10.0.2.2" });
  new HttpServer(gateway);
  const twin = world.add(await Twin.boot({ commandLine: STATIC, mac: MAC, ...options }));
  const port = network.connectTwin(twin);
  prepare?.(twin);
  world.pass(3);
  return { world, twin, port, gateway, dhcp, dns, network };
}

function curl({ world, twin }: Lab, length: number, seconds = 60): void {
  const line = `curl -o null --crc32 http://10.0.2.2/bytes/${length}`;
  const said = world.command(twin, line, seconds);
  assert.match(said, new RegExp(`HTTP 200, ${length} bytes.*crc32 ${crcText(pattern(length))}`));
}

/** Returns frames in use, and bytes of heap after a collection. */
function memory({ world, twin }: Lab): { frames: number; heap: number } {
  const said = world.command(twin, "free");
  const frames = Number(/frames: (\d+) of/.exec(said)?.[1]);
  return { frames, heap: Number(/heap: (\d+) bytes used/.exec(said)?.[1]) };
}

test("SYS-01: returns to the baseline after a day of requests, with losses", async () => {
  const all = await lab({ commandLine: "ip=dhcp" });
  const { world, twin, port, dhcp } = all;
  // The log keeps its last 64 KiB, and each renewal adds a line: fill it before the first reading.
  dhcp.behavior = { ...dhcp.behavior, lease: 60 };
  world.pass(25_000);
  dhcp.behavior = { ...dhcp.behavior, lease: 600 };
  const cycle = () => {
    for (let i = 0; i < 12; i++) {
      port.setFaults({ loss: 0.02, duplicate: 0.02, reorder: 0.05, reorderTime: 1e6 });
      world.command(twin, "curl -m 30 -o null http://web.test/bytes/20000");
      world.pass(300);
    }
    port.setFaults({});
    world.pass(200);
    return memory(all);
  };
  cycle();
  const before = cycle();
  while (world.now < 86_400 * SECOND) cycle();
  const after = cycle();
  assert.ok(world.now > 86_400 * SECOND);
  assert.equal(after.frames, before.frames);
  assert.ok(after.heap <= before.heap * 1.01, `${before.heap} bytes became ${after.heap}`);
  const sockets = world.command(twin, "ss -a").match(/^tcp /gm) ?? [];
  assert.deepEqual(sockets, []);
});

/** Asserts that the console prints `text`, sent by a peer, within a second. */
function prints(world: World, twin: Twin, text: string): void {
  const before = twin.output.length;
  const said = () => twin.output.slice(before);
  world.run(world.now + SECOND, () => said().includes(text));
  assert.ok(said().includes(text), `${text} did not arrive at ${world.now / SECOND} s`);
}

// TSval (RFC 7323) wraps as well: it counts milliseconds too, from a random offset.
test("SYS-02: a connection survives 24.9 and 49.7 days, when milliseconds wrap", async () => {
  const { world, twin, port, network, gateway } = await lab();
  const other = world.add(
    await Twin.boot({
      name: "other",
      seed: 2,
      mac: [...MAC.slice(0, 5), 0x57],
      commandLine: STATIC.replace("10.0.2.15", "10.0.2.16"),
    }),
  );
  network.connectTwin(other);
  world.pass(3);
  world.command(twin, "httpd");
  other.type("nc -l 9000\r", world.now);
  world.pass(1);
  twin.type("nc 10.0.2.16 9000\r", world.now);
  world.pass(1);
  const talk = () => {
    for (const [from, to] of [
      [twin, other],
      [other, twin],
    ]) {
      const text = `it is ${world.now}`;
      from.type(`${text}\r`, world.now);
      prints(world, to, text);
    }
    const fetched = fetchFrom(gateway, GUEST, "/bytes/100000");
    world.pass(5);
    assert.ok(fetched.body.equals(pattern(100_000)));
  };
  const wraps = [2 ** 31 / 1000, 2 ** 32 / 1000];
  for (const wrap of wraps) {
    for (const second of [wrap / 3, wrap - 3600, wrap - 20]) {
      world.run(Math.max(world.now, second * SECOND));
      talk();
    }
    // A segment lost before the wrap is retransmitted after it.
    world.run((wrap - 0.05) * SECOND);
    port.setFaults({ cut: true });
    twin.type("over\r", world.now);
    world.pass(0.1);
    port.setFaults({});
    prints(world, other, "over");
    talk();
  }
  // Stay silent for more than half of the range of 32-bit milliseconds.
  world.pass(25 * 86_400);
  talk();
  twin.type("\x03", world.now);
  world.pass(1);
  assert.match(world.command(twin, "uptime"), /74 days/);
});

test("SYS-02: a wrapping time-stamp counter stops no timer", async () => {
  for (const top of [2n ** 63n, 2n ** 64n]) {
    // Ten seconds before the wrap, at 2.5 GHz.
    const all = await lab({ machine: { tscStart: top - 25_000_000_000n } });
    const { world, twin } = all;
    for (let i = 0; i < 10; i++) {
      const start = world.now;
      world.command(twin, "sleep 1");
      const slept = (world.now - start) / SECOND;
      assert.ok(slept >= 1 && slept < 1.2, `${slept} s`);
      curl(all, 20_000);
    }
    assert.match(world.command(twin, "uptime"), / up 0 min/);
  }
});

test("SYS-03: steps of the real-time clock do not affect timers", async () => {
  for (const time of [2 ** 31 - 5, 4_107_542_395, 951_782_395]) {
    const all = await lab({ machine: { rtc: { time, centuryRegister: 0x32 } } });
    const { world, twin } = all;
    world.pass(10);
    // A clock before the kernel's source date is wrong: that date is used.
    const date = new Date(Math.max(time + 13, 1_700_000_000) * 1000);
    const year = String(date.getUTCFullYear());
    assert.ok(world.command(twin, "date").includes(` ${year}`), year);
    const rtc = twin.machine.rtc.overrides;
    const registers = [
      [0x99, 0x99, 0x99],
      [0x00, 0x00, 0x00],
      [0x59, 0x59, 0x23],
    ];
    for (const [second, minute, hour] of registers) {
      rtc.set(0, second).set(2, minute).set(4, hour);
      const start = world.now;
      world.command(twin, "sleep 2");
      const slept = (world.now - start) / SECOND;
      assert.ok(slept >= 2 && slept < 2.5, `${slept} s`);
      curl(all, 5000);
      world.command(twin, "date");
    }
  }
});

test("SYS-05: a transfer continues after its cable was unplugged", async () => {
  for (const sendTime of [0, 12_000]) {
    const all = await lab({ commandLine: "ip=dhcp", nic: { sendTime } });
    const { world, twin, dhcp, port } = all;
    port.setFaults({ bandwidth: 1e7 });
    const acknowledged = dhcp.acknowledged;
    world.after(0.3 * SECOND, () => twin.setLink(false, world.now));
    world.after(3 * SECOND, () => twin.setLink(true, world.now));
    curl(all, 2_000_000);
    world.pass(5);
    // The lease is requested again when the link returns (RFC 2131 section 4.4.2).
    assert.ok(dhcp.acknowledged > acknowledged);
    assert.match(twin.output, /link is down[\s\S]*link is up/);
    curl(all, 10_000);
  }
});

test("SYS-06: console and network work while the console is flooded", async () => {
  const all = await lab();
  const { world, twin, gateway } = all;
  const every = Uint8Array.from({ length: 256 }, (_, i) => i);
  // Without line ends, which would run random commands.
  const quiet = every.filter((byte) => byte !== 10 && byte !== 13);
  world.command(twin, "httpd");
  const flood = Buffer.concat([
    ...Array.from({ length: 10 }, () => quiet),
    Buffer.alloc(1 << 14, 0x61),
    Buffer.from("\x1b[".repeat(500)),
    Buffer.from("\x1b[999999999999A\x1b]0;x\x07\xff\xfe\xc0\x80"),
  ]);
  twin.type(flood, world.now);
  const fetched = [0, 1, 2].map((i) => fetchFrom(gateway, GUEST, `/bytes/${i * 50_000}`));
  world.pass(20);
  for (const [i, one] of fetched.entries()) assert.ok(one.body.equals(pattern(i * 50_000)));
  world.pass(60);
  twin.type("\x03\x15\r", world.now);
  world.pass(2);
  assert.match(world.command(twin, "echo still here"), /\nstill here/);
});

test("SYS-07: survives spurious and foreign interrupts", async () => {
  const all = await lab();
  const { world, twin } = all;
  for (let i = 0; i < 1000; i++) {
    for (const vector of [39, 47, 35, 200, 2]) twin.machine.takeInterrupt(vector);
  }
  curl(all, 50_000);
  world.pass(1);
});

const cards: [kind: NicKind, commandLine: string][] = [
  ["e1000", STATIC],
  ["e1000", "ip=dhcp"],
  ["e1000e", "ip=dhcp"],
  ["igb", "ip=dhcp"],
  ["rtl8168", "ip=dhcp"],
  ["virtio-modern", "ip=dhcp"],
];
for (const [kind, commandLine] of cards) {
  test(`SYS-07: with ${commandLine}, polls a dead or dying ${kind}`, async () => {
    for (const from of ["boot", "later"]) {
      const cut = (twin: Twin) => {
        // From here on the card's interrupts are lost.
        twin.machine.pic.second.set = () => {};
        twin.machine.apic.message = () => {};
      };
      const options = { commandLine, nic: { kind } };
      const all = await lab(options, from === "boot" ? cut : undefined);
      const { world, twin, gateway } = all;
      if (from === "later") {
        world.pass(10);
        cut(twin);
      }
      assert.match(world.command(twin, "ping -c 3 10.0.2.2"), / [23] received/);
      // Without a connection no timer wakes it now.
      world.pass(5);
      let pongs = 0;
      gateway.onPong = () => pongs++;
      for (let i = 0; i < 10; i++) {
        gateway.ping(GUEST, i, Buffer.alloc(56));
        world.pass(1);
        assert.equal(pongs, i + 1, "an echo takes longer than a second");
      }
      const log = /no interrupts on irq \d+( \(PCI-MSIX?\))?, polling instead/;
      const [, messages] = log.exec(world.command(twin, "dmesg")) ?? assert.fail("not logged");
      assert.equal(messages !== undefined, kind !== "e1000");
      const start = world.now;
      curl(all, 2_000_000);
      assert.ok(world.now - start < 5 * SECOND, `${(world.now - start) / SECOND} s`);
    }
  });
}

test("SYS-09: drops and counts descriptors with errors and impossible lengths", async () => {
  const all = await lab();
  const { world, twin, gateway } = all;
  const before = memory(all).frames;
  const sender = { senderHardware: gateway.hardware, sender: gateway.address };
  const question = arp({ operation: 1, ...sender, target: GUEST });
  const frame = ethernet(BROADCAST, gateway.hardware, ARP, question);
  for (const length of [0, 1, 13, 1519, 2048, 16_384, 65_535]) {
    twin.receive(frame, world.now, { errors: 0, length });
  }
  for (const errors of [1, 2, 4, 0x10, 0x80, 0xff]) twin.receive(frame, world.now, { errors });
  twin.receive(frame, world.now, { parts: [20, 20, 20] });
  twin.receive(frame, world.now, { parts: [60], unfinished: true });
  twin.receive(frame, world.now, { parts: [60] });
  world.pass(1);
  curl(all, 100_000);
  const said = world.command(twin, "ip -s link");
  assert.match(said, /crc 2, frame 4, length 1, fifo 0, oversized 6, missed 0, no frame 0\r/);
  assert.match(said, /dropped by the stack: 2, ethernet-truncated 2\r/);
  assert.equal(memory(all).frames, before);
});

test("ping sleeps while a name server is silent", async () => {
  const all = await lab();
  const { world, twin, dns } = all;
  dns.behavior = { ...dns.behavior, silence: 1 };
  const before = twin.turns;
  world.command(twin, "ping -c 1 web.test");
  assert.ok(twin.turns - before < 5000, `${twin.turns - before} turns`);
});
