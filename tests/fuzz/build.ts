/**
 * Builds the fuzzers. All targets in TypeScript are one program, build/fuzz/fuzzer, which picks its
 * target by the name it is called by (build/fuzz/NAME), and is kept if it is up to date.
 *
 *     targets/*.ts --asc--> kernel.wasm --wasm2c, #line--> kernel.c --clang, libFuzzer--> fuzzer
 *     revocation.c, chain.c and net/service/tls/glue/*.c --clang, with AddressSanitizer--> the same
 */
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { root, run } from "../lab/host/process.ts";

export const out = `${root}build/fuzz/`;
const folder = "tests/fuzz/targets";
const tools = ["driver.c", "wasm-rt.h", "build.ts"].map((name) => `tests/fuzz/${name}`);

const files = readdirSync(root + folder).filter((name) => name.endsWith(".ts"));
const names = files.map((name) => name.replace(/\.ts$/, "")).sort();
/** Programs in C, which need `make` first, with their targets and the glue that is fuzzed. */
const natives = [
  { program: "revocation", names: ["crl", "ocsp"], glue: ["der", "list", "ocsp"] },
  { program: "chain", names: ["chain"], glue: ["der", "constraints", "policies", "verify"] },
];
/** Every target except `mistakes`, which tests the fuzzers themselves. */
export const targets = names
  .filter((name) => name !== "mistakes")
  .concat(natives.flatMap((native) => native.names));

const asc = ["--runtime", "minimal", "--exportRuntime", "--memoryBase", "4096"];
const clang = ["-g1", "-gcolumn-info", "-w", "-fno-strict-aliasing", "-fno-builtin"];
/** Undefined behavior in the generated C, which would be a bug of wasm2c, ends the program. */
const checked = "shift,integer-divide-by-zero,signed-integer-overflow,unreachable,return,bounds";
const sanitizers = ["-fsanitize=fuzzer", `-fsanitize=${checked}`, "-fno-sanitize-recover=all"];

async function step(words: string[]): Promise<void> {
  const { code, output } = await run(words, { milliseconds: 1_200_000 });
  if (code !== 0) throw new Error(`${words.join(" ")}:\n${output}`);
}

function hashOf(paths: string[]): string {
  const hash = createHash("sha256");
  for (const path of paths) hash.update(path).update(readFileSync(root + path));
  return hash.digest("hex");
}

/**
 * Returns the sources of the last build, as listed in asc's source map, or undefined if there was
 * no build, a target is new or a source is gone.
 */
function recipe(): string[] | undefined {
  if (!existsSync(`${out}kernel.wasm.map`)) return undefined;
  const map: { sources: string[] } = JSON.parse(readFileSync(`${out}kernel.wasm.map`, "utf8"));
  const paths = map.sources.filter((path) => !path.startsWith("~lib")).concat(tools);
  const entries = names.map((name) => `${folder}/${name}.ts`);
  const whole = entries.every((path) => paths.includes(path));
  return whole && paths.every((path) => existsSync(root + path)) ? paths : undefined;
}

/** Reports whether the fuzzer was built from the present sources, at one of these levels. */
function isFresh(levels: string[]): boolean {
  const paths = recipe();
  if (paths === undefined || !existsSync(`${out}built`)) return false;
  const [level, hash] = readFileSync(`${out}built`, "utf8").split(" ");
  return levels.includes(level) && hash === hashOf(paths);
}

/** Offsets every access by LINEAR, where the driver maps the module's memory (wasm-rt.h). */
function moveMemory(path: string): void {
  const text = readFileSync(path, "utf8");
  const moved = text.replaceAll("_anywhere*)(address)", "_anywhere*)(LINEAR + (address))");
  if (moved === text) throw new Error(`${path}: no memory access of the expected form`);
  writeFileSync(path, moved);
}

/** Writes stubs of the host functions that the driver lacks; they return 0. */
function writeHost(): void {
  const text = readFileSync(`${out}raw/kernel.h`, "utf8");
  const declared = text.matchAll(/^(\w+) (w2c_host_\w+)\(struct w2c_host\*((?:, \w+)*)\);$/gm);
  const driver = readFileSync(`${root}tests/fuzz/driver.c`, "utf8");
  const missing = [...declared].filter(([, , name]) => !driver.includes(` ${name}(`));
  const stubs = missing.map(([, result, name, parameters]) => {
    let count = 0;
    const named = parameters.replace(/, \w+/g, (type) => `${type} p${count++}`);
    const answer = result === "void" ? "" : "return 0;";
    return `${result} ${name}(struct w2c_host* host${named}) { ${answer} }\n`;
  });
  writeFileSync(`${out}host.h`, stubs.join(""));
}

/** Generates the C of all targets, and the headers that go with it. */
async function generate(): Promise<void> {
  const entries = names.map((name) => `${folder}/${name}.ts`);
  const wasm = `${out}kernel.wasm`;
  const node = process.execPath;
  const compiler = "node_modules/assemblyscript/bin/asc.js";
  await step([node, compiler, ...entries, ...asc, "--debug", "--sourceMap", "--outFile", wasm]);
  const c = `${out}raw/kernel.c`;
  const module = ["--num-outputs=1", "--module-name=kernel"];
  await step([node, "compiler-config/wasm2c.mjs", ...module, wasm, "--output", c]);
  await step([node, "--import", "tsx", "compiler-config/adapt.ts", wasm, c, `${out}kernel.c`]);
  moveMemory(`${out}kernel.c`);
  writeHost();
  writeFileSync(`${out}targets.h`, names.map((name) => `TARGET(${name})\n`).join(""));
}

/** Builds the fuzzers of parsers in C. */
async function buildNatives(): Promise<void> {
  const glue = "net/service/tls/glue";
  const headers = [glue, "build/tls", "build/tls/mbedtls/include", "build/tls/mbedtls/library"];
  const flags = ["-g1", "-O1", "-no-pie", '-DMBEDTLS_CONFIG_FILE="config.h"'];
  const found = ["-fsanitize=fuzzer,address,undefined", "-fno-sanitize-recover=all"];
  const folders = headers.map((path) => `-I${path}`);
  mkdirSync(out, { recursive: true });
  for (const { program, names, glue: parts } of natives) {
    const sources = parts.map((name) => `${glue}/${name}.c`);
    const all = [`tests/fuzz/${program}.c`, ...sources, "build/tls/library.a"];
    await step(["clang", ...flags, ...found, ...folders, ...all, "-o", out + program]);
    for (const name of names.filter((each) => each !== program)) {
      rmSync(out + name, { force: true });
      symlinkSync(program, out + name);
    }
  }
}

/**
 * Builds the fuzzers of C, and the others if needed. `quick` builds the others faster, at -O0, but
 * they run four times slower.
 */
export async function build(quick = false): Promise<void> {
  const level = quick ? "-O0" : "-O1";
  await buildNatives();
  if (isFresh(quick ? ["-O0", "-O1"] : ["-O1"])) return;
  mkdirSync(`${out}raw`, { recursive: true });
  const generated = isFresh(["-O0"]);
  rmSync(`${out}built`, { force: true });
  if (!generated) await generate();
  const folders = ["-Itests/fuzz", `-I${out}`, `-I${out}raw`];
  const source = ["tests/fuzz/driver.c", "-o", `${out}fuzzer`];
  await step(["clang", level, ...clang, ...sanitizers, ...folders, ...source]);
  for (const name of names) {
    rmSync(out + name, { force: true });
    symlinkSync("fuzzer", out + name);
  }
  writeFileSync(`${out}built`, `${level} ${hashOf(recipe() ?? [])}`);
}
