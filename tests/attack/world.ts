/**
 * The catalogue's world: the kernel as 10.0.2.15 with gateway P, name server D and attacker A on
 * its link, in a given state. Rows put exact bytes on its wire. After each row, the common
 * requirements are checked: no other frame was sent or dropped, everything still works, and
 * nothing leaks.
 */
import assert from "node:assert/strict";
import test from "node:test";
import { Twin, type TwinOptions } from "../lab/machine/twin.ts";
import { Checker } from "../lab/network/checker.ts";
import { DhcpServer } from "../lab/network/dhcp-server.ts";
import { DnsServer } from "../lab/network/dns-server.ts";
import { crcText, HttpServer, pattern } from "../lab/network/http-peer.ts";
import { Peer } from "../lab/network/peer.ts";
import { type Port, Switch } from "../lab/network/switch.ts";
import type { Connection } from "../lab/network/tcp.ts";
import { World } from "../lab/network/world.ts";
import { address, be16, hardware, ICMP, TCP, UDP } from "../lab/packets/bytes.ts";
import { parseIp } from "../lab/packets/read.ts";
import { attacker, dns, gateway, guest } from "../lab/scripted/ip-host.ts";
import { normal } from "./expected-frames.ts";

/**
 * S0: before DHCP. S1: configured and idle, the gateway cached. T1: SYN-SENT to P:80. T2:
 * ESTABLISHED to P:80. T1 and T2 use `nc`, which then holds the console.
 */
export type State = "S0" | "S1" | "T1" | "T2";

export interface Sent {
  frame: Buffer;
  /** Nanoseconds. */
  time: number;
}

/** Counts by the names of `ip -s link`. */
export type Counts = Record<string, number>;

/** Seconds until incomplete datagrams, names and old connections have expired. */
const FORGET = 130;
/** Heap bytes of a name's cache entry, which outlives its TTL. */
const NAME_BYTES = 224;
/** Heap bytes of a log line in addition to its characters. */
const LINE_BYTES = 64;
/** Heap bytes by which tables and lists may have grown. */
const HEAP_SLACK = 512;
/** Turns allowed in an idle second. */
const IDLE_TURNS = 50;
const DHCP_SERVER = 67;
const GUEST = address(guest.address);

export class Lab {
  readonly world = new World(1);
  readonly network = new Switch(this.world);
  readonly gateway = this.addPeer("gateway", gateway);
  readonly names = this.addPeer("names", dns);
  readonly attacker = this.addPeer("attacker", attacker);
  readonly dhcp: DhcpServer;
  readonly dns: DnsServer;
  /** P's server. */
  readonly http: HttpServer;
  readonly port: Port;
  /** P's side of the last connection to its port 80. */
  connection!: Connection;
  /** By how much the guest's drop counters should have grown at the end. */
  readonly expected: Counts = {};
  private readonly checker = new Checker();
  private readonly hosts: Record<string, string> = { "slow.test": gateway.address };
  /** The guest's ARP requests to one station, which check that a known neighbor is there. */
  checks: Buffer[] = [];
  /** The guest's other frames. */
  private sent: Sent[] = [];
  private lookups = 0;
  private before = { frames: 0, heap: 0, kept: 0, sockets: "", counts: {} as Counts };

  private constructor(readonly twin: Twin) {
    const router = address(gateway.address);
    const servers = [address(dns.address)];
    this.dhcp = new DhcpServer(this.gateway, { router, servers, first: guest.address });
    this.dns = new DnsServer(this.names, this.hosts);
    this.http = new HttpServer(this.gateway);
    const serve = this.gateway.tcp.listeners.get(80);
    this.gateway.tcp.listeners.set(80, (connection) => {
      this.connection = connection;
      serve?.(connection);
    });
    this.checker.allow(twin.mac, GUEST);
    this.world.add(twin);
    this.port = this.network.connectTwin(twin);
    this.network.taps.push((frame, time, from) => {
      if (from !== this.port.station) return;
      if (isCheck(frame)) this.checks.push(Buffer.from(frame));
      else this.sent.push({ frame: Buffer.from(frame), time });
      this.checker.check(frame, time, "the guest", twin.mac);
    });
  }

  static async at(state: State, options: TwinOptions = {}): Promise<Lab> {
    const lab = new Lab(await Twin.boot({ commandLine: "ip=dhcp", ...options }));
    if (state === "S0") {
      lab.dhcp.behavior = { ...lab.dhcp.behavior, silence: 1 };
      lab.pass(3);
      return lab;
    }
    lab.configure();
    if (state !== "S1") lab.connect(state);
    return lab;
  }

