/** The installation script: what it installs, and on which machine. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { root } from "../lab/host/process.ts";

function install(...groups: string[]) {
  const words = [`${root}compiler-config/install.sh`, ...groups];
  return spawnSync("sh", words, { cwd: root, encoding: "utf8" });
}

test("is silent and fast if nothing is missing", () => {
  assert.equal(install().status, 0);
  const times = [1, 2, 3].map(() => {
    const begun = performance.now();
    const { status, stdout, stderr } = install();
    assert.equal(`${status}${stdout}${stderr}`, "0");
    return performance.now() - begun;
  });
  assert.ok(Math.min(...times) < 500, `it took ${times} ms`);
});

test("rejects an unknown group, and lists the known ones", () => {
  const { status, stderr } = install("frobnicate");
  assert.equal(status, 1);
  assert.match(stderr, /^install: unknown group 'frobnicate': expected build, run, test, date/);
});

suite("on another machine", () => {
  const folder = mkdtempSync(join(tmpdir(), "anonymos-install-"));
  const programs = `${folder}/bin`;

  /** Adds a program that hides the machine's own of that name. */
  function fake(name: string, text: string): void {
    rmSync(`${programs}/${name}`, { force: true });
    writeFileSync(`${programs}/${name}`, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  }

  before(() => {
    mkdirSync(`${folder}/compiler-config`);
    copyFileSync(`${root}compiler-config/install.sh`, `${folder}/compiler-config/install.sh`);
    mkdirSync(`${folder}/node_modules`);
    writeFileSync(`${folder}/package-lock.json`, "");
    writeFileSync(`${folder}/node_modules/.package-lock.json`, "");
    mkdirSync(programs);
    // Everything on this machine, except for compilers with the names of cross compilers.
    for (const place of (process.env.PATH ?? "").split(":").filter(existsSync)) {
      for (const name of readdirSync(place)) {
        const target = `${programs}/${name}`;
        if (!/^x86_64-/.test(name) && !existsSync(target)) symlinkSync(join(place, name), target);
      }
    }
    fake("apt-get", `echo "$@" >>${folder}/apt.log`);
    fake("sudo", 'test "$1" = -v || exec "$@"');
  });
  after(() => rmSync(folder, { recursive: true }));

  /** Runs the script as on `machine`; `packages` are those that it tells apt to install. */
  function installOn(machine: string, variables: Record<string, string> = {}) {
    fake("uname", `echo ${machine}`);
    rmSync(`${folder}/apt.log`, { force: true });
    const { CROSS_COMPILE: _, ...plain } = process.env;
    const env = { ...plain, PATH: programs, ...variables };
    const script = `${folder}/compiler-config/install.sh`;
    const { status, stderr } = spawnSync("/bin/sh", [script, "build"], { env, encoding: "utf8" });
    const log = existsSync(`${folder}/apt.log`) ? readFileSync(`${folder}/apt.log`, "utf8") : "";
    const packages = log.split(/\s+/).filter((word) => /^[a-z0-9][a-z0-9.+-]*$/.test(word));
    return { status, stderr, packages: packages.filter((word) => word !== "install") };
  }

  const cross = ["gcc-x86-64-linux-gnu", "binutils-x86-64-linux-gnu", "libc6-dev-amd64-cross"];

  test("installs no cross compiler on x86-64", () => {
    assert.deepEqual(installOn("x86_64"), { status: 0, stderr: "", packages: [] });
  });

  test("installs Debian's cross compiler elsewhere, and not GRUB's files for PCs", () => {
    for (const machine of ["aarch64", "riscv64", "ppc64le"]) {
      assert.deepEqual(installOn(machine), { status: 0, stderr: "", packages: cross });
    }
  });

  test("installs the compiler of Debian's prefixes, and expects others to exist", () => {
    const debian = { CROSS_COMPILE: "x86_64-linux-gnu-" };
    assert.deepEqual(installOn("aarch64", debian).packages, cross);
    assert.deepEqual(installOn("x86_64", debian).packages, ["gcc", "binutils"]);
    const other = { CROSS_COMPILE: "x86_64-elf-" };
    const { status, stderr, packages } = installOn("x86_64", other);
    assert.equal(status, 1);
    assert.match(stderr, /^install: there is no x86_64-elf-gcc: CROSS_COMPILE must be the prefix/);
    assert.deepEqual(packages, []);
    fake("x86_64-elf-gcc", "");
    assert.deepEqual(installOn("aarch64", other), { status: 0, stderr: "", packages: [] });
  });
});
