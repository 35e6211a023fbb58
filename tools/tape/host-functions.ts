/**
 * The functions that a kernel imports, and the meaning of their parameters, from the module's
 * import section and the declarations in machine/host.ts: a `usize` followed by a `u32` is an
 * address and a length in bytes. The host writes to a `destination`, and reads from any other.
 */
import { readFileSync } from "node:fs";
import { root } from "../../tests/lab/host/process.ts";

export interface Parameter {
  name: string;
  /** 64 bits instead of 32. */
  wide: boolean;
}

/** Bytes of the module's memory: the indexes of the parameters with their address and length. */
export interface Bytes {
  address: number;
  length: number;
}

export interface HostFunction {
  /** The module that it is imported from. */
  from: string;
  name: string;
  parameters: Parameter[];
  result: "none" | "narrow" | "wide";
  /** What the host reads. */
  given: Bytes[];
  /** What the host writes: `length` bytes, or only as many as its result says. */
  taken: Bytes | undefined;
}

/** Functions that only order accesses to memory; they are never on a tape. */
const SILENT = ["memoryFence", "interruptBarrier"];

const ABORT = "abort(message: u32, file: u32, line: u32, column: u32): void";
const wideTypes = ["u64", "i64"];

function parse(from: string, declaration: string): HostFunction {
  const [, name, list, result] = /^(\w+)\(([^)]*)\): (\w+)$/.exec(declaration) ?? [];
  if (name === undefined) throw new Error(`host.ts: ${declaration}: expected NAME(...): TYPE`);
  const words = list.split(",").flatMap((text) => text.trim() || []);
  const typed = words.map((text) => text.split(": "));
  const areas = typed.flatMap(([, type], address) => {
    // An address without a length points to a single word.
    const sized = type === "usize" && typed[address + 1]?.[1] === "u32";
    return sized ? [{ address, length: address + 1 }] : [];
  });
  const isTaken = ({ address }: Bytes) => typed[address][0] === "destination";
  return {
    from,
    name,
    parameters: typed.map(([name, type]) => ({ name, wide: wideTypes.includes(type) })),
    result: result === "void" ? "none" : wideTypes.includes(result) ? "wide" : "narrow",
    given: areas.filter((area) => !isTaken(area)),
    taken: areas.find(isTaken),
  };
}

function declarations(): Map<string, HostFunction> {
  const text = readFileSync(`${root}machine/host.ts`, "utf8");
  const found = [...text.matchAll(/^export declare function ([^;]+);$/gm)];
  const host = found.map(([, words]) => parse("host", words.replace(/\s+/g, " ")));
  return new Map([...host, parse("env", ABORT)].map((each) => [each.name, each]));
}

const imports = new WeakMap<WebAssembly.Module, HostFunction[]>();

/** Returns the functions that a module imports, in the order of its import section. */
export function importsOf(module: WebAssembly.Module): HostFunction[] {
  const found = imports.get(module) ?? read(module);
  imports.set(module, found);
  return found;
}

function read(module: WebAssembly.Module): HostFunction[] {
  const known = declarations();
  return WebAssembly.Module.imports(module).map(({ module, name }) => {
    const found = known.get(name);
    if (found?.from === module) return found;
    if (module === "host") throw new Error(`machine/host.ts has no ${name}`);
    // A function that a test adds to the module.
    return { from: module, name, parameters: [], result: "none", given: [], taken: undefined };
  });
}

/** Reports whether calls of a function are left off the tape. */
export function isSilent({ from, name }: HostFunction): boolean {
  return SILENT.includes(name) || !["host", "env"].includes(from);
}
