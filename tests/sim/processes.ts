/** Runs worlds in several processes. A process whose world hangs is killed and reported. */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Batch } from "./batch.ts";

export interface Report {
  seed: number;
  /** A hash of the world's trace; empty if it hung. */
  trace: string;
  failures: string[];
  /** Virtual time. */
  seconds: number;
  frames: number;
}

/**
 * Lets V8 inline small WebAssembly functions. This drops frames from stack traces, but a failed
 * world is rerun without it. V8's helper threads are off, as all processors are busy without them.
 */
const FLAGS = ["--experimental-wasm-inlining", "--single-threaded"];

/** Milliseconds after which a world counts as hung. */
const PATIENCE = 120_000;

/**
 * Runs `count` worlds, starting with seed `first`. Returns their reports sorted by seed, and calls
 * `done` with each report as it arrives.
 */
export async function runWorlds(
  first: number,
  count: number,
  processes: number,
  done: (report: Report) => void = () => {},
): Promise<Report[]> {
  const reports: Report[] = [];
  const end = first + count;
  const keep = (report: Report) => {
    reports.push(report);
    done(report);
  };
  const step = Math.max(1, Math.min(processes, count));
  const all = Array.from({ length: step }, (_, i) =>
    runBatch({ first: first + i, end, step }, keep),
  );
  await Promise.all(all);
  return reports.sort((a, b) => a.seed - b.seed);
}

/** Runs a batch in one process at a time, with a new process after each hung world. */
async function runBatch(batch: Batch, keep: (report: Report) => void): Promise<void> {
  for (let next: number | undefined = batch.first; next !== undefined; ) {
    next = await runUntilHang({ ...batch, first: next }, keep);
  }
}

/** Runs a batch until a world hangs. Resolves to the next seed, or undefined if none is left. */
function runUntilHang(batch: Batch, keep: (report: Report) => void): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const { first, end, step } = batch;
    const path = fileURLToPath(new URL("./batch.ts", import.meta.url));
    const child = fork(path, [first, end, step].map(String), {
      execArgv: [...FLAGS, "--import", "tsx"],
    });
    let timer: NodeJS.Timeout | undefined;
    child.on("message", (data) => {
      clearTimeout(timer);
      const message = data as Report & { begun?: number };
      const { begun } = message;
      if (begun === undefined) {
        keep(message);
        return;
      }
      timer = setTimeout(() => {
        const failures = [`hung for ${PATIENCE / 1000} s`];
        keep({ seed: begun, trace: "", failures, seconds: 0, frames: 0 });
        child.kill("SIGKILL");
        resolve(begun + batch.step < batch.end ? begun + batch.step : undefined);
      }, PATIENCE);
    });
    child.on("error", reject);
    child.on("exit", (code) => {
      clearTimeout(timer);
      if (code === 0) resolve(undefined);
      else reject(new Error(`a simulator process exited with ${code}`));
    });
  });
}
