/**
 * Handshake messages longer than a record, ours and the peer's: TLS-16 (RFC 8446 sections 4.4.2 and
 * 5.1, RFC 5246 sections 6.2.1 and 7.4.2).
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test } from "node:test";
import { connect, type SecureVersion } from "node:tls";
import type { Certificate } from "./certificates.ts";
import { harness, harnessServer, nodeServer } from "./harness.ts";
import { u8, u16, vector } from "./peer/bytes.ts";
import { emitExtensions, message } from "./peer/hello.ts";
import { MALFORMED, Stage } from "./peer/stage.ts";
import { assertRefused, assertServed } from "./peer/verdict.ts";

const stage = new Stage();
const { maker } = stage;
/** Heap for a long message, its certificates and the usual needs of a connection. */
const HEAP = 240 * 1024;
const only = (version: SecureVersion) => ({ minVersion: version, maxVersion: version });
const san = (count: number) =>
  [
    ...Array.from({ length: count }, (_, i) => `DNS:a-rather-long-name-of-number-${i}.good.test`),
    "DNS:good.test",
  ].join();
/** A server's certificate of some 50 bytes for each of `count` names. */
const big = (count: number) => maker.server(stage.root, { names: san(count) });

describe("long messages of the peer", () => {
  for (const version of [12, 13] as const) {
    test(`TLS-16: accepts a certificate of 30 KB, TLS 1.${version - 10}`, async () => {
      const leaf = big(600);
      for (const fragment of [undefined, 1000]) {
        const identity = () => stage.identity([leaf]);
        assertServed(await stage.visit({ version, fragment, identity }), HEAP);
      }
    });
    test(`TLS-16: accepts a request naming 300 authorities, TLS 1.${version - 10}`, async () => {
      const name = Buffer.alloc(100, "n");
      const authorities = vector(2, ...Array.from({ length: 300 }, () => vector(2, name)));
      const schemes: [number, Buffer] = [13, vector(2, u16(0x0403))];
      const request =
        version === 13
          ? message(13, u8(0), emitExtensions([schemes, [47, authorities]]))
          : message(13, vector(1, u8(64)), vector(2, u16(0x0403)), authorities);
      const change = { CertificateRequest: () => request };
      assertServed(await stage.visit({ version, request: true, change }), HEAP);
    });
  }
  for (const version of [12, 13] as const) {
    test(`keeps messages after a long one in its record, TLS 1.${version - 10}`, async () => {
      const leaf = big(600);
      const identity = () => stage.identity([leaf]);
      for (const fragment of [undefined, 1000]) {
        assertServed(await stage.visit({ version, fragment, joined: true, identity }), HEAP);
      }
    });
  }
  test("TLS-16: rejects a Certificate of more than 64 KiB", async () => {
    const chain = [...stage.elliptic.chain, Buffer.alloc(65536)];
    await assertRefused(await stage.show(chain), "decode_error (50)", MALFORMED);
  });
  test("TLS-16: rejects EncryptedExtensions of more than 16 KiB", async () => {
    const change = {
      EncryptedExtensions: () => message(8, emitExtensions([[99, Buffer.alloc(17000)]])),
    };
    await assertRefused(await stage.visit({ change }), "decode_error (50)", MALFORMED);
  });
});

describe("our own long messages", () => {
  /** Connects Node to the harness. Returns the length of its certificate. */
  async function call(identity: Certificate, version: SecureVersion): Promise<number> {
    const server = await harnessServer(identity, "send=hello");
    const options = {
      port: server.port,
      host: "127.0.0.1",
      servername: "good.test",
      ca: stage.root.pem,
    };
    const socket = connect({ ...options, ...only(version) });
    await once(socket, "secureConnect");
    const length = socket.getPeerCertificate().raw.length;
    const [data] = await once(socket, "data");
    assert.equal(String(data), "hello");
    socket.end();
    assert.equal((await server.report()).number("after"), 0);
    return length;
  }
  for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
    test(`a server sends certificates of 7 and 30 KB, ${version}`, async () => {
      for (const count of [140, 600]) {
        assert.ok((await call(big(count), version)) > 40 * count);
      }
    });
    test(`a client sends a certificate of 7 KB, ${version}`, async () => {
      const own = maker.make({ issuer: stage.root, extensions: [`subjectAltName=${san(140)}`] });
      let length = 0;
      const serving = { ...only(version), requestCert: true, ca: stage.root.pem };
      const { port, server } = await nodeServer([maker.server(stage.root)], serving, (socket) => {
        length = socket.getPeerCertificate().raw.length;
        socket.on("error", () => {});
        socket.end("hello");
      });
      const words = [`root=${stage.root.file}`, `identity=${own.file},${own.key}`];
      const report = await harness("client", String(port), "good.test", "send=hello?", ...words);
      server.close();
      assert.equal(report.get("text"), "hello", report.text);
      assert.ok(length > 40 * 140);
    });
  }
});
