/**
 * Where the build's time comes from; and what `make test DATE=...` moves: clocks, but no file
 * times, which would make `make` rebuild.
 */
import assert from "node:assert/strict";
import { execFileSync, type SpawnSyncReturns, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "../lab/host/process.ts";

const COMMITTED = 1_600_000_000;
const settings = {
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_COMMITTER_DATE: `${COMMITTED} +0000`,
  ...Object.fromEntries(
    ["AUTHOR", "COMMITTER"].flatMap((who) => [
      [`GIT_${who}_NAME`, "Nobody"],
      [`GIT_${who}_EMAIL`, "nobody@example.test"],
    ]),
  ),
};

interface SourceTree {
  folder: string;
  git(...words: string[]): Buffer;
  /** Runs make, which prints the build's time. */
  buildTime(more?: Record<string, string>): SpawnSyncReturns<string>;
}

/** Makes a folder with only the files that the build's time depends on. */
function sourceTree(): SourceTree {
  const folder = mkdtempSync(join(tmpdir(), "anonymos-source-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(`${folder}/compiler-config`);
  for (const file of [".gitattributes", "compiler-config/flags.mk"]) {
    copyFileSync(root + file, `${folder}/${file}`);
  }
  // Not copied: in a project that comes from an archive, the file already contains a time.
  writeFileSync(`${folder}/compiler-config/commit-time`, "$Format:%ct$\n");
  writeFileSync(
    `${folder}/Makefile`,
    "include compiler-config/flags.mk\nall:\n\t@echo $(build_time)\n",
  );
  const { SOURCE_DATE_EPOCH: _, MAKEFLAGS: __, ...environment } = process.env;
  const env = { ...environment, ...settings };
  return {
    folder,
    git: (...words) => execFileSync("git", words, { cwd: folder, env, stdio: "pipe" }),
    buildTime: (more = {}) =>
      spawnSync("make", ["-s"], { cwd: folder, encoding: "utf8", env: { ...env, ...more } }),
  };
}

function repository(): SourceTree {
  const made = sourceTree();
  made.git("init", "-q");
  made.git("add", ".");
  made.git("commit", "-q", "-m", "all");
  return made;
}

test("uses the commit's time, unless SOURCE_DATE_EPOCH is set", () => {
  const tree = repository();
  assert.equal(tree.buildTime().stdout, `${COMMITTED}\n`);
  assert.equal(tree.buildTime({ SOURCE_DATE_EPOCH: "1500000000" }).stdout, "1500000000\n");
});

test("uses the commit's time in an archive made by git", () => {
  const unpacked = sourceTree();
  const input = repository().git("archive", "HEAD", "compiler-config");
  execFileSync("tar", ["-x"], { cwd: unpacked.folder, input });
  assert.equal(unpacked.buildTime().stdout, `${COMMITTED}\n`);
});

test("does not use the time of day for a source without a commit", () => {
  const { status, stdout, stderr } = sourceTree().buildTime();
  assert.equal(status, 2);
  assert.equal(stdout, "");
  assert.match(stderr, /the commit time is unknown: .*; +set SOURCE_DATE_EPOCH\./);
});

test("rejects a DATE that is not an offset from now", () => {
  for (const date of ["2030-01-01", "500d", "tomorrow"]) {
    const words = ["-n", "--no-print-directory", "help", `DATE=${date}`];
    const { status, stderr } = spawnSync("make", words, { cwd: root, encoding: "utf8" });
    assert.equal(status, 2, date);
    assert.match(stderr, new RegExp(`DATE=${date}: expected an offset from now, like \\+500d`));
  }
});

test("DATE moves the clock of what a test starts, but not the times of files", (t) => {
  const file = join(sourceTree().folder, "file");
  execFileSync("touch", [file]);
  const fileTime = statSync(file).mtimeMs / 1000;
  const clock = Number(execFileSync("date", ["+%s"], { encoding: "utf8" }));
  const [, sign, count, unit] = /^([+-])(\d+)([dmy]?)/.exec(process.env.FAKETIME ?? "") ?? [];
  const seconds = { d: 86_400, y: 365 * 86_400, m: 60, "": 1 }[unit ?? ""] ?? 0;
  const moved = count === undefined ? 0 : Number(`${sign}${count}`) * seconds;
  t.diagnostic(`the clock is moved by ${moved} s`);
  assert.ok(Math.abs(clock - fileTime - moved) < 60, `${clock} - ${fileTime} is not ${moved}`);
});
