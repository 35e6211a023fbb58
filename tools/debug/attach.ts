/**
 * Debugs the kernel's TypeScript in Node. Load this module before a script that runs the kernel
 * (`node --import tsx --import THIS SCRIPT`). BREAK="file.ts:line ..." stops at these lines, prints
 * the stack and variables (stops.ts) and continues. Without BREAK, attach a debugger
 * (`--inspect-brk`): the module then carries a source map with the text of its sources.
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { Worker } from "node:worker_threads";
import type { Layout } from "../../compiler-config/layout.ts";
import { SourceMap } from "../../compiler-config/source-map.ts";
import { root } from "../../tests/lab/host/process.ts";
import { kernelBytes, kernelPath } from "../../tests/lab/machine/kernel-module.ts";
import { type Breakpoint, breakpoint } from "./places.ts";
import type { WorkerInput } from "./stops.ts";
import { Values } from "./values.ts";

/** The number of stops, unless HITS sets it. */
const HITS = 5;

/** Returns the variables of a function as lines of text. Called by evaluation, from stops.ts. */
type Describe = (
  name: string,
  locals: Record<string, { value: number | bigint }>,
  memory: WebAssembly.Memory,
) => string[];

/** Describes parameters and variables by name, with the fields of objects. */
function describer(layout: Layout): Describe {
  return (name, locals, memory) => {
    const values = new Values(layout, new DataView(memory.buffer));
    const types = layout.functions[name] ?? {};
    return Object.entries(locals).flatMap(([local, { value }]) => {
      const type = types[local.slice(1)];
      if (type === undefined) return [];
      return [
        `${local.slice(1)}: ${values.text(type, value)}`,
        ...values.fields(type, value, "    "),
      ];
    });
  };
}

/** Stops before each instance is called, so that breakpoints can be set in its module in time. */
class PausingInstance extends WebAssembly.Instance {
  constructor(module: WebAssembly.Module, imports?: WebAssembly.Imports) {
    super(module, imports);
    // biome-ignore lint/suspicious/noDebugger: the purpose of this class.
    debugger;
  }
}

/** Looks the lines up in the module; exits with 2 if one is wrong. */
function resolve(words: string[]): Breakpoint[] {
  const map = SourceMap.of(kernelPath());
  try {
    return words.map((word) => breakpoint(word, map, kernelBytes()));
  } catch (error) {
    console.error(`BREAK: ${(error as Error).message}`);
    process.exit(2);
  }
}

async function stopAt(words: string[]): Promise<void> {
  const breakpoints = resolve(words);
  const layoutPath = `${dirname(kernelPath())}/layout.json`;
  const layout: Layout = existsSync(layoutPath)
    ? JSON.parse(readFileSync(layoutPath, "utf8"))
    : { classes: {}, records: {}, functions: {} };
  Object.assign(globalThis, { describeKernel: describer(layout) });
  const hits = Number(process.env.HITS || HITS);
  const workerData: WorkerInput = { breakpoints, hits, kernel: kernelPath(), root };
  // A worker thread does not inherit tsx.
  const script = JSON.stringify(new URL("./stops.ts", import.meta.url));
  const start = `import("tsx/esm/api").then(({ tsImport }) => tsImport(${script}, ${script}))`;
  const worker = new Worker(start, { eval: true, execArgv: [], workerData });
  await new Promise((ready, reject) => {
    worker.once("message", ready);
    worker.once("error", reject);
  });
  worker.unref();
}

/** Returns a number in five bytes of LEB128, even if fewer would do. */
function leb(value: number): number[] {
  return [0, 7, 14, 21, 28].map((shift) => ((value >>> shift) & 127) | (shift < 28 ? 128 : 0));
}

/** The name of asc's last section, and the bytes before it: the section's id and two lengths. */
const [SECTION, BEFORE_NAME] = ["sourceMappingURL", 3];

/** Embeds the source map, with the sources' text, in the kernel; the TLS module has no map. */
function withMap(module: BufferSource): BufferSource {
  const bytes = Buffer.from(module as Uint8Array<ArrayBuffer>);
  if (!bytes.includes("kernel.wasm.map")) return bytes;
  const map = JSON.parse(readFileSync(`${kernelPath()}.map`, "utf8"));
  const embedded = JSON.stringify({ ...map, sourceRoot: `file://${root}` });
  const url = `data:application/json;base64,${Buffer.from(embedded).toString("base64")}`;
  const words = [SECTION, url].map((text) =>
    Buffer.from([...leb(text.length), ...Buffer.from(text)]),
  );
  const body = Buffer.concat(words);
  const rest = bytes.subarray(0, bytes.lastIndexOf(SECTION) - BEFORE_NAME);
  return Buffer.concat([rest, Buffer.from([0, ...leb(body.length)]), body]);
}

/** A module that carries its source map. */
class MappedModule extends WebAssembly.Module {
  constructor(module: BufferSource) {
    super(withMap(module));
  }
}

WebAssembly.Instance = PausingInstance;
const words = (process.env.BREAK ?? "").split(/[ ,]+/).filter((word) => word !== "");
if (words.length > 0) await stopAt(words);
else {
  WebAssembly.Module = MappedModule;
  WebAssembly.compile = async (module: BufferSource) => new MappedModule(module);
}
