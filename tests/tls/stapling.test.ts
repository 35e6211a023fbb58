/** Stapled OCSP responses: TLS-45 (RFC 6066 section 8, RFC 6960, RFC 7633). */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { before, describe, test } from "node:test";
import { type Certificate, openssl } from "./certificates.ts";
import { sequence } from "./der.ts";
import { harness, type Report } from "./harness.ts";
import { type OcspOptions, ocsp, ocspError } from "./ocsp.ts";
import { u8, vector } from "./peer/bytes.ts";
import { message } from "./peer/hello.ts";
import { Stage, UNEXPECTED_ALERT, UNEXPECTED_MESSAGE, versions } from "./peer/stage.ts";
import { assertRefused, assertServed } from "./peer/verdict.ts";

const stage = new Stage();
const { maker } = stage;
const DAY = 86_400;
const BAD_RESPONSE = "bad_certificate_status_response (113)";
const fault = (words: string) => `certificate verification failed: ${words}`;
const INVALID = fault("its stapled OCSP response is not valid; the clock");
const REVOKED = fault("it has been revoked, according to its stapled OCSP response");
const MISSING = fault("it requires a stapled OCSP response, and none was sent");
const NOT_SIGNED = "not valid: it is not signed by the issuer or its responder";

const responder = (by: Certificate, extensions: string[], days?: number) =>
  maker.make({ issuer: by, subject: "/CN=Responder", extensions, days });

let issuer: Certificate;
let leaf: Certificate;
let strict: Certificate;
let other: Certificate;
let delegate: Certificate;
before(() => {
  issuer = maker.authority({ issuer: stage.root });
  leaf = maker.server(issuer);
  strict = maker.server(issuer, { more: ["tlsfeature=critical,status_request"] });
  other = maker.authority();
  delegate = responder(issuer, ["extendedKeyUsage=OCSPSigning"]);
});

/** Visits a server of this certificate that staples `staple`. */
function visit(version: 12 | 13, certificate: Certificate, staple?: Buffer) {
  const identity = () => stage.identity([certificate, issuer]);
  const status = staple === undefined ? undefined : Buffer.concat([u8(1), vector(3, staple)]);
  return stage.visit({ version, identity, status });
}
/** A response about the usual certificate. */
const about = (options: OcspOptions = {}) => ocsp(leaf, issuer, options);

