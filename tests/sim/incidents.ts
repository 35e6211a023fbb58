/** Incidents during a world's storm: cables, buttons, floods, visits of peers. */
import type { Twin } from "../lab/machine/twin.ts";
import { type FloodKind, floodFrame, floodKinds } from "../lab/network/flood.ts";
import { type Fetched, fetchFrom, pattern } from "../lab/network/http-peer.ts";
import { type PeerBehavior, polite } from "../lab/network/peer-behavior.ts";
import type { Faults } from "../lab/network/wire.ts";
import { MILLISECOND, SECOND } from "../lab/network/world.ts";
import { address } from "../lab/packets/bytes.ts";
import type { Random } from "../lab/random.ts";
import { lengths } from "./lengths.ts";
import type { Scene } from "./scene.ts";

/** Something that happens to a twin, `at` seconds into the storm. */
export type Incident = { at: number; twin: number } & (
  | { kind: "link"; seconds: number }
  | { kind: "cut"; seconds: number; up: boolean; down: boolean }
  | { kind: "partition"; seconds: number; islands: number[] }
  | { kind: "faults"; down: Partial<Faults>; up: Partial<Faults> }
  | { kind: "reset" }
  | { kind: "pause"; seconds: number }
  | { kind: "clock"; seconds: number }
  | { kind: "flood"; what: FloodKind; frames: number; gap: number }
  | { kind: "keys"; bytes: number[] }
  | { kind: "ping"; count: number; length: number }
  /** A peer's network card is replaced. */
  | { kind: "card"; peer: number; announcement: "request" | "reply" | "none" }
  /** Connections that send nothing, part of a request, or a whole one, and then stay open. */
  | { kind: "idle"; count: number; peer: number; text: string }
  | { kind: "fetch" | "post"; length: number; peer: number; behavior: Partial<PeerBehavior> }
);

/** A visit: a peer's request to a twin's server. */
export interface Visit {
  fetched: Fetched;
  length: number;
  incident: Incident;
  /** How often the twin had booted when the visit began. */
  boots: number;
}

