/**
 * Trusted roots that are added or removed while a client verifies a server. The verdict is that of
 * the roots at that moment, and a session is resumed only under the roots that verified it.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { TlsOption as Option } from "../../core/tls-codes.ts";
import { type Certificate, CertificateMaker } from "./certificates.ts";
import { build, harness } from "./harness.ts";

const maker = new CertificateMaker();
let chain: string;
let leaf: Certificate;
let root: Certificate;

before(() => {
  build();
  root = maker.authority();
  const middle = maker.authority({ issuer: root });
  leaf = maker.server(middle);
  chain = maker.write(leaf.pem + middle.pem);
});
after(() => maker.close());

/** Changes the roots before each step of the client; counts the connections that opened. */
async function change(version: Option, trusted: Certificate, ...words: string[]) {
  const all = [chain, leaf.key, "good.test", `root=${trusted.file}`, `options=${version}`];
  const report = await harness("change", ...all, ...words);
  assert.equal(report.number("after"), 0, report.text);
  assert.ok(report.number("verdict") > 5, report.text);
  return report;
}

const versions: [string, Option][] = [
  ["1.2", Option.Only12],
  ["1.3", Option.Only13],
];
for (const [name, version] of versions) {
  describe(`TLS ${name}`, () => {
    test("a root that is removed before the verdict is not trusted", async () => {
      const report = await change(version, root);
      assert.equal(report.number("usual-open"), 1, report.text);
      assert.equal(report.number("usual-root"), 1);
      assert.equal(report.number("early-open"), 0, report.text);
    });
    test("after the verdict, the session is not resumed and the root not shown", async () => {
      const report = await change(version, root);
      assert.equal(report.number("usual-resumed"), 1, report.text);
      assert.equal(report.number("late-open"), 3, report.text);
      assert.equal(report.number("late-resumed"), 0);
      assert.equal(report.number("late-root"), 0);
    });
    test("a root that is added before the verdict is trusted", async () => {
      for (const trusted of [root, leaf]) {
        const report = await change(version, trusted, "absent=1");
        assert.equal(report.number("usual-open"), 0, report.text);
        assert.equal(report.number("early-open"), report.number("verdict"), report.text);
      }
    });
  });
}
