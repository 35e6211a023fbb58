/** The kernel's TLS against OpenSSL's servers and clients (Node's, and openssl s_server). */
import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { connect, type SecureVersion, type TLSSocket } from "node:tls";
import { Child } from "../lab/host/process.ts";
import { type Certificate, CertificateMaker, hostTime, rsa } from "./certificates.ts";
import { build, harness, harnessServer, nodeServer, type Report, visit } from "./harness.ts";

const maker = new CertificateMaker();
let trust: string[];
let elliptic: Certificate[];
let classic: Certificate[];

before(() => {
  build();
  const ecRoot = maker.authority();
  const ecMiddle = maker.authority({ issuer: ecRoot });
  elliptic = [maker.server(ecMiddle), ecMiddle, ecRoot];
  const root = maker.authority({ key: rsa(2048) });
  const middle = maker.authority({ key: rsa(2048), issuer: root });
  classic = [maker.server(middle, { key: rsa(2048) }), middle, root];
  trust = [`root=${ecRoot.file}`, `root=${root.file}`];
});
after(() => maker.close());

function only(version: SecureVersion, ciphers?: string) {
  return { minVersion: version, maxVersion: version, ...(ciphers ? { ciphers } : {}) };
}

/** Visits a server, and asserts that the exchange succeeds. */
async function talk(chain: Certificate[], options: object, ...words: string[]): Promise<Report> {
  const report = await visit(chain, "good.test", [...trust, ...words], options);
  assert.equal(report.get("text"), "hello", report.text);
  assert.equal(report.get("state"), "closed", report.text);
  assert.equal(report.number("after"), 0);
  return report;
}

describe("versions, suites, groups", () => {
  for (const name of ["CHACHA20_POLY1305_SHA256", "AES_128_GCM_SHA256", "AES_256_GCM_SHA384"]) {
    test(`speaks 1.3 with ${name}`, async () => {
      for (const chain of [elliptic, classic]) {
        const report = await talk(chain, only("TLSv1.3", `TLS_${name}`));
        assert.equal(report.get("version-text"), "TLSv1.3");
        assert.equal(report.get("suite"), `TLS1-3-${name.replaceAll("_", "-")}`);
        assert.equal(report.get("alpn"), "http/1.1");
      }
    });
  }
  for (const name of ["CHACHA20-POLY1305", "AES128-GCM-SHA256", "AES256-GCM-SHA384"]) {
    test(`speaks 1.2 with ${name}`, async () => {
      await talk(elliptic, only("TLSv1.2", `ECDHE-ECDSA-${name}`));
      const report = await talk(classic, only("TLSv1.2", `ECDHE-RSA-${name}`));
      assert.equal(report.get("version-text"), "TLSv1.2");
    });
  }
  test("prefers ChaCha20-Poly1305", async () => {
    const report = await talk(classic, { honorCipherOrder: false });
    assert.equal(report.get("suite"), "TLS1-3-CHACHA20-POLY1305-SHA256");
  });
  test("agrees on x25519, P-256 and P-384; in 1.3, the last two by HelloRetryRequest", async () => {
    for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
      for (const [curve, group] of [
        ["X25519", 29],
        ["P-256", 23],
        ["P-384", 24],
      ] as const) {
        const report = await talk(elliptic, { ...only(version), ecdhCurve: curve });
        assert.equal(report.number("group"), group);
      }
    }
  });
  test("TLS-24: does not offer 1.0 or 1.1", async () => {
    for (const version of ["TLSv1", "TLSv1.1"] as const) {
      const options = only(version, "ALL@SECLEVEL=0");
      const report = await visit(classic, "good.test", trust, options);
      assert.equal(report.get("state"), "failed", report.text);
      assert.equal(report.number("alert-received"), 70);
    }
  });
  test("does not offer static RSA, DHE or CBC", async () => {
    for (const suite of [
      "AES128-GCM-SHA256",
      "DHE-RSA-AES128-GCM-SHA256",
      "ECDHE-RSA-AES128-SHA",
    ]) {
      const report = await visit(classic, "good.test", trust, only("TLSv1.2", suite));
      assert.equal(report.get("state"), "failed");
      assert.equal(report.number("alert-received"), 40);
    }
  });
  test("works without ALPN, and fails if no protocol is in common", async () => {
    const none = await talk(elliptic, { ALPNProtocols: [] });
    assert.equal(none.get("alpn"), "");
    const other = await visit(elliptic, "good.test", trust, { ALPNProtocols: ["h2"] });
    assert.equal(other.number("alert-received"), 120, other.text);
  });
});