  /** Adds one of the catalogue's stations. */
  addPeer(name: string, who: { hardware: string; address: string }): Peer {
    return new Peer(this.world, this.network, name, who.address, hardware(who.hardware));
  }

  /** Waits for the lease, enters state S1 and records the baseline. */
  configure(): void {
    this.dhcp.behavior = { ...this.dhcp.behavior, silence: 0 };
    this.pass(20);
    this.alive();
    this.before = this.remains();
    assert.match(this.command("ping -c 1 10.0.2.2"), / 1 received/);
    this.pass(2);
    this.take();
  }

  private connect(state: State): void {
    // In T1, frames from the guest are recorded and discarded from now on.
    if (state === "T1") this.mute(true);
    this.twin.type("nc 10.0.2.2 80\r", this.world.now);
    this.pass(0.1);
    if (state === "T1") return;
    assert.ok(this.connection.established);
    this.connection.onData = () => {};
    this.take();
  }

  pass(seconds: number): void {
    this.world.pass(seconds);
  }

  /** Starts or stops discarding the guest's frames. */
  mute(on: boolean): void {
    this.port.setFaults({}, { cut: on });
  }

  /** Puts frames on the guest's wire unchanged, `gap` seconds apart. */
  inject(frames: Iterable<Uint8Array>, gap = 1e-4): void {
    for (const frame of frames) {
      this.twin.receive(frame, this.world.now);
      this.pass(gap);
    }
  }

  command(line: string, seconds = 60): string {
    return this.world.command(this.twin, line, seconds);
  }

  /** Types text on the console. */
  type(text: string): void {
    this.twin.type(text, this.world.now);
    this.pass(0.1);
  }

  /** Violations that the frame checker found. */
  get complaints(): string[] {
    return this.checker.complaints;
  }

  /** Returns the frames that the guest sent since the last call, without `checks`. */
  take(): Sent[] {
    return this.sent.splice(0);
  }

  frames(): Buffer[] {
    return this.take().map(({ frame }) => frame);
  }

  /** Waits a second; asserts that the guest sent exactly these frames since the last `take`. */
  expectSent(...expected: Buffer[]): void {
    this.pass(1);
    assert.deepEqual(normal(this.frames()), normal(expected));
  }

  /** Expects these drops in addition to earlier ones. */
  expectDrops(counts: Counts): void {
    for (const [name, count] of Object.entries(counts)) {
      this.expected[name] = (this.expected[name] ?? 0) + count;
    }
  }

  /** Lets that many incomplete datagrams expire, and expects their drops. */
  outlive(datagrams: number): void {
    this.pass(61);
    this.expectDrops({ "fragment-timeout": datagrams });
  }

  neighbors(): string {
    return this.command("ip neigh").replace(/^ip neigh\s+|anonymos> $/g, "");
  }

  /** Returns the drops by reason, as `ip -s link` prints them. */
  counts(): Counts {
    const text = this.command("ip -s link");
    const [, device] = /RX errors: (.*)/.exec(text) ?? [];
    const [, stack] = /dropped by the stack: \d+(?:, )?(.*)/.exec(text) ?? [];
    assert.ok(device !== undefined && stack !== undefined, text);
    const pairs = `${device}, ${stack.trim()}`.split(", ").filter((pair) => pair.includes(" "));
    return Object.fromEntries(
      pairs.map((pair) => {
        const at = pair.lastIndexOf(" ");
        return [pair.slice(0, at), Number(pair.slice(at))];
      }),
    );
  }

  /** Checks what every row requires, and the drops that the row expects. */
  finish(): void {
    const turns = this.twin.turns;
    this.pass(1);
    assert.ok(this.twin.turns - turns < IDLE_TURNS, "the processor is not idle");
    assert.deepEqual(normal(this.frames()), [], "unexpected frames");
    this.mute(false);
    this.release();
    this.assertCounts();
    this.alive();
    this.pass(FORGET);
    const after = this.remains();
    assert.equal(after.frames, this.before.frames, "frames leaked");
    assert.equal(after.sockets, this.before.sockets);
    const grown = after.heap - this.before.heap;
    const kept = after.kept - this.before.kept;
    assert.ok(grown - kept <= HEAP_SLACK, `the heap grew by ${grown} bytes, expected ${kept}`);
    assert.deepEqual(this.complaints, []);
    assert.doesNotMatch(this.twin.output, /panic/);
  }

