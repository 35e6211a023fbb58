/**
 * Tests the rows: each mutant breaks a copy of the kernel in one place, and the rows that it names
 * must fail. `node --import tsx tests/attack/mutants.ts [WORDS]` runs those whose rows or
 * description contain one of the words.
 */
import { join } from "node:path";
import { compileMutant } from "../lab/host/mutant.ts";
import { root, run } from "../lab/host/process.ts";
import { mutants } from "./mutants/all.ts";

/** Time limit in seconds for the rows of one file, and timeout(1)'s exit code when it expires. */
const [PATIENCE, TIMED_OUT] = [300, 124];

const files: Record<string, string[]> = {
  ETH: ["attack/ethernet"],
  ARP: ["attack/arp"],
  IP: ["attack/ipv4"],
  FRG: ["attack/fragments"],
  ICM: ["attack/icmp"],
  UDP: ["attack/udp"],
  SYS: ["attack/memory-limits", "system/long-runs"],
};

type Verdict = "fails" | "times out" | "PASSES";

/**
 * Runs a row on a kernel: the tests whose titles begin with its id. Returns the outcome of the
 * first file in which they do not pass, or "PASSES".
 */
async function verdict(id: string, kernel: string): Promise<Verdict> {
  for (const name of files[id.split("-")[0]]) {
    const kernelWasm = `KERNEL_WASM=${kernel}`;
    const node = ["timeout", `${PATIENCE}`, "env", kernelWasm, process.execPath, "--import", "tsx"];
    const file = join(root, `tests/${name}.test.ts`);
    const words = [...node, "--test-name-pattern", `/^${id}:/`, file];
    const { code, output } = await run(words, { milliseconds: 2000 * PATIENCE });
    if (code === TIMED_OUT) return "times out";
    if (!/^# pass \d+$/m.test(output)) throw new Error(output);
    if (code !== 0) return "fails";
  }
  return "PASSES";
}

const words = process.argv.slice(2);
let missed = 0;
for (const [ids, ...mutant] of mutants) {
  const [what] = mutant;
  const named = `${ids}: ${what}`;
  if (words.length > 0 && !words.some((word) => named.includes(word))) continue;
  const kernel = await compileMutant(mutant, "attack");
  for (const id of ids.split(" ")) {
    const seen = await verdict(id, kernel);
    if (seen === "PASSES") missed++;
    console.log(`${id} ${seen}: ${what}`);
  }
}
process.exitCode = missed > 0 ? 1 : 0;
