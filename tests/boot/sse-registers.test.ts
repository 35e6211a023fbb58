/** SSE registers in the linked kernel: interrupt handlers save none, so must use none. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { root } from "../lab/host/process.ts";

function run(program: string, ...words: string[]): string {
  return execFileSync(program, words, { cwd: root, encoding: "utf8", maxBuffer: 1 << 30 });
}

test("only TLS, which runs in no interrupt, uses SSE registers", () => {
  const defined = run("nm", "--defined-only", "build/tls/library.a").matchAll(/ [tT] (\S+)$/gm);
  const tls = new Set([...defined].map((match) => match[1]));
  const users: string[] = [];
  let name = "";
  for (const line of run("objdump", "-d", "build/kernel.debug.elf").split("\n")) {
    const start = /^[0-9a-f]{16} <(.+)>:$/.exec(line);
    if (start !== null) name = start[1];
    else if (/%[xyz]mm\d|%st\b|%mm\d/.test(line) && users.at(-1) !== name) users.push(name);
  }
  assert.ok(users.length > 0);
  assert.deepEqual(
    users.filter((user) => !tls.has(user)),
    [],
  );
});