export function makeIncidents(
  random: Random,
  twins: number,
  faultsEnd: number,
  makeFaults: () => Partial<Faults>,
): Incident[] {
  const seconds = () => random.pick([0.01, 0.5, 3, 10]);
  const peer = () => random.between(0, 1);
  const visit = (kind: "fetch" | "post") => () => {
    return { kind, length: random.pick(lengths), peer: peer(), behavior: makeBehavior(random) };
  };
  const makers: (() => Omit<Incident, "at" | "twin">)[] = [
    () => ({ kind: "link", seconds: seconds() }),
    () => {
      const up = random.chance(0.7);
      return { kind: "cut", seconds: seconds(), up, down: !up || random.chance(0.5) };
    },
    () => {
      // The side of the gateway, the web server and each twin.
      const islands = Array.from({ length: twins + 2 }, () => random.between(0, 1));
      return { kind: "partition", seconds: seconds(), islands };
    },
    () => ({ kind: "faults", down: makeFaults(), up: makeFaults() }),
    () => ({ kind: "reset" }),
    () => ({ kind: "pause", seconds: random.pick([0.001, 0.02, 0.3, 5]) }),
    () => ({ kind: "clock", seconds: random.pick([-1e9, -86_400, -3600, 3600, 86_400, 5e8]) }),
    ...[1, 2, 3].map(() => () => {
      const frames = random.pick([50, 500, 2000]);
      const gap = random.pick([500, 5000, 100_000]);
      return { kind: "flood" as const, what: random.pick(floodKinds), frames, gap };
    }),
    () => {
      const announcement = random.pick(["request", "reply", "none"] as const);
      return { kind: "card", peer: peer(), announcement };
    },
    () => ({ kind: "keys", bytes: makeKeys(random) }),
    () => ({ kind: "ping", count: random.between(1, 20), length: random.between(0, 1400) }),
    () => {
      const text = random.pick(["", "GET / HT", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"]);
      return { kind: "idle", count: random.pick([1, 5, 40]), peer: peer(), text };
    },
    ...[1, 2, 3].map(() => visit("fetch")),
    ...[1, 2].map(() => visit("post")),
  ];
  const incidents = Array.from({ length: random.between(0, 10) }, () => {
    const at = 1 + random.fraction() * (faultsEnd - 1);
    return { at, twin: random.between(0, twins - 1), ...random.pick(makers)() } as Incident;
  });
  return incidents.sort((a, b) => a.at - b.at);
}

/** Draws how one visitor misbehaves, if at all. */
function makeBehavior(random: Random): Partial<PeerBehavior> {
  const what = random.between(0, 5);
  if (what === 0) return { resetAfter: random.between(1, 70_000) };
  if (what > 3) return {};
  const flight = random.pick([16, 64]);
  const overrun = random.pick([0, 0, 1, 3000, 60_000]);
  if (what === 3) return { flight, overrun };
  // A small window fills up before the whole body has arrived.
  const window = random.pick([600, 4000, 20_000]);
  const closedFor = random.pick([0.2, 3, 20, 100]) * SECOND;
  return { flight, overrun, window, closedAfter: random.between(1, 30_000), closedFor };
}

/** Draws random keys. Ctrl-E, Ctrl-U and Return at the end discard the line. */
function makeKeys(random: Random): number[] {
  const arrows = [..."ABCDHF"].map((letter) => [27, 91, letter.charCodeAt(0)]);
  const keys: number[] = [];
  for (let i = random.between(1, 60); i > 0; i--) {
    if (random.chance(0.2)) keys.push(...random.pick(arrows));
    else if (random.chance(0.1)) keys.push(random.pick([9, 1, 5, 11, 23, 127, 0, 0xc3, 0xff]));
    else keys.push(random.between(97, 122));
  }
  return [...keys, 5, 21, 13];
}

/** Starts an incident; if it is a visit, adds it to `visits`. */
export function begin(scene: Scene, incident: Incident, visits: Visit[]): void {
  const { world, network } = scene;
  const { twin, port } = scene.members[incident.twin];
  switch (incident.kind) {
    case "link":
      unplug(scene, incident);
      break;
    case "cut":
      cut(scene, incident);
      break;
    case "partition":
      network.islands = incident.islands;
      inStorm(scene, incident.seconds, () => {
        network.islands = undefined;
      });
      break;
    case "faults":
      port.setFaults(incident.down, incident.up);
      break;
    case "reset":
      twin.reset(world.now);
      break;
    case "pause":
      pause(scene, incident);
      break;
    case "clock":
      twin.setClock(incident.seconds);
      break;
    case "flood":
      flood(scene, incident);
      break;
    case "keys":
      twin.type(Uint8Array.from(incident.bytes), world.now);
      break;
    case "ping":
      ping(scene, incident);
      break;
    case "card":
      scene.peer(incident.peer).replaceCard(incident.announcement);
      break;
    case "idle":
      linger(scene, incident);
      break;
    default:
      visits.push({ ...request(scene, incident), boots: twin.boots });
  }
}

type Of<Kind extends Incident["kind"]> = Extract<Incident, { kind: Kind }>;

/** Returns the address of the twin that an incident happens to. */
function addressOf(scene: Scene, { twin }: Incident): number {
  return address(scene.members[twin].plan.address);
}

/** Runs `action` after `seconds`, unless the storm is over by then. */
function inStorm(scene: Scene, seconds: number, action: () => void): void {
  scene.world.after(seconds * SECOND, () => {
    if (!scene.calmed) action();
  });
}

/** Unplugs a twin's cable for a while. */
function unplug(scene: Scene, incident: Of<"link">): void {
  const { world } = scene;
  const member = scene.members[incident.twin];
  member.twin.setLink(false, world.now);
  world.after(incident.seconds * SECOND, () => {
    member.twin.setLink(true, world.now);
    scene.excuse(member);
  });
}

/** Drops all frames in one or both directions for a while. */
function cut(scene: Scene, incident: Of<"cut">): void {
  const { port } = scene.members[incident.twin];
  const [down, up] = [port.down.faults, port.up.faults];
  port.setFaults({ ...down, cut: incident.down }, { ...up, cut: incident.up });
  inStorm(scene, incident.seconds, () => port.setFaults(down, up));
}

/** Stops a twin's processor for a while. */
function pause(scene: Scene, incident: Of<"pause">): void {
  const { world } = scene;
  const member = scene.members[incident.twin];
  member.twin.pause(incident.seconds * SECOND, world.now);
  world.after(incident.seconds * SECOND, () => scene.excuse(member));
}

function flood(scene: Scene, incident: Of<"flood">): void {
  const { world } = scene;
  const { twin } = scene.members[incident.twin];
  const target = { hardware: Uint8Array.from(twin.mac), address: addressOf(scene, incident) };
  for (let i = 0; i < incident.frames; i++) {
    world.after(i * incident.gap, () => {
      twin.receive(floodFrame(incident.what, target, world.random), world.now);
    });
  }
}

/** The gateway pings a twin every 10 ms. */
function ping(scene: Scene, incident: Of<"ping">): void {
  const to = addressOf(scene, incident);
  for (let i = 0; i < incident.count; i++) {
    const data = Buffer.alloc(incident.length, i);
    scene.world.after(i * 10 * MILLISECOND, () => scene.gateway.ping(to, i, data));
  }
}

/** Opens idle connections from a peer to a twin's server. */
function linger(scene: Scene, incident: Of<"idle">): void {
  const to = addressOf(scene, incident);
  for (let i = 0; i < incident.count; i++) {
    const connection = scene.peer(incident.peer).tcp.connect(to, 80);
    if (incident.text !== "") connection.write(Buffer.from(incident.text));
    connection.onFinish = () => connection.close();
  }
}

/** Sends a peer's request to a twin's server. */
function request(scene: Scene, incident: Of<"fetch" | "post">): Omit<Visit, "boots"> {
  const { kind, length, peer } = incident;
  const { peerWindow: window, peerSegment: segment, peerOverrun: overrun, ackDelay } = scene.plan;
  const behavior = { ...polite, window, segment, overrun, ackDelay, ...incident.behavior };
  const post = kind === "post";
  const what = post ? { method: "POST", body: pattern(length) } : {};
  const path = post ? "/discard" : `/bytes/${length}`;
  const to = addressOf(scene, incident);
  const fetched = fetchFrom(scene.peer(peer), to, path, { behavior, ...what });
  return { fetched, length, incident };
}

/** Checks that a visit is over, and that a complete response is the right one. */
export function checkVisit(scene: Scene, one: Visit, failures: string[]): void {
  const { fetched, length, incident } = one;
  const { twin } = scene.members[incident.twin];
  const what = `${twin.name}: ${incident.kind} of ${length} bytes at ${incident.at.toFixed(3)}`;
  if (!isOver(scene, one)) failures.push(`${what} never ended`);
  if (!fetched.done || fetched.failure !== "" || fetched.status !== 200) return;
  const wanted =
    incident.kind === "post" ? Buffer.from(`${length} bytes discarded\n`) : pattern(length);
  if (!fetched.body.equals(wanted)) {
    failures.push(`${what}: wrong body, of ${fetched.body.length} bytes`);
  }
}

/** Reports whether a visit has ended or its server is gone. */
export function isOver(scene: Scene, { fetched, incident, boots }: Visit): boolean {
  const { twin, losses } = scene.members[incident.twin];
  // A host that lost its address cannot send a FIN, and a peer without keep-alives waits forever.
  return fetched.done || twin.boots !== boots || losses.lost();
}

/** Reports whether a console's output says that a DHCP address was lost. */
export function lostAddress(output: string): boolean {
  return /DHCP: .*(DHCPNAK|expired|in use by another host)/.test(output);
}

/** Looks for a lost address in a twin's whole output; each call reads only the new output. */
export class LossWatch {
  private read = 0;
  private found = false;

  constructor(private readonly twin: Twin) {}

  lost(): boolean {
    const { output } = this.twin;
    if (!this.found && output.length > this.read) {
      this.found = lostAddress(output.slice(this.read));
      this.read = output.lastIndexOf("\n") + 1;
    }
    return this.found;
  }
}
