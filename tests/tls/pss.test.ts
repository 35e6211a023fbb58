/**
 * Keys that only RSASSA-PSS may use, of servers, of our server and of our client: TLS-57 (RFC 4055
 * section 1.2, RFC 8446 section 4.2.3).
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { before, describe, test } from "node:test";
import { connect, type SecureVersion, type TLSSocket } from "node:tls";
import { type Certificate, openssl, rsa } from "./certificates.ts";
import { harness, harnessServer, nodeServer, visit } from "./harness.ts";
import type { Change, Script } from "./peer/script.ts";
import { ILLEGAL, ILLEGAL_PARAMETER, Stage, versions } from "./peer/stage.ts";
import { assertRefused, assertServed } from "./peer/verdict.ts";

const stage = new Stage();
const DECRYPT_ERROR = 51;
const { maker } = stage;
const only = (version: SecureVersion) => ({ minVersion: version, maxVersion: version });
const both = ["TLSv1.2", "TLSv1.3"] as const;
/** Arguments of `openssl req` for a key that only RSASSA-PSS may use, perhaps with one hash. */
const pss = (hash?: string, salt?: number): string[] => {
  const words = ["-newkey", "rsa-pss", "-pkeyopt", "rsa_keygen_bits:2048"];
  const option = (text: string) => words.push("-pkeyopt", `rsa_pss_keygen_${text}`);
  if (hash === undefined) return words;
  option(`md:${hash}`);
  option(`mgf1_md:${hash}`);
  option(`saltlen:${salt}`);
  return words;
};
const kinds: [string, string[]][] = [
  ["any hash", pss()],
  ["SHA-256", pss("sha256", 32)],
  ["SHA-384", pss("sha384", 48)],
  ["SHA-512", pss("sha512", 64)],
];
let free: Certificate;
let strict: Certificate;
before(() => {
  free = maker.server(stage.root, { key: pss() });
  strict = maker.server(stage.root, { key: pss("sha384", 48) });
});

describe("certificates of servers", () => {
  for (const version of both) {
    for (const [what, key] of kinds) {
      test(`TLS-57: accepts a key for RSASSA-PSS with ${what}, ${version}`, async () => {
        const trust = [`root=${stage.root.file}`];
        const chain = [maker.server(stage.root, { key })];
        const report = await visit(chain, "good.test", trust, only(version));
        assert.equal(report.get("text"), "hello", report.text);
        assert.equal(report.number("after"), 0);
      });
    }
  }
  const title = (what: string, version: number) => `TLS-57: ${what}, 1.${version - 10}`;
  const identity = (chain: () => Certificate) => () => stage.identity([chain()]);
  const flip: Change = (bytes) => {
    bytes[bytes.length - 1] ^= 1;
    return bytes;
  };
  for (const version of versions) {
    for (const scheme of [0x0809, 0x080a, 0x080b]) {
      test(title(`accepts scheme 0x0${scheme.toString(16)}`, version), async () => {
        assertServed(await stage.visit({ version, scheme, identity: identity(() => free) }));
      });
    }
    const wrong: [string, () => Script][] = [
      ["a scheme for other RSA keys", () => ({ scheme: 0x0804, identity: identity(() => free) })],
      [
        "RSASSA-PKCS1-v1_5",
        () => ({ scheme: 0x0401, signer: stage.classic.key, identity: identity(() => free) }),
      ],
      [
        "another hash than the key's",
        () => ({
          scheme: 0x0809,
          signer: stage.identity([free]).key,
          identity: identity(() => strict),
        }),
      ],
      [
        "a scheme for RSASSA-PSS keys with another RSA key",
        () => ({ scheme: 0x0809, identity: () => stage.classic }),
      ],
      ["a scheme for RSASSA-PSS keys with an elliptic key", () => ({ scheme: 0x0809 })],
    ];
    for (const [what, script] of wrong) {
      test(title(`rejects ${what}`, version), async () => {
        const visit = await stage.visit({ version, ...script() });
        await assertRefused(visit, ILLEGAL, ILLEGAL_PARAMETER);
      });
    }
    test(title("rejects a changed signature", version), async () => {
      const name = version === 12 ? "ServerKeyExchange" : "CertificateVerify";
      const script = { version, scheme: 0x0809, identity: identity(() => free) };
      const visit = await stage.visit({ ...script, change: { [name]: flip } });
      assert.equal(visit.report.get("state"), "failed", visit.report.text);
      assert.equal(visit.alert, DECRYPT_ERROR);
    });
  }
});

