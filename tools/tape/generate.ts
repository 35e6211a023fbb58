/**
 * Generates C that puts a tape between the kernel's generated C and its host functions, both for
 * the kernel that records itself and for the program that replays. The functions are the same;
 * record.c and replay.c define the macros in them (ACT, GIVEN, OPENED, TAKEN, the results).
 *     node --import tsx tools/tape/generate.ts KERNEL.wasm FOLDER
 * writes `FOLDER/kernel.c`, which includes the generated C (the macro KERNEL) with the host
 * functions renamed, and `FOLDER/acts.h`, which defines them.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { FIRST_ACT, fingerprint } from "./format.ts";
import { type HostFunction, importsOf, isSilent } from "./host-functions.ts";

const [binary, folder] = process.argv.slice(2);
const kernel = readFileSync(binary);
const functions = importsOf(new WebAssembly.Module(kernel));
const taped = functions.filter((each) => !isSilent(each));

const original = ({ from, name }: HostFunction) => `w2c_${from}_${name}`;
const types = { none: "void", narrow: "u32", wide: "u64" };

/** Returns the C of a host function that goes through the tape. */
function define(act: HostFunction): string {
  const { name, parameters, result, given, taken } = act;
  const code = FIRST_ACT + functions.indexOf(act);
  const names = parameters.map((parameter) => `${parameter.name}_`);
  const typed = parameters.map(({ wide }, i) => `${wide ? "u64" : "u32"} ${names[i]}`);
  const words = [`struct w2c_${act.from}* instance`, ...typed];
  const call = `${original(act)}(${["instance", ...names].join(", ")})`;
  const lines = [
    `${types[result]} ${original(act)}(${words.join(", ")});`,
    `${types[result]} taped_${name}(${words.join(", ")}) {`,
  ];
  lines.push(`  ACT(${[code, ...names].join(", ")});`);
  for (const area of given) lines.push(`  GIVEN(${names[area.address]}, ${names[area.length]});`);
  lines.push("  OPENED();");
  if (result === "none") lines.push(`  NO_RESULT(${call});`);
  else lines.push(`  ${types[result]} result = ${result.toUpperCase()}_RESULT(${code}, ${call});`);
  if (taken !== undefined) {
    const room = names[taken.length];
    const count = result === "none" ? room : `result < ${room} ? result : ${room}`;
    lines.push(`  TAKEN(${names[taken.address]}, ${count});`);
  }
  if (result !== "none") lines.push("  return result;");
  return [...lines, "}", ""].join("\n");
}

/** Returns C that makes the kernel call `taped_...`, and its callers call `taped_call_...`. */
function rename(): string {
  const names = taped.map((act) => [original(act), `taped_${act.name}`]);
  const calls = [
    ["void", "boot"],
    ["u64", "turn"],
    ["void", "interrupt", ", u32"],
    ["void", "0x5F_collect"],
  ];
  return [
    ...names.map(([from, to]) => `#define ${from} ${to}`),
    "#include KERNEL",
    ...names.map(([from]) => `#undef ${from}`),
    "#ifdef TAPED_CALLS",
    "static void taped_instantiate(w2c_kernel*, struct w2c_env*, struct w2c_host*);",
    "#define wasm2c_kernel_instantiate taped_instantiate",
    ...calls.flatMap(([type, name, more = ""]) => [
      `static ${type} taped_call_${name}(w2c_kernel*${more});`,
      `#define w2c_kernel_${name} taped_call_${name}`,
    ]),
    "#endif",
  ].join("\n");
}

/** Returns the C table of functions, used to print and compare their parameters. */
function table(): string {
  const rows = functions.map(({ name, parameters }) => {
    const wide = parameters.reduce((bits, { wide }, i) => bits | (wide ? 1 << i : 0), 0);
    return `  {"${name}", ${parameters.length}, ${wide}},`;
  });
  return `static const struct act acts[] = {\n${rows.join("\n")}\n};`;
}

mkdirSync(folder, { recursive: true });
const mark = [...fingerprint(kernel)].join(", ");
writeFileSync(`${folder}/kernel.c`, `${rename()}\n`);
writeFileSync(
  `${folder}/acts.h`,
  [`static const u8 fingerprint[] = {${mark}};`, table(), ...taped.map(define)].join("\n"),
);
