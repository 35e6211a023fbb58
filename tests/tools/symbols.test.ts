/** The table for backtraces (compiler-config/symbols.ts) of the kernel that `make` built. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { root } from "../lab/host/process.ts";

test("has the functions of TypeScript and of C, the TLS glue included", () => {
  const table = readFileSync(`${root}build/symbols.bin`, "latin1");
  for (const file of [
    "kernel/main.ts",
    "machine/native/trap.c",
    "net/service/tls/glue/door.c",
    "net/service/tls/glue/path.c",
  ]) {
    assert.ok(table.includes(`${file}\0`), file);
  }
});
