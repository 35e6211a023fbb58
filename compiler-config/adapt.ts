/**
 * Makes of wasm2c's output what is compiled: with lines of TypeScript, and smaller.
 *     node --import tsx compiler-config/adapt.ts KERNEL.wasm RAW.c OUT.c
 */
import { readFileSync, writeFileSync } from "node:fs";
import { Lines } from "./lines.ts";

const [binary, source, target] = process.argv.slice(2);
const raw = readFileSync(source, "utf8").split("\n");

/** A segment of the module's memory: asc makes one of each string, some thousand in all. */
const segmentStart = /^static const u8 (data_segment_data_w2c_kernel_d\d+)\[\] = \{$/;
const segmentUse = /^ {2}LOAD_DATA\(instance->w2c_memory, (\d+)u, (\w+), \d+\);$/;
const functionStart =
  /^(?:static )?(?:u32|u64|f32|f64|void) w2c_kernel_([A-Za-z0-9_]+)\(w2c_kernel\*.*\{$/;
const unusedFunction = /^wasm_rt_func_type_t wasm2c_kernel_get_func_type\(.*\{$/;

const lines = new Lines(binary);
const segments = new Map<string, number[]>();
const image: number[] = [];
const out: string[] = ["#pragma GCC system_header"];
let imageStart = 0;

/** Puts a segment where it belongs in one image of all: loaded by one copy, not a thousand. */
function addToImage(address: number, bytes: number[]): void {
  if (imageStart === 0) imageStart = address;
  while (image.length < address - imageStart) image.push(0);
  image.splice(address - imageStart, bytes.length, ...bytes);
}

function byteTable(name: string, bytes: number[]): string {
  return `static const u8 ${name}[] = {${bytes.join(",")}};`;
}

/** What a line that begins nothing larger becomes. */
function plainLine(line: string): string[] {
  const use = segmentUse.exec(line);
  if (use) {
    addToImage(Number(use[1]), segments.get(use[2]) ?? []);
    return [];
  }
  if (line.startsWith("static void init_data_instances")) {
    const load = `LOAD_DATA(instance->w2c_memory, ${imageStart}u, image, ${image.length});`;
    return [
      byteTable("image", image),
      `static void init_image(w2c_kernel* instance) { ${load} }`,
      line,
      "  init_image(instance);",
    ];
  }
  // Loads are ordinary loads: memory that changes by itself is read through host functions.
  return [line.replace(/(FORCE_READ_INT\(var\)) __asm__.*/, "$1")];
}

for (let i = 0; i < raw.length; i++) {
  const [segment, start] = [segmentStart.exec(raw[i]), functionStart.exec(raw[i])];
  const unused = unusedFunction.test(raw[i]);
  const end = segment ? raw.indexOf("};", i) : start || unused ? raw.indexOf("}", i) : i;
  const body = raw.slice(i, end + 1);
  if (segment) {
    segments.set(segment[1], body.slice(1, -1).join("").split(",").slice(0, -1).map(Number));
  } else if (start && body.includes("  FUNC_PROLOGUE;")) {
    const unquoted = (_: string, code: string) => String.fromCharCode(Number.parseInt(code, 16));
    out.push(...lines.addTo(start[1].replace(/0x([0-9A-F]{2})/g, unquoted), body));
  } else if (!unused) {
    for (const line of body) out.push(...plainLine(line));
  }
  i = end;
}
if (image.length === 0) throw new Error(`${source}: no data segments were found`);
if (lines.unmatched > 0) console.error(`adapt: ${lines.unmatched} functions have no lines`);
writeFileSync(target, out.join("\n"));
