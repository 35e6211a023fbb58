/**
 * The soak: two kernels run for a very long time, with storms and calms in turn. Half-way,
 * their uptime passes 2^32 ms (49.7 days). In every fourth calm everything must work, and
 * resources must be at their baseline.
 */

import { SECOND } from "../lab/network/world.ts";
import { Random } from "../lab/random.ts";
import { usual } from "./conditions.ts";
import { begin, makeIncidents, type Visit } from "./incidents.ts";
import { makeCommands, makeFaults, makePlan, type Plan, type TwinPlan } from "./plan.ts";
import { checkBaseline, type Memory, memory, prove, settle } from "./proof.ts";
import { finish, type Result, watched } from "./run-world.ts";
import { Scene } from "./scene.ts";

const WRAP = 2 ** 32 / 1000;
/** Seconds of a storm, and storms between two checks. */
const STORM = 60;
const STORMS = 4;
/** Checks after which the log and all caches are full; the memory in use then is the baseline. */
const FILLING = 2;
/** Seconds of calm within which a storm's commands must be done. */
const SETTLE = 200;

export interface Soaked extends Result {
  storms: number;
  /** Memory at the baseline, and at the last check. */
  before: Memory[];
  after: Memory[];
}

/** A plan of two twins that have plenty of memory and are never reset. */
function soakPlan(seed: number): Plan {
  const make = (name: string, address: string, dhcp: boolean): TwinPlan => {
    const card = dhcp
      ? ({ nic: "e1000", sendTime: 12_000 } as const)
      : ({ nic: "virtio-modern", sendTime: 0 } as const);
    const machine = { ...card, slow: dhcp, hypervisor: true, memory: 1 << 30 };
    return { name, address, dhcp, down: {}, up: {}, ...machine, commands: [] };
  };
  const twins = [make("a", "10.0.2.15", false), make("b", "10.0.2.16", true)];
  return {
    ...makePlan(seed),
    twins,
    secure: true,
    rudeness: 0.1,
    lease: 600,
    incidents: [],
    conditions: usual,
  };
}

/**
 * Runs storms, each followed by `rest` seconds, for `seconds` in all: half before the uptime passes
 * 2^32 ms and half after. Calls `tell` with the memory at each check.
 */
export async function soak(
  seed: number,
  seconds: number,
  rest: number,
  tell: (text: string) => void = () => {},
): Promise<Soaked> {
  const scene = await Scene.create(soakPlan(seed));
  let [storms, looks] = [0, 0];
  let [before, after]: Memory[][] = [[], []];
  const result = watched(scene, (_, failures) => {
    const { world, members } = scene;
    const random = new Random(seed);
    // With its cable unplugged, the twin with a lease sleeps until the soak begins.
    world.after(SECOND, () => members[1].twin.setLink(false, world.now));
    const start = Math.ceil((WRAP - seconds / 2) * SECOND);
    world.run(start);
    members[1].twin.setLink(true, world.now);
    world.pass(5);
    while (world.now < start + seconds * SECOND && failures.length === 0) {
      storm(scene, random, failures);
      world.pass(rest);
      // The output kept here would fill this process's memory.
      if (members.every(({ operator }) => operator.idle())) scene.forgetOutput();
      if (++storms % STORMS !== 0) continue;
      prove(scene, failures);
      if (++looks <= FILLING) {
        for (const { operator } of members) operator.add("free");
        settle(scene, 100, failures);
        before = members.map(memory);
      } else checkBaseline(scene, before, failures);
      after = members.map(memory);
      tell(`${Math.round((world.now - start) / SECOND)} s, ${JSON.stringify(after)}`);
    }
  });
  return { ...result, storms, before, after };
}

/** Runs a minute of faults, and a calm until all commands and visits are over. */
function storm(scene: Scene, random: Random, failures: string[]): void {
  const { world, members } = scene;
  const visits: Visit[] = [];
  const faults = () => makeFaults(random, random.pick([0, 0.2, 0.5, 1]));
  scene.storm();
  for (const { operator, plan, port } of members) {
    port.setFaults(faults(), faults());
    const others = members.filter((other) => other.plan !== plan);
    const name = `${plan.name}${Math.floor(world.now / SECOND)}`;
    const addresses = others.map(({ plan: { address } }) => address);
    const commands = makeCommands(random, name, addresses);
    operator.add(...commands.filter((command) => command !== "reboot"));
  }
  for (const incident of makeIncidents(random, members.length, STORM, faults)) {
    if (incident.kind === "reset") continue;
    world.after(incident.at * SECOND, () => begin(scene, incident, visits));
  }
  world.pass(STORM);
  scene.calm();
  settle(scene, SETTLE, failures);
  finish(scene, visits, failures);
}
