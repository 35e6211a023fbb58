/** The reader of Mozilla's certdata.txt: trusted roots, distrust dates, malformed input. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { trustedRoots } from "../../compiler-config/certdata.ts";
import { certdata, type RootEntry } from "../lab/host/certdata.ts";

const entry = (label: string, more: Partial<RootEntry> = {}): RootEntry => ({
  label,
  der: Buffer.from(`certificate of ${label}: ${"x".repeat(40)}`),
  issuer: Buffer.from("the same name"),
  serial: Buffer.from(label),
  ...more,
});

suite("certdata.txt", () => {
  test("returns roots with their bytes and distrust dates, in the order of the file", () => {
    const [plain, utc, generalized, old] = [
      entry("Plain"),
      entry("Dated", { distrustAfter: "241130235959Z" }),
      entry("Later", { distrustAfter: "20500101000000Z" }),
      entry("Old", { distrustAfter: "991231235959Z" }),
    ];
    assert.deepEqual(trustedRoots(certdata([plain, utc, generalized, old])), [
      { label: "Plain", der: plain.der, distrustAfter: 0n },
      { label: "Dated", der: utc.der, distrustAfter: 20241130235959n },
      { label: "Later", der: generalized.der, distrustAfter: 20500101000000n },
      { label: "Old", der: old.der, distrustAfter: 19991231235959n },
    ]);
  });

  test("omits roots that are distrusted, or trusted for mail only", () => {
    const roots = [
      entry("Mail", { trust: "CKT_NSS_MUST_VERIFY_TRUST" }),
      entry("Good"),
      entry("Bad", { trust: "CKT_NSS_NOT_TRUSTED" }),
    ];
    assert.deepEqual(
      trustedRoots(certdata(roots)).map(({ label }) => label),
      ["Good"],
    );
  });

  const broken: [string, (text: string) => string, RegExp][] = [
    ["no root is trusted", (text) => text.replaceAll("DELEGATOR", "NOBODY"), /no root is trusted/],
    ["a date is malformed", (text) => text.replace("\\132", "\\133"), /35959\[ is not a date/],
    ["trust is missing", (text) => text.replace("CKO_NSS_TRUST", "CKO_X"), /A has no trust object/],
    [
      "trust belongs to another certificate",
      (text) => text.replace(/(SHA1_HASH MULTILINE_OCTAL\n)\\.../, "$1\\377"),
      /the trust object of A is for another certificate/,
    ],
    ["an octet is not octal", (text) => text.replace("\\143", "\\843"), /is not octal/],
    ["END is missing", (text) => text.replaceAll("\nEND", ""), /has no END/],
    ["a line is not an attribute", (text) => `${text}CKA_X\n`, /cannot parse CKA_X/],
  ];
  for (const [what, breakIt, message] of broken) {
    test(`throws if ${what}`, () => {
      const text = certdata([entry("A", { distrustAfter: "241130235959Z" })]);
      const bad = breakIt(text);
      assert.notEqual(bad, text);
      assert.throws(() => trustedRoots(bad), message);
    });
  }
});
