/**
 * Runs WABT's wasm2c with a larger stack.
 *     node compiler-config/wasm2c.mjs ARGUMENTS
 *
 * The npm package contains wasm2c as a WebAssembly program with an unchecked stack of 64 KiB. It
 * recurses once per nested block, and asc nests a block per class in `__visit_members`: from about
 * 280 classes on, the stack overwrites the program's own data, and the output is wrong. So this
 * script grows the program's memory and moves the stack to the new end, out of the heap's reach.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const stackTop = 1024 << 20;
const require = createRequire(import.meta.url);
const program = require.resolve("wabt/bin/wasm2c");
const start = "function callMain(args=[]){";
const source = readFileSync(program, "utf8").replace(/^#!.*/, "");
if (source.split(start).length !== 2) throw new Error(`${program} is not that of WABT 1.0.39`);
const larger = `${start}
  wasmMemory.grow(${stackTop} / 65536 - wasmMemory.buffer.byteLength / 65536);
  updateMemoryViews();
  __emscripten_stack_alloc(__emscripten_stack_alloc(0) - ${stackTop});`;
new Function(
  "require",
  "module",
  "__dirname",
  "__filename",
  source.replace(start, () => larger),
)(require, undefined, program, program);
