/**
 * Tests the simulator: each mutant breaks a copy of the kernel in one place, and at least one of 60
 * worlds must fail. `node --import tsx tests/sim/mutants.ts [WORDS]` runs those whose description
 * contains one of the words.
 */
import { availableParallelism } from "node:os";
import { compileMutant } from "../lab/host/mutant.ts";
import { mutants } from "./mutant-table.ts";
import { runWorlds } from "./processes.ts";

const WORLDS = 60;

/** Returns the report of the first world that fails, or undefined if none up to WORLDS does. */
async function firstFailure(): Promise<{ seed: number; failures: string[] } | undefined> {
  const step = 4 * availableParallelism();
  for (let seed = 1; seed <= WORLDS; seed += step) {
    const reports = await runWorlds(seed, step, availableParallelism());
    const found = reports.find(({ failures }) => failures.length > 0);
    if (found) return found;
  }
  return undefined;
}

const words = process.argv.slice(2);
let missed = 0;
for (const mutant of mutants) {
  const [what] = mutant;
  if (words.length > 0 && !words.some((word) => what.includes(word))) continue;
  process.env.KERNEL_WASM = await compileMutant(mutant, "mutants");
  const found = await firstFailure();
  if (!found) missed++;
  const notice = found ? `seed ${found.seed}: ${found.failures[0].slice(0, 150)}` : "NOT NOTICED";
  console.log(`${what}: ${notice.replaceAll(/\s+/g, " ")}`);
}
process.exitCode = missed > 0 ? 1 : 0;