describe("data", () => {
  const bytes = Buffer.alloc(300_000, "0123456789abcdef");
  const fnv = (data: Buffer) => {
    let hash = 0xcbf29ce484222325n;
    for (const byte of data) hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & ((1n << 64n) - 1n);
    return hash.toString(16);
  };
  for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
    test(`${version}: transfers much data both ways`, async () => {
      let received = 0;
      const { port, server } = await nodeServer(elliptic, only(version), (socket) => {
        socket.on("data", (data) => {
          received += data.length;
          if (received === 200_000) socket.end(bytes);
        });
      });
      const words = ["client", String(port), "good.test", "bytes=200000", ...trust];
      const report = await harness(...words);
      server.close();
      assert.equal(received, 200_000);
      assert.equal(report.number("received"), bytes.length);
      assert.equal(report.get("hash"), fnv(bytes));
    });
  }
  test("TLS-48: works a byte at a time", async () => {
    await talk(classic, only("TLSv1.3"), "chunk=1");
    await talk(classic, only("TLSv1.2"), "chunk=1");
  });
});

describe("sessions", () => {
  for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
    test(`${version}: resumes a recent, verified session with the same name only`, async () => {
      const { port, server } = await nodeServer(elliptic, only(version));
      const file = `${maker.folder}/session-${version}`;
      const go = (name: string, ...words: string[]) =>
        harness("client", String(port), name, "send=?", `session=${file}`, ...trust, ...words);
      const first = await go("good.test");
      assert.equal(first.get("text"), "hello", first.text);
      assert.ok(first.number("saved") > 100);
      const second = await go("good.test");
      assert.equal(second.number("resume"), 0);
      assert.equal(second.number("resumed"), 1, second.text);
      assert.equal(second.get("text"), "hello");
      assert.equal(second.number("refusals"), 0);
      assert.notEqual((await go("other.test")).number("resume"), 0);
      assert.notEqual((await go("good.test", "options=1")).number("resume"), 0);
      assert.notEqual((await go("good.test", `time=${hostTime(8 * 86_400)}`)).number("resume"), 0);
      server.close();
    });
  }
  test("keeps no session if the option NoTickets is set", async () => {
    const file = `${maker.folder}/no-session`;
    await talk(elliptic, {}, `session=${file}`, "options=2");
    assert.equal(existsSync(file), false);
  });
  test("does not resume a session of -k on a verified connection", async () => {
    const file = `${maker.folder}/insecure`;
    const { port, server } = await nodeServer(elliptic, only("TLSv1.3"));
    const words = ["client", String(port), "good.test", "send=?", `session=${file}`];
    await harness(...words, "options=1");
    const report = await harness(...words, ...trust);
    server.close();
    assert.notEqual(report.number("resume"), 0);
    assert.equal(report.number("resumed"), 0);
  });
});