describe("our own certificates", () => {
  const talk = async (port: number, options: object): Promise<TLSSocket> => {
    const ca = stage.root.pem;
    const socket = connect({ port, host: "127.0.0.1", servername: "good.test", ca, ...options });
    await once(socket, "secureConnect");
    return socket;
  };
  for (const version of both) {
    for (const [what, key] of kinds) {
      test(`TLS-57: serves with a key for RSASSA-PSS with ${what}, ${version}`, async () => {
        const server = await harnessServer(maker.server(stage.root, { key }), "send=hello");
        const socket = await talk(server.port, only(version));
        const [data] = await once(socket, "data");
        assert.equal(String(data), "hello");
        socket.end();
        assert.equal((await server.report()).number("after"), 0);
      });
    }
    test(`TLS-57: refuses a client without its schemes, ${version}`, async () => {
      const server = await harnessServer(free);
      const sigalgs = "rsa_pss_rsae_sha256:RSA+SHA256";
      await assert.rejects(talk(server.port, { ...only(version), sigalgs }), /handshake failure/);
      assert.equal((await server.report()).number("alert-sent"), 40);
    });
    test(`TLS-57: shows a client's certificate with such a key, ${version}`, async () => {
      const extensions = ["extendedKeyUsage=clientAuth", "keyUsage=digitalSignature"];
      const key = pss();
      const own = maker.make({ issuer: stage.root, subject: "/CN=me", extensions, key });
      const serving = { ...only(version), requestCert: true, ca: stage.root.pem };
      const { port, server } = await nodeServer(
        [maker.server(stage.root, { key: rsa(2048) })],
        serving,
        (socket) => socket.end(socket.getPeerCertificate().subject.CN),
      );
      const words = [`identity=${own.file},${own.key}`, `root=${stage.root.file}`];
      const report = await harness("client", String(port), "good.test", ...words);
      server.close();
      assert.equal(report.get("text"), "me", report.text);
    });
  }
  for (const sigalgs of ["rsa_pss_rsae_sha256", "rsa_pss_rsae_sha384", "RSA-PSS+SHA512"]) {
    test(`TLS-52: signs with RSASSA-PSS in TLS 1.2 if it must, ${sigalgs}`, async () => {
      const identity = maker.server(stage.root, { key: rsa(2048) });
      const server = await harnessServer(identity, "send=hello");
      const socket = await talk(server.port, { ...only("TLSv1.2"), sigalgs });
      await once(socket, "data");
      socket.end();
      assert.equal((await server.report()).number("error"), 0);
    });
  }
  test("TLS-57: refuses a key whose least salt is longer than its hash", async () => {
    const server = await harnessServer(maker.server(stage.root, { key: pss("sha256", 64) }));
    server.kill();
    assert.ok((await server.report()).number("identity") < 0);
  });
  test("TLS-57: reads such a key in DER", async () => {
    const file = `${free.key}.der`;
    openssl(...["pkcs8", "-topk8", "-nocrypt", "-in", free.key, "-outform", "DER", "-out", file]);
    const server = await harnessServer({ ...free, key: file }, "send=hello");
    const socket = await talk(server.port, {});
    await once(socket, "data");
    socket.end();
    assert.equal((await server.report()).number("error"), 0);
  });
});
