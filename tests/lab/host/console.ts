/** Boots machines for single tests, builds their ISOs, and reads counters from their consoles. */
import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { make, root } from "./process.ts";
import { Machine, type MachineOptions } from "./qemu.ts";

/** A test that cleans up at its end. */
export interface Owner {
  after(end: () => Promise<void>): void;
}

/** Boots a machine that ends with the test `t`. */
export async function boot(
  t: Owner,
  options: MachineOptions = {},
  milliseconds = 30_000,
): Promise<Machine> {
  const machine = await Machine.boot(options, milliseconds);
  t.after(() => machine.stop());
  return machine;
}

/**
 * Waits until `net0` has an address and a neighbor answers. Commands wait for an address by
 * themselves, but QEMU's card receives nothing in its first second, and a host may be slow.
 */
export async function configured(machine: Machine, neighbor = "10.0.2.2"): Promise<void> {
  const ping = `ping -c 1 ${neighbor}`;
  for (let attempt = 1; attempt < 5; attempt++) {
    if ((await machine.command(ping, 20_000)).code === 0) return;
  }
  await machine.ok(ping, 20_000);
}

/** Boots with `run=`, whose last command ends the machine; returns the machine and QEMU's code. */
export async function runOnce(
  t: Owner,
  commands: string,
  options: MachineOptions = {},
  milliseconds = 60_000,
): Promise<{ machine: Machine; code: number }> {
  const append = `${options.append ?? ""} run="${commands}"`.trim();
  const machine = new Machine({ ...options, append });
  t.after(() => machine.stop());
  const code = await machine.exit(milliseconds);
  return { machine, code };
}

let images = 0;

/** Builds an ISO with its own command line and modules; returns its path. */
export async function buildIso(cmdline: string, modules: Record<string, string> = {}) {
  const folder = `build/tests/iso-${process.pid}-${images++}`;
  mkdirSync(`${root}${folder}`, { recursive: true });
  const paths: string[] = [];
  for (const [name, content] of Object.entries(modules)) {
    writeFileSync(`${root}${folder}/${name}`, content);
    paths.push(`${folder}/${name}`);
  }
  const iso = `${folder}/anonymos.iso`;
  process.once("exit", () => {
    rmSync(root + folder, { recursive: true, force: true });
    rmSync(`${root}build/recipe-${iso.replaceAll("/", "-")}`, { force: true });
  });
  await make("iso", `ISO=${iso}`, `CMDLINE=${cmdline}`, `MODULES=${paths.join(" ")}`);
  return root + iso;
}

/** The used and free bytes in the last line of `free`. */
export async function heap(machine: Machine): Promise<{ used: number; free: number }> {
  const output = await machine.ok("free");
  const last = output.trimEnd().split("\n").at(-1) ?? "";
  const match = /^heap: (\d+) bytes used, (\d+) bytes free$/.exec(last);
  assert.ok(match !== null, `free ended in: ${last}`);
  return { used: Number(match[1]), free: Number(match[2]) };
}

/**
 * The heap's idle level: the lowest of several readings, as any of them may still count the
 * garbage of earlier commands.
 */
export async function heapLevel(machine: Machine): Promise<number> {
  const looks: number[] = [];
  for (let i = 0; i < 5; i++) looks.push((await heap(machine)).used);
  return Math.min(...looks);
}

/** The lines of `check`: `ok|FAIL|skip NAME detail`. */
export function checkLines(output: string): { verdict: string; name: string; detail: string }[] {
  return [...output.matchAll(/^(ok|FAIL|skip)\s+(\S+)[ \t]*(.*)$/gm)].map((match) => ({
    verdict: match[1],
    name: match[2],
    detail: match[3],
  }));
}

/** The TCP and UDP sockets that `ss -a` prints, without its heading. */
export async function sockets(machine: Machine): Promise<string[]> {
  const output = await machine.ok("ss -a");
  return output.split("\n").filter((line) => /^(tcp|udp)\b/i.test(line.trim()));
}

/**
 * Packets that are dropped by design, without an error. A peer starved of processor time sends
 * segments twice, and a peer that closes early replies to data with resets; both count as
 * tcp-unacceptable.
 */
const harmless =
  /^(ethernet-.*|arp-address|ipv4-(destination|protocol)|icmp-type|.*-no-socket|tcp-unacceptable)$/;

/**
 * Errors and losses that `ip -s link` counts, except zeros and harmless ones.
 */
export async function netErrors(machine: Machine): Promise<Record<string, number>> {
  const output = await machine.ok("ip -s link");
  const counted: Record<string, number> = {};
  for (const [, , list] of output.matchAll(/^\s*(RX errors|TX errors): (.*)$/gm)) {
    for (const [, name, count] of list.matchAll(/([a-z][a-z ]*) (\d+)/g)) {
      if (Number(count) !== 0) counted[name] = (counted[name] ?? 0) + Number(count);
    }
  }
  const [, drops] = /dropped by the stack: \d+,? ?(.*)$/m.exec(output) ?? ["", undefined];
  assert.ok(drops !== undefined, `ip -s link shows no drops:\n${output}`);
  for (const [, name, count] of drops.matchAll(/([^,]+) (\d+)(?:, |$)/g)) {
    if (!harmless.test(name.trim())) counted[name.trim()] = Number(count);
  }
  return counted;
}

/** Polls until `holds`; fails after `milliseconds`. */
export async function until(
  what: string,
  milliseconds: number,
  holds: () => Promise<boolean>,
): Promise<void> {
  const end = performance.now() + milliseconds;
  while (!(await holds())) {
    assert.ok(performance.now() < end, `timed out after ${milliseconds} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** The connections that `ss -a` prints, without listeners and UDP. */
export async function tcpLines(machine: Machine): Promise<string[]> {
  const lines = await sockets(machine);
  return lines.filter((line) => /^tcp/i.test(line.trim()) && !/listen/i.test(line));
}

/** Bytes of TLS's heap that connections hold. */
export async function tlsHeap(machine: Machine): Promise<number> {
  const output = await machine.ok("free");
  const match = /^tls: (\d+) bytes held by connections/m.exec(output);
  assert.ok(match !== null, output);
  return Number(match[1]);
}

/** Waits until connections hold none of TLS's heap. */
export async function tlsHeapIsFree(machine: Machine): Promise<void> {
  await until("TLS's heap is free", 60_000, async () => (await tlsHeap(machine)) === 0);
}
