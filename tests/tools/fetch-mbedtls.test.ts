/**
 * How the source of mbedTLS is brought: from a file, from a mirror, by its checksum alone. The
 * script is the real one with other pins, and sees no archive but the test's own.
 */
import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { root, run } from "../lab/host/process.ts";
import { listening, sha256 } from "../lab/host/servers.ts";

const newest = Buffer.from("what stands for the newest release");
const older = Buffer.from("what stands for the release before");
const wrong = Buffer.from("what somebody put in its place");
const hash = (bytes: Buffer) => sha256(bytes);
const pool = "/debian/pool/main/m/mbedtls";

const helper = ["/usr/lib/apt/apt-helper", "/usr/libexec/apt/apt-helper"].find(existsSync);

suite("fetch-mbedtls.sh", () => {
  const folder = mkdtempSync(join(tmpdir(), "anonymos-fetch-"));
  const script = `${folder}/fetch.sh`;
  const target = `${folder}/cache/mbedtls.tar.bz2`;
  /** What the mirror has, by path, and what it was asked for. */
  const files = new Map<string, Buffer>();
  const asked: string[] = [];
  const mirror = createServer((request, response) => {
    asked.push(request.url ?? "");
    const file = files.get(request.url ?? "");
    response.writeHead(file === undefined ? 404 : 200).end(file);
  });
  let url = "";

  before(async () => {
    url = `http://127.0.0.1:${await listening(mirror)}/debian`;
    const pins = `pins="3.6.7:${hash(newest)}\n3.6.6:${hash(older)}"`;
    const text = readFileSync(`${root}compiler-config/fetch-mbedtls.sh`, "utf8");
    const own = text.replace(/^pins="[^"]*"/m, pins);
    assert.notEqual(own, text, "the script has no pins where they are sought");
    writeFileSync(script, own);
    mkdirSync(`${folder}/bin`);
    // An apt that is set up with no archive, and one that goes through no proxy.
    writeFileSync(`${folder}/bin/apt-get`, "#!/bin/sh\necho nothing is here >&2\nexit 100\n");
    chmodSync(`${folder}/bin/apt-get`, 0o755);
    writeFileSync(`${folder}/apt.conf`, 'Acquire::http::Proxy::127.0.0.1 "DIRECT";\n');
  });
  after(() => {
    mirror.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Runs it with these settings; answers its status, what it said, and what it brought. */
  async function fetch(settings: Record<string, string> = {}) {
    asked.length = 0;
    const words = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
    const environment = [`PATH=${folder}/bin:${process.env.PATH}`];
    environment.push(`APT_CONFIG=${folder}/apt.conf`, "no_proxy=127.0.0.1", ...words);
    const unset = ["MBEDTLS_TARBALL", "MBEDTLS_MIRROR"].flatMap((name) => ["-u", name]);
    const { code, output } = await run(["env", ...unset, ...environment, "sh", script, target]);
    const brought = existsSync(target) ? readFileSync(target) : undefined;
    return { code, output, brought };
  }

  /** A file in the test's folder. */
  function file(name: string, bytes: Buffer): string {
    writeFileSync(`${folder}/${name}`, bytes);
    return `${folder}/${name}`;
  }

  /** Nothing lies where it is to be brought, and the mirror has these. */
  function begin(has: Record<string, Buffer> = {}): void {
    rmSync(target, { force: true });
    files.clear();
    for (const [name, bytes] of Object.entries(has)) files.set(`${pool}/${name}`, bytes);
  }

  test("MBEDTLS_TARBALL is taken when it is one of the releases", async () => {
    for (const release of [newest, older]) {
      begin();
      const path = file("given.tar.bz2", release);
      const { code, output, brought } = await fetch({ MBEDTLS_TARBALL: path, MBEDTLS_MIRROR: url });
      assert.equal(`${code}${output}`, "0");
      assert.deepEqual(brought, release);
      assert.deepEqual(asked, []);
    }
  });

  test("MBEDTLS_TARBALL is refused when it is none, or is not there", async () => {
    for (const path of [file("bad.tar.bz2", wrong), `${folder}/nowhere`, folder]) {
      begin();
      const { code, output, brought } = await fetch({ MBEDTLS_TARBALL: path, MBEDTLS_MIRROR: url });
      assert.equal(code, 1);
      const lines = output.trimEnd().split("\n");
      assert.deepEqual(lines, [
        `fetch-mbedtls: ${path} is missing, or is none of these:`,
        `fetch-mbedtls:   mbedtls-3.6.7.tar.bz2, SHA-256 ${hash(newest)}`,
        `fetch-mbedtls:   mbedtls-3.6.6.tar.bz2, SHA-256 ${hash(older)}`,
      ]);
      assert.equal(brought, undefined);
      assert.deepEqual(asked, []);
    }
  });

  test("what is there already is not brought again, unless it is something else", async () => {
    begin();
    mkdirSync(`${folder}/cache`, { recursive: true });
    writeFileSync(target, newest);
    assert.equal((await fetch({ MBEDTLS_TARBALL: `${folder}/nowhere` })).code, 0);
    writeFileSync(target, wrong);
    const { code, brought } = await fetch({ MBEDTLS_TARBALL: file("good.tar.bz2", older) });
    assert.equal(code, 0);
    assert.deepEqual(brought, older);
  });

  suite("MBEDTLS_MIRROR", { skip: helper === undefined && "apt is not installed" }, () => {
    test("the newest release that the pool has is brought", async () => {
      const both = { "mbedtls_3.6.7.orig.tar.bz2": newest, "mbedtls_3.6.6.orig.tar.bz2": older };
      begin(both);
      const first = await fetch({ MBEDTLS_MIRROR: url });
      assert.equal(`${first.code}${first.output}`, "0");
      assert.deepEqual(first.brought, newest);
      assert.deepEqual(asked, [`${pool}/mbedtls_3.6.7.orig.tar.bz2`]);
      begin({ "mbedtls_3.6.6.orig.tar.bz2": older });
      const second = await fetch({ MBEDTLS_MIRROR: `${url}/empty ${url}/` });
      assert.equal(second.code, 0, second.output);
      assert.deepEqual(second.brought, older);
    });

    test("a wrong checksum is refused, with what was wanted and where it was sought", async () => {
      begin({ "mbedtls_3.6.7.orig.tar.bz2": wrong, "mbedtls_3.6.6.orig.tar.bz2": wrong });
      const secret = url.replace("//", "//user:secret@");
      const { code, output, brought } = await fetch({ MBEDTLS_MIRROR: secret });
      assert.equal(code, 1);
      assert.ok(asked.includes(`${pool}/mbedtls_3.6.7.orig.tar.bz2`), `${asked}`);
      assert.equal(brought, undefined);
      assert.match(output, /^fetch-mbedtls: none of these could be had:$/m);
      assert.ok(output.includes(`mbedtls-3.6.7.tar.bz2, SHA-256 ${hash(newest)}`));
      assert.ok(output.includes(`\n  ${url.replace("//", "//***@")}/\n`), output);
      assert.match(output, /MBEDTLS_MIRROR=URL .* or MBEDTLS_TARBALL=FILE/);
      assert.ok(!output.includes("secret"), output);
    });
  });

  test("without an archive and without a mirror it says what to say", async () => {
    begin();
    const { code, output } = await fetch();
    assert.equal(code, 1);
    assert.equal(
      output,
      "fetch-mbedtls: apt is set up with no archive: " +
        "say MBEDTLS_MIRROR=URL or MBEDTLS_TARBALL=FILE\n",
    );
  });
});