/** Visits openssl s_server, whose keyboard commands do what Node has no API for. */
async function keyboard(version: string, lines: string[]): Promise<Report> {
  const files = ["-cert", elliptic[0].file, "-key", elliptic[0].key];
  files.push("-cert_chain", elliptic[1].file);
  const words = ["openssl", "s_server", "-accept", "127.0.0.1:0", version, ...files];
  const server = new Child("s_server", words, { input: true });
  const port = await server.until(
    "its port",
    () => /ACCEPT 127\.0\.0\.1:(\d+)/.exec(server.output)?.[1],
    5000,
  );
  const client = harness("client", port, "good.test", "send=hello?", ...trust);
  await server.until("the client", () => /hello\?/.test(server.output) || undefined, 5000);
  for (const line of lines) {
    server.write(`${line}\n`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const report = await client;
  await server.stop();
  return report;
}

describe("after the handshake", () => {
  test("TLS-42: follows key updates, requested and not", async () => {
    const report = await keyboard("-tls1_3", ["k", "one", "K", "two", "K", "k", "three", "Q"]);
    assert.equal(report.number("key-updates"), 4, report.text);
    assert.equal(report.number("received"), "one\ntwo\nthree\n".length);
    assert.equal(report.number("error"), 0);
  });
  test("TLS-39: starts no handshake when openssl s_server asks for another", async () => {
    const report = await keyboard("-tls1_2", ["one", "r", "two", "Q"]);
    assert.match(report.text, /text=one/);
    assert.notEqual(report.get("state"), "handshaking");
  });
});

describe("client certificates", () => {
  test("TLS-46: continues without a certificate when one is requested", async () => {
    for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
      const options = { ...only(version), requestCert: true, rejectUnauthorized: false };
      const report = await talk(elliptic, options);
      assert.equal(report.number("certificate-requested"), 1);
    }
  });
  test("presents a certificate that the server accepts", async () => {
    const ca = maker.authority();
    const extensions = ["extendedKeyUsage=clientAuth", "keyUsage=digitalSignature"];
    const own = maker.make({ issuer: ca, subject: "/CN=me", extensions });
    for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
      const asked = { requestCert: true, rejectUnauthorized: true, ca: ca.pem };
      const { port, server } = await nodeServer(
        elliptic,
        { ...only(version), ...asked },
        (socket) => socket.end(socket.getPeerCertificate().subject.CN),
      );
      const identity = `identity=${own.file},${own.key}`;
      const report = await harness("client", String(port), "good.test", identity, ...trust);
      server.close();
      assert.equal(report.get("text"), "me", report.text);
    }
  });
});

describe("as a server", () => {
  const talkTo = async (port: number, options: object): Promise<TLSSocket> => {
    const ca = [elliptic[2].pem, classic[2].pem];
    const socket = connect({ port, host: "127.0.0.1", servername: "good.test", ca, ...options });
    await once(socket, "secureConnect");
    return socket;
  };
  const withChain = (chain: Certificate[]): Certificate => ({
    ...chain[0],
    file: maker.write(chain[0].pem + chain[1].pem),
  });
  for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
    test(`${version}: echoes, and resumes a session`, async () => {
      for (const chain of [elliptic, classic]) {
        const server = await harnessServer(withChain(chain), "times=2");
        let session: Buffer | undefined;
        for (const resumed of [false, true]) {
          const options = { ...only(version), ...(session ? { session } : {}) };
          const socket = await talkTo(server.port, options);
          socket.on("session", (data) => {
            session = data;
          });
          socket.write("ping");
          const [answer] = await once(socket, "data");
          assert.equal(String(answer), "ping");
          assert.equal(socket.isSessionReused(), resumed);
          session ??= socket.getSession();
          socket.end();
          await once(socket, "close");
        }
        const report = await server.report();
        assert.equal(report.get("state"), "closed", report.text);
        assert.equal(report.number("after"), 0);
      }
    });
  }
  test("rejects 1.1 and unknown ALPN protocols", async () => {
    const server = await harnessServer(withChain(classic), "times=2");
    const old = { ...only("TLSv1.1"), ciphers: "ALL@SECLEVEL=0" };
    await assert.rejects(talkTo(server.port, old), /protocol version|alert/i);
    await assert.rejects(talkTo(server.port, { ALPNProtocols: ["h2"] }), /alert|protocol/i);
    const report = await server.report();
    assert.equal(report.get("state"), "failed");
  });
});

test("passes self-tests, reads all built-in roots, shakes hands in memory", async () => {
  const tests = await harness("selftest");
  assert.match(tests.text, /^ChaCha20-Poly1305=0$/m);
  assert.doesNotMatch(tests.text, /=(?!0$)/m);
  const roots = await harness("roots");
  assert.ok(roots.number("roots") > 100);
  assert.equal(roots.number("readable"), roots.number("roots"));
  assert.equal((await harness("loopback")).number("loopback"), 0);
});
