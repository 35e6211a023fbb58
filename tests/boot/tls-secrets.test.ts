/**
 * SYS-12: a machine that crashes with TLS keys in memory and registers discloses none of them, on
 * the console, in the log or in a panic.
 */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { suite, type TestContext, test } from "node:test";
import { makeAuthority, makeRoot, makeServer } from "../lab/host/certificates.ts";
import { boot, configured } from "../lab/host/console.ts";
import { found, secretsOf } from "../lab/host/key-log.ts";
import type { Machine } from "../lab/host/qemu.ts";
import { OpensslServer } from "../lab/host/tls-servers.ts";

const root = makeRoot("Test Root");
const certificate = makeServer(["10.0.2.2"], makeAuthority("Test Authority", root));
const modules = {
  "ca.pem": root.pem,
  "server.pem": certificate.chain,
  "server.key": certificate.key,
};
/** The private scalar of the server's key, which the kernel has too. */
const scalar = Buffer.from(
  certificate.keys.privateKey.export({ format: "jwk" }).d ?? "",
  "base64url",
);
const answer = (length: number) => `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`;

interface Connection {
  machine: Machine;
  server: OpensslServer;
  /** The connection's secrets, from the server's key log. */
  secrets(): Buffer[];
}

/** Boots a machine and lets it send a request to openssl, which logs the keys. */
async function asking(t: TestContext, version: string): Promise<Connection> {
  const folder = mkdtempSync(`${tmpdir()}/anonymos-keys-`);
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const log = `${folder}/keys`;
  const server = await OpensslServer.start(certificate, [version, "-keylogfile", log]);
  t.after(() => server.stop());
  const machine = await boot(t, { memory: "128", modules });
  await configured(machine);
  machine.type(`curl -o null https://10.0.2.2:${server.port}/\r`);
  const asked = () => /^GET \/ HTTP/m.exec(server.child.output) ?? undefined;
  await server.child.until("a request", asked, 60_000);
  const secrets = () => [...secretsOf(readFileSync(log, "latin1")), scalar];
  return { machine, server, secrets };
}

function assertDisclosesNone(machine: Machine, secrets: Buffer[]): void {
  assert.ok(secrets.length >= 2, "the server logged no keys");
  assert.deepEqual(found(machine.raw, secrets), [], machine.console);
}

suite("secrets", () => {
  test("the search finds secrets as bytes, as base64 and in hex words", () => {
    const secret = Buffer.from("00112233445566778899aabbccddeeff0123456789abcdef", "hex");
    const log = `CLIENT_TRAFFIC_SECRET_0 ${"a".repeat(64)} ${secret.toString("hex")}`;
    assert.equal(secretsOf(log).length, 4);
    for (const text of [
      "rax 0000000033221100",
      "rbx 8899aabb00000000",
      secret.toString("latin1"),
      `key ${secret.toString("base64")}`,
      `key ${Buffer.concat([Buffer.of(1), secret]).toString("base64")}`,
    ]) {
      assert.notEqual(found(text, [secret]).length, 0, text);
    }
    assert.deepEqual(found("rax 0000000011002233 rbx ffffffff80112230", [secret]), []);
  });

  for (const version of ["-tls1_2", "-tls1_3"]) {
    test(`SYS-12: a panic during a TLS connection discloses no key, ${version}`, async (t) => {
      const { machine, server, secrets } = await asking(t, version);
      server.child.write(`${answer(2)}ok`);
      await machine.waitFor("HTTP 200, 2 bytes", 60_000);
      await machine.prompt();
      // The connection is kept for another request, and so are its keys.
      assert.match(await machine.ok("dmesg; free; ca list test; ss"), /ESTAB/);
      machine.type("crash null\r");
      await machine.waitFor(/(^|\n)panic: .+\n/, 60_000);
      assert.equal(await machine.exit(20_000), 255);
      assertDisclosesNone(machine, secrets());
    });
  }

  test("SYS-12: a panic within TLS shows no general registers", async (t) => {
    const block = Buffer.alloc(1 << 20);
    let inside = 0;
    for (let attempt = 0; attempt < 12 && inside < 3; attempt++) {
      const { machine, server, secrets } = await asking(t, "-tls1_3");
      server.child.write(answer(4_000_000_000));
      for (let i = 0; i < 32; i++) server.child.write(block);
      await new Promise((resolve) => setTimeout(resolve, 100 + 37 * attempt));
      // Interrupts the machine wherever it is.
      await machine.monitor("nmi").catch(() => "");
      assert.equal(await machine.exit(20_000), 255);
      assert.match(machine.console, /panic: non-maskable interrupt \(vector 2, error 0x0\)\n/);
      assert.match(machine.console, /\brip [0-9a-f]{16}\b/);
      assertDisclosesNone(machine, secrets());
      if (!/registers of TLS code are not shown/.test(machine.console)) continue;
      inside++;
      assert.doesNotMatch(machine.console, /\b(rax|rcx|rdx|rbx|rbp|rsi|rdi|r\d+) +[0-9a-f]{16}/);
      await machine.stop();
      await server.stop();
    }
    assert.ok(inside > 0, "no interrupt hit TLS");
    t.diagnostic(`${inside} panics within TLS`);
  });
});