for (const version of versions) {
  describe(`TLS 1.${version - 10}`, () => {
    const serves = async (staple: Buffer | undefined, words: RegExp, certificate = leaf) => {
      const seen = await visit(version, certificate, staple);
      assertServed(seen);
      assert.match(seen.report.get("staple"), words);
    };
    const refuses = async (staple: Buffer, words: string, sentence = INVALID) => {
      const seen = await visit(version, leaf, staple);
      await assertRefused(seen, BAD_RESPONSE, sentence);
      assert.equal(seen.report.get("staple"), words);
    };
    const good = /^good until 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC$/;

    test("TLS-45: accepts a good response of the issuer", async () => {
      await serves(about(), good);
      await serves(about({ byKey: true, hash: "sha256", next: null }), good);
    });
    test("TLS-45: accepts a good response of a responder that the issuer certified", async () => {
      await serves(about({ signer: delegate, certificates: [delegate] }), good);
      const all = [leaf, delegate];
      await serves(about({ signer: delegate, byKey: true, certificates: all }), good);
    });
    test("TLS-45: accepts no response, or an error of the responder", async () => {
      await serves(undefined, /^none$/);
      await serves(ocspError(3), /^none \(the responder reports error 3\)$/);
    });
    test("TLS-45: accepts a certificate that requires a response, if there is one", async () => {
      await serves(ocsp(strict, issuer), good, strict);
    });
    test("TLS-45: rejects a certificate that requires a response, if there is none", async () => {
      for (const staple of [undefined, ocspError(3)]) {
        await assertRefused(await visit(version, strict, staple), BAD_RESPONSE, MISSING);
      }
    });
    test("TLS-45: rejects a revoked certificate", async () => {
      const seen = await visit(version, leaf, about({ status: "revoked" }));
      await assertRefused(seen, "certificate_revoked (44)", REVOKED);
      assert.match(seen.report.get("staple"), /^revoked on 20\d\d-/);
    });
    test("TLS-45: continues with a revoked certificate if told to (curl -k)", async () => {
      const staple = Buffer.concat([u8(1), vector(3, about({ status: "revoked" }))]);
      const identity = () => stage.identity([leaf, issuer]);
      const seen = await stage.visit({ version, identity, status: staple }, "options=1");
      assert.equal(seen.report.get("text"), "hello", seen.report.text);
      assert.match(seen.report.get("staple"), /^revoked on 20\d\d-/);
    });
    test("TLS-45: rejects a response that is expired or not yet valid", async () => {
      await refuses(about({ updated: -9 * DAY, next: -DAY }), "not valid: it has expired");
      await refuses(about({ updated: -9 * DAY, next: null }), "not valid: it has expired");
      await refuses(about({ updated: DAY, next: 2 * DAY }), "not valid: it is from the future");
    });
    test("TLS-45: rejects a response about another certificate, or unknown status", async () => {
      const words = "not valid: it is about another certificate";
      await refuses(ocsp(strict, issuer), words);
      await refuses(ocsp(leaf, other, { signer: issuer }), words);
      const unknown = "not valid: the responder does not know the certificate";
      await refuses(about({ status: "unknown" }), unknown);
    });
    test("TLS-45: rejects a response that another key has signed", async () => {
      await refuses(about({ signer: other }), NOT_SIGNED);
      await refuses(about({ signer: other, certificates: [other] }), NOT_SIGNED);
      const altered = about();
      altered[altered.length - 1] ^= 1;
      await refuses(altered, NOT_SIGNED);
    });
    test("TLS-45: rejects a responder whose certificate is not for OCSP signing", async () => {
      const usage = ["extendedKeyUsage=OCSPSigning"];
      for (const signer of [
        responder(issuer, ["extendedKeyUsage=serverAuth"]),
        responder(issuer, ["extendedKeyUsage=anyExtendedKeyUsage"]),
        responder(issuer, []),
        responder(other, usage),
        maker.make({ subject: "/CN=Responder", extensions: usage }),
      ]) {
        await refuses(about({ signer, certificates: [signer] }), NOT_SIGNED);
      }
    });
    test("TLS-45: rejects a malformed response", async () => {
      const words = "not valid: malformed";
      const whole = about();
      for (const length of [0, 1, 2, 20, 60, whole.length - 1]) {
        await refuses(whole.subarray(0, length), words);
      }
      await refuses(Buffer.concat([whole, Buffer.of(0)]), words);
      await refuses(sequence(), words);
    });
  });
}

test("TLS-45: rejects a CertificateStatus that is repeated or was not announced", async () => {
  const status = message(22, u8(1), vector(3, about()));
  const identity = () => stage.identity([leaf, issuer]);
  const again = (bytes: Buffer) => [status, bytes];
  for (const change of [
    { ServerKeyExchange: again },
    { Certificate: (bytes: Buffer) => [status, bytes] },
  ]) {
    const visit = await stage.visit({ version: 12, identity, change });
    await assertRefused(visit, UNEXPECTED_ALERT, UNEXPECTED_MESSAGE);
  }
  const twice = { ServerKeyExchange: again };
  const body = Buffer.concat([u8(1), vector(3, about())]);
  const visit = await stage.visit({ version: 12, identity, status: body, change: twice });
  await assertRefused(visit, UNEXPECTED_ALERT, UNEXPECTED_MESSAGE);
});

