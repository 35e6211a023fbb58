/**
 * `make fuzz [MINUTES=n] [TARGET=name]`: fuzzes every target, or one, for n minutes each (1), and
 * prints a line per target. Findings go to build/fuzz/findings/, new inputs to build/fuzz/inputs/.
 * With MERGE=1 it does not fuzz, but rebuilds each corpus (tests/fuzz/corpus/) of all known inputs.
 */
import { build, targets } from "./build.ts";
import { fuzz, merge, writeSeeds } from "./libfuzzer.ts";

function fail(message: string): never {
  console.error(`fuzz: ${message}`);
  process.exit(2);
}

const minutes = Number(process.env.MINUTES || "1");
if (!(minutes > 0 && minutes <= 10_000)) fail(`MINUTES=${process.env.MINUTES}: expected a number`);
const wanted = process.env.TARGET || "";
if (wanted !== "" && !targets.includes(wanted)) {
  fail(`TARGET=${wanted}: expected one of ${targets.join(" ")}`);
}

await build();
let findings = 0;
for (const target of wanted === "" ? targets : [wanted]) {
  writeSeeds(target);
  if (process.env.MERGE) {
    console.log(await merge(target));
    continue;
  }
  const result = await fuzz(target, minutes * 60);
  findings += result.findings.length;
  console.log(result.line);
  for (const path of result.findings) console.log(`  build/fuzz/${target} ${path}`);
}
process.exitCode = findings > 0 ? 1 : 0;
