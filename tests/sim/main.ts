/**
 * `make sim [SEED=n] [RUNS=n]`: runs RUNS random worlds from SEED on; by default seeds 1 to 2000,
 * or only SEED if that is set. The first five that fail are rerun with a capture,
 * shrunk, and written to build/sim/; hung ones among them are skipped. The last line printed is a
 * hash of all traces.
 */
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { Capture } from "../lab/network/pcapng.ts";
import { version } from "./commit.ts";
import { numberFrom } from "./numbers.ts";
import { makePlan } from "./plan.ts";
import { type Report, runWorlds } from "./processes.ts";
import { runWorld } from "./run-world.ts";
import { shrink } from "./shrink.ts";

/** Number of processes: JOBS, or one per processor. */
const processes = numberFrom("JOBS") ?? availableParallelism();
const folder = fileURLToPath(new URL("../../build/sim/", import.meta.url));
const seed = numberFrom("SEED");
const first = seed ?? 1;
const count = numberFrom("RUNS") ?? (seed === undefined ? 2000 : 1);

/** Reruns a failed world; writes its capture, consoles, plan and shrunk plan to build/sim/. */
async function saveFailure({ seed }: Report): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const plan = makePlan(seed);
  const capture = new Capture();
  const { failures, consoles } = await runWorld(plan, capture);
  writeFileSync(`${folder}${seed}.pcapng`, capture.bytes());
  for (const [name, text] of Object.entries(consoles)) {
    writeFileSync(`${folder}${seed}-${name}.log`, text);
  }
  const small = failures.length > 0 ? await shrink(plan, failures[0]) : plan;
  writeFileSync(
    `${folder}${seed}.json`,
    `${JSON.stringify({ commit, failures, plan, small }, null, 1)}\n`,
  );
  console.log(`  ${folder}${seed}.pcapng, ${seed}-*.log, ${seed}.json (shrunk)`);
}

const commit = await version();
console.log(`seeds ${first} to ${first + count - 1} at ${commit}`);
const started = performance.now();
let lastPrinted = performance.now();
let finished = 0;
const reports = await runWorlds(first, count, processes, (report) => {
  finished++;
  if (report.failures.length > 0) {
    console.log(`seed ${report.seed} fails:\n  ${report.failures.join("\n  ")}`);
  } else if (performance.now() - lastPrinted > 10_000) {
    lastPrinted = performance.now();
    console.log(`${finished} of ${count} worlds`);
  }
});
const failed = reports.filter(({ failures }) => failures.length > 0);
for (const report of failed.slice(0, 5)) {
  if (report.trace !== "") await saveFailure(report);
}
const seconds = (performance.now() - started) / 1000;
const virtual = reports.reduce((sum, report) => sum + report.seconds, 0);
const frames = reports.reduce((sum, report) => sum + report.frames, 0);
console.log(`${count} worlds, ${Math.round(virtual)} virtual seconds, ${frames} frames`);
console.log(`${failed.length} failed, in ${seconds.toFixed(1)} s`);
const hash = createHash("sha256");
for (const { seed, trace } of reports) hash.update(`${seed} ${trace}\n`);
process.exitCode = failed.length > 0 ? 1 : 0;
console.log(`trace ${hash.digest("hex")}`);
