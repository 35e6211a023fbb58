/**
 * `node --import tsx tools/bench/compare.ts BEFORE.elf AFTER.elf`: runs two kernels in QEMU, by
 * turns, and prints medians of RUNS runs (default 5) and how many times faster the second is.
 * Transfers are of MIB MiB (default 64). The processor time that QEMU takes varies less than the
 * clock's while the machine is busy.
 */
import { configured } from "../../tests/lab/host/console.ts";
import { run } from "../../tests/lab/host/process.ts";
import { Machine, userNet } from "../../tests/lab/host/qemu.ts";
import { Nginx, patternBytes, Sink } from "../../tests/lab/host/servers.ts";
import { median } from "./statistics.ts";

const RUNS = Number(process.env.RUNS ?? 5);
const BULK = Number(process.env.MIB ?? 64) << 20;
const CONNECTIONS = 2000;
const REQUESTS = 20_000;

/** What one run took: milliseconds of a clock, and of a processor. */
interface Cost {
  clock: number;
  processor: number;
}
/** Returns the milliseconds that it measured, or undefined if all of the run counts. */
type Task = (machine: Machine, base: string) => Promise<number | undefined>;

async function cost(machine: Machine, task: () => Promise<number | undefined>): Promise<Cost> {
  const [begun, before] = [performance.now(), machine.cpuSeconds()];
  const clock = (await task()) ?? performance.now() - begun;
  return { clock, processor: (machine.cpuSeconds() - before) * 1000 };
}

async function curl(machine: Machine, words: string): Promise<undefined> {
  await machine.ok(`curl -o null ${words}`, 300_000);
}

async function ab(base: string, count: number, ...options: string[]): Promise<undefined> {
  const words = ["ab", "-q", "-n", `${count}`, "-c", "8", ...options, `${base}/bytes/100`];
  const { code, output } = await run(words, { milliseconds: 300_000 });
  if (code !== 0 || !output.includes("Failed requests:        0")) throw new Error(output);
}

async function download(url: string): Promise<undefined> {
  const answer = await fetch(url);
  for await (const _ of answer.body as unknown as AsyncIterable<Uint8Array>);
}

/** Returns the average round-trip time. */
async function ping(machine: Machine): Promise<number> {
  const output = await machine.ok("ping -c 200 -i 0.002 10.0.2.2", 60_000);
  return Number(/= [\d.]+\/([\d.]+)\//.exec(output)?.[1]);
}

const paths = process.argv.slice(2);
if (paths.length !== 2) throw new Error("expected the paths of two kernels: build/kernel.elf");
const nginx = await Nginx.start({ "bulk.bin": patternBytes(BULK) });
const sink = await Sink.start();
const machines: Machine[] = [];
try {
  for (const kernel of paths) {
    const machine = await Machine.boot({ kernel, memory: "128", nics: [userNet([80])] });
    machines.push(machine);
    await configured(machine);
    await machine.ok("httpd");
  }
  const mib = BULK >> 20;
  const tasks: [string, Task][] = [
    [`${mib} MiB in`, (to) => curl(to, nginx.url("/bulk.bin"))],
    [`${mib} MiB out`, (to) => curl(to, `-d @bytes:${BULK} ${sink.url("/")}`)],
    [`${mib} MiB served`, (_, base) => download(`${base}/bytes/${BULK}`)],
    [`${CONNECTIONS} connections`, (_, base) => ab(base, CONNECTIONS)],
    [`${REQUESTS} requests`, (_, base) => ab(base, REQUESTS, "-k")],
    ["a ping, of 200", ping],
  ];
  console.log("| task | clock | ratio | processor | ratio |\n|---|---|---|---|---|");
  for (const [name, task] of tasks) {
    const costs: Cost[][] = [[], []];
    for (let i = 0; i < RUNS; i++) {
      for (const [which, machine] of machines.entries()) {
        const base = `http://127.0.0.1:${await machine.port(80)}`;
        costs[which].push(await cost(machine, () => task(machine, base)));
      }
    }
    const columns = (["clock", "processor"] as const).map((key) => {
      const [before, after] = costs.map((list) => median(list.map((each) => each[key])));
      const digits = before < 10 ? 3 : 0;
      const [old, now] = [before, after].map((each) => each.toFixed(digits));
      return `${old} ms, ${now} ms | ${(before / after).toFixed(2)}`;
    });
    console.log(`| ${name} | ${columns.join(" | ")} |`);
  }
} finally {
  for (const machine of machines) await machine.stop();
  await nginx.stop();
  await sink.stop();
}
