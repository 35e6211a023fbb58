/** `make replay FILE=file`: runs the kernel again from a tape, and prints its console. */
import { existsSync, readFileSync } from "node:fs";
import { SourceMap } from "../../compiler-config/source-map.ts";
import { kernelBytes, kernelPath } from "../../tests/lab/machine/kernel-module.ts";
import { Player } from "./player.ts";

const [file] = process.argv.slice(2);
if (file === undefined || !existsSync(file)) {
  console.error(`replay: FILE=${file ?? ""}: expected a tape, as written by make run RECORD=file`);
  process.exit(2);
}
const print = (character: string) => process.stdout.write(character, "latin1");
try {
  const map = SourceMap.of(kernelPath());
  new Player({ kernel: kernelBytes(), map, tape: readFileSync(file), print }).play();
} catch (error) {
  console.error(`\nreplay: ${(error as Error).message}`);
  process.exitCode = 1;
}
