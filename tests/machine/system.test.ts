/** The rows of the whole system, on the twin: soak, wraps, links, floods, bad descriptors. */
import assert from "node:assert/strict";
import test from "node:test";
import { DhcpServer } from "../network/dhcp-server.ts";
import { DnsServer } from "../network/dns-server.ts";
import { crcText, fetchFrom, HttpServer, pattern } from "../network/http-peer.ts";
import { address, arpFrame } from "../network/packet.ts";
import { Peer } from "../network/peer.ts";
import { type Port, Switch } from "../network/switch.ts";
import { SECOND, World } from "../network/world.ts";
import { Twin, type TwinOptions } from "./twin.ts";

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

/** A twin with a gateway that serves DHCP, names and HTTP, three seconds after its boot. */
async function lab(options: TwinOptions = {}): Promise<Lab> {
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
  world.pass(3);
  return { world, twin, port, gateway, dhcp, dns, network };
}

function curl({ world, twin }: Lab, length: number, seconds = 60): void {
  const line = `curl -o null --crc32 http://10.0.2.2/bytes/${length}`;
  const said = world.command(twin, line, seconds);
  assert.match(said, new RegExp(`HTTP 200, ${length} bytes.*crc32 ${crcText(pattern(length))}`));
}

/** Frames in use, and bytes of heap after a collection. */
function memory({ world, twin }: Lab): { frames: number; heap: number } {
  const said = world.command(twin, "free");
  const frames = Number(/frames: (\d+) of/.exec(said)?.[1]);
  return { frames, heap: Number(/heap: (\d+) bytes used/.exec(said)?.[1]) };
}

test("SYS-01: a day of requests and lease renewals with losses ends at the baseline", async () => {
  const all = await lab({ commandLine: "ip=dhcp" });
  const { world, twin, port, dhcp } = all;
  // The log keeps its last 64 KiB, and every renewal is a line: it is full before the first look.
  dhcp.manners = { ...dhcp.manners, lease: 60 };
  world.pass(25_000);
  dhcp.manners = { ...dhcp.manners, lease: 600 };
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
  const sockets = world.command(twin, "ss -t").match(/^tcp /gm) ?? [];
  assert.deepEqual(sockets, []);
});

test("SYS-02: connections live across 49.7 days, where milliseconds wrap", async () => {
  const all = await lab();
  const { world, twin } = all;
  const wrap = 2 ** 32 / 1000;
  // A connection that stays open: the pool of curl keeps it for 30 s only, nc for ever.
  for (const moment of [2 ** 31 / 1000, wrap]) {
    world.run((moment - 20) * SECOND);
    for (let i = 0; i < 6; i++) {
      curl(all, 100_000);
      assert.match(world.command(twin, "ping -c 3 10.0.2.2"), / 3 received, 0% packet loss/);
      world.pass(5);
    }
    assert.ok(world.now > moment * SECOND);
  }
  assert.match(world.command(twin, "uptime"), /49 days/);
});

test("SYS-03: steps of the real-time clock leave timers alone", async () => {
  for (const time of [2 ** 31 - 5, 4_107_542_395, 951_782_395]) {
    const all = await lab({ machine: { rtc: { time, centuryRegister: 0x32 } } });
    const { world, twin } = all;
    world.pass(10);
    // A clock from before the kernel was built is wrong: the build's date counts.
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

test("SYS-05: a cable pulled in the middle of a transfer costs time only", async () => {
  for (const sendTime of [0, 12_000]) {
    const all = await lab({ commandLine: "ip=dhcp", nic: { sendTime } });
    const { world, twin, dhcp, port } = all;
    port.setFaults({ bandwidth: 1e7 });
    const acknowledged = dhcp.acknowledged;
    world.after(0.3 * SECOND, () => twin.setLink(false, world.now));
    world.after(3 * SECOND, () => twin.setLink(true, world.now));
    curl(all, 2_000_000);
    world.pass(5);
    // The lease is asked for again when the link is back (RFC 2131 section 4.4.2).
    assert.ok(dhcp.acknowledged > acknowledged);
    assert.match(twin.output, /link is down[\s\S]*link is up/);
    curl(all, 10_000);
  }
});

test("SYS-06: a console flooded with anything stays alive, and so does the network", async () => {
  const all = await lab();
  const { world, twin, gateway } = all;
  const every = Uint8Array.from({ length: 256 }, (_, i) => i);
  // Without the ends of lines, which would run what was typed by chance.
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

test("SYS-07: spurious and foreign interrupts end, a silent line is polled by time", async () => {
  const all = await lab();
  const { world, twin } = all;
  for (let i = 0; i < 1000; i++) {
    for (const vector of [39, 47, 35, 200, 2]) twin.machine.takeInterrupt(vector);
  }
  curl(all, 50_000);
  const deaf = await Twin.boot({ commandLine: STATIC, mac: MAC });
  // The line of the card is dead from here on: nothing that it says arrives.
  deaf.machine.pic.second.set = () => {};
  deaf.pass(5);
  assert.match(deaf.command("echo alive"), /\nalive/);
  world.pass(1);
});

test("SYS-09: descriptors with errors and impossible lengths are dropped and counted", async () => {
  const all = await lab();
  const { world, twin, gateway } = all;
  const before = memory(all).frames;
  const own = { hardware: Uint8Array.from(MAC), address: GUEST };
  const frame = arpFrame(1, gateway, own);
  for (const length of [0, 1, 13, 1519, 2048, 16_384, 65_535]) {
    twin.receive(frame, world.now, { errors: 0, length });
  }
  for (const errors of [1, 2, 4, 0x10, 0x80, 0xff]) twin.receive(frame, world.now, { errors });
  twin.receive(frame, world.now, { parts: [20, 20, 20] });
  twin.receive(frame, world.now, { parts: [60], unfinished: true });
  twin.receive(frame, world.now, { parts: [60] });
  world.pass(1);
  curl(all, 100_000);
  assert.match(world.command(twin, "ip -s link"), /RX[\s\S]*errors/i);
  assert.equal(memory(all).frames, before);
});

test("a name server that is silent does not keep ping's processor busy", async () => {
  const all = await lab();
  const { world, twin, dns } = all;
  dns.manners = { ...dns.manners, silence: 1 };
  const before = twin.turns;
  world.command(twin, "ping -c 1 web.test");
  assert.ok(twin.turns - before < 5000, `${twin.turns - before} turns`);
});
