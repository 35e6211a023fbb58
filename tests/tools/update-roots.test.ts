/**
 * `make update-roots` with the test's own archive: it pins the newest set that can be fetched, with
 * every tarball that contains it, and prints the changes.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, before, suite, test } from "node:test";
import { certdata, type RootEntry } from "../lab/host/certdata.ts";
import { root, run } from "../lab/host/process.ts";
import { sha256 } from "../lab/host/servers.ts";
import { SourceArchive, type SourceFile } from "../lab/host/source-archive.ts";

const entry = (label: string, distrustAfter?: string): RootEntry => ({
  label,
  der: Buffer.from(`certificate of ${label}: ${"x".repeat(40)}`),
  issuer: Buffer.from("the same name"),
  serial: Buffer.from(label),
  distrustAfter,
});
const dated = (label: string) => entry(label, "250630235959Z");

const apt = "/usr/bin/apt-get";

suite("make update-roots", { skip: !existsSync(apt) && "apt is not installed" }, () => {
  const folder = mkdtempSync(join(tmpdir(), "anonymos-update-"));
  const archive = new SourceArchive();

  /** A source tarball with a root set. */
  function tarball(name: string, version: string, roots: RootEntry[]): Buffer {
    const tree = `${folder}/tree`;
    rmSync(tree, { recursive: true, force: true });
    mkdirSync(`${tree}/source/mozilla`, { recursive: true });
    writeFileSync(`${tree}/source/mozilla/certdata.txt`, certdata(roots));
    const header = `#define NSS_BUILTINS_LIBRARY_VERSION "${version}"\n`;
    writeFileSync(`${tree}/source/mozilla/nssckbi.h`, header);
    execFileSync("tar", ["-caf", `${folder}/${name}`, "-C", tree, "source"]);
    return readFileSync(`${folder}/${name}`);
  }

  /** An index's entry for a tarball: source package, Debian's version and file name. */
  const listed = (source: string, version: string, name: string, bytes: Buffer): SourceFile => ({
    source,
    version,
    name,
    bytes,
  });

  before(async () => {
    await archive.start();
    mkdirSync(`${folder}/bin`);
    // apt without a configured archive or proxy.
    const script = `#!/bin/sh\n[ "$1" = --print-uris ] || exec ${apt} "$@"\n`;
    writeFileSync(`${folder}/bin/apt-get`, script, { mode: 0o755 });
    writeFileSync(`${folder}/apt.conf`, 'Acquire::http::Proxy::127.0.0.1 "DIRECT";\n');
  });
  after(() => {
    archive.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const pins = (name: string) => readFileSync(`${folder}/config/pins/${name}`, "utf8");

  /** Runs update-roots with this tarball pinned; returns the lines that it prints. */
  async function update(pinned: { version: string; name: string; bytes: Buffer; set: string }) {
    rmSync(`${folder}/config`, { recursive: true, force: true });
    cpSync(`${root}compiler-config`, `${folder}/config`, { recursive: true });
    const { version, name, bytes, set } = pinned;
    const path = `c/ca-certificates/${name}`;
    writeFileSync(
      `${folder}/config/pins/roots`,
      `# carriers\n${version} ${sha256(bytes)} ${path}\n`,
    );
    writeFileSync(`${folder}/config/pins/certdata`, `# the set\n${version} ${set} certdata.txt\n`);
    const variables = [`PATH=${folder}/bin:${process.env.PATH}`, `APT_CONFIG=${folder}/apt.conf`];
    variables.push("no_proxy=127.0.0.1", `ROOTS_MIRROR=${archive.url}`);
    const words = ["--import", "tsx", `${folder}/config/update-roots.ts`, `${folder}/cache`];
    const command = ["env", "-u", "ROOTS_TARBALL", ...variables, process.execPath, ...words];
    const { code, output } = await run(command);
    assert.equal(code, 0, output);
    return output.trimEnd().split("\n");
  }

  const earlier = [entry("Stays"), entry("Goes"), entry("Ends")];
  const now = [entry("Stays"), dated("Ends"), entry("Comes")];
  const set = (roots: RootEntry[]) => sha256(Buffer.from(certdata(roots)));

  test("pins the newest set that can be fetched, and every tarball that contains it", async () => {
    const old = tarball("ca-certificates_2024.tar.xz", "2.9", earlier);
    const next = tarball("ca-certificates_2025.tar.xz", "2.10", now);
    const gone = tarball("ca-certificates_2026.tar.xz", "2.11", [entry("Unseen")]);
    const nss = tarball("nss_3.9.orig.tar.gz", "2.10", now);
    const other = tarball("nss_3.8.orig.tar.gz", "2.9", earlier);
    archive.publish("sid", [
      listed("ca-certificates", "2024", "ca-certificates_2024.tar.xz", old),
      { ...listed("ca-certificates", "2026", "ca-certificates_2026.tar.xz", gone), missing: true },
      listed("ca-certificates", "2025", "ca-certificates_2025.tar.xz", next),
      listed("nss", "2:3.8-1", "nss_3.8.orig.tar.gz", other),
    ]);
    archive.publish("trixie", [listed("nss", "2:3.9-1", "nss_3.9.orig.tar.gz", nss)]);
    const name = "ca-certificates_2024.tar.xz";
    const lines = await update({ version: "2.9", name, bytes: old, set: set(earlier) });
    assert.deepEqual(lines, [
      `update-roots: the pinned version is 2.9, SHA-256 ${set(earlier)}`,
      "update-roots: ca-certificates_2026.tar.xz: listed, but no archive has it",
      `update-roots: ca-certificates_2025.tar.xz: version 2.10, SHA-256 ${set(now)}`,
      "update-roots: - Goes",
      "update-roots: ~ Ends: distrusted after 20250630235959",
      "update-roots: + Comes",
      "update-roots: 3 roots before, 3 now",
      "update-roots: ca-certificates_2025.tar.xz contains this set",
      "update-roots: nss_3.9.orig.tar.gz contains this set",
      "update-roots: compiler-config/pins/ is up to date: `make` builds with it",
    ]);
    assert.equal(pins("certdata"), `# the set\n2.10 ${set(now)} certdata.txt\n`);
    const pool = [
      `2.10 ${sha256(next)} c/ca-certificates/ca-certificates_2025.tar.xz`,
      `2.10 ${sha256(nss)} n/nss/nss_3.9.orig.tar.gz`,
    ];
    assert.equal(pins("roots"), `# carriers\n${pool.join("\n")}\n`);
    // A build fetches what was pinned.
    const words = ["sh", `${folder}/config/fetch.sh`, "roots", `${folder}/cache`];
    assert.equal(basename((await run(words)).output.trim()), "ca-certificates_2025.tar.xz");
  });

  test("changes nothing if the archive is older", async () => {
    const old = tarball("ca-certificates_2024.tar.xz", "2.9", earlier);
    archive.publish("sid", [listed("ca-certificates", "2024", "ca-certificates_2024.tar.xz", old)]);
    archive.files.delete("/debian/dists/trixie/Release");
    const bytes = Buffer.from("a newer one, which no archive has");
    const lines = await update({ version: "2.10", name: "newer.tar.xz", bytes, set: set(now) });
    assert.equal(
      lines.at(-1),
      "update-roots: that is older than the pinned one: nothing is changed",
    );
    assert.equal(pins("certdata"), `# the set\n2.10 ${set(now)} certdata.txt\n`);
  });

  test("replaces a pinned set that is no longer in any archive", async () => {
    const next = tarball("ca-certificates_2025.tar.xz", "2.10", now);
    archive.publish("sid", [
      listed("ca-certificates", "2025", "ca-certificates_2025.tar.xz", next),
    ]);
    archive.files.delete("/debian/dists/trixie/Release");
    const bytes = Buffer.from("an old one, which no archive has any more");
    const lines = await update({ version: "2.9", name: "older.tar.xz", bytes, set: set(earlier) });
    const lost = "update-roots: the pinned set can no longer be fetched: changes are unknown";
    assert.ok(lines.includes(lost), lines.join("\n"));
    assert.equal(pins("certdata"), `# the set\n2.10 ${set(now)} certdata.txt\n`);
  });
});
