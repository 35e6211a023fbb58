/** Revocation lists that the user adds: TLS-45 (RFC 5280 section 5). */
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { type Certificate, openssl } from "./certificates.ts";
import { type CrlOptions, crl, extension, toPem } from "./crl.ts";
import { der, sequence } from "./der.ts";
import { ocsp } from "./ocsp.ts";
import { u8, vector } from "./peer/bytes.ts";
import { Stage } from "./peer/stage.ts";
import { assertRefused, assertServed } from "./peer/verdict.ts";

const stage = new Stage();
const { maker } = stage;
const DAY = 86_400;
const UNSUPPORTED = -0x2080;
const MALFORMED = -0x2180;
const NO_ROOM = -0x2980;
const FORGED = /^none \(bad signature on the list of 20\d\d-\d\d-\d\d [\d:]+ UTC\)$/;
const REVOKED = "certificate verification failed: it is on a revocation list";

let issuer: Certificate;
let leaf: Certificate;
let others: Certificate[];
before(() => {
  issuer = maker.authority({ issuer: stage.root });
  leaf = maker.server(issuer);
  others = [maker.server(issuer), maker.server(issuer)];
});

/** Visits the usual server while these lists are known. */
function visit(lists: Buffer[], certificate = leaf) {
  const identity = () => stage.identity([certificate, issuer]);
  const words = lists.map((list) => `crl=${maker.write(toPem(list))}`);
  return stage.visit({ identity }, ...words);
}
const list = (options: CrlOptions = {}) => crl(issuer, { revoked: others, ...options });
const all = (options: CrlOptions = {}) => list({ revoked: [...others, leaf], ...options });
async function serves(lists: Buffer[], words: RegExp) {
  const seen = await visit(lists);
  assertServed(seen);
  assert.match(seen.report.get("list"), words);
}
async function refuses(lists: Buffer[], words = /^revoked on 20\d\d-\d\d-\d\d [\d:]+ UTC$/) {
  const seen = await visit(lists);
  await assertRefused(seen, "certificate_revoked (44)", REVOKED);
  assert.match(seen.report.get("list"), words);
}

describe("a certificate", () => {
  test("TLS-45: is accepted if it is on no list of its issuer", async () => {
    await serves([], /^none$/);
    await serves([list()], /^not on the list of 20\d\d-\d\d-\d\d [\d:]+ UTC$/);
    await serves([crl(stage.root, { revoked: [leaf] })], /^none$/);
    await serves([list({ updated: -9 * DAY, next: -DAY })], /UTC, which is outdated$/);
  });
  test("TLS-45: is rejected if it is on a list of its issuer, even an old one", async () => {
    await refuses([all()]);
    await refuses([crl(stage.root), list({ extensions: scope() }), all()]);
    await refuses([all({ updated: -9 * DAY, next: -DAY })]);
    await refuses([all({ next: null })]);
  });
  test("TLS-45: is rejected if one of its issuers is revoked", async () => {
    const words = /^an issuer was revoked on 20/;
    await refuses([crl(stage.root, { revoked: [issuer] }), list()], words);
  });
  test("TLS-45: is accepted if another key of the same name has signed the list", async () => {
    await serves([all({ signer: others[0] })], FORGED);
    await serves([all({ signer: others[0] }), list()], /^not on the list of /);
  });
  test("TLS-45: is rejected even if its issuer may not sign lists", async () => {
    const other = maker.authority({
      issuer: stage.root,
      sameKey: issuer,
      subject: subjectOf(issuer),
      extensions: ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign"],
    });
    const identity = () => stage.identity([leaf, other]);
    const words = `crl=${maker.write(toPem(all()))}`;
    await assertRefused(
      await stage.visit({ identity }, words),
      "certificate_revoked (44)",
      REVOKED,
    );
  });
  test("TLS-45: is rejected by a list even if it staples a good response", async () => {
    const status = Buffer.concat([u8(1), vector(3, ocsp(leaf, issuer))]);
    const identity = () => stage.identity([leaf, issuer]);
    const words = `crl=${maker.write(toPem(all()))}`;
    await assertRefused(
      await stage.visit({ identity, status }, words),
      "certificate_revoked (44)",
      REVOKED,
    );
  });
});

