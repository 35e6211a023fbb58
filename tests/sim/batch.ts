/** A process that runs the worlds of a batch and reports each to its parent (processes.ts). */
import { makeReplayers } from "../../tools/tape/native.ts";
import { makePlan } from "./plan.ts";
import { runWorld } from "./run-world.ts";

/** The worlds of one process: seeds `first`, `first + step`, ... below `end`. */
export interface Batch {
  first: number;
  end: number;
  step: number;
}

const [first, end, step] = process.argv.slice(2).map(Number);
const replayers = process.env.NATIVE ? await makeReplayers() : [];
for (let seed = first; seed < end; seed += step) {
  // Stop if the parent has gone.
  await new Promise((resolve) => setImmediate(resolve));
  if (!process.connected) process.exit(1);
  process.send?.({ begun: seed });
  const { trace, failures, seconds, frames } = await runWorld(makePlan(seed), undefined, replayers);
  process.send?.({ seed, trace, failures, seconds, frames });
}
