/** What will happen in a world, drawn from its seed alone: a plan is data, and can be printed. */
import { type FloodKind, floodKinds } from "../network/flood.ts";
import { Random } from "../network/random.ts";
import type { Faults } from "../network/wire.ts";

export interface TwinPlan {
  name: string;
  address: string;
  dhcp: boolean;
  /** Faults of its cable until they stop. */
  down: Partial<Faults>;
  up: Partial<Faults>;
  /** Transmission takes time, as on a real controller. */
  sendTime: number;
  /** Console commands until the faults stop. */
  commands: string[];
}

/** Something that happens to a twin at a time (seconds). */
export type Incident = { at: number; twin: number } & (
  | { kind: "link"; seconds: number }
  | { kind: "cut"; seconds: number; up: boolean; down: boolean }
  | { kind: "reset" }
  | { kind: "flood"; what: FloodKind; frames: number; gap: number }
  | { kind: "keys"; bytes: number[] }
  | { kind: "fetch"; length: number; peer: number; resets: boolean }
  | { kind: "post"; length: number; peer: number }
  | { kind: "ping"; count: number; length: number }
);

export interface Plan {
  seed: number;
  twins: TwinPlan[];
  /** Seconds until all faults stop. */
  faultsEnd: number;
  /** The peers misbehave as far as this says, 0 to 1. */
  rudeness: number;
  lease: number;
  chunked: boolean;
  peerWindow: number;
  peerSegment: number;
  ackDelay: number;
  incidents: Incident[];
}

const names = ["a", "b", "c"];

export function makePlan(seed: number): Plan {
  const random = new Random(seed);
  const count = random.pick([1, 1, 2, 2, 2, 3]);
  const faultsEnd = random.between(15, 45);
  // A third of all worlds is mild, so that much gets done there.
  const force = random.pick([0, 0.2, 0.5, 1]);
  const twins = names.slice(0, count).map((name, i) => {
    const address = `10.0.2.${15 + i}`;
    const dhcp = random.chance(0.6);
    const down = makeFaults(random, force);
    const up = random.chance(0.5) ? down : makeFaults(random, force);
    const sendTime = random.chance(0.3) ? 12_000 : 0;
    const others = names.slice(0, count).flatMap((_, k) => (k === i ? [] : [`10.0.2.${15 + k}`]));
    const commands = makeCommands(random, others);
    return { name, address, dhcp, down, up, sendTime, commands };
  });
  return {
    seed,
    twins,
    faultsEnd,
    rudeness: random.pick([0, 0, 0.1, 0.3]),
    lease: random.pick([20, 60, 3600]),
    chunked: random.chance(0.3),
    peerWindow: random.pick([65535, 65535, 20000, 4000, 600]),
    peerSegment: random.pick([1460, 1460, 536, 100]),
    ackDelay: random.pick([0, 0, 1e6, 1e8]),
    incidents: makeIncidents(random, count, faultsEnd),
  };
}

function makeFaults(random: Random, force: number): Partial<Faults> {
  const some = (most: number) => (random.chance(0.4) ? random.fraction() * most * force : 0);
  const bursts = some(0.02);
  return {
    loss: some(0.2),
    burstStart: bursts,
    burstEnd: 0.2,
    duplicate: some(0.2),
    reorder: some(0.3),
    reorderTime: random.pick([1e5, 1e6, 3e7]),
    delay: random.pick([5000, 5000, 1e6, 3e7, 1.5e8]),
    jitter: random.chance(0.3) ? random.pick([1e5, 1e7, 1e8]) : 0,
    flip: some(0.05),
    damage: some(0.05),
    truncate: some(0.02),
    mtu: random.chance(0.05 * force) ? random.between(300, 1499) : 1500,
    bandwidth: random.pick([1e9, 1e9, 1e8, 1e7, 1e6]),
    queueBytes: random.pick([1 << 20, 64_000, 15_000]),
  };
}

const lengths = [0, 1, 1459, 1460, 1461, 5000, 40_000, 65_536, 150_000, 400_000];

