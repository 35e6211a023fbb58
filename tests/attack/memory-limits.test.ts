/**
 * Memory and crashes of the whole system: rows SYS-04, SYS-08 and SYS-10. The other SYS rows are
 * in tests/system/ and tests/sim/, and in tests/boot/ if they need a processor or firmware.
 */
import assert from "node:assert/strict";
import test from "node:test";
import type { MemoryRegion } from "../lab/machine/machine.ts";
import { TwinPanic } from "../lab/machine/twin.ts";
import { crcText, fetchFrom, pattern } from "../lab/network/http-peer.ts";
import { address } from "../lab/packets/bytes.ts";
import { guest } from "../lab/scripted/ip-host.ts";
import { Lab } from "./world.ts";

const KIB = 1024;
const PAGE = 64 * KIB;

/** Commands with their output on success; on failure they must report a lack of memory. */
const works: Array<[command: string, right: RegExp]> = [
  [
    "curl -o null --crc32 http://10.0.2.2/bytes/300000",
    new RegExp(`HTTP 200, 300000 bytes.*crc32 ${crcText(pattern(300_000))}`),
  ],
  ["rpc http://10.0.2.2/rpc echo '[7]'", /"params": \[\s+7\s+\]/],
  ["ping -c 2 10.0.2.2", / 2 received/],
  ["host slow.test", /has address 10\.0\.2\.2/],
];
const REFUSED = /^\w+: .*(memory|too many|full|buffer space)/m;
/** Concurrent connections to the guest's server, and the bytes that each requests. */
const [FETCHES, LENGTH] = [12, 30_000];

interface Outcome {
  right: number;
  refused: number;
  panicked: boolean;
}

/**
 * Runs all commands on a kernel with that much memory, until they are done or it panics. If `left`
 * is given, all memory but a block of that many bytes is taken first.
 */
async function endure(pages: number, left?: number): Promise<Outcome> {
  const outcome = { right: 0, refused: 0, panicked: false };
  const count = (right: boolean) => (right ? outcome.right++ : outcome.refused++);
  try {
    const lab = await Lab.at("S0", { machine: { memoryLimit: pages * PAGE } });
    lab.dhcp.behavior = { ...lab.dhcp.behavior, silence: 0 };
    lab.pass(20);
    if (left !== undefined) lab.twin.hog(left);
    for (const [command, right] of works) {
      const said = lab.command(command, 30);
      assert.ok(right.test(said) || REFUSED.test(said), `${pages} pages: ${said}`);
      count(right.test(said));
    }
    lab.command("httpd");
    const fetched = Array.from({ length: FETCHES }, () =>
      fetchFrom(lab.gateway, address(guest.address), `/bytes/${LENGTH}`),
    );
    lab.pass(150);
    for (const one of fetched) {
      assert.ok(one.done, `${pages} pages: a request does not finish`);
      const whole = one.failure === "" && one.status === 200;
      if (whole) assert.ok(one.body.equals(pattern(LENGTH)), `${pages} pages: wrong bytes`);
      count(whole);
    }
    assert.deepEqual(lab.complaints, []);
  } catch (error) {
    if (!(error instanceof TwinPanic)) throw error;
    assert.match(error.message, /panic: out of memory/);
    outcome.panicked = true;
  }
  return outcome;
}

test("SYS-04: little memory causes at worst a clear error, or a panic that says why", async () => {
  const all = works.length + FETCHES;
  const calm = await Lab.at("S1");
  // Records of ended connections need 1.25 MiB.
  let pages = calm.twin.memoryBytes() / PAGE + 20;
  const results: Outcome[] = [];
  // Continue a little below the least memory that boots.
  for (let failures = 0; failures < 6; pages--) {
    const outcome = await endure(pages);
    const { right, refused, panicked } = outcome;
    const said = `${pages} pages: ${right} right, ${refused} refused, panic: ${panicked}`;
    assert.ok(panicked || right + refused === all, said);
    if (failures > 0) assert.ok(panicked && right + refused === 0, said);
    failures += panicked && right + refused === 0 ? 1 : 0;
    results.push(outcome);
  }
  assert.equal(results[0].right, all);
  assert.ok(results.some(({ refused }) => refused > 0));
});

test("SYS-04: a failed allocation never causes a wrong result", async () => {
  const calm = await Lab.at("S1");
  const pages = calm.twin.memoryBytes() / PAGE;
  let panics = 0;
  for (let left = 16; left < 1 << 20; left *= 2) {
    if ((await endure(pages, left)).panicked) panics++;
  }
  assert.ok(panics > 4 && panics < 16, `${panics} panics`);
});

const [RAM, RESERVED, ACPI] = [1, 2, 3];
/** Makes a memory map of entries of base and length, both in KiB, and type. */
const map = (...lines: Array<[number, number, number]>): MemoryRegion[] =>
  lines.map(([base, length, type]) => ({ base: base * KIB, length: length * KIB, type }));
/** A PC's memory below 1 MiB. */
const LOW: Array<[number, number, number]> = [
  [0, 639, RAM],
  [639, 1, RESERVED],
  [960, 64, RESERVED],
];
const maps: Array<[name: string, map: MemoryRegion[], linear: number]> = [
  [
    "32 MiB with a hole",
    map(
      ...LOW,
      [1 * KIB, 14 * KIB, RAM],
      [15 * KIB, KIB, RESERVED],
      [16 * KIB, 15 * KIB, RAM],
      [31 * KIB, KIB, ACPI],
    ),
    15 * KIB,
  ],
  ["64 MiB", map(...LOW, [KIB, 62 * KIB, RAM], [63 * KIB, KIB, ACPI]), 48 * KIB],
  [
    "6 GiB around the hole below 4 GiB",
    map(
      ...LOW,
      [KIB, 3071 * KIB, RAM],
      [3072 * KIB, 1024 * KIB, RESERVED],
      [4096 * KIB, 3072 * KIB, RAM],
    ),
    3056 * KIB,
  ],
];

// Native code reads the map at boot: tests/boot/machines.test.ts boots all of these.
for (const [name, memoryMap, linear] of maps) {
  test(`SYS-08: works with ${name}`, async () => {
    const lab = await Lab.at("S1", { machine: { memoryMap, memoryLimit: linear * KIB } });
    const usable = memoryMap.filter(({ type }) => type === RAM);
    const total = usable.reduce((sum, { length }) => sum + length, 0) / KIB;
    const said = lab.command("free");
    assert.match(said, new RegExp(`^Mem: +${total} `, "m"));
    assert.match(said, new RegExp(`^Kernel: +${linear} `, "m"));
    lab.finish();
  });
}

// tests/boot/crash-command.test.ts tests page tables, null pages and exit codes in QEMU.
for (const [kind, reason] of [
  ["bounds", /memory access out of bounds[\s\S]*readBeyondMemory/],
  ["stack", /stack overflow/],
  ["abort", /crash abort was typed at .*crash\.ts:\d+/],
] as const) {
  test(`SYS-10: crash ${kind} causes a single panic and halts the kernel`, async () => {
    const lab = await Lab.at("S1");
    assert.throws(() => lab.command(`crash ${kind}`), TwinPanic);
    const { twin } = lab;
    assert.equal(twin.state, "halted");
    const [, ...panics] = twin.output.split(/^panic: /m);
    assert.equal(panics.length, 1);
    assert.match(panics[0], reason);
    lab.gateway.ping(address(guest.address), 1, Buffer.alloc(8));
    lab.take();
    lab.pass(10);
    assert.deepEqual(lab.frames(), []);
  });
}
