/**
 * Runs WABT's wasm2c with a larger stack.
 *     node compiler-config/wasm2c.mjs ARGUMENTS
 *
 * The npm package holds wasm2c as a WebAssembly program with a stack of 64 KiB and no check of it.
 * It recurses once a nested block, and asc nests one block a class in `__visit_members`: from some
 * 280 classes on the stack runs over the program's own data, and the C it writes is wrong. Here
 * its memory is grown first, and the stack put at the new end, where its heap does not come.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const stackTop = 1024 << 20;
const require = createRequire(import.meta.url);
const program = require.resolve("wabt/bin/wasm2c");
const start = "function callMain(args=[]){";
const source = readFileSync(program, "utf8").replace(/^#!.*/, "");
if (source.split(start).length !== 2) throw new Error(`${program} is not the one of WABT 1.0.39`);
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
