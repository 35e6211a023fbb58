/** Runs worlds by their seeds in one process, and tells whoever started it about each. */
import { makeReplayers } from "../tape/native.ts";
import { makePlan } from "./plan.ts";
import { runWorld } from "./run-world.ts";

/** What a process is given: seeds `first`, `first + step`, ... below `end`. */
export interface Batch {
  first: number;
  end: number;
  step: number;
}

const [first, end, step] = process.argv.slice(2).map(Number);
const replayers = process.env.NATIVE ? await makeReplayers() : [];
for (let seed = first; seed < end; seed += step) {
  process.send?.({ begun: seed });
  const { trace, failures, seconds, frames } = await runWorld(makePlan(seed), undefined, replayers);
  process.send?.({ seed, trace, failures, seconds, frames });
}
