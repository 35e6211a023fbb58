/**
 * Fetching pinned sources, from a file or a mirror, by checksum. The tests run the real script
 * with other pins, and it can reach only the tests' own archive.
 */
import assert from "node:assert/strict";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { root, run } from "../lab/host/process.ts";
import { sha256 } from "../lab/host/servers.ts";
import { SourceArchive } from "../lab/host/source-archive.ts";

const newest = Buffer.from("the newest release");
const older = Buffer.from("the release before it");
const wrong = Buffer.from("another file of the same name");
const pool = "/debian/pool/main/m/mbedtls";
const [newestFile, olderFile] = ["mbedtls_3.6.7.orig.tar.bz2", "mbedtls_3.6.6.orig.tar.bz2"];
const notice =
  "fetch: mbedtls 3.6.6 instead of 3.6.7: the kernel will differ from one built with 3.6.7\n";

const helper = ["/usr/lib/apt/apt-helper", "/usr/libexec/apt/apt-helper"].find(existsSync);

suite("fetch.sh", () => {
  const folder = mkdtempSync(join(tmpdir(), "anonymos-fetch-"));
  const script = `${folder}/fetch.sh`;
  const cache = `${folder}/cache`;
  const mirror = new SourceArchive();
  const { files, asked } = mirror;
  let url = "";

  before(async () => {
    await mirror.start();
    url = mirror.url;
    copyFileSync(`${root}compiler-config/fetch.sh`, script);
    mkdirSync(`${folder}/pins`);
    const pins = [
      "# VERSION SHA-256 FILE",
      `3.6.7 ${sha256(newest)} m/mbedtls/${newestFile}`,
      `3.6.6 ${sha256(older)} m/mbedtls/${olderFile}`,
    ];
    writeFileSync(`${folder}/pins/mbedtls`, `${pins.join("\n")}\n`);
    mkdirSync(`${folder}/bin`);
    // apt without a configured archive or proxy.
    const apt = '#!/bin/sh\n[ "$1" = --print-uris ] || exec /usr/bin/apt-get "$@"\n';
    writeFileSync(`${folder}/bin/apt-get`, apt);
    chmodSync(`${folder}/bin/apt-get`, 0o755);
    writeFileSync(`${folder}/apt.conf`, 'Acquire::http::Proxy::127.0.0.1 "DIRECT";\n');
  });
  after(() => {
    mirror.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Runs the script with these settings; returns its status, messages and fetched file. */
  async function fetch(settings: Record<string, string> = {}) {
    asked.length = 0;
    const words = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
    const environment = [`PATH=${folder}/bin:${process.env.PATH}`];
    environment.push(`APT_CONFIG=${folder}/apt.conf`, "no_proxy=127.0.0.1", ...words);
    const unset = ["MBEDTLS_TARBALL", "MBEDTLS_MIRROR"].flatMap((name) => ["-u", name]);
    const command = `path=$(sh ${script} mbedtls ${cache}) && cat "$path" >${folder}/fetched`;
    rmSync(`${folder}/fetched`, { force: true });
    const { code, output } = await run(["env", ...unset, ...environment, "sh", "-c", command]);
    const fetched = code === 0 ? readFileSync(`${folder}/fetched`) : undefined;
    return { code, output, fetched };
  }

  /** Writes a file in the test's folder and returns its path. */
  function file(name: string, bytes: Buffer): string {
    writeFileSync(`${folder}/${name}`, bytes);
    return `${folder}/${name}`;
  }

  /** Empties the cache and gives the mirror these files. */
  function begin(has: Record<string, Buffer> = {}): void {
    rmSync(cache, { recursive: true, force: true });
    files.clear();
    for (const [name, bytes] of Object.entries(has)) files.set(`${pool}/${name}`, bytes);
  }

  test("uses and caches MBEDTLS_TARBALL if it is a known release", async () => {
    for (const [release, said] of [
      [newest, ""],
      [older, notice],
    ] as const) {
      begin();
      const path = file("given.tar.bz2", release);
      const given = { MBEDTLS_TARBALL: path, MBEDTLS_MIRROR: url };
      assert.deepEqual(await fetch(given), { code: 0, output: said, fetched: release });
      assert.deepEqual(await fetch(), { code: 0, output: said, fetched: release });
      assert.deepEqual(asked, []);
    }
  });

  test("rejects MBEDTLS_TARBALL if it is another file or does not exist", async () => {
    for (const path of [file("bad.tar.bz2", wrong), `${folder}/nowhere`, folder]) {
      begin();
      const { code, output } = await fetch({ MBEDTLS_TARBALL: path, MBEDTLS_MIRROR: url });
      assert.equal(code, 1);
      assert.deepEqual(output.trimEnd().split("\n"), [
        `fetch: ${path} does not exist, or is not one of these:`,
        `fetch:   ${newestFile}, SHA-256 ${sha256(newest)}`,
        `fetch:   ${olderFile}, SHA-256 ${sha256(older)}`,
      ]);
      assert.equal(existsSync(cache), false);
      assert.deepEqual(asked, []);
    }
  });

  suite("MBEDTLS_MIRROR", { skip: helper === undefined && "apt is not installed" }, () => {
    test("fetches the newest release in the pool", async () => {
      begin({ [newestFile]: newest, [olderFile]: older });
      const first = await fetch({ MBEDTLS_MIRROR: url });
      assert.deepEqual(first, { code: 0, output: "", fetched: newest });
      assert.deepEqual(asked, [`${pool}/${newestFile}`]);
      begin({ [olderFile]: older });
      const second = await fetch({ MBEDTLS_MIRROR: `${url}/empty ${url}/` });
      assert.deepEqual(second, { code: 0, output: notice, fetched: older });
    });

    test("finds a file by the source index if it is not in the pool", async () => {
      begin();
      const source = { source: "mbedtls", version: "3.6.6-1", name: olderFile, bytes: older };
      mirror.publish("trixie", [{ ...source, folder: "depot/mbedtls" }]);
      const found = await fetch({ MBEDTLS_MIRROR: url });
      assert.deepEqual(found, { code: 0, output: notice, fetched: older });
      assert.ok(asked.includes(`/debian/depot/mbedtls/${olderFile}`), `${asked}`);
    });

    test("uses the cache, unless its file is damaged or older", async () => {
      begin({ [newestFile]: newest });
      mkdirSync(cache);
      writeFileSync(`${cache}/${newestFile}`, wrong);
      writeFileSync(`${cache}/${olderFile}`, older);
      assert.deepEqual((await fetch({ MBEDTLS_MIRROR: url })).fetched, newest);
      assert.deepEqual(asked, [`${pool}/${newestFile}`]);
      assert.deepEqual((await fetch({ MBEDTLS_MIRROR: url })).fetched, newest);
      assert.deepEqual(asked, []);
    });

    test("rejects a wrong checksum, with a message that hides the password", async () => {
      begin({ [newestFile]: wrong, [olderFile]: wrong });
      const secret = url.replace("//", "//user:secret@");
      const { code, output } = await fetch({ MBEDTLS_MIRROR: secret });
      assert.equal(code, 1);
      assert.ok(asked.includes(`${pool}/${newestFile}`), `${asked}`);
      assert.deepEqual(existsSync(cache), false);
      assert.match(output, /^fetch: cannot fetch any of these:$/m);
      assert.ok(output.includes(`${newestFile}, SHA-256 ${sha256(newest)}`));
      assert.ok(output.includes(`\n  ${url.replace("//", "//***@")}/\n`), output);
      assert.match(output, /MBEDTLS_MIRROR=URL .* or MBEDTLS_TARBALL=FILE/);
      assert.ok(!output.includes("secret"), output);
    });
  });

  test("names the variables to set if there is neither archive nor mirror", async () => {
    begin();
    const { code, output } = await fetch();
    assert.equal(code, 1);
    assert.match(output, /^fetch: apt is missing here, or has no archive configured: /);
    assert.match(output, /set MBEDTLS_TARBALL=FILE to one of these$/m);
    assert.match(output, /^fetch: or, if apt is here, MBEDTLS_MIRROR=URL to a mirror/m);
  });
});
