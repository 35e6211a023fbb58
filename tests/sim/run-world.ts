/** Runs one world from its plan: a storm, a calm, then everything must work and be given back. */
import { TwinPanic } from "../machine/twin.ts";
import { fetchFrom, pattern } from "../network/http-peer.ts";
import { address } from "../network/packet.ts";
import type { Capture } from "../network/pcapng.ts";
import { SECOND } from "../network/world.ts";
import { type Begun, begin, checkBegun, isOver, lostAddress } from "./incidents.ts";
import type { Plan } from "./plan.ts";
import { type Member, Scene } from "./scene.ts";

/** Seconds of calm until everything that was begun is over, and until all is given back. */
const SETTLE = 240;
const LATEST = 240;
const FORGET = 130;
/** Bytes that history, log and caches may take. */
const HEAP_SLACK = 48 * 1024;

export interface Result {
  seed: number;
  /** What was wrong; empty = nothing. */
  failures: string[];
  trace: string;
  seconds: number;
  frames: number;
  consoles: Record<string, string>;
}

export async function runWorld(plan: Plan, capture?: Capture): Promise<Result> {
  const scene = await Scene.create(plan, capture);
  const failures: string[] = [];
  try {
    play(scene, failures);
  } catch (error) {
    if (!(error instanceof TwinPanic)) failures.push(`the world broke: ${(error as Error).stack}`);
    else failures.push(error.message);
  }
  failures.unshift(...scene.checker.complaints);
  for (const { complaints } of scene.servers) failures.push(...complaints);
  for (const { operator, twin } of scene.members) {
    failures.push(...operator.complaints.map((text) => `${twin.name}: ${text}`));
  }
  const consoles = Object.fromEntries(scene.members.map(({ twin }) => [twin.name, twin.output]));
  const { frames } = scene;
  const seconds = scene.world.now / SECOND;
  return { seed: plan.seed, failures, trace: scene.digest(), seconds, frames, consoles };
}

function play(scene: Scene, failures: string[]): void {
  const { world, plan, members } = scene;
  const begun: Begun[] = [];
  world.pass(3);
  // The longest history and every buffer that stays, before what there is is counted.
  for (const { operator } of members) operator.add("curl -o null http://10.0.2.2/bytes/1", "free");
  settle(scene, 120, failures);
  const before = members.map(memory);
  scene.storm();
  for (const { operator, plan: own } of members) operator.add(...own.commands);
  const start = world.now;
  for (const incident of plan.incidents) {
    world.at(start + incident.at * SECOND, () => begin(scene, incident, begun));
  }
  world.run(Math.ceil(start + plan.faultsEnd * SECOND));
  scene.calm();
  settle(scene, SETTLE, failures);
  world.run(world.now + LATEST * SECOND, () => begun.every((one) => isOver(scene, one)));
  for (const one of begun) checkBegun(scene, one, failures);
  const printed = members.map(({ twin }) => twin.output.length);
  prove(scene, failures);
  baseline(scene, before, failures);
  members.forEach(({ twin }, i) => {
    if (lostAddress(twin.output.slice(printed[i]))) failures.push(`${twin.name}: a lease is lost`);
  });
}

/** Lets time pass until nobody types any more. */
function settle(scene: Scene, seconds: number, failures: string[]): void {
  const { world, members } = scene;
  const end = world.now + seconds * SECOND;
  const over = () => members.every(({ operator }) => operator.idle());
  while (!over() && world.now < end) world.pass(0.2);
  if (over()) return;
  const late = members.filter(({ operator }) => !operator.idle());
  for (const { twin } of late) failures.push(`${twin.name}: commands are left after ${seconds} s`);
}

/** With the faults gone everything works, at the first try or the second. */
function prove(scene: Scene, failures: string[]): void {
  const { world, members } = scene;
  const expect = (member: Member, command: string, wanted: RegExp) => {
    const { operator, twin } = member;
    operator.add(command);
    settle(scene, 150, failures);
    const output = operator.outcomes.at(-1)?.output ?? "";
    if (!wanted.test(output)) failures.push(`${twin.name}: in the calm, ${output}`);
  };
  for (const member of members) {
    const { twin, plan, operator } = member;
    // What was believed of neighbours in the storm is found wrong at the first try.
    expect(member, "ping -c 5 10.0.2.2", /./);
    expect(member, "ping -c 2 10.0.2.2", / 2 received, 0% packet loss/);
    expect(member, "host web.test", /web\.test has address 10\.0\.2\.3/);
    const curl = "curl -o null --crc32 http://web.test/bytes/70000";
    expect(member, curl, /HTTP 200, 70000 bytes/);
    const own = `"calm ${twin.name}"`;
    const echo = new RegExp(`"params": \\[\\s+${own}\\s+\\]`);
    expect(member, `rpc http://web.test/rpc echo '[${own}]'`, echo);
    operator.add("httpd stop", "httpd 8081");
    settle(scene, 100, failures);
    const to = address(plan.address);
    const fetched = fetchFrom(scene.gateway, to, "/bytes/50000", { port: 8081 });
    world.run(world.now + 20 * SECOND, () => fetched.done);
    if (!fetched.body.equals(pattern(50000))) {
      failures.push(`${twin.name}: in the calm its server sends ${fetched.body.length} bytes`);
    }
    for (const other of members) {
      if (other === member) continue;
      const path = `http://${plan.address}:8081/bytes/9999`;
      expect(other, `curl -o null --crc32 ${path}`, /HTTP 200, 9999 bytes/);
    }
    operator.add("httpd stop");
    settle(scene, 100, failures);
  }
}

/** Frames in use, and bytes of heap. */
function memory({ operator }: Member): { frames: number; heap: number } {
  const output = operator.outcomes.findLast(({ command }) => command === "free")?.output ?? "";
  const frames = Number(/frames: (\d+) of/.exec(output)?.[1]);
  return { frames, heap: Number(/heap: (\d+) bytes used/.exec(output)?.[1]) };
}

/** A while later all is given back. */
function baseline(
  scene: Scene,
  before: Array<{ frames: number; heap: number }>,
  failures: string[],
): void {
  const { gateway } = scene;
  gateway.errors.clear();
  for (const { plan } of scene.members) gateway.halfPing(address(plan.address));
  scene.world.pass(FORGET);
  for (const { plan, twin } of scene.members) {
    // Time exceeded in reassembly (RFC 792), within two minutes (RFC 1122 section 3.3.2).
    const told = gateway.errors.has(`${address(plan.address)} 11 1`);
    if (!told) failures.push(`${twin.name}: half a datagram was kept or forgotten in silence`);
  }
  for (const { operator } of scene.members) operator.add("ss -a", "free");
  settle(scene, 100, failures);
  scene.members.forEach((member, i) => {
    const { operator, twin, plan } = member;
    const after = memory(member);
    if (after.frames !== before[i].frames) {
      failures.push(`${twin.name}: ${before[i].frames} frames in use became ${after.frames}`);
    }
    if (!(after.heap - before[i].heap <= HEAP_SLACK)) {
      failures.push(`${twin.name}: ${before[i].heap} bytes of heap became ${after.heap}`);
    }
    const list = operator.outcomes.findLast(({ command }) => command === "ss -a")?.output ?? "";
    const sockets = list.split("\n").filter((line) => /^(tcp|udp) /.test(line));
    // The DHCP client has one for as long as it lives.
    const left = sockets.filter((line) => !(plan.dhcp && /:68 /.test(line)));
    if (left.length > 0) failures.push(`${twin.name}: sockets are left:\n${left.join("\n")}`);
  });
}
