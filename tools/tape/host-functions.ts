/**
 * What goes in and out of a kernel: the functions that its module imports and exports, and what
 * the parameters of those of the host mean. All of it is taken from the module's import section
 * and from the declarations in machine/host.ts: a `usize` is an address, the parameter
 * behind it a number of bytes; the host writes to a `destination`, and reads from any other.
 */
import { readFileSync } from "node:fs";
import { root } from "../../tests/lab/host/process.ts";

export interface Parameter {
  name: string;
  /** 64 bits, not 32. */
  wide: boolean;
}

/** Bytes of the module's memory: in which parameter their address is, and in which how many. */
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
  /** What the host is given to read. */
  given: Bytes[];
  /** What it writes to: as many bytes as its result says, or all where it has none. */
  taken: Bytes | undefined;
}

/** What tells the compiler something, and the machine nothing: it is on no tape. */
const SILENT = ["interruptBarrier"];

const ABORT = "abort(message: u32, file: u32, line: u32, column: u32): void";
const wideTypes = ["u64", "i64"];

function parse(from: string, declaration: string): HostFunction {
  const [, name, list, result] = /^(\w+)\(([^)]*)\): (\w+)$/.exec(declaration) ?? [];
  if (name === undefined) throw new Error(`host.ts: ${declaration}: expected NAME(...): TYPE`);
  const words = list.split(",").flatMap((text) => text.trim() || []);
  const typed = words.map((text) => text.split(": "));
  const areas = typed.flatMap(([, type], address) => {
    // An address without a length is that of one word.
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

/** The functions that a module imports, in the order of its import section. */
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
    // A test's own addition to the module.
    return { from: module, name, parameters: [], result: "none", given: [], taken: undefined };
  });
}

/** True for what is on no tape. */
export function isSilent({ from, name }: HostFunction): boolean {
  return SILENT.includes(name) || !["host", "env"].includes(from);
}
