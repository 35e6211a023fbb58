/** TLS against nginx, OpenSSL and Node: versions, suites, chains, resumption, bulk, leaks. */
import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { makeAuthority, makeRoot, makeServer } from "../support/certificates.ts";
import { configured, netErrors } from "../support/console.ts";
import { Machine } from "../support/qemu.ts";
import { crcText, NameServer, Nginx, patternBytes, sha256 } from "../support/servers.ts";
import { OpensslServer, TlsServer } from "../support/tls.ts";

const BULK = 64 * 1024 * 1024;
const root = makeRoot("Test Root");
const rsaRoot = makeRoot("RSA Test Root", { kind: "rsa" });
const good = makeServer(["good.tls.test", "10.0.2.2"], makeAuthority("Test Authority", root));
const rsaAuthority = makeAuthority("RSA Test Authority", rsaRoot);
const rsa = makeServer(["rsa.tls.test", "10.0.2.2"], rsaAuthority);

/** A suite's name as all of IANA, mbedTLS and OpenSSL would have it: "CHACHA20POLY1305". */
const plain = (suiteName: string) =>
  suiteName.replace(/^TLS1-3|TLS|ECDHE|ECDSA|RSA|WITH|SHA\d+$|[-_]/g, "");

/** What connections hold of TLS's own heap. */
async function tlsHeap(machine: Machine): Promise<number> {
  const output = await machine.ok("free");
  const match = /^tls: (\d+) bytes held by connections/m.exec(output);
  assert.ok(match !== null, output);
  return Number(match[1]);
}

