/**
 * `node --import tsx tools/bench/instructions.ts KERNEL.elf ...`: counts the instructions that
 * kernels take for work through loopback, and prints a column for each kernel. QEMU gives each
 * instruction a nanosecond (-icount shift=0), so the kernel's own clock counts them: the counts do
 * not depend on the load of this machine, and two runs differ by less than one in a thousand.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { run } from "../../tests/lab/host/process.ts";
import { words } from "../../tests/lab/host/qemu.ts";

const MIB = 2 ** 20;
/** The first transfer fills caches and pools, and the last two show what a byte costs. */
const TRANSFERS = [16, 16, 64].map((mib) => mib * MIB);
const SMALL = 100;

const commands = [
  "httpd",
  ...[...TRANSFERS, SMALL, SMALL, SMALL].map((n) => `curl -o null http://127.0.0.1/bytes/${n}`),
  "ping -q -c 1000 -i 0.002 127.0.0.1",
  "poweroff",
];

/** Returns what a kernel prints while it runs the commands. */
async function consoleOf(kernel: string): Promise<string> {
  const append = `ip=10.0.2.15::10.0.2.2:255.255.255.0 run="${commands.join("; ")}"`;
  const nics = [{ backend: "user,restrict=on" }];
  const more = ["-icount", "shift=0,sleep=off"];
  const folder = mkdtempSync(`${tmpdir()}/anonymos-bench-`);
  const machine = words({ kernel, append, nics, memory: "128", cpu: "max", more }, folder);
  const { output } = await run(machine, { milliseconds: 600_000 });
  rmSync(folder, { recursive: true });
  return output;
}

/** Returns the counts of one kernel, by row. */
async function counts(kernel: string): Promise<Map<string, number>> {
  const text = await consoleOf(kernel);
  const times = [...text.matchAll(/HTTP 200, \d+ bytes, ([\d.]+) s/g)].map((match) => +match[1]);
  const ping = /= [\d.]+\/([\d.]+)\//.exec(text);
  if (times.length !== commands.length - 3 || ping === null) throw new Error(text);
  const [, shorter, longer] = times;
  return new Map([
    ["a byte from httpd to curl", ((longer - shorter) * 1e9) / (TRANSFERS[2] - TRANSFERS[1])],
    ["a request for 100 bytes by curl", times[times.length - 1] * 1e9],
    ["a ping", Number(ping[1]) * 1e6],
  ]);
}

const kernels = process.argv.slice(2);
if (kernels.length === 0) throw new Error("expected the paths of kernels: build/kernel.elf");
const columns: Map<string, number>[] = [];
for (const kernel of kernels) columns.push(await counts(kernel));
console.log(`| instructions for | ${kernels.join(" | ")} |\n|---|${"---|".repeat(kernels.length)}`);
for (const row of columns[0].keys()) {
  const cells = columns.map((column) => {
    const value = column.get(row) ?? 0;
    return value < 100 ? value.toFixed(3) : value.toFixed(0);
  });
  console.log(`| ${row} | ${cells.join(" | ")} |`);
}
