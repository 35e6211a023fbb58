/** Stops kernels in Node at lines of their TypeScript (docs/debugging.md). */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import type { Layout } from "../../compiler-config/layout.ts";
import { SourceMap } from "../../compiler-config/source-map.ts";
import { breakpoint } from "../../tools/debug/places.ts";
import { Values } from "../../tools/debug/values.ts";
import { Reel } from "../../tools/tape/reel.ts";
import { root, run } from "../lab/host/process.ts";
import { kernelBytes, kernelPath } from "../lab/machine/kernel-module.ts";
import { Twin } from "../lab/machine/twin.ts";

const folder = `${root}build/tests`;
const tape = `${folder}/debug-${process.pid}.tape`;
const PATIENCE = { milliseconds: 200_000 };
let printed = "";

before(async () => {
  const reel = new Reel();
  const twin = await Twin.boot({ commandLine: "ip=dhcp", recorder: reel.recorder });
  twin.pass(1);
  twin.command("ip addr; uptime");
  twin.command("poweroff");
  mkdirSync(folder, { recursive: true });
  writeFileSync(tape, reel.tape());
  printed = twin.output;
});
after(() => rmSync(tape, { force: true }));

/** Returns the number of the first line of a file that contains `text`. */
function lineOf(file: string, text: string): number {
  const index = readFileSync(root + file, "utf8")
    .split("\n")
    .findIndex((one) => one.includes(text));
  assert.ok(index >= 0, `${file} has no ${text}`);
  return index + 1;
}

function debugged(environment: string[], script: string[]) {
  const node = [process.execPath, "--import", "tsx", "--import", "./tools/debug/attach.ts"];
  return run(["env", ...environment, ...node, ...script], PATIENCE);
}

test("the layout has the fields of classes whose objects have no header", () => {
  const { records }: Layout = JSON.parse(readFileSync(`${root}build/layout.json`, "utf8"));
  const fields = records["net/socket/tcp/time/round-trip-time/RoundTripTime"] ?? [];
  assert.ok(fields.some(({ name, type }) => name === "smoothed" && type === "i64"));
});

const EXECUTION = "kernel/shell/execution.ts";
const start = lineOf(EXECUTION, "command.start(words, session)");

test("stops a tape at a line, and prints the place, the stack and values", async () => {
  const words = [`BREAK=shell/execution.ts:${start}`, "HITS=1"];
  const { code, output } = await debugged(words, ["tools/tape/main.ts", tape]);
  assert.equal(code, 0, output);
  const stop = output.slice(output.indexOf("\nstop 1 at"), output.indexOf("no more stops"));
  const [, head, source, ...lines] = stop.split("\n");
  const where = `${EXECUTION}:${start}`;
  assert.match(head, new RegExp(`^stop 1 at ${where} \\(boot 1, call \\d+, act \\d+\\)$`));
  assert.equal(source, "> return command.start(words, session);");
  assert.equal(lines[0], `  kernel/shell/execution/Execution#start at ${where}`);
  const turn = lineOf("kernel/main.ts", "tasks.poll(time)");
  assert.ok(lines.includes(`  kernel/main/turn at kernel/main.ts:${turn}`), stop);
  assert.ok(lines.includes('  text: "ip addr"'), stop);
  assert.match(stop, /^ {2}this: Execution at \d+\n {6}.*\bnext 1, current null/m);
  assert.match(stop, /^ {2}command: Ip at \d+\n {6}name "ip", /m);
  // All other output is unchanged.
  assert.equal(output.replace(/\nstop 1 at[\s\S]*no more stops.*\n/, ""), printed);
});

test("stops a world, names the kernel, and does not change the trace", async () => {
  const line = lineOf("net/socket/tcp/input/receive.ts", "acknowledged(block, segment, now);");
  const words = ["SEED=3", "RUNS=1", "HITS=2"];
  const stopped = await debugged(
    [...words, `BREAK=input/receive.ts:${line}`],
    ["tools/debug/world.ts"],
  );
  assert.equal(stopped.code, 0, stopped.output);
  assert.match(stopped.output, /^stop 1 at .*receive\.ts:\d+ \(a, \d+\.\d{6} s\)/m);
  assert.match(
    stopped.output,
    /^ {2}block: ControlBlock at \d+\n {6}timerKey \d+, .*attached true, /m,
  );
  assert.match(
    stopped.output,
    /\bliveness Liveness at \d+/,
    "a class whose objects have no header",
  );
  assert.match(stopped.output, /^stop 2 at/m);
  const plain = await run(
    ["env", ...words, process.execPath, "--import", "tsx", "tests/sim/main.ts"],
    PATIENCE,
  );
  const trace = /^trace [0-9a-f]{64}$/m;
  assert.equal(trace.exec(stopped.output)?.[0], trace.exec(plain.output)?.[0]);
});