  /** Interrupts the program on the console. */
  private release(): void {
    if (this.twin.output.endsWith("\nanonymos> ")) return;
    this.type("\x03");
    this.pass(1);
    this.take();
  }

  private assertCounts(): void {
    const gained: Counts = {};
    for (const [name, count] of Object.entries(this.counts())) {
      const more = count - (this.before.counts[name] ?? 0);
      if (more !== 0) gained[name] = more;
    }
    assert.deepEqual(gained, this.expected, "drops");
  }

  /** Checks an echo within a second, a name and a page within five each, and no other frames. */
  alive(): void {
    this.take();
    let pongs = 0;
    const { gateway } = this;
    gateway.onPong = () => pongs++;
    gateway.ping(GUEST, 1, Buffer.from("still there?"));
    this.pass(1);
    assert.equal(pongs, 1, "no echo reply");
    const name = `check${this.lookups++}.test`;
    this.hosts[name] = "10.0.2.2";
    const found = this.command(`host ${name}`, 5);
    assert.ok(found.includes(`${name} has address 10.0.2.2\r\n`), found);
    const got = this.command("curl -o null --crc32 http://10.0.2.2/bytes/5000", 5);
    assert.ok(got.includes("HTTP 200, 5000 bytes"), got);
    assert.ok(got.includes(`crc32 ${crcText(pattern(5000))}`), got);
    for (const frame of this.frames()) assert.ok(isFromChecks(frame), frame.toString("hex"));
  }

  private remains() {
    this.pass(FORGET);
    this.take();
    const sockets = this.command("ss -a");
    const counts = this.counts();
    // Retained on purpose and bounded: names and the log.
    const log = this.command("dmesg").match(/(?<=^\[ *[\d.]+\] ).*(?=\r$)/gm) ?? [];
    const lines = log.reduce((sum, line) => sum + 2 * line.length + LINE_BYTES, 0);
    const kept = lines + NAME_BYTES * this.lookups;
    this.command("history -c");
    const text = this.command("free");
    const frames = Number(/frames: (\d+) of/.exec(text)?.[1]);
    const heap = Number(/heap: (\d+) bytes used/.exec(text)?.[1]);
    return { frames, heap, kept, sockets, counts };
  }
}

/** Reports whether this is an ARP request to one station. */
function isCheck(frame: Uint8Array): boolean {
  return be16(frame, 12) === 0x0806 && be16(frame, 20) === 1 && (frame[0] & 1) === 0;
}

/** Reports whether the checks of a row may have caused this frame. */
function isFromChecks(frame: Buffer): boolean {
  if (be16(frame, 12) === 0x0806) return true;
  const ip = parseIp(frame);
  if (!ip) return false;
  if (ip.protocol === ICMP) return frame[ip.start] === 0;
  if (ip.protocol === TCP) return be16(frame, ip.start + 2) === 80;
  return ip.protocol === UDP && be16(frame, ip.start + 2) === 53;
}

/** Runs a row as a test in its own world, with the checks that every row requires. */
export function row(name: string, state: State, body: (lab: Lab) => void): void {
  test(name, async () => {
    const lab = await Lab.at(state);
    body(lab);
    lab.finish();
  });
}

/** A row of injected frames, expected frames and expected drops. */
export interface Row {
  name: string;
  frames: Buffer[];
  answers?: Buffer[];
  drops?: Counts;
  /** Seconds until the last drop is counted. */
  wait?: number;
}

/** Runs all rows of a table, and injects their frames once more before the guest has an address. */
export function rows(table: Row[]): void {
  for (const { name, frames, answers = [], drops = {}, wait = 0 } of table) {
    row(name, "S1", (lab) => {
      lab.inject(frames);
      lab.pass(wait);
      lab.expectSent(...answers);
      lab.expectDrops(drops);
    });
  }
  const [first, last] = [table[0].name, table[table.length - 1].name];
  row(
    `${first.split(":")[0]} to ${last.split(":")[0]}: only DHCP is sent before there is an address`,
    "S0",
    (lab) => {
      lab.take();
      for (const { frames } of table) lab.inject(frames);
      lab.pass(1);
      for (const frame of lab.frames()) assert.equal(be16(frame, 36), DHCP_SERVER);
      lab.configure();
    },
  );
}
