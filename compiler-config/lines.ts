/**
 * Adds `#line` directives to wasm2c's output, so that gdb and panics show TypeScript lines.
 *
 * asc's source map (KERNEL.wasm.map) says which byte of the module came from which line, and wasm2c
 * keeps the order of instructions. So in the disassembly of a function, the nth instruction that
 * can call or trap corresponds to the nth such statement of the C function, which gets its line. If
 * the counts of both differ, the function is left as it is, and a message says so.
 */
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { SourceMap } from "./source-map.ts";

/** The offsets of a function, and of its instructions that can call or trap, in the module. */
interface Code {
  start: number;
  offsets: number[];
}

/** Joins patterns as alternatives. */
function anyOf(...patterns: RegExp[]): string {
  return `(?:${patterns.map((pattern) => pattern.source).join("|")})`;
}

const instruction = new RegExp(
  `^ ([0-9a-f]+):.*\\| +${anyOf(
    /call |call_indirect |unreachable/,
    /[if](?:32|64)\.(?:load|store)/,
    /i(?:32|64)\.(?:div|rem)_/,
    /memory\.(?:copy|fill|grow)/,
  )}`,
);

/** The same instructions as wasm2c writes them, at most one per line of C. */
const statement = new RegExp(
  `(?:^|[ =(])${anyOf(
    /w2c_[A-Za-z0-9_]+\(|CALL_INDIRECT\(|UNREACHABLE;/,
    /[if](?:32|64)_(?:load|store)/,
    /I(?:32|64)_(?:DIV|REM)_S\(|DIV_U\(|REM_U\(/,
    /memory_copy\(|memory_fill\(|wasm_rt_grow_memory/,
  )}`,
);

/** Returns all functions by name. */
function disassemble(binary: string): Map<string, Code> {
  const wabt = dirname(createRequire(import.meta.url).resolve("wabt/package.json"));
  const text = execFileSync(process.execPath, [join(wabt, "bin/wasm-objdump"), "-d", binary], {
    encoding: "utf8",
    maxBuffer: 1 << 30,
  });
  const functions = new Map<string, Code>();
  let current: Code = { start: 0, offsets: [] };
  for (const line of text.split("\n")) {
    const head = /^([0-9a-f]+) func\[\d+\] <(.*)>:$/.exec(line);
    const found = instruction.exec(line);
    if (head) {
      current = { start: Number.parseInt(head[1], 16), offsets: [] };
      functions.set(head[2], current);
    } else if (found) {
      current.offsets.push(Number.parseInt(found[1], 16));
    }
  }
  return functions;
}

/** Marks code that asc itself generates: dispatchers, the collector's visitors. */
const generatedLine = '#line 1 "generated"';

/** The lines of one module. */
export class Lines {
  private readonly map: SourceMap;
  private readonly functions: Map<string, Code>;
  /** The number of functions whose instructions and statements did not match. */
  unmatched = 0;

  constructor(binary: string) {
    this.map = SourceMap.of(binary);
    this.functions = disassemble(binary);
  }

  /**
   * Returns the C lines of a function with directives; `name` is asc's. The lines that lead up to a
   * statement are joined with its own, and so belong to its line of TypeScript.
   */
  addTo(name: string, body: string[]): string[] {
    const code = this.functions.get(name);
    const count = body.slice(1).filter((line) => statement.test(line)).length;
    if (code === undefined || count !== code.offsets.length) {
      const found = code?.offsets.length;
      console.error(`lines: ${name} differs: ${found} instructions, ${count} statements`);
      this.unmatched++;
      return body;
    }
    const out: string[] = [];
    let [next, pending, directive] = [0, body[0], generatedLine];
    for (const line of body.slice(1)) {
      if (line.startsWith("#")) {
        out.push(pending, line);
        pending = "";
      } else if (statement.test(line)) {
        directive = this.directiveAt(code.offsets[next++], code.start) ?? directive;
        out.push(directive, `${pending} ${line.trim()}`);
        pending = "";
      } else {
        pending += ` ${line.trim()}`;
      }
    }
    return [...out, directive, pending];
  }

  private directiveAt(offset: number, functionStart: number): string | undefined {
    const place = this.map.at(offset);
    if (place === undefined || place.offset < functionStart) return undefined;
    return `#line ${place.line} "${place.file}"`;
  }
}
