/** The plan of a world, drawn from its seed alone. It is plain data, and can be printed. */

import { type NicKind, nicKinds } from "../lab/machine/nic.ts";
import type { Faults } from "../lab/network/wire.ts";
import { Random } from "../lab/random.ts";
import { type Conditions, makeConditions, questions } from "./conditions.ts";
import { type Incident, makeIncidents } from "./incidents.ts";
import { lengths } from "./lengths.ts";
import { secured } from "./secure.ts";

export interface TwinPlan {
  name: string;
  address: string;
  dhcp: boolean;
  /** Faults of its cable during the storm, to the twin and from it. */
  down: Partial<Faults>;
  up: Partial<Faults>;
  /** Its network card. */
  nic: NicKind;
  /** Nanoseconds that the card takes to transmit a frame. */
  sendTime: number;
  /** Port accesses and turns take as long as on a slow machine. */
  slow: boolean;
  /** A hypervisor reports the clock's rate; otherwise the kernel measures it. */
  hypervisor: boolean;
  /** Bytes of memory for the kernel's objects and buffers. */
  memory: number;
  /** Commands typed in the storm. */
  commands: string[];
}

export interface Plan {
  seed: number;
  twins: TwinPlan[];
  /** The twins use HTTPS too, and trust each other's certificates. */
  secure: boolean;
  /** Seconds of storm. */
  faultsEnd: number;
  /** How badly the peers' services behave, 0 to 1: the probability of a fault per request. */
  rudeness: number;
  /** Duration of DHCP leases in seconds. */
  lease: number;
  chunked: boolean;
  peerWindow: number;
  peerSegment: number;
  peerOverrun: number;
  /** Nanoseconds by which peers delay their ACKs. */
  ackDelay: number;
  incidents: Incident[];
  conditions: Conditions;
}

const names = ["a", "b", "c"];
/** Added to the seed for the cards: drawn apart, so that a new kind changes little else. */
const CARDS = 0x6361_7264;
/** Sizes from plenty to just enough for the kernel and a few connections. */
const memories = [1 << 30, 1 << 30, 1 << 30, 16 << 20, 9 << 20];

export function makePlan(seed: number): Plan {
  const random = new Random(seed);
  const cards = new Random(seed + CARDS);
  const count = random.pick([1, 1, 2, 2, 2, 3]);
  const faultsEnd = random.between(15, 45);
  // A quarter of all worlds has no random loss or damage, so that most commands succeed there.
  const force = random.pick([0, 0.2, 0.5, 1]);
  const twins = names.slice(0, count).map((name, i) => {
    const address = `10.0.2.${15 + i}`;
    const dhcp = random.chance(0.6);
    const down = makeFaults(random, force);
    const up = random.chance(0.5) ? down : makeFaults(random, force);
    const sendTime = random.chance(0.3) ? 12_000 : 0;
    const slow = random.chance(0.5);
    const hypervisor = random.chance(0.8);
    const memory = random.pick(memories);
    const others = names.slice(0, count).flatMap((_, k) => (k === i ? [] : [`10.0.2.${15 + k}`]));
    const commands = makeCommands(random, name, others);
    const nic = cards.chance(0.5) ? "e1000" : cards.pick(nicKinds);
    const machine = { nic, sendTime, slow, hypervisor, memory };
    return { name, address, dhcp, down, up, ...machine, commands };
  });
  const plan: Plan = {
    seed,
    twins,
    secure: count > 1 && random.chance(0.2),
    faultsEnd,
    rudeness: random.pick([0, 0, 0.1, 0.3]),
    lease: random.pick([20, 60, 3600]),
    chunked: random.chance(0.3),
    peerWindow: random.pick([65535, 65535, 20000, 4000, 600]),
    peerSegment: random.pick([1460, 1460, 536, 100]),
    peerOverrun: random.pick([0, 0, 3000, 30_000]),
    ackDelay: random.pick([0, 0, 1e6, 1e8]),
    incidents: makeIncidents(random, count, faultsEnd, () => makeFaults(random, force)),
    conditions: makeConditions(random),
  };
  return plan.secure ? secured(plan, random) : plan;
}

export function makeFaults(random: Random, force: number): Partial<Faults> {
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

export function makeCommands(random: Random, name: string, others: string[]): string[] {
  const servers = ["10.0.2.2", "web.test", ...others];
  let number = 0;
  // A unique name per request shows whether it was delivered twice.
  const own = () => `${name}${number++}`;
  const length = () =>
    random.chance(0.7) ? random.pick(lengths) : random.between(0, random.pick([3000, 300_000]));
  const post = (server: string) => {
    const path = others.includes(server) ? "discard" : `discard/${own()}`;
    return `curl -m 40 -o null -d @bytes:${length()} http://${server}/${path}`;
  };
  const makers = [
    () => `curl -m 40 -o null --crc32 http://${random.pick(servers)}/bytes/${length()}`,
    () => `curl -m 40 -o null --crc32 http://${random.pick(servers)}/bytes/${length()}`,
    () => `curl -m 50 http://web.test/text/${random.pick([100, 3000, 30_000, 200_000])}; echo =$?`,
    () => post(random.pick(servers)),
    () => `ping -c ${random.between(1, 4)} -s ${random.between(0, 4000)} ${random.pick(servers)}`,
    () => `ping -c 2 -s ${random.between(0, 30)} ${random.pick(servers)}`,
    () => `host ${random.pick(["web.test", "WEB.test", "no.test", "alias.test"])}`,
    () => `rpc -t 20 http://web.test/rpc echo '["${own()}"]'`,
    () => random.pick(["httpd", "httpd", "httpd stop", "httpd 8080"]),
    () => random.pick(["ip addr", "ss", "ss -ti", "ip neigh", "ip route", "ip -s link", "dmesg"]),
    () => random.pick(["dhcp", "resolvectl flush-caches", "uptime", "nonsense", "echo 'a b' c"]),
    () => random.pick(["tcpdump -c 5", "sleep 3", "nc 10.0.2.2 9", "nc -l 9000", "date -v"]),
    () => random.pick(questions),
    () => `nc -u 10.0.2.2 ${random.between(1, 100)}`,
    () => (random.chance(0.2) ? "reboot" : "ip -s link"),
  ];
  const commands = random.chance(0.8) ? ["httpd"] : [];
  for (let i = random.between(2, 10); i > 0; i--) commands.push(random.pick(makers)());
  return commands;
}