test("moves on to the next line with code, and rejects unknown places", async () => {
  const map = SourceMap.of(kernelPath());
  const at = (words: string) => breakpoint(words, map, kernelBytes());
  const comment = lineOf("kernel/main.ts", "/** Runs one turn of the event loop");
  const { file, line, offsets } = at(`main.ts:${comment}`);
  assert.deepEqual(
    [file, line],
    ["kernel/main.ts", lineOf("kernel/main.ts", "const time = now()")],
  );
  assert.equal(offsets.length, 1);
  for (const [words, complaint] of [
    ["main.ts", /expected FILE\.ts:LINE/],
    ["man.ts:3", /no code from such a file/],
    ["client.ts:3", /which of .*net\/service\/ntp\/client\.ts/],
    ["kernel/main.ts:9999", /no code from that line on/],
  ] as const) {
    assert.throws(() => at(words), complaint);
  }
  const { code, output } = await debugged(["BREAK=man.ts:3"], ["tools/tape/main.ts", tape]);
  const complaint = "BREAK: man.ts:3: the kernel has no code from such a file\n";
  assert.deepEqual([code, output], [2, complaint]);
});

test("serves an inspector the source map with the text of the sources", async () => {
  const script = `
    import { Session } from "node:inspector";
    import { kernelBytes } from "./tests/lab/machine/kernel-module.ts";
    globalThis.kept = await WebAssembly.compile(kernelBytes());
    const session = new Session();
    session.connect();
    session.on("Debugger.scriptParsed", ({ params: { sourceMapURL: url } }) => {
      if (url.length > 1e6) process.stdout.write(Buffer.from(url.split(",")[1], "base64"));
    });
    session.post("Debugger.enable");`;
  const { code, output } = await debugged([], ["--input-type=module", "-e", script]);
  assert.equal(code, 0, output.slice(0, 2000));
  const { sources, sourceRoot, sourcesContent } = JSON.parse(output);
  const text = sourcesContent[sources.indexOf("kernel/main.ts")];
  assert.equal(text, readFileSync(`${root}kernel/main.ts`, "utf8"));
  assert.equal(sourceRoot, `file://${root}`);
});

test("formats values by their types", () => {
  const memory = new DataView(new ArrayBuffer(256));
  const text = "a string too long for the ten letters that are stored";
  const [string, object] = [64, 32];
  memory.setUint32(string - 8, 2, true);
  memory.setUint32(string - 4, 20, true);
  for (let i = 0; i < 10; i++) memory.setUint16(string + 2 * i, text.charCodeAt(i), true);
  memory.setUint32(object - 8, 7, true);
  memory.setUint32(object, 0xffff_ffff, true);
  memory.setBigInt64(object + 8, -1n, true);
  memory.setUint32(object + 16, string, true);
  const fields = [
    ...["u32", "i32", "u8", "i8", "u16", "i16", "bool"].map((type) => [type, 0] as const),
    ...["u64", "i64"].map((type) => [type, 8] as const),
    ["~lib/string/String", 16] as const,
    ["a/b/C | null", 20] as const,
  ].map(([type, offset], i) => ({ name: `f${i}`, offset, type }));
  const classes = { 2: { name: "~lib/string/String", fields: [] }, 7: { name: "a/b/D", fields } };
  const records = { "a/b/View": [{ name: "first", offset: 4, type: "u32" }] };
  const values = new Values({ classes, records, functions: {} }, memory);
  assert.equal(values.text("a/b/C", object), "D at 32");
  assert.equal(values.text(undefined, -1), "4294967295");
  assert.deepEqual(values.fields("a/b/C", object, "  "), [
    `  f0 4294967295, f1 -1, f2 255, f3 -1, f4 65535, f5 -1, f6 true, f7 ${2n ** 64n - 1n}, f8 -1`,
    '  f9 "a string t", f10 null',
  ]);
  assert.deepEqual(values.fields("u32", object, ""), []);
  assert.equal(values.text("a/b/View | null", object), "View at 32", "it has no header");
  assert.deepEqual(values.fields("a/b/View", object, ""), ["first 0"]);
});
