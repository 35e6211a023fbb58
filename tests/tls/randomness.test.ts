/**
 * 1,000 handshakes with OpenSSL's server: after each, the heap is empty. Entropy: TLS does not
 * start without it, and no random value repeats (TLS-49; RFC 4086, RFC 8446 appendix C.1).
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { SecureVersion } from "node:tls";
import { type Certificate, CertificateMaker, rsa } from "./certificates.ts";
import { build, harness, nodeServer } from "./harness.ts";
import { CLIENT_HELLO, type ClientHello, keyShares, readClientHello } from "./peer/hello.ts";
import { listen } from "./peer/serve.ts";

/** Handshakes of each of the eight kinds. */
const TIMES = 125;
const HEAP = 60 * 1024;
const versions: SecureVersion[] = ["TLSv1.2", "TLSv1.3"];
const maker = new CertificateMaker();
const chains = new Map<string, Certificate[]>();

before(() => {
  build();
  for (const [name, key] of [
    ["ECDSA", undefined],
    ["RSA", rsa(2048)],
  ] as const) {
    const options = key === undefined ? {} : { key };
    const root = maker.authority(options);
    const middle = maker.authority({ ...options, issuer: root });
    chains.set(name, [maker.server(middle, options), middle, root]);
  }
});
after(() => maker.close());

describe("1,000 handshakes in a row", () => {
  for (const version of versions) {
    for (const name of ["ECDSA", "RSA"]) {
      for (const resumed of [false, true]) {
        test(`${version}, ${name}, ${resumed ? "resumed" : "full"}: frees all memory`, async () => {
          const chain = chains.get(name)!;
          const options = { minVersion: version, maxVersion: version };
          const { port, server } = await nodeServer(chain, options);
          const words = [`root=${chain[2].file}`, "send=?"];
          const times = `times=${resumed ? TIMES + 1 : TIMES}`; // the first is a full one
          if (resumed) words.push(`session=${maker.folder}/${version}-${name}`);
          const report = await harness("client", String(port), "good.test", times, ...words);
          server.close();
          const greetings = report.text.match(/^text=hello$/gm)?.length;
          assert.equal(greetings, resumed ? TIMES + 1 : TIMES);
          const offers = report.text.match(/^resume=0$/gm)?.length ?? 0;
          assert.equal(offers, resumed ? TIMES : 0);
          assert.equal(report.number("resumed"), resumed ? 1 : 0);
          assert.equal(report.number("leaks"), 0);
          assert.equal(report.number("after") + report.number("after-blocks"), 0);
          assert.ok(report.number("heap-peak") <= HEAP, report.get("heap-peak"));
        });
      }
    }
  }
});

describe("entropy", () => {
  for (const bits of [0, 255]) {
    test(`TLS-49: with ${bits} bits of entropy, TLS does not start and sends nothing`, async () => {
      const server = await listen(async () => {});
      const words = [`root=${chains.get("RSA")![2].file}`, `entropy=${bits}`];
      const report = await harness("client", String(server.port), "good.test", ...words);
      await server.close();
      assert.equal(report.number("start"), -0x34);
      assert.equal(report.get("state"), "none", report.text);
      assert.equal(server.seen[0].wire.bytes, 0);
    });
  }
  test("TLS-49: no two of 200 hellos share a random, a session id or a key share", async () => {
    const hellos: ClientHello[] = [];
    const server = await listen(async (wire) => {
      hellos.push(readClientHello(await wire.hear(CLIENT_HELLO)));
      wire.socket.end();
    });
    await harness("client", String(server.port), "good.test", "times=200");
    await server.close();
    assert.equal(hellos.length, 200);
    for (const part of [
      hellos.map((hello) => hello.random),
      hellos.map((hello) => hello.session),
      hellos.flatMap((hello) => [...keyShares(hello).values()]),
    ]) {
      assert.equal(new Set(part.map((bytes) => bytes.toString("hex"))).size, 200);
      assert.ok(part.every((bytes) => bytes.length === 32));
    }
  });
});
