/**
 * The thread that stops the kernel at lines of its TypeScript. While the main thread is paused,
 * this thread reads stack and variables through V8's inspector, prints them, and resumes the other.
 */
import { readFileSync, writeSync } from "node:fs";
import { type Debugger, Session } from "node:inspector";
import { parentPort, workerData } from "node:worker_threads";
import { SourceMap } from "../../compiler-config/source-map.ts";
import type { Breakpoint } from "./places.ts";

/** What attach.ts passes to this thread. */
export interface WorkerInput {
  breakpoints: Breakpoint[];
  /** The number of stops after which the breakpoints are removed. */
  hits: number;
  /** Path of the module. */
  kernel: string;
  root: string;
}

/** A script's language and length, which Node's types lack. */
interface Script {
  scriptId: string;
  scriptLanguage: string;
  sourceMapURL: string;
  length: number;
}

/** Suffix of the functions that asc generates to dispatch virtual calls. */
const DISPATCHER = "@override";

/** Evaluated in the frame of a Player or a Twin: says which kernel stopped, and when. */
const WHERE = `({
  Player: () => \`boot \${this.boots}, call \${this.calls}, act \${this.acts}\`,
  Twin: () => \`\${this.name}, \${(this.clock.now / 1e9).toFixed(6)} s\`,
})[this?.constructor?.name]?.()`;

const { breakpoints, hits, kernel, root } = workerData as WorkerInput;
const map = SourceMap.of(kernel);
const length = readFileSync(kernel).length;
const session = new Session();
const scripts: Script[] = [];
/** The bytes to add to an offset in the map to get one in the script (see kernel-module.ts). */
const shifts = new Map<string, number>();
const breakpointIds: string[] = [];
let stops = 0;

function ask<Answer>(method: string, parameters: object = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    session.post(method, parameters, (error, answer) => {
      if (error) reject(new Error(`${method}: ${JSON.stringify(error)}`));
      else resolve(answer as Answer);
    });
  });
}

/** Writes directly to standard output, because the stream's owner, the main thread, is paused. */
function print(line: string): void {
  writeSync(1, `${line}\n`);
}

/** Sets the breakpoints in new modules. */
async function arm(): Promise<void> {
  for (const { scriptId, length: own } of scripts.splice(0)) {
    const shift = own - length;
    shifts.set(scriptId, shift);
    for (const offset of stops < hits ? breakpoints.flatMap(({ offsets }) => offsets) : []) {
      const location = { scriptId, lineNumber: 0, columnNumber: offset + shift };
      const { breakpointId } = await ask<Debugger.SetBreakpointReturnType>(
        "Debugger.setBreakpoint",
        { location },
      );
      breakpointIds.push(breakpointId);
    }
  }
}

async function evaluate<Value>(frame: Debugger.CallFrame, expression: string): Promise<Value> {
  const answer = await ask<Debugger.EvaluateOnCallFrameReturnType>("Debugger.evaluateOnCallFrame", {
    callFrameId: frame.callFrameId,
    expression,
    returnByValue: true,
  });
  const { exceptionDetails, result } = answer;
  if (exceptionDetails) throw new Error(exceptionDetails.exception?.description);
  return result.value;
}

/** Returns a frame's function and line; none for a dispatcher, or if it is not the kernel's. */
function placed({ functionName, location }: Debugger.CallFrame) {
  const shift = shifts.get(location.scriptId);
  if (shift === undefined || functionName.endsWith(DISPATCHER)) return [];
  const place = map.near((location.columnNumber ?? 0) - shift);
  const name = functionName.replace(/^\$/, "");
  return [{ name, file: place?.file ?? "generated", line: place?.line ?? 0 }];
}

function sourceLine(file: string, line: number): string {
  return readFileSync(root + file, "utf8")
    .split("\n")
    [line - 1].trim();
}

async function reportStop(frames: Debugger.CallFrame[]): Promise<void> {
  const stack = frames.flatMap(placed);
  const [{ name, file, line }] = stack;
  const outside = frames.filter(({ location }) => !shifts.has(location.scriptId));
  const where: string[] = [];
  for (const frame of outside) {
    const state = await evaluate<string | undefined>(frame, WHERE);
    if (state !== undefined && !where.includes(state)) where.push(state);
  }
  print(`\nstop ${++stops} at ${file}:${line} (${where[0]})\n> ${sourceLine(file, line)}`);
  for (const frame of stack) print(`  ${frame.name} at ${frame.file}:${frame.line}`);
  const describe = `describeKernel(${JSON.stringify(name)}, locals, memories[0])`;
  for (const text of await evaluate<string[]>(frames[0], describe)) print(`  ${text}`);
  if (stops < hits) return;
  for (const breakpointId of breakpointIds.splice(0))
    await ask("Debugger.removeBreakpoint", { breakpointId });
  print(`no more stops after ${stops} (HITS=n sets how many)`);
}

session.connectToMainThread();
session.on("Debugger.scriptParsed", ({ params }) => {
  const script = params as unknown as Script;
  const isKernel = script.sourceMapURL.endsWith("kernel.wasm.map");
  if (script.scriptLanguage === "WebAssembly" && isKernel) scripts.push(script);
});
session.on("Debugger.paused", async ({ params }) => {
  try {
    if (params.hitBreakpoints?.length) await reportStop(params.callFrames);
    else await arm();
  } catch (error) {
    print(`debugger: ${(error as Error).message}`);
  }
  await ask("Debugger.resume");
});
// A listener keeps this thread alive; the session does not.
parentPort?.on("message", () => {});
await ask("Debugger.enable");
parentPort?.postMessage("ready");