const subjectOf = (certificate: Certificate) =>
  `/${openssl("x509", "-in", certificate.file, "-noout", "-subject", "-nameopt", "rfc2253,-dn_rev")
    .replace(/^subject=/, "")
    .trim()
    .replaceAll(",", "/")}`;

/** issuingDistributionPoint with a field of this tag. */
function scope(tag = 0x81, critical = true): Buffer[] {
  return [extension("551d1c", sequence(der(tag, Buffer.of(0xff))), critical)];
}

describe("a list", () => {
  const adding = async (...lists: Buffer[]) => {
    const { report } = await visit(lists);
    return [...report.text.matchAll(/^crl=(.*)$/gm)].map((match) => Number(match[1]));
  };
  test("TLS-45: of a limited scope is used", async () => {
    await refuses([all({ extensions: scope() })]);
  });
  test("TLS-45: that needs what is not supported is not added", async () => {
    const critical = extension("2a0304", der(0x05), true);
    const delta = extension("551d1b", der(0x02, Buffer.of(1)), true);
    for (const extensions of [[critical], [delta], scope(0x84)]) {
      assert.deepEqual(await adding(all({ extensions })), [UNSUPPORTED]);
    }
    const entryExtensions = [extension("551d1d", sequence(), true)];
    assert.deepEqual(await adding(all({ entryExtensions })), [UNSUPPORTED]);
  });
  test("TLS-45: that is malformed is not added", async () => {
    const whole = all();
    for (const length of [130, 200, whole.length - 1]) {
      assert.deepEqual(await adding(whole.subarray(0, length)), [MALFORMED]);
    }
    assert.deepEqual(await adding(Buffer.concat([whole, Buffer.of(0)])), [MALFORMED]);
  });
  test("TLS-45: replaces an older one of its issuer once it is verified", async () => {
    const old = list({ updated: -2 * DAY });
    assert.deepEqual(await adding(old, all(), old, all({ updated: -3 * DAY })), [1, 1, 0, 1]);
    await refuses([old, all(), old]);
    await refuses([all(), old]);
    await serves([all({ updated: -2 * DAY }), list()], /^not on the list of /);
    await serves([list(), all({ updated: -2 * DAY })], /^not on the list of /);
  });
  test("TLS-45: does not replace an older one if its signature is not its issuer's", async () => {
    const old = all({ updated: -2 * DAY });
    const forged = list({ revoked: [], signer: others[0] });
    await refuses([old, forged]);
    await refuses([forged, old]);
  });
  test("TLS-45: stays beside one that another key of its issuer has signed", async () => {
    const keyed = (n: number) => extension("551d23", sequence(der(0x80, Buffer.of(n))));
    const old = all({ updated: -2 * DAY, extensions: [keyed(1)] });
    const other = list({ revoked: [], extensions: [keyed(2)] });
    assert.deepEqual(await adding(old, other), [1, 1]);
    await refuses([old, other]);
  });
  test("TLS-45: is added only while there is room", async () => {
    const shard = (n: number) => [extension("551d1c", sequence(der(0xa0, Buffer.of(n))))];
    const revoked = Array.from({ length: 2000 }, () => leaf);
    const large = [0, 1, 2].map((n) => list({ revoked, extensions: shard(n) }));
    assert.deepEqual(await adding(...large), [1, 1, NO_ROOM]);
    const small = Array.from({ length: 17 }, (_, n) => list({ extensions: shard(n) }));
    assert.deepEqual(await adding(...small), [...Array(16).fill(1), NO_ROOM]);
  });
  test("is described by its issuer, size and dates", async () => {
    const { report } = await visit([all()]);
    const dates = /: 3 revoked, of 20\d\d-\d\d-\d\d [\d:]+ UTC, next on 20\d\d-\d\d-\d\d [\d:]+$/;
    assert.match(report.get("crl-text"), dates);
    assert.match(report.get("crl-text"), /^O=AnonymOS tests, CN=Authority \d+: /);
  });
});