suite("TLS", () => {
  let machine: Machine;
  let names: NameServer;

  before(async () => {
    names = await NameServer.start(["--address=/tls.test/10.0.2.2"]);
    const configuration = `[Network]\nDHCP=yes\nDNS=10.0.2.2#${names.port}\n`;
    const modules = { "ca.pem": root.pem + rsaRoot.pem, "anonymos.conf": configuration };
    machine = await Machine.boot({ memory: "128", modules });
    await configured(machine);
  });
  after(async () => {
    await machine?.stop();
    await names?.stop();
  });

  test("roots in ca.pem are read at boot", async () => {
    assert.match(await machine.ok("dmesg"), /ca\.pem: 2 trusted roots added/);
  });

  test("every suite of both versions, with RSA and ECDSA chains of three", async (t) => {
    const old = (kind: string) => [
      `ECDHE-${kind}-CHACHA20-POLY1305`,
      `ECDHE-${kind}-AES128-GCM-SHA256`,
      `ECDHE-${kind}-AES256-GCM-SHA384`,
    ];
    for (const [kind, certificate] of [
      ["ECDSA", good],
      ["RSA", rsa],
    ] as const) {
      for (const cipher of old(kind)) {
        const more = ["-www", "-tls1_2", "-cipher", cipher];
        await handshake(t, certificate, more, "TLSv1.2", cipher);
      }
      for (const suite of [
        "TLS_CHACHA20_POLY1305_SHA256",
        "TLS_AES_128_GCM_SHA256",
        "TLS_AES_256_GCM_SHA384",
      ]) {
        const more = ["-www", "-tls1_3", "-ciphersuites", suite];
        await handshake(t, certificate, more, "TLSv1.3", suite);
      }
    }
  });

  /** One handshake with openssl, which has to end in that version and suite. */
  async function handshake(
    t: { diagnostic(text: string): void },
    certificate: typeof good,
    more: string[],
    version: string,
    suiteName: string,
  ): Promise<void> {
    const server = await OpensslServer.start(certificate, more);
    try {
      const name = certificate === rsa ? "rsa.tls.test" : "good.tls.test";
      const output = await machine.ok(`tls ${name}:${server.port}`, 60_000);
      assert.match(output, new RegExp(`^${version.replace(".", "\\.")}, `, "m"));
      const [, shown] = /^TLSv1\.\d, (\S+), /m.exec(output) ?? [];
      assert.equal(plain(shown ?? output), plain(suiteName));
      assert.match(output, /^verification: ok$/m);
      assert.match(output, /^certificate 2 of 2$/m);
      assert.match(output, /^root: CN=.*Test Root \(added\)$/m);
      assert.match(output, /^times: name .* handshake [\d.]+ ms$/m);
      t.diagnostic(`${suiteName}: ${/handshake [\d.]+ ms/.exec(output)?.[0]}`);
    } finally {
      await server.stop();
    }
  }

  test("each group of key exchange, a second hello included", async () => {
    for (const [group, shown] of [
      ["X25519", "x25519"],
      ["P-256", "secp256r1"],
      ["P-384", "secp384r1"],
    ]) {
      for (const version of ["-tls1_2", "-tls1_3"]) {
        const server = await OpensslServer.start(good, ["-www", version, "-groups", group]);
        try {
          const output = await machine.ok(`tls good.tls.test:${server.port}`, 60_000);
          assert.match(output, new RegExp(`^TLSv1\\.\\d, \\S+, ${shown}`, "m"));
        } finally {
          await server.stop();
        }
      }
    }
  });

  test("TLS-24 older versions are refused in words", async () => {
    const more = ["-www", "-tls1_1", "-cipher", "DEFAULT:@SECLEVEL=0"];
    const server = await OpensslServer.start(good, more);
    try {
      const { output, code } = await machine.command(`curl https://good.tls.test:${server.port}/`);
      assert.equal(code, 35, output);
      assert.match(output, /protocol_version \(70\)|speaks no version of TLS/);
    } finally {
      await server.stop();
    }
  });

  test("TLS-25 suites that nobody should use are refused", async () => {
    for (const cipher of ["AES128-SHA", "ECDHE-ECDSA-AES128-SHA", "DHE-RSA-AES128-GCM-SHA256"]) {
      const more = ["-www", "-tls1_2", "-cipher", `${cipher}:@SECLEVEL=0`];
      const server = await OpensslServer.start(cipher.includes("ECDSA") ? good : rsa, more);
      try {
        const url = `https://10.0.2.2:${server.port}/`;
        const { output, code } = await machine.command(`curl ${url}`);
        assert.equal(code, 35, output);
        assert.match(output, /TLS: .*handshake_failure \(40\)/);
      } finally {
        await server.stop();
      }
    }
  });

  test("TLS-44 no TLS on the port, and silence", async () => {
    const nginx = await Nginx.start({});
    try {
      const { output, code } = await machine.command(`curl https://10.0.2.2:${nginx.port}/`);
      assert.equal(code, 35, output);
      assert.match(output, /TLS: the peer sent what is no TLS record/);
    } finally {
      await nginx.stop();
    }
  });

  test("sessions are resumed with both versions, by tickets (TLS-41)", async () => {
    for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
      const settings = { minVersion: version, maxVersion: version };
      const server = await TlsServer.start(good, {}, settings);
      try {
        const first = await machine.ok(`tls good.tls.test:${server.port}`, 60_000);
        assert.match(first, /, a new session$/m);
        const second = await machine.ok(`tls good.tls.test:${server.port}`, 60_000);
        assert.match(second, /, resumed$/m);
        const other = await machine.ok(`tls 10.0.2.2:${server.port}`, 60_000);
        assert.match(other, /, a new session$/m);
        await machine.ok("sleep 0.1");
        assert.deepEqual(
          server.seen.map((seen) => seen.resumed),
          [false, true, false],
        );
        assert.ok(server.seen.every((seen) => seen.protocol === version));
        assert.ok(server.seen.every((seen) => seen.alpn === "http/1.1"));
      } finally {
        await server.stop();
      }
    }
  });

  test("one connection serves several requests, with -v showing it", async () => {
    const server = await TlsServer.start(good);
    try {
      const url = `https://good.tls.test:${server.port}`;
      const first = await machine.ok(`curl -v ${url}/a`, 60_000);
      assert.match(first, /^\* connected to 10\.0\.2\.2 port \d+$/m);
      assert.match(first, /^\* TLSv1\.3, \S+, x25519, ALPN http\/1\.1$/m);
      assert.match(first, /^\* the certificate was verified$/m);
      assert.match(first, /^> GET \/a HTTP\/1\.1$/m);
      assert.match(first, /^< HTTP\/1\.1 200 OK$/m);
      assert.match(first, /^secure \/a$/m);
      assert.match(await machine.ok(`curl -v ${url}/b`), /^\* .* is used again$/m);
      assert.equal(server.seen.length, 1);
      assert.equal(server.seen[0].servername, "good.tls.test");
    } finally {
      await server.stop();
    }
  });

  test("64 MiB through TLS arrive whole, both ways", async (t) => {
    const bulk = patternBytes(BULK);
    const secure = { chain: rsa.chain, key: rsa.key };
    const nginx = await Nginx.start({ "bulk.bin": bulk }, { secure });
    try {
      const url = nginx.url("/bulk.bin", "rsa.tls.test");
      const output = await machine.ok(`curl -o null --crc32 ${url}`, 240_000);
      assert.match(output, new RegExp(`\\b${BULK}\\b`));
      assert.match(output, new RegExp(crcText(bulk), "i"));
      t.diagnostic(`received: ${/[\d.]+ MB\/s/.exec(output)?.[0]}`);
      const to = nginx.url("/discard", "rsa.tls.test");
      const sent = await machine.ok(`curl -o null -d @bytes:${BULK} ${to}`, 240_000);
      assert.match(sent, /\b200\b/);
      t.diagnostic(`sent: ${/[\d.]+ MB\/s/.exec(sent)?.[0]}`);
      assert.deepEqual(await netErrors(machine), {});
      assert.equal(sha256(bulk.subarray(0, 0)).length, 64);
    } finally {
      await nginx.stop();
    }
  });

  test("many handshakes in a row leave nothing behind", async () => {
    const server = await TlsServer.start(good);
    try {
      const line = Array.from({ length: 10 }, () => `tls good.tls.test:${server.port}`).join("; ");
      for (let i = 0; i < 5; i++) await machine.ok(line, 120_000);
      assert.equal(server.seen.length, 50);
      const refused = `tls other.tls.test:${server.port}`;
      for (let i = 0; i < 3; i++) assert.equal((await machine.command(refused, 60_000)).code, 60);
      await server.stop();
      const deadline = Date.now() + 60_000;
      let held = await tlsHeap(machine);
      while (held !== 0 && Date.now() < deadline) {
        await machine.ok("sleep 1");
        held = await tlsHeap(machine);
      }
      assert.equal(held, 0);
    } finally {
      await server.stop();
    }
  });

  test("self-tests of the primitives and a handshake in memory", async () => {
    const output = await machine.ok("selftest tls", 120_000);
    assert.match(output, /^ok {3}loopback handshake, [\d.]+ ms$/m);
    assert.match(output, /^ok {3}ChaCha20-Poly1305, [\d.]+ MB\/s$/m);
    assert.doesNotMatch(output, /FAIL/);
    assert.match(output, /^heap: \d+ bytes in use, \d+ at most, \d+ allowed$/m);
  });
});
