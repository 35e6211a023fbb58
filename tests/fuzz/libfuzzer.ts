/** Runs the libFuzzer program and parses its output. */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { REAL_TIME, root, run } from "../lab/host/process.ts";
import { seeds } from "./seeds.ts";

const folder = "build/fuzz/";
/** Longer inputs are truncated. Exceeding the time (s) or the memory (MiB) is a finding. */
const limits = ["-max_len=4096", "-timeout=10", "-rss_limit_mb=1024"];
/** Findings after which fuzzing a target stops. */
const MOST_FINDINGS = 10;

export const corpus = (target: string) => `tests/fuzz/corpus/${target}`;
const inputs = (target: string) => `${folder}inputs/${target}`;

export interface Run {
  /** Exit status: 0 if nothing was found. */
  code: number;
  output: string;
  executions: number;
  coverage: number;
}

/** Runs a target once with libFuzzer's options in `words`, for `seconds` plus 120 at most. */
export async function execute(target: string, words: string[], seconds: number): Promise<Run> {
  const dictionary = `tests/fuzz/dictionaries/${target}.txt`;
  const dict = existsSync(root + dictionary) ? [`-dict=${dictionary}`] : [];
  const all = [
    ...REAL_TIME,
    `${folder}${target}`,
    ...limits,
    ...dict,
    "-print_final_stats=1",
    ...words,
  ];
  const { code, output } = await run(all, { milliseconds: (seconds + 120) * 1000 });
  const last = (pattern: RegExp) => Number([...output.matchAll(pattern)].at(-1)?.[1] ?? 0);
  const executions = last(/stat::number_of_executed_units: (\d+)/g);
  return { code, output, executions, coverage: last(/ cov: (\d+) /g) };
}

function makeFolder(path: string): string {
  mkdirSync(root + path, { recursive: true });
  return path;
}

function filesIn(path: string): string[] {
  return existsSync(root + path) ? readdirSync(root + path).map((name) => `${path}/${name}`) : [];
}

/** Writes the target's seeds to the folder of the inputs that fuzzing found. */
export function writeSeeds(target: string): void {
  const folder = makeFolder(inputs(target));
  seeds[target]().forEach((bytes, i) => {
    writeFileSync(`${root}${folder}/seed-${i}`, bytes);
  });
}

/** Fuzzes for `seconds`, restarting after each finding. */
export async function fuzz(target: string, seconds: number) {
  const found = makeFolder(`${folder}findings/${target}`);
  const folders = [makeFolder(inputs(target)), makeFolder(corpus(target))];
  const started = performance.now();
  const before = new Set(filesIn(found));
  let [executions, coverage] = [0, 0];
  const left = () => Math.ceil(seconds - (performance.now() - started) / 1000);
  for (let tries = 0; left() > 0 && tries < MOST_FINDINGS; tries++) {
    const time = left();
    const words = [`-max_total_time=${time}`, `-artifact_prefix=${found}/`, ...folders];
    const result = await execute(target, words, time);
    writeFileSync(`${root}${folder}${target}.log`, result.output);
    executions += result.executions;
    coverage = Math.max(coverage, result.coverage);
    if (result.code === 0) break;
  }
  const findings = filesIn(found).filter((path) => !before.has(path));
  const spent = (performance.now() - started) / 1000;
  const rate = Math.round(executions / spent);
  const line =
    `${target.padEnd(9)} ${String(executions).padStart(9)} inputs, ${rate} a second, ` +
    `${coverage} branches, ${findings.length} findings`;
  return { line, findings };
}

/** Replaces the corpus by a few files, of it and of the inputs, that reach the same branches. */
export async function merge(target: string): Promise<string> {
  const merged = makeFolder(`${folder}merged/${target}`);
  const named = filesIn(corpus(target)).filter((path) => !/\/[0-9a-f]{40}$/.test(path));
  // Count branches, not how often each is taken: this needs far fewer files.
  const words = [
    "-set_cover_merge=1",
    "-use_counters=0",
    merged,
    corpus(target),
    makeFolder(inputs(target)),
  ];
  const { code, output } = await execute(target, words, 600);
  if (code !== 0) throw new Error(output.slice(-3000));
  // Former findings have names, and are kept.
  for (const path of filesIn(corpus(target))) {
    if (!named.includes(path)) rmSync(root + path);
  }
  for (const path of filesIn(merged))
    renameSync(root + path, root + path.replace(merged, corpus(target)));
  const kept = filesIn(corpus(target));
  const bytes = kept.reduce((sum, path) => sum + statSync(root + path).size, 0);
  return `${target.padEnd(9)} ${kept.length} inputs, ${bytes} bytes`;
}
