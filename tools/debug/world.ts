/** `make sim SEED=n BREAK=...`: runs one world in this process, where a debugger can stop it. */
import { createHash } from "node:crypto";
import { numberFrom } from "../../tests/sim/numbers.ts";
import { makePlan } from "../../tests/sim/plan.ts";
import { runWorld } from "../../tests/sim/run-world.ts";

const seed = numberFrom("SEED") ?? 1;
const { failures, trace } = await runWorld(makePlan(seed));
for (const failure of failures) console.log(`seed ${seed} fails: ${failure}`);
process.exitCode = failures.length > 0 ? 1 : 0;
console.log(`trace ${createHash("sha256").update(`${seed} ${trace}\n`).digest("hex")}`);
