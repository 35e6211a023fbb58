/**
 * The same source makes the same kernel and ISO anywhere: build/ against the same files built in
 * another folder, in another environment, by a compiler with a cross compiler's name.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, suite, test } from "node:test";
import { build, copySources, elsewhere, linkPackages } from "../../tools/reproduce/builds.ts";
import { differingInIso, firstDifference } from "../../tools/reproduce/compare.ts";
import { root } from "../lab/host/process.ts";

/** The tools that the kernel is made with; CROSS_COMPILE is a prefix of their names. */
const tools = ["gcc", "ld", "ar", "objcopy", "objdump", "addr2line"];
const PREFIX = "test-cross-";

/**
 * A folder of programs: the tools with the prefix, and programs without it that fail unless gcc
 * runs them: a real cross compiler has a linker of its own.
 */
function crossTools(folder: string): void {
  mkdirSync(folder);
  for (const tool of tools) {
    const { stdout } = spawnSync("sh", ["-c", `command -v ${tool}`], { encoding: "utf8" });
    const native = `exec ${stdout.trim()} "$@"\n`;
    const failure = `echo ${tool} without its prefix >&2\nexit 1\n`;
    writeFileSync(`${folder}/${PREFIX}${tool}`, `#!/bin/sh\n${native}`);
    writeFileSync(`${folder}/${tool}`, `#!/bin/sh\n[ -n "$COLLECT_GCC" ] && ${native}${failure}`);
    for (const name of [tool, PREFIX + tool]) chmodSync(`${folder}/${name}`, 0o755);
  }
}

test("builds the same elsewhere, later and with CROSS_COMPILE, bit for bit", () => {
  const folder = `${root}build/tests/reproduce-${process.pid}`;
  const copy = `${folder}/a/copy`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(`${folder}/home`, { recursive: true });
  try {
    copySources(root, copy);
    linkPackages(root, copy);
    crossTools(`${folder}/tools`);
    const circumstances = elsewhere(`${folder}/home`);
    // A copy has no commit to take the date from.
    const date = readFileSync(`${root}build/native/build-time`, "utf8").trim();
    const variables = { SOURCE_DATE_EPOCH: date, CROSS_COMPILE: PREFIX };
    const PATH = `${folder}/tools:${process.env.PATH}`;
    Object.assign(circumstances.variables, variables, { PATH });
    build(copy, circumstances);
    assert.equal(firstDifference(`${root}build`, `${copy}/build`), undefined);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

suite("the first difference", () => {
  const folder = mkdtempSync(join(tmpdir(), "anonymos-compare-"));
  after(() => rmSync(folder, { recursive: true }));

  const iso = "anonymos.iso";
  const results = ["kernel.wasm", "kernel.c", "font.c", "tls/certdata.txt", "host.o"];
  results.push("native/boot.o", "tls/door.o", "symbols.bin", "kernel.debug.elf", "kernel.elf");
  results.push("anonymos.bzimage");

  /** A folder like build/ in which each file contains its name, or else what `changes` says. */
  function made(name: string, changes: Record<string, string> = {}): string {
    const base = join(folder, name);
    rmSync(base, { recursive: true, force: true });
    for (const path of results) {
      mkdirSync(dirname(join(base, path)), { recursive: true });
      writeFileSync(join(base, path), changes[path] ?? path);
    }
    const tree = join(folder, "tree");
    mkdirSync(tree, { recursive: true });
    writeFileSync(join(tree, "grub.cfg"), changes["grub.cfg"] ?? "grub.cfg");
    copyFileSync(join(base, "kernel.elf"), join(tree, "kernel.elf"));
    const volume = ["-V", changes.volume ?? "SAME", "--modification-date=2026112208000000"];
    const dates = ["--set_all_file_dates", "=1795942105"];
    const words = ["-as", "mkisofs", "-r", ...volume, ...dates, "-o", join(base, iso), tree];
    assert.equal(spawnSync("xorriso", words).status, 0);
    return base;
  }

  test("is none between equal builds", () => {
    assert.equal(firstDifference(made("first"), made("second")), undefined);
  });

  const cases: [string, Record<string, string>, string][] = [
    ["is in the earliest stage", { "kernel.c": "x", "host.o": "x" }, "kernel.c: kernel.c"],
    ["names the objects", { "host.o": "x", "tls/door.o": "x" }, "objects: host.o tls/door.o"],
    ["is the ELF, not the ISO that contains it", { "kernel.elf": "x" }, "kernel.elf: kernel.elf"],
    ["is the bzImage", { "anonymos.bzimage": "x" }, "anonymos.bzimage: anonymos.bzimage"],
    ["names the file in the ISO", { "grub.cfg": "x" }, "the ISO: grub.cfg"],
    [
      "is the ISO itself if its files are equal",
      { volume: "OTHER" },
      "the ISO: its structure, not its files",
    ],
  ];
  for (const [what, changes, difference] of cases) {
    test(what, () => {
      assert.equal(firstDifference(made("first"), made("second", changes)), difference);
    });
  }

  test("is a file that is missing on one side", () => {
    const [first, second] = [made("first"), made("second")];
    rmSync(join(second, "font.c"));
    assert.equal(firstDifference(first, second), "the font: font.c");
    rmSync(join(first, "font.c"));
    assert.throws(() => firstDifference(first, second), /no files of the font/);
  });

  test("names every file that differs between two ISOs", () => {
    const [first, second] = [made("first"), made("second", { "grub.cfg": "x", "kernel.elf": "y" })];
    const files = differingInIso(join(first, iso), join(second, iso));
    assert.deepEqual(files, ["grub.cfg", "kernel.elf"]);
  });
});