function makeCommands(random: Random, others: string[]): string[] {
  const servers = ["10.0.2.2", "web.test", ...others];
  const length = () =>
    random.chance(0.7) ? random.pick(lengths) : random.between(0, random.pick([3000, 300_000]));
  const makers = [
    () => `curl -m 40 -o null --crc32 http://${random.pick(servers)}/bytes/${length()}`,
    () => `curl -m 40 -o null --crc32 http://${random.pick(servers)}/bytes/${length()}`,
    () => `curl -m 40 -o null -d @bytes:${length()} http://${random.pick(others)}/discard`,
    () => `ping -c ${random.between(1, 4)} -s ${random.between(0, 4000)} ${random.pick(servers)}`,
    () => `host ${random.pick(["web.test", "WEB.test", "no.test", "alias.test"])}`,
    () => `rpc -t 20 http://web.test/rpc echo '[${random.between(0, 999)},"a"]'`,
    () => random.pick(["httpd", "httpd", "httpd stop", "httpd 8080"]),
    () => random.pick(["ip addr", "ss", "ss -ti", "ip neigh", "ip route", "ip -s link", "dmesg"]),
    () => random.pick(["dhcp", "resolvectl flush-caches", "uptime", "nonsense", "echo 'a b' c"]),
    () => random.pick(["tcpdump -c 5", "sleep 3", "nc 10.0.2.2 9", "nc -l 9000"]),
    () => `nc -u 10.0.2.2 ${random.between(1, 100)}`,
  ];
  const commands = random.chance(0.8) ? ["httpd"] : [];
  for (let i = random.between(2, 10); i > 0; i--) {
    let make = random.pick(makers);
    if (others.length === 0 && make === makers[2]) make = makers[0];
    commands.push(make());
  }
  return commands;
}

function makeIncidents(random: Random, twins: number, faultsEnd: number): Incident[] {
  const incidents: Incident[] = [];
  for (let i = random.between(0, 8); i > 0; i--) {
    const at = 1 + random.fraction() * (faultsEnd - 1);
    const twin = random.between(0, twins - 1);
    const seconds = random.pick([0.01, 0.5, 3, 10]);
    const place = { at, twin };
    const kind = random.between(0, 10);
    if (kind === 0) incidents.push({ ...place, kind: "link", seconds });
    else if (kind === 1) {
      const up = random.chance(0.7);
      incidents.push({ ...place, kind: "cut", seconds, up, down: !up || random.chance(0.5) });
    } else if (kind === 2) incidents.push({ ...place, kind: "reset" });
    else if (kind <= 4) {
      const frames = random.pick([50, 500, 2000]);
      const gap = random.pick([500, 5000, 100_000]);
      incidents.push({ ...place, kind: "flood", what: random.pick(floodKinds), frames, gap });
    } else if (kind === 5) {
      incidents.push({ ...place, kind: "keys", bytes: makeKeys(random) });
    } else if (kind === 6) {
      const [count, length] = [random.between(1, 20), random.between(0, 1400)];
      incidents.push({ ...place, kind: "ping", count, length });
    } else if (kind === 7) {
      const length = random.pick(lengths);
      incidents.push({ ...place, kind: "post", length, peer: random.between(0, 1) });
    } else {
      const peer = random.between(0, 1);
      const length = random.pick(lengths);
      incidents.push({ ...place, kind: "fetch", length, peer, resets: random.chance(0.2) });
    }
  }
  return incidents.sort((a, b) => a.at - b.at);
}

/** Keys that end in an empty line, whatever they are: Ctrl-U clears what was typed. */
function makeKeys(random: Random): number[] {
  const arrows = [..."ABCDHF"].map((letter) => [27, 91, letter.charCodeAt(0)]);
  const keys: number[] = [];
  for (let i = random.between(1, 60); i > 0; i--) {
    if (random.chance(0.2)) keys.push(...random.pick(arrows));
    else if (random.chance(0.1)) keys.push(random.pick([9, 1, 5, 11, 23, 127, 0, 0xc3, 0xff]));
    else keys.push(random.between(97, 122));
  }
  return [...keys, 21, 13];
}
