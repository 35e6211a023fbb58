/**
 * `make coverage [TESTS='words']`: reports the lines and branches of the kernel's TypeScript that
 * the tests in Node reach; boots in QEMU do not count. The tests run against modules compiled from
 * a copy of the sources with counters in it. A line is reached if every statement that begins on it
 * ran.
 */
import { spawnSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { root } from "../../tests/lab/host/process.ts";
import { type FileCoverage, fileCoverage, lcov } from "./file-coverage.ts";
import { type FilePoints, instrument } from "./instrument.ts";
import { explain, lineShare, summary, table } from "./report.ts";
import { unreached } from "./unreached.ts";

/** Required coverage of the lines in each of `goals`, in percent. */
const GOAL = 95;
const goals = ["net/", "drivers/intel/"];

const folder = `${root}build/coverage`;
const sources = `${folder}/source`;
/** Folders of tests that run the kernel in Node. */
const testFolders = ["unit", "attack", "property", "system"];
/** Random worlds of the simulator (tests/sim/), unless TESTS selects some tests. */
const WORLDS = 40;

/** Copies the sources and inserts counters. Modules compiled by an earlier run stay. */
function prepare(): FilePoints[] {
  for (const old of ["counts", "source"]) {
    rmSync(`${folder}/${old}`, { recursive: true, force: true });
  }
  const points: FilePoints[] = [];
  for (const part of ["core", "drivers", "examples", "kernel", "machine", "net"]) {
    cpSync(root + part, `${sources}/${part}`, { recursive: true });
    const names = readdirSync(root + part, { recursive: true, encoding: "utf8" });
    for (const path of names.map((name) => `${part}/${name}`)) {
      if (!path.endsWith(".ts") || part === "examples") continue;
      const made = instrument(path, readFileSync(`${sources}/${path}`, "utf8"));
      writeFileSync(`${sources}/${path}`, made.text);
      points.push(made.points);
    }
  }
  cpSync(`${root}tests/lab/entries`, `${sources}/tests/lab/entries`, { recursive: true });
  const sizes = points.map(({ path, count }) => [path, count]);
  writeFileSync(`${folder}/points.json`, JSON.stringify(Object.fromEntries(sizes)));
  return points.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Runs Node with its output in the file `log`, and returns its exit status. */
function node(words: string[], log: string, cwd: string, environment = {}): number {
  const output = openSync(`${folder}/${log}`, "w");
  const env = { ...process.env, ...environment };
  const options = { cwd, env, stdio: ["ignore", output, output] as const };
  return spawnSync(process.execPath, words, { ...options, stdio: [...options.stdio] }).status ?? 1;
}

/** Compiles the whole kernel with counters, for the tests that boot it. */
function compileKernel(): void {
  const asc = `${root}node_modules/assemblyscript/bin/asc.js`;
  const config = `${root}compiler-config/asconfig.json`;
  const words = [asc, "kernel/main.ts", "--config", config, "--outFile", `${folder}/kernel.wasm`];
  if (node(words, "asc.log", sources) === 0) return;
  throw new Error(readFileSync(`${folder}/asc.log`, "utf8"));
}

/** Runs the tests; returns false if one failed. */
function runTests(): boolean {
  const words = (process.env.TESTS ?? "").split(" ").filter((word) => word !== "");
  const environment = { COVERAGE: folder, KERNEL_WASM: `${folder}/kernel.wasm` };
  const run = (script: string, log: string, more: string[], seeds = {}) =>
    node(["--import", "tsx", script, ...more], log, root, { ...environment, ...seeds }) === 0;
  if (words.length > 0) return run("tests/run.ts", "tests.log", words);
  const all = testFolders.map((name) => `tests/${name}/`);
  const passed = run("tests/run.ts", "tests.log", all);
  const worlds = { SEED: "1", RUNS: String(WORLDS) };
  return run("tests/sim/main.ts", "worlds.log", [], worlds) && passed;
}

/** Sums up the counts of all processes. */
function gather(points: FilePoints[]): FileCoverage[] {
  const sums = new Map(points.map(({ path, count }) => [path, new Array<number>(count).fill(0)]));
  for (const name of readdirSync(`${folder}/counts`)) {
    const counts: Record<string, number[]> = JSON.parse(
      readFileSync(`${folder}/counts/${name}`, "utf8"),
    );
    for (const [path, own] of Object.entries(counts)) {
      const sum = sums.get(path) ?? [];
      own.forEach((count, point) => {
        sum[point] += count;
      });
    }
  }
  return points.map((own) => fileCoverage(own, sums.get(own.path) ?? []));
}

const started = performance.now();
mkdirSync(folder, { recursive: true });
const points = prepare();
compileKernel();
const passed = runTests();
const files = gather(points);
writeFileSync(`${folder}/lcov.info`, lcov(files));

const inGoals = files.filter(({ path }) => goals.some((goal) => path.startsWith(goal)));
const textOf = (path: string) => readFileSync(`${root}${path}`, "utf8").split("\n");
const { explained, unexplained, stale } = explain(inGoals, unreached, textOf);
const lines = [
  ...table(files),
  "",
  "not reached, with reasons:",
  ...explained,
  ...unexplained.map((line) => `no reason: ${line}`),
  ...stale.map((one) => `stale reason (line reached or gone): ${one}`),
  "",
  ...summary(files, goals),
  "",
  `${goals.join(" and ")}: ${lineShare(inGoals).percent.toFixed(1)} % of the lines reached, ` +
    `${explained.length} explained, ${unexplained.length} unexplained`,
];
writeFileSync(`${folder}/report.txt`, `${lines.join("\n")}\n`);
console.log(lines.join("\n"));
const took = Math.round((performance.now() - started) / 1000);
console.log(`\nbuild/coverage/: report.txt, lcov.info, tests.log; ${took} s`);
const missed = goals.filter(
  (goal) => lineShare(files.filter(({ path }) => path.startsWith(goal))).percent < GOAL,
);
for (const goal of missed) console.log(`${goal}: less than ${GOAL} % of the lines reached`);
if (!passed) console.log("tests failed: see tests.log and worlds.log");
process.exitCode = missed.length > 0 || !passed ? 1 : 0;
