/** `make soak [SEED=n] [SECONDS=n]`: prints progress, failures, and memory at both ends. */
import { version } from "./commit.ts";
import { numberFrom } from "./numbers.ts";
import { soak } from "./soak.ts";

/** Seconds between storms: most of a long uptime is quiet. */
const REST = 800;

const seed = numberFrom("SEED") ?? 1;
const seconds = numberFrom("SECONDS") ?? 1_000_000;
console.log(`seed ${seed}, ${seconds} seconds at ${await version()}`);
let told = performance.now();
const soaked = await soak(seed, seconds, REST, (text) => {
  if (performance.now() - told < 60_000) return;
  told = performance.now();
  console.log(text);
});
const { failures, storms, frames, before, after, trace } = soaked;
for (const failure of failures) console.log(failure);
console.log(`${storms} storms, ${frames} frames, up for ${Math.round(soaked.seconds)} s`);
console.log(`memory before ${JSON.stringify(before)}`);
console.log(`memory after  ${JSON.stringify(after)}`);
process.exitCode = failures.length > 0 ? 1 : 0;
console.log(`trace ${trace}`);
