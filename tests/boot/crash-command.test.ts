/** Every kind of crash ends in one panic: reason, place, registers, backtrace, status 255. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { test } from "node:test";
import { boot, until } from "../lab/host/console.ts";
import { Machine } from "../lab/host/qemu.ts";

/** Kinds of crash, and the reason that the first line gives. */
const kinds: Record<string, RegExp> = {
  null: /null|page fault|address/i,
  bounds: /range|bounds|page fault/i,
  stack: /stack/i,
  "write-text": /write|page fault|protect/i,
  "execute-data": /execut|page fault|fetch/i,
  abort: /.+/,
};

async function crash(machine: Machine, kind: string): Promise<string> {
  machine.type(`crash ${kind}\r`);
  await machine.waitFor(/(^|\n)panic: .+\n/, 15_000);
  return machine.console;
}

for (const [kind, reason] of Object.entries(kinds)) {
  test(`SYS-10: crash ${kind} causes a single panic, with status 255`, async (t) => {
    const machine = await boot(t);
    await crash(machine, kind);
    assert.equal(await machine.exit(15_000), 255);
    const text = machine.console;
    const lines = text.split("\n").filter((line) => line.startsWith("panic: "));
    assert.equal(lines.length, 1, "not exactly one panic line");
    assert.match(lines[0], reason);
    const rest = text.slice(text.indexOf("panic: "));
    assert.match(rest, /\b(rip|cr2|rsp)\b/i, "no registers");
    if (kind !== "execute-data") {
      assert.match(rest, /[\w/-]+\.ts:\d+/, "no TypeScript frame in the backtrace");
    }
  });
}

test("SYS-07: panics on a non-maskable interrupt, and names it", async (t) => {
  const machine = await boot(t);
  await machine.monitor("nmi");
  await machine.waitFor(/(^|\n)panic: non-maskable interrupt.*\n/, 15_000);
  assert.equal(await machine.exit(15_000), 255);
});

test("shows a panic on the screen if there is no UART", async (t) => {
  const machine = new Machine({ serial: false, append: 'run="crash null"', debugExit: false });
  t.after(() => machine.stop());
  const folder = mkdtempSync(`${tmpdir()}/anonymos-screen-`);
  t.after(() => rmSync(folder, { recursive: true }));
  // VGA text memory: 80 by 25 pairs of a character and its color.
  const screen = async () => {
    await machine.monitor(`pmemsave 0xb8000 4000 "${folder}/screen"`);
    const cells = readFileSync(`${folder}/screen`);
    return Buffer.from(cells.filter((_, index) => index % 2 === 0)).toString("latin1");
  };
  await until("a panic on the screen", 15_000, async () => {
    return machine.pid > 0 && /panic: /.test(await screen().catch(() => ""));
  });
});

test("crash lists its kinds when given an unknown one", async (t) => {
  const machine = await boot(t);
  const { output, code } = await machine.command("crash nonsense");
  assert.equal(code, 2);
  assert.match(output, /^crash: .*null/m);
});

test("panic=1 reboots after one second", async (t) => {
  const machine = await boot(t, { append: "panic=1", debugExit: false });
  await crash(machine, "null");
  const begun = performance.now();
  assert.equal(await machine.exit(15_000), 0, "QEMU exits with 0 on a reboot (-no-reboot)");
  assert.ok(performance.now() - begun > 500, "rebooted too soon");
});

test("without panic= the machine halts, and does not spin", async (t) => {
  const machine = await boot(t, { debugExit: false });
  await crash(machine, "null");
  await machine.monitor("info status");
  const before = machine.cpuSeconds();
  await new Promise((resolve) => setTimeout(resolve, 2000));
  assert.equal(machine.code, undefined);
  assert.ok(machine.cpuSeconds() - before < 0.5, "the halted processor is busy");
});
