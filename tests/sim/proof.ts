/** What has to hold in the calm: everything works, and all resources are released. */
import { fetchFrom, pattern } from "../lab/network/http-peer.ts";
import { SECOND } from "../lab/network/world.ts";
import { address } from "../lab/packets/bytes.ts";
import type { Member, Scene } from "./scene.ts";
import { secureBytes, secureProof, secureServer } from "./secure.ts";

/** Seconds until all resources must be released. */
const FORGET = 130;
/** Bytes by which history, log and caches may grow. */
const HEAP_SLACK = 48 * 1024;

/** A kernel's memory by `free`: frames in use, bytes of heap and of TLS connections. */
export interface Memory {
  frames: number;
  heap: number;
  secure: number;
}

/** Lets time pass until all commands are done, for at most `seconds`. */
export function settle(scene: Scene, seconds: number, failures: string[]): void {
  const { world, members } = scene;
  const end = world.now + seconds * SECOND;
  const over = () => members.every(({ operator }) => operator.idle());
  while (!over() && world.now < end) world.pass(0.2);
  if (over()) return;
  const late = members.filter(({ operator }) => !operator.idle());
  for (const { twin } of late) failures.push(`${twin.name}: commands pending after ${seconds} s`);
}

/** Checks that every kernel works as client and as server. */
export function prove(scene: Scene, failures: string[]): void {
  const { members } = scene;
  for (const member of members) {
    const others = members.filter((other) => other !== member);
    proveClient(scene, member, failures);
    proveServer(scene, member, others, failures);
  }
}

/** Runs a command; its output must match. */
function expect(
  scene: Scene,
  { operator, twin }: Member,
  command: string,
  wanted: RegExp,
  failures: string[],
): void {
  operator.add(command);
  settle(scene, 150, failures);
  const output = operator.outcomes.at(-1)?.output ?? "";
  if (!wanted.test(output)) failures.push(`${twin.name}: in the calm, ${output}`);
}

function proveClient(scene: Scene, member: Member, failures: string[]): void {
  const own = `"calm ${member.twin.name}"`;
  const proofs: [string, RegExp][] = [
    // The first pings may find neighbor entries outdated by the storm.
    ["ping -c 5 10.0.2.2", /./],
    ["ping -c 2 10.0.2.2", / 2 received, 0% packet loss/],
    ["host web.test", /web\.test has address 10\.0\.2\.3/],
    ["curl -o null --crc32 http://web.test/bytes/70000", /HTTP 200, 70000 bytes/],
    [`rpc http://web.test/rpc echo '[${own}]'`, new RegExp(`"params": \\[\\s+${own}\\s+\\]`)],
  ];
  for (const [command, wanted] of proofs) expect(scene, member, command, wanted, failures);
}

function proveServer(scene: Scene, member: Member, others: Member[], failures: string[]): void {
  const { world, gateway, plan } = scene;
  const { operator, twin } = member;
  const host = member.plan.address;
  const order = (...commands: string[]) => {
    operator.add(...commands);
    settle(scene, 100, failures);
  };
  order("httpd stop", "httpd 8081");
  const fetched = fetchFrom(gateway, address(host), "/bytes/50000", { port: 8081 });
  world.run(world.now + 20 * SECOND, () => fetched.done);
  if (!fetched.body.equals(pattern(50000))) {
    failures.push(`${twin.name}: in the calm its server sends ${fetched.body.length} bytes`);
  }
  const curl = `curl -o null --crc32 http://${host}:8081/bytes/9999`;
  for (const other of others) expect(scene, other, curl, /HTTP 200, 9999 bytes/, failures);
  if (plan.secure) {
    order(...secureServer);
    const { command, wanted } = secureProof(host);
    for (const other of others) expect(scene, other, command, wanted, failures);
  }
  order("httpd stop");
}

/** Returns what the last `free` printed. */
export function memory({ operator }: Member): Memory {
  const output = operator.outcomes.findLast(({ command }) => command === "free")?.output ?? "";
  const frames = Number(/frames: (\d+) of/.exec(output)?.[1]);
  const heap = Number(/heap: (\d+) bytes used/.exec(output)?.[1]);
  return { frames, heap, secure: secureBytes(output) };
}

/**
 * Checks, FORGET seconds later, that frames, heap and TLS memory are as they were, that no sockets
 * are left, and that an incomplete datagram drew a time exceeded.
 */
export function checkBaseline(scene: Scene, before: Memory[], failures: string[]): void {
  const { gateway, members, world } = scene;
  gateway.errors.clear();
  for (const { plan } of members) gateway.halfPing(address(plan.address));
  world.pass(FORGET);
  for (const { operator } of members) operator.add("ss -a", "free");
  settle(scene, 100, failures);
  members.forEach((member, i) => {
    const fail = (text: string) => failures.push(`${member.twin.name}: ${text}`);
    // Time exceeded in reassembly (RFC 792), within two minutes (RFC 1122 section 3.3.2).
    const told = gateway.errors.has(`${address(member.plan.address)} 11 1`);
    if (!told) fail("no time exceeded for an incomplete datagram");
    const { frames, heap, secure } = memory(member);
    const { frames: framesBefore, heap: heapBefore, secure: secureBefore } = before[i];
    if (frames !== framesBefore) fail(`${framesBefore} frames in use became ${frames}`);
    if (!(heap - heapBefore <= HEAP_SLACK)) fail(`${heapBefore} bytes of heap became ${heap}`);
    if (secure !== secureBefore) fail(`${secureBefore} bytes of TLS became ${secure}`);
    const left = socketsOf(member);
    if (left.length > 0) fail(`sockets left:\n${left.join("\n")}`);
  });
}

/** Returns the sockets of the last `ss -a`, except the DHCP client's. */
function socketsOf({ operator, plan }: Member): string[] {
  const list = operator.outcomes.findLast(({ command }) => command === "ss -a")?.output ?? "";
  const sockets = list.split("\n").filter((line) => /^(tcp|udp) /.test(line));
  return sockets.filter((line) => !(plan.dhcp && /:68 /.test(line)));
}
