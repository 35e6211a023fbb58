/**
 * Runs all tests, those of tls/ and boot/ last, and prints the totals. Arguments select the test
 * files whose path contains any of them: `tests/run.ts boot/http unit`.
 */
import { readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename } from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { root } from "./lab/host/process.ts";

interface Stage {
  name: string;
  folders: string[];
  /** Number of files run in parallel. */
  concurrency: number;
  /** Time limit for each file, in milliseconds. */
  timeout: number;
}

const processors = availableParallelism();
/** Folders that run last, up to three files at a time: they boot QEMU or run servers, and wait. */
const booting = ["tls", "boot"];
const folders = readdirSync(`${root}tests`, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);
const stages: Stage[] = [
  {
    name: "style, units, twins, proofs",
    folders: folders.filter((name) => !booting.includes(name)),
    concurrency: processors,
    timeout: 420_000,
  },
  {
    name: "real boots and servers",
    folders: booting,
    concurrency: Math.min(3, processors + 1),
    timeout: 900_000,
  },
];

/** The slowest files; they start first within their folder. */
const slow = ["reproduce.test.ts", "sim.test.ts", "httpd-load.test.ts", "private-network.test.ts"];

const counted = ["tests", "suites", "pass", "fail", "cancelled", "skipped", "todo"];
const totals = new Map<string, number>(counted.map((name) => [name, 0]));
const failures: string[] = [];

/** Returns the stage's test files whose path contains any of `words`; all, if `words` is empty. */
function testFiles(stage: Stage, words: string[]): string[] {
  const found = stage.folders.flatMap((folder) => {
    const names = readdirSync(`${root}tests/${folder}`, { recursive: true, encoding: "utf8" });
    const files = names.filter((name) => name.endsWith(".test.ts"));
    const order = (name: string) => (slow.includes(basename(name)) ? 0 : 1);
    files.sort((a, b) => order(a) - order(b) || a.localeCompare(b));
    return files.map((name) => `${root}tests/${folder}/${name}`);
  });
  const wanted = (path: string) => words.some((word) => path.slice(root.length).includes(word));
  return words.length === 0 ? found : found.filter(wanted);
}

/** Runs one stage, printing results as they arrive, and adds its counts to `totals`. */
async function runStage(stage: Stage, files: string[]): Promise<void> {
  console.log(`\n== ${stage.name}: ${files.length} files ==`);
  const { concurrency, timeout } = stage;
  const events = run({ files, concurrency, timeout });
  events.on("test:diagnostic", (data) => {
    const [, name, count] = /^(\w+) (\d+)$/.exec(data.message) ?? [];
    if (data.nesting === 0 && totals.has(name)) {
      totals.set(name, (totals.get(name) ?? 0) + Number(count));
    }
    // An error after a file's last test is reported only by this diagnostic.
    if (data.message.includes("asynchronous activity")) failures.push(data.message);
  });
  events.on("test:fail", (data) => {
    const suite = data.details?.type === "suite";
    if (!suite && data.todo === undefined) {
      failures.push(`${(data.file ?? "").replace(root, "")}: ${data.name}`);
    }
  });
  const report = events.compose(new spec());
  for await (const text of report) process.stdout.write(text as string);
}

const started = performance.now();
const words = process.argv.slice(2);
let ran = 0;
for (const stage of stages) {
  const files = testFiles(stage, words);
  ran += files.length;
  if (files.length > 0) await runStage(stage, files);
}
if (failures.length > 0) console.log(`\nfailed:\n  ${failures.join("\n  ")}`);
console.log("");
for (const [name, count] of totals) console.log(`# ${name} ${count}`);
console.log(`# duration_ms ${Math.round(performance.now() - started)}`);
const bad = (totals.get("fail") ?? 0) + (totals.get("cancelled") ?? 0);
process.exitCode = bad > 0 || failures.length > 0 || ran === 0 ? 1 : 0;
