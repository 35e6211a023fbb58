/**
 * `make reproduce [PUBLISHED=file.iso]`: builds two clones of HEAD in different folders and under
 * different circumstances, and compares the results. With PUBLISHED, also reports whether that ISO
 * is what this source makes. Prints the versions of the tools, on which the result does depend.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { asHere, build, type Circumstances, elsewhere, linkPackages } from "./builds.ts";
import { differingInIso, firstDifference, sha256, sums } from "./compare.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const work = join(root, "build/reproduce");
const published = process.env.PUBLISHED ?? "";

/** The Debian packages whose versions affect the bytes. */
const packages = ["gcc-12", "binutils", "libc6-dev", "grub-common", "grub-pc-bin"];
packages.push("grub-efi-amd64-bin", "xorriso", "mtools");

const git = (...words: string[]) => execFileSync("git", words, { cwd: root, encoding: "utf8" });

function say(line: string): void {
  console.log(`reproduce: ${line}`);
}

function printVersions(): void {
  say(`commit ${git("log", "-1", "--format=%H of %cI").trim()}`);
  if (git("status", "--porcelain") !== "") say("uncommitted changes are not included");
  const pins = ["mbedtls", "certdata"].map((name) => {
    const text = readFileSync(join(root, "compiler-config/pins", name), "utf8");
    return `${name} ${/^([\d.]+) /m.exec(text)?.[1]}`;
  });
  say(`pinned: ${pins.join(", ")}, and the npm packages of package-lock.json`);
  // One package per line, with a tab before its version.
  const { stdout } = spawnSync("dpkg-query", ["-W", ...packages], { encoding: "utf8" });
  const versions = (stdout ?? "").split("\n").filter((line) => /\t./.test(line));
  for (const line of versions) say(line.replace("\t", " "));
}

/** Builds a clone of HEAD. Returns its build/ folder. */
function buildClone(name: string, circumstances: Circumstances): string {
  const folder = join(work, name);
  mkdirSync(join(folder, ".."), { recursive: true });
  git("clone", "-q", "--no-hardlinks", root, folder);
  linkPackages(root, folder);
  say(`${folder.slice(root.length)}: ${circumstances.name}`);
  build(folder, circumstances);
  for (const line of sums(join(folder, "build"))) say(line);
  return join(folder, "build");
}

/** Reports whether the published ISO is the one that was made here. */
function isPublished(iso: string): boolean {
  if (sha256(published) === sha256(iso)) {
    say(`${published} is what this commit makes`);
    return true;
  }
  const files = differingInIso(published, iso).join(" ") || "none of its files";
  say(`${published} is not what this commit makes here: ${files} differ`);
  return false;
}

rmSync(work, { recursive: true, force: true });
mkdirSync(join(work, "home"), { recursive: true });
printVersions();
const first = buildClone("first", asHere);
const second = buildClone("a/second/one", elsewhere(join(work, "home")));
const difference = firstDifference(first, second);
if (difference !== undefined) {
  say(`the two differ, first in ${difference}`);
  process.exit(1);
}
say("both are the same, bit for bit");
const good = published === "" || isPublished(join(first, "anonymos.iso"));
rmSync(work, { recursive: true, force: true });
process.exitCode = good ? 0 : 1;
