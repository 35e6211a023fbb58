/** Many worlds side by side, a process each processor; one that never ends is ended and named. */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Batch } from "./batch.ts";

export interface Report {
  seed: number;
  trace: string;
  failures: string[];
  seconds: number;
  frames: number;
}

/**
 * Small functions of WebAssembly become part of those that call them. Stacks lose lines by it,
 * which is no harm: a world that fails is run again without. And every processor has a process
 * that keeps it busy: threads that help to compile and to collect only cost.
 */
const FLAGS = ["--experimental-wasm-inlining", "--single-threaded"];

/** Milliseconds of a world that are called for ever. */
const PATIENCE = 120_000;

/** Runs `count` worlds from seed `first` on; answers them in the order of their seeds. */
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
    oneAfterOther({ first: first + i, end, step }, keep),
  );
  await Promise.all(all);
  return reports.sort((a, b) => a.seed - b.seed);
}

/** One process; after a world that hangs another goes on with the next. */
async function oneAfterOther(batch: Batch, keep: (report: Report) => void): Promise<void> {
  for (let next: number | undefined = batch.first; next !== undefined; ) {
    next = await untilItHangs({ ...batch, first: next }, keep);
  }
}

function untilItHangs(batch: Batch, keep: (report: Report) => void): Promise<number | undefined> {
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
        const failures = [`not over after ${PATIENCE / 1000} s`];
        keep({ seed: begun, trace: "", failures, seconds: 0, frames: 0 });
        child.kill("SIGKILL");
        resolve(begun + batch.step < batch.end ? begun + batch.step : undefined);
      }, PATIENCE);
    });
    child.on("error", reject);
    child.on("exit", (code) => {
      clearTimeout(timer);
      if (code === 0) resolve(undefined);
      else reject(new Error(`a process of the simulator ended with ${code}`));
    });
  });
}
