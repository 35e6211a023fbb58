/**
 * `make update-roots`: pins the root set of the newest ca-certificates in Debian's source archive.
 *     node --import tsx compiler-config/update-roots.ts CACHE
 * Prints the old and the new version and what changes, and rewrites pins/certdata and pins/roots.
 * pins/roots lists every tarball that contains the same certdata.txt, so that others are left when
 * Debian replaces one: first the small ones of ca-certificates, then those of nss, newest first.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { trustedRoots } from "./certdata.ts";

const here = dirname(fileURLToPath(import.meta.url));
const fetchScript = join(here, "fetch.sh");
const [cache] = process.argv.slice(2);
/** The first contains little but the root set; the second is all of NSS. */
const packages = ["ca-certificates", "nss"];

/** A tarball in Debian's pool. */
interface Source {
  sum: string;
  path: string;
}

/** The root set in a tarball. */
interface RootSet {
  version: string;
  sum: string;
  text: string;
}

function say(line: string): void {
  console.log(`update-roots: ${line}`);
}

/** Returns the tarballs of a source package that the archives list, newest first. */
function listed(name: string): Source[] {
  const text = execFileSync("sh", [fetchScript, "--sources", name], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  return text.split("\n").flatMap((line) => {
    const [sum, path] = line.split(" ");
    return path === undefined ? [] : { sum, path };
  });
}

/** Results of `fetched` by checksum, because a search for a missing tarball takes long. */
const tried = new Map<string, string | undefined>();

/** Fetches a tarball; undefined if no archive has it any more. */
function fetched(source: Source): string | undefined {
  if (!tried.has(source.sum)) tried.set(source.sum, fetchNow(source));
  return tried.get(source.sum);
}

function fetchNow({ sum, path }: Source): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), "anonymos-pins-"));
  try {
    writeFileSync(join(folder, "roots"), `candidate ${sum} ${path}\n`);
    const env = { ...process.env, PINS: folder };
    const run = spawnSync("sh", [fetchScript, "roots", cache], { env, encoding: "utf8" });
    return run.status === 0 ? run.stdout.trim() : undefined;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function member(tarball: string, name: string): string {
  const words = ["-xOf", tarball, "--wildcards", `*/${name}`];
  return execFileSync("tar", words, { encoding: "utf8", maxBuffer: 1 << 26 });
}

function rootSet(tarball: string): RootSet {
  const text = member(tarball, "certdata.txt");
  const header = member(tarball, "nssckbi.h");
  const [, version] = /NSS_BUILTINS_LIBRARY_VERSION "([\d.]+)"/.exec(header) ?? [];
  if (version === undefined) throw new Error(`${tarball}: nssckbi.h names no version`);
  return { version, sum: createHash("sha256").update(text).digest("hex"), text };
}

/** Returns the set of the newest ca-certificates that can be fetched. */
function newest(): RootSet {
  for (const source of listed(packages[0])) {
    const tarball = fetched(source);
    const name = basename(source.path);
    if (tarball === undefined) {
      say(`${name}: listed, but no archive has it`);
      continue;
    }
    const set = rootSet(tarball);
    say(`${name}: version ${set.version}, SHA-256 ${set.sum}`);
    return set;
  }
  throw new Error("update-roots: no archive has a source of ca-certificates");
}

/** Returns the pins of all tarballs that contain this set. */
function pinsOf(set: RootSet): string[] {
  return packages.flatMap(listed).flatMap((source) => {
    const tarball = fetched(source);
    if (tarball === undefined || rootSet(tarball).sum !== set.sum) return [];
    say(`${basename(source.path)} contains this set`);
    return [`${set.version} ${source.sum} ${source.path}`];
  });
}

/** Prints the roots that are added or removed, or whose date of distrust changes. */
function printChanges(before: string, after: string): void {
  const [old, now] = [before, after].map((text) => {
    const roots = trustedRoots(text);
    return new Map(roots.map((root) => [root.der.toString("base64"), root]));
  });
  for (const [der, { label }] of old) if (!now.has(der)) say(`- ${label}`);
  for (const [der, { label, distrustAfter }] of now) {
    const date = distrustAfter === 0n ? "" : `distrusted after ${distrustAfter}`;
    if (!old.has(der)) say(`+ ${[label, date].filter((word) => word !== "").join(", ")}`);
    else if (old.get(der)?.distrustAfter !== distrustAfter) {
      say(`~ ${label}: ${date || "no longer distrusted"}`);
    }
  }
  say(`${old.size} roots before, ${now.size} now`);
}

/** Writes a file of pins; the comment at its head stays. */
function writePins(name: string, lines: string[]): void {
  const path = join(here, "pins", name);
  const head = readFileSync(path, "utf8").match(/^#.*\n/gm) ?? [];
  writeFileSync(path, `${head.join("")}${lines.join("\n")}\n`);
}

/** Reports whether a version, numbers with dots between them, is lower than another. */
function isOlder(version: string, other: string): boolean {
  const [left, right] = [version, other].map((text) => text.split(".").map(Number));
  const i = left.findIndex((number, i) => number !== right[i]);
  return i < 0 ? left.length < right.length : left[i] < (right[i] ?? -1);
}

mkdirSync(cache, { recursive: true });
const pin = readFileSync(join(here, "pins/certdata"), "utf8");
const [, version, sum] = /^([\d.]+) ([0-9a-f]{64}) /m.exec(pin) ?? [];
say(`the pinned version is ${version}, SHA-256 ${sum}`);
const set = newest();
if (isOlder(set.version, version)) {
  say("that is older than the pinned one: nothing is changed");
} else {
  const old = spawnSync("sh", [fetchScript, "roots", cache], { encoding: "utf8" });
  if (old.status !== 0) say("the pinned set can no longer be fetched: changes are unknown");
  else if (set.sum !== sum) printChanges(member(old.stdout.trim(), "certdata.txt"), set.text);
  writePins("roots", pinsOf(set));
  writePins("certdata", [`${set.version} ${set.sum} certdata.txt`]);
  say("compiler-config/pins/ is up to date: `make` builds with it");
}
