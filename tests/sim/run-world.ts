/** Runs one world from its plan: a storm, a calm, and the checks of proof.ts. */
import { replay } from "../../tools/tape/native.ts";
import { traceOf } from "../../tools/tape/reel.ts";
import { TwinPanic } from "../lab/machine/twin.ts";
import type { Capture } from "../lab/network/pcapng.ts";
import { SECOND } from "../lab/network/world.ts";
import { begin, checkVisit, isOver, lostAddress, type Visit } from "./incidents.ts";
import type { Plan } from "./plan.ts";
import { checkBaseline, memory, prove, settle } from "./proof.ts";
import { Scene } from "./scene.ts";

/**
 * Seconds of calm until all commands must be done, and from then until all visits must be over. A
 * visit may wait until forty idle connections have ended, and then close its window for 100 s.
 */
const SETTLE = 240;
const LATEST = 480;
/** Seconds until outdated neighbor entries have aged and idle connections have ended (60 s). */
const DOUBT = 70;
/** Seconds until the frames of the commands before have been sent. */
const REST = 1;

export interface Result {
  seed: number;
  /** Empty if all is well. */
  failures: string[];
  /** A hash of the tapes of all kernels. */
  trace: string;
  /** Virtual time. */
  seconds: number;
  frames: number;
  consoles: Record<string, string>;
}

/** Runs a world; native programs in `replayers` then run each of its kernels from its tape. */
export async function runWorld(
  plan: Plan,
  capture?: Capture,
  replayers: string[] = [],
): Promise<Result> {
  const scene = await Scene.create(plan, capture, replayers.length > 0);
  const result = watched(scene, play);
  for (const program of replayers) {
    result.failures.push(...(await replayScene(program, scene, result.trace)));
  }
  return result;
}

/** Runs `action` on a scene and returns the result, with the complaints of all checkers. */
export function watched(scene: Scene, action: (scene: Scene, failures: string[]) => void): Result {
  const failures: string[] = [];
  try {
    action(scene, failures);
  } catch (error) {
    if (!(error instanceof TwinPanic)) failures.push(`simulator error: ${(error as Error).stack}`);
    else failures.push(error.message);
  }
  failures.unshift(...scene.checker.complaints);
  for (const { complaints } of scene.servers) failures.push(...complaints);
  for (const { operator, twin } of scene.members) {
    failures.push(...operator.complaints.map((text) => `${twin.name}: ${text}`));
  }
  const consoles = Object.fromEntries(scene.members.map(({ twin }) => [twin.name, twin.output]));
  const { frames, plan } = scene;
  const seconds = scene.world.now / SECOND;
  return { seed: plan.seed, failures, trace: scene.trace(), seconds, frames, consoles };
}

/** Replays each kernel as native code, and returns what differs. */
async function replayScene(program: string, scene: Scene, trace: string): Promise<string[]> {
  const failures: string[] = [];
  const digests: string[] = [];
  for (const { twin, reel } of scene.members) {
    const { digest, failure } = await replay(program, reel.tape());
    digests.push(digest);
    if (failure !== "") failures.push(`${twin.name}, replayed by ${program}: ${failure}`);
  }
  const same = failures.length > 0 || traceOf(digests) === trace;
  return same ? failures : [`${program} has another trace: ${traceOf(digests)}`];
}

function play(scene: Scene, failures: string[]): void {
  const { world, plan, members } = scene;
  const visits: Visit[] = [];
  world.pass(3);
  // Allocate what stays allocated before memory is measured.
  for (const { operator } of members) operator.add("curl -o null http://10.0.2.2/bytes/1");
  settle(scene, 120, failures);
  // Frames that are still on their way to a card are in use.
  world.pass(REST);
  for (const { operator } of members) operator.add("free");
  settle(scene, 120, failures);
  const before = members.map(memory);
  scene.storm();
  for (const { operator, plan: own } of members) operator.add(...own.commands);
  const start = world.now;
  for (const incident of plan.incidents) {
    world.at(start + incident.at * SECOND, () => begin(scene, incident, visits));
  }
  world.run(Math.ceil(start + plan.faultsEnd * SECOND));
  scene.calm();
  settle(scene, SETTLE, failures);
  finish(scene, visits, failures);
  world.pass(DOUBT);
  const printed = members.map(({ twin }) => twin.output.length);
  prove(scene, failures);
  checkBaseline(scene, before, failures);
  members.forEach(({ twin }, i) => {
    if (lostAddress(twin.output.slice(printed[i]))) failures.push(`${twin.name}: lost its lease`);
  });
}

/** Lets time pass until every visit is over, and checks each. */
export function finish(scene: Scene, visits: Visit[], failures: string[]): void {
  const { world } = scene;
  world.run(world.now + LATEST * SECOND, () => visits.every((one) => isOver(scene, one)));
  for (const one of visits) checkVisit(scene, one, failures);
}