describe("responses about intermediates, which TLS 1.3 staples to each certificate", () => {
  const status = (response: Buffer) => Buffer.concat([u8(1), vector(3, response)]);
  const serve = (own: Buffer | undefined, ...others: Buffer[]) => {
    const identity = () => stage.identity([leaf, issuer]);
    const statuses = others.map(status);
    return stage.visit({ version: 13, identity, status: own && status(own), statuses });
  };
  const about = (options: OcspOptions = {}) => ocsp(issuer, stage.root, options);

  test("TLS-45: a good one is accepted and shown", async () => {
    const seen = await serve(undefined, about());
    assertServed(seen);
    assert.equal(seen.report.get("staple"), "none, intermediates: 1 good");
    const both = await serve(ocsp(leaf, issuer), about());
    assertServed(both);
    assert.match(
      both.report.get("staple"),
      /^good until [-\d]+ [:\d]+ UTC, intermediates: 1 good$/,
    );
  });
  test("TLS-45: one of a responder that the root certified is accepted", async () => {
    const signer = responder(stage.root, ["extendedKeyUsage=OCSPSigning"]);
    const seen = await serve(undefined, about({ signer, certificates: [signer] }));
    assertServed(seen);
    assert.equal(seen.report.get("staple"), "none, intermediates: 1 good");
  });
  test("TLS-45: a revoked intermediate is rejected", async () => {
    for (const own of [undefined, ocsp(leaf, issuer)]) {
      const seen = await serve(own, about({ status: "revoked" }));
      await assertRefused(seen, "certificate_revoked (44)", REVOKED);
      assert.match(seen.report.get("staple"), /^intermediate: revoked on 20\d\d-/);
    }
  });
  test("TLS-45: one that is expired, unknown or signed by another key is rejected", async () => {
    for (const [options, words] of [
      [{ updated: -9 * DAY, next: -DAY }, "not valid: it has expired"],
      [{ status: "unknown" }, "not valid: the responder does not know the certificate"],
      [{ signer: other }, NOT_SIGNED],
    ] as [OcspOptions, string][]) {
      const seen = await serve(undefined, about(options));
      await assertRefused(seen, BAD_RESPONSE, INVALID);
      assert.equal(seen.report.get("staple"), `intermediate: ${words}`);
    }
  });
  test("TLS-45: one about a certificate outside of the path is ignored", async () => {
    for (const response of [ocsp(leaf, issuer, { status: "revoked" }), ocsp(other, other)]) {
      const seen = await serve(undefined, response);
      assertServed(seen);
      assert.equal(seen.report.get("staple"), "none");
    }
    assertServed(await serve(undefined, Buffer.alloc(9, 48)));
  });
  test("TLS-45: a path that avoids a revoked intermediate is found", async () => {
    const subject = "/O=AnonymOS tests/CN=Twice";
    const first = maker.authority({ issuer: stage.root, subject });
    const second = maker.authority({ issuer: stage.root, subject, sameKey: first });
    const below = maker.server(first);
    const identity = () => stage.identity([below, first, second]);
    const statuses = [status(ocsp(first, stage.root, { status: "revoked" }))];
    assertServed(await stage.visit({ version: 13, identity, statuses }));
  });
});

describe("OpenSSL's server and responses", () => {
  /** Makes a response with `openssl ocsp`, from a line of an authority's index. */
  function response(line: string): string {
    const file = `${maker.write("")}.ocsp`;
    const index = maker.write(`${line}\n`);
    const by = ["-rsigner", issuer.file, "-rkey", issuer.key, "-CA", issuer.file];
    const about = ["-issuer", issuer.file, "-cert", leaf.file, "-ndays", "1"];
    openssl("ocsp", "-index", index, ...by, ...about, "-respout", file, "-noverify");
    return file;
  }
  /** Connects to `openssl s_server`, which staples the response. */
  async function serve(version: string, file: string): Promise<Report> {
    const identity = ["-cert", leaf.file, "-key", leaf.key, "-cert_chain", issuer.file];
    const words = ["s_server", "-accept", "127.0.0.1:0", "-status_file", file, version, "-www"];
    const child = spawn("openssl", [...words, ...identity], { stdio: ["pipe", "pipe", "ignore"] });
    try {
      let port: string | undefined;
      for await (const chunk of child.stdout) {
        port = /^ACCEPT 127\.0\.0\.1:(\d+)/m.exec(String(chunk))?.[1];
        if (port !== undefined) break;
      }
      const root = `root=${stage.root.file}`;
      return await harness(
        "client",
        String(port),
        "good.test",
        "send=GET / HTTP/1.0\r\n\r\n",
        root,
      );
    } finally {
      child.kill();
    }
  }
  const serial = () => openssl("x509", "-in", leaf.file, "-noout", "-serial").trim().split("=")[1];
  for (const version of ["-tls1_2", "-tls1_3"]) {
    test(`TLS-45: a good response, and a revoked certificate, ${version}`, async () => {
      const good = response(`V\t351231235959Z\t\t${serial()}\tunknown\t/CN=good.test`);
      const served = await serve(version, good);
      assert.match(served.get("staple"), /^good until /, served.text);
      assert.equal(served.number("refusals"), 0);
      const when = "260101000000Z";
      const bad = response(`R\t351231235959Z\t${when}\t${serial()}\tunknown\t/CN=good.test`);
      const refused = await serve(version, bad);
      assert.equal(refused.get("staple"), "revoked on 2026-01-01 00:00:00 UTC", refused.text);
      assert.equal(refused.get("state"), "failed");
    });
  }
});
