/** Every kind of fault causes one panic, which names the line of TypeScript. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, test } from "node:test";
import { buildKernel, debugKernel, kernel, PANIC, runToEnd } from "../lab/host/native-kernel.ts";
import { has, run } from "../lab/host/process.ts";

before(buildKernel);

/** The expected reason, and a function of tests/lab/entries/native.ts in the backtrace. */
const kinds: Record<string, [RegExp, string]> = {
  null: [/^null dereference, read at 0x4$/, "nullDereference"],
  bounds: [/^Index out of range$/, "outOfBounds"],
  end: [/^out of bounds of memory, write at 0x[0-9a-f]+000$/, "pastTheEnd"],
  stack: [/^stack overflow$/, "overflow"],
  "write-text": [/^write to read-only memory at 0xffffffff80[0-9a-f]+$/, "run"],
  "execute-data": [/^executing data at 0xffffffff80[0-9a-f]+$/, "run"],
  abort: [/^this is what abort was told$/, "run"],
  divide: [/^division by zero$/, "divide"],
  unreachable: [/^unreachable$/, "run"],
  memory: [/^out of memory$/, "exhaust"],
};

for (const [kind, [reason, place]] of Object.entries(kinds)) {
  test(`${kind}: panics with reason, registers, backtrace, and status ${PANIC}`, async (t) => {
    const { text, code } = await runToEnd(t, { append: `native=${kind}` });
    assert.equal(code, PANIC, text);
    const panics = [...text.matchAll(/^panic: (.*)$/gm)];
    assert.equal(panics.length, 1, text);
    assert.match(panics[0][1], reason);
    const rest = text.slice(panics[0].index);
    assert.match(rest, / rip ffffffff8[0-9a-f]{7} /);
    assert.match(rest, new RegExp(`^  at ${place} \\(tests/lab/entries/native\\.ts:\\d+\\)$`, "m"));
    assert.match(
      rest,
      /^ {2}at boot \(tests\/lab\/entries\/native\.ts:\d+\)$|^( {2}at overflow.*\n){9}/m,
    );
    assert.ok(!text.includes("panic during a panic"), text);
  });
}

const source = readFileSync("tests/lab/entries/native.ts", "utf8").split("\n");
const lineOf = (text: string) => source.findIndex((line) => line.includes(text)) + 1;

test("names the right line of TypeScript", async (t) => {
  const { text } = await runToEnd(t, { append: "native=null" });
  assert.ok(
    text.includes(`nullDereference (tests/lab/entries/native.ts:${lineOf("load<u32>(4)")})`),
    text,
  );
  const abort = await runToEnd(t, { append: "native=abort" });
  const place = `tests/lab/entries/native.ts:${lineOf("this is")}:`;
  assert.ok(abort.text.includes(`panic: this is what abort was told\n  at ${place}`), abort.text);
});

test("panic=1 reboots a machine without isa-debug-exit", async (t) => {
  const { text, code } = await runToEnd(t, { append: "native=null panic=1", debugExit: false });
  assert.equal(code, 0, "QEMU exits with 0 on a reboot (-no-reboot)");
  assert.match(text, /^rebooting in 1 s$/m);
});

const noGdb = has("gdb") ? false : "gdb is not installed";
test("gdb breaks and backtraces on lines of TypeScript", { skip: noGdb }, async () => {
  const line = lineOf("load<u32>(4)");
  const qemu = "qemu-system-x86_64 -M pc -accel tcg -m 64 -display none -serial none -S -gdb stdio";
  const target = `target remote | exec ${qemu} -kernel ${kernel} -append native=null`;
  const commands = [target, `break native.ts:${line}`, "continue", "bt", "kill"];
  const words = commands.flatMap((command) => ["-ex", command]);
  const { output } = await run(["gdb", "-q", "-batch", debugKernel, ...words]);
  assert.match(
    output,
    new RegExp(`^#0 .*nullDereference \\(.*\\) at tests/lab/entries/native.ts:${line}$`, "m"),
  );
  assert.match(output, /^#2 .*boot \(.*\) at tests\/lab\/entries\/native\.ts:\d+$/m);
  assert.match(output, /^#3 .*kernel_main/m);
});
