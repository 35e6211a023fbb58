/** Verification of certificates: RFC 5280, RFC 9525; TLS-01 to TLS-12. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { TlsRefusal as Refusal } from "../../core/tls-codes.ts";
import { type Certificate, CertificateMaker, hostTime, rsa } from "./certificates.ts";
import { build, harness, visit } from "./harness.ts";
import { CLIENT_HELLO, Extension, readClientHello } from "./peer/hello.ts";
import { listen } from "./peer/serve.ts";
import { CERTIFICATE_UNKNOWN } from "./peer/stage.ts";
import { outcomeOf } from "./peer/verdict.ts";

const DAY = 86400;
const maker = new CertificateMaker();
let top: Certificate;
let middle: Certificate;
let trust: string[];

before(() => {
  build();
  top = maker.authority();
  middle = maker.authority({ issuer: top });
  trust = [`root=${top.file}`];
});
after(() => maker.close());

/** Asserts that a chain is accepted and the exchange succeeds. */
async function accepts(chain: Certificate[], name = "good.test", words = trust): Promise<void> {
  const report = await visit(chain, name, words);
  assert.equal(report.get("text"), "hello", report.text);
  assert.equal(report.number("refusals"), 0);
  assert.equal(report.number("after"), 0);
}

/** Each reason with its alert and message. If there are several, the first one's alert is sent. */
const REASONS: [Refusal, string, string][] = [
  [Refusal.WrongName, "bad_certificate (42)", "it is not valid for this name"],
  [
    Refusal.KeyUsage,
    "unsupported_certificate (43)",
    "its key usage does not permit digital signatures",
  ],
  [
    Refusal.ExtendedKeyUsage,
    "unsupported_certificate (43)",
    "its extended key usage does not permit server authentication",
  ],
  [
    Refusal.DisallowedKey,
    "unsupported_certificate (43)",
    "a key is too short or its curve is not supported",
  ],
  [Refusal.Expired, "certificate_expired (45)", "it has expired"],
  [Refusal.NotTrusted, "unknown_ca (48)", "its issuer is not trusted"],
  [Refusal.NotYetValid, "certificate_expired (45)", "it is not yet valid"],
  [Refusal.RootExpired, CERTIFICATE_UNKNOWN, "its root has expired"],
  [Refusal.DisallowedHash, CERTIFICATE_UNKNOWN, "its signature uses a weak hash"],
  [Refusal.NoAlternativeName, CERTIFICATE_UNKNOWN, "it has no subjectAltName"],
  [Refusal.AuthorityAsServer, CERTIFICATE_UNKNOWN, "it is a CA certificate, not a server's"],
  [Refusal.OldVersion, CERTIFICATE_UNKNOWN, "it is not X.509 version 3"],
  [
    Refusal.NameConstraint,
    CERTIFICATE_UNKNOWN,
    "its name violates the name constraints of an issuer",
  ],
  [
    Refusal.UnsupportedConstraint,
    CERTIFICATE_UNKNOWN,
    "the name constraints of an issuer are not supported",
  ],
  [Refusal.UnknownExtension, CERTIFICATE_UNKNOWN, "it has an unknown critical extension"],
  [Refusal.IssuerUsage, CERTIFICATE_UNKNOWN, "an issuer must not certify servers"],
];

/** Asserts that a chain is rejected for exactly these reasons, and that no data is accepted. */
async function refuses(
  chain: Certificate[],
  reasons: number,
  name = "good.test",
  words = trust,
): Promise<void> {
  const report = await visit(chain, name, words);
  assert.equal(report.get("state"), "failed", report.text);
  assert.equal(report.number("refusals").toString(16), reasons.toString(16));
  const found = REASONS.filter(([reason]) => (reasons & reason) !== 0);
  const { alert, sentence } = await outcomeOf(report);
  assert.equal(alert, found[0][1]);
  const [begin, end] = ["certificate verification failed: ", "; the clock"];
  assert.ok(sentence.startsWith(begin), sentence);
  const dates = Refusal.Expired | Refusal.NotYetValid | Refusal.RootExpired;
  assert.equal(sentence.endsWith(end), (reasons & dates) !== 0, sentence);
  const parts = sentence.slice(begin.length).replace(end, "");
  assert.deepEqual(
    parts.split(/, (?=it |its |an? |no |the )/).sort(),
    found.map(([, , text]) => text).sort(),
  );
  assert.equal(report.number("received"), 0);
  assert.equal(report.number("after"), 0);
}

const later = (days: number) => [...trust, `time=${hostTime(days * DAY)}`];

describe("good chains", () => {
  test("accepts a server below the root, and one below an intermediate", async () => {
    await accepts([maker.server(top)]);
    await accepts([maker.server(middle), middle]);
  });
  test("accepts RSA, with SHA-384 and SHA-512 too", async () => {
    const root = maker.authority({ key: rsa(2048), hash: "sha512" });
    const below = maker.authority({ key: rsa(2048), hash: "sha384", issuer: root });
    const words = [`root=${root.file}`];
    await accepts([maker.server(below, { key: rsa(2048) }), below], "good.test", words);
  });
  test("accepts certificates out of order, the root and unrelated ones among them", async () => {
    const other = maker.authority();
    const leaf = maker.server(middle);
    await accepts([leaf, middle, top]);
    await accepts([leaf, other, top, middle]);
  });
  test("accepts a root that is self-signed with SHA-1", async () => {
    const root = maker.authority({ key: rsa(2048), hash: "sha1" });
    await accepts([maker.server(root)], "good.test", [`root=${root.file}`]);
  });
  test("accepts upper case and a trailing dot in the requested name", async () => {
    await accepts([maker.server(top)], "GOOD.test.");
  });
});

describe("paths (RFC 4158)", () => {
  test("finds the path to a trusted root beside one to an unknown root", async () => {
    const unknown = maker.authority();
    const good = maker.authority({ issuer: top, subject: "/CN=Crossed" });
    const bad = maker.authority({ issuer: unknown, subject: "/CN=Crossed", sameKey: good });
    const leaf = maker.server(good);
    await accepts([leaf, bad, good]);
    await accepts([leaf, good, bad]);
    await accepts([leaf, bad, unknown, good]);
  });
  test("finds a valid intermediate beside an expired one of the same name and key", async () => {
    const good = maker.authority({ issuer: top, subject: "/CN=Twin" });
    const old = maker.authority({ issuer: top, subject: "/CN=Twin", sameKey: good, days: 1 });
    const leaf = maker.server(good);
    await accepts([leaf, old, good], "good.test", later(5));
    await accepts([leaf, good, old], "good.test", later(5));
  });
  test("accepts a trusted root that the chain has as an intermediate", async () => {
    const unknown = maker.authority();
    const crossed = maker.authority({ issuer: unknown, subject: "/CN=Mid" });
    const words = [`root=${maker.authority({ subject: "/CN=Mid", sameKey: crossed }).file}`];
    await accepts([maker.server(crossed), crossed], "good.test", words);
  });
  test("of several bad paths, reports on the one to a trusted root", async () => {
    const unknown = maker.authority({ subject: "/CN=Unknown" });
    const stray = maker.authority({ issuer: unknown, subject: "/CN=Mid" });
    const old = maker.authority({ issuer: top, subject: "/CN=Mid", sameKey: stray, days: 2 });
    const leaf = maker.server(stray);
    for (const above of [
      [stray, old],
      [old, stray],
    ]) {
      await refuses([leaf, ...above], Refusal.Expired, "good.test", later(3));
    }
  });
});

describe("dates", () => {
  test("TLS-01: rejects an expired certificate", async () => {
    await refuses([maker.server(top, { days: 2 })], Refusal.Expired, "good.test", later(3));
  });
  test("TLS-02: rejects a certificate not yet valid, and clocks at 1970 and 2106", async () => {
    const chain = [maker.server(middle), middle];
    await refuses(chain, Refusal.NotYetValid, "good.test", later(-2));
    await refuses(chain, Refusal.NotYetValid, "good.test", [...trust, "time=0"]);
    const reasons = Refusal.RootExpired | Refusal.NotTrusted | Refusal.Expired;
    await refuses(chain, reasons, "good.test", [...trust, "time=4300000000"]);
  });
  test("TLS-01: rejects an expired intermediate", async () => {
    const old = maker.authority({ issuer: top, days: 2 });
    await refuses([maker.server(old), old], Refusal.Expired, "good.test", later(3));
  });
});

describe("trust", () => {
  test("TLS-03: rejects a self-signed certificate, an unknown root, a missing link", async () => {
    const own = maker.make({
      subject: "/CN=good.test",
      extensions: ["subjectAltName=DNS:good.test", "basicConstraints=CA:FALSE"],
    });
    await refuses([own], Refusal.NotTrusted);
    const unknown = maker.authority();
    await refuses([maker.server(unknown), unknown], Refusal.NotTrusted);
    await refuses([maker.server(middle)], Refusal.NotTrusted);
  });
  test("TLS-03: rejects an impostor with a trusted root's name and another key", async () => {
    const name = "/CN=Famous root";
    const famous = maker.authority({ subject: name });
    const impostor = maker.authority({ subject: name });
    const words = [`root=${famous.file}`];
    await refuses([maker.server(impostor), impostor], Refusal.NotTrusted, "good.test", words);
  });
});

describe("names (RFC 9525)", () => {
  test("TLS-04: rejects another name", async () => {
    await refuses([maker.server(top, { names: "DNS:other.test" })], Refusal.WrongName);
  });
  test("TLS-05: rejects a common name without a subjectAltName", async () => {
    await refuses([maker.server(top, { names: "" })], Refusal.NoAlternativeName);
  });
  const wildcards: [string, string, boolean][] = [
    ["*.good.test", "www.good.test", true],
    ["*.test", "a.b.test", false],
    ["*.good.test", "good.test", false],
    ["*.test", "test", false],
    ["a*.test", "abc.test", false],
    ["f*o.test", "foo.test", false],
    ["w*.good.test", "www.good.test", false],
    ["*w.good.test", "www.good.test", false],
    ["*.*.test", "a.b.test", false],
    ["*", "good", false],
    ["*.com", "good.com", false],
    ["www.*.test", "www.good.test", false],
    ["f*o.test", "f*o.test", false], // malformed names match nothing, not even themselves
    ["*.*.test", "a.*.test", false],
    ["good..test", "good..test", false],
    ["good.test.", "good.test..", false],
  ];
  for (const [pattern, name, good] of wildcards) {
    test(`TLS-06: ${pattern} ${good ? "matches" : "does not match"} ${name}`, async () => {
      const leaf = maker.server(top, { names: `DNS:${pattern}` });
      if (good) await accepts([leaf], name);
      else await refuses([leaf], Refusal.WrongName, name);
    });
  }
  test("TLS-07: rejects a name with a NUL", async () => {
    const hex = Buffer.from("good.test\0.evil.test").toString("hex");
    const extensions = ["basicConstraints=CA:FALSE", `2.5.29.17=DER:30168214${hex}`];
    await refuses([maker.server(top, { extensions })], Refusal.WrongName);
  });
  test("TLS-08: matches an address only with an iPAddress", async () => {
    const asName = maker.server(top, { names: "DNS:10.0.2.2" });
    await refuses([asName], Refusal.WrongName, "10.0.2.2");
    const fourLetters = ["basicConstraints=CA:FALSE", "2.5.29.17=DER:300682040a000202"];
    const asLetters = maker.server(top, { extensions: fourLetters });
    await refuses([asLetters], Refusal.WrongName, "10.0.2.2");
    const asAddress = maker.server(top, { names: "IP:10.0.2.2" });
    await accepts([asAddress], "10.0.2.2");
    await refuses([asAddress], Refusal.WrongName, "10.0.2.3");
    const six = maker.server(top, { names: "IP:::1" });
    await accepts([six], "::1");
  });
  test("TLS-08: does not match a name with an e-mail address or a URI", async () => {
    const email = maker.server(top, { names: "email:a@good.test,URI:https://good.test/" });
    await refuses([email], Refusal.WrongName);
  });
  for (const [name, sent] of [
    ["good.test", true],
    ["10.0.2.2", false],
    ["::1", false],
  ] as const) {
    test(`TLS-08: ${sent ? "sends" : "does not send"} ${name} as server_name`, async () => {
      let found: boolean | undefined;
      const server = await listen(async (wire) => {
        const hello = readClientHello(await wire.hear(CLIENT_HELLO));
        found = hello.extensions.has(Extension.ServerName);
        wire.socket.end();
      });
      await harness("client", String(server.port), name);
      await server.close();
      assert.equal(found, sent);
    });
  }
});

describe("name constraints", () => {
  const below = (...more: string[]) => maker.authority({ issuer: top, more });
  const cases: [string, string, string, string, number][] = [
    ["a permitted name", "permitted;DNS:good.test", "DNS:good.test", "good.test", 0],
    ["a permitted parent domain", "permitted;DNS:test", "DNS:good.test", "good.test", 0],
    ["a permitted name with a leading dot", "permitted;DNS:.test", "DNS:good.test", "good.test", 0],
    ["a longer label than permitted", "permitted;DNS:od.test", "DNS:good.test", "good.test", -1],
    ["a name that is not permitted", "permitted;DNS:bad.test", "DNS:good.test", "good.test", -1],
    ["a second name not permitted", "permitted;DNS:good.test", "DNS:good.test,DNS:x.org", "", -1],
    ["an excluded name", "excluded;DNS:good.test", "DNS:good.test", "good.test", -1],
    ["a name that is not excluded", "excluded;DNS:bad.test", "DNS:good.test", "good.test", 0],
    [
      "a wildcard that covers an excluded name",
      "excluded;DNS:a.good.test",
      "DNS:*.good.test",
      "b.good.test",
      -1,
    ],
    ["a permitted address", "permitted;IP:10.0.0.0/255.0.0.0", "IP:10.0.2.2", "10.0.2.2", 0],
    ["an unpermitted address", "permitted;IP:10.1.0.0/255.255.0.0", "IP:10.0.2.2", "10.0.2.2", -1],
    ["an excluded address", "excluded;IP:10.0.0.0/255.0.0.0", "IP:10.0.2.2", "10.0.2.2", -1],
    ["an unconstrained form of name", "permitted;email:good.test", "DNS:good.test", "good.test", 0],
  ];
  for (const critical of ["critical,", ""]) {
    for (const [what, constraint, names, name, result] of cases) {
      const verb = result === 0 ? "accepts" : "rejects";
      test(`TLS-09: ${verb} ${what}${critical && ", critical"}`, async () => {
        const authority = below(`nameConstraints=${critical}${constraint}`);
        const chain = [maker.server(authority, { names, subject: "/" }), authority];
        if (result === 0) await accepts(chain, name || "good.test");
        else await refuses(chain, Refusal.NameConstraint, name || "good.test");
      });
    }
  }
  test("TLS-09: applies the root's constraints, too", async () => {
    const root = maker.authority({ more: ["nameConstraints=critical,excluded;DNS:good.test"] });
    const words = [`root=${root.file}`];
    await refuses([maker.server(root)], Refusal.NameConstraint, "good.test", words);
  });
  test("TLS-09: rejects an unknown form of constraint if the server has such a name", async () => {
    const authority = below("nameConstraints=permitted;email:good.test");
    const leaf = maker.server(authority, { names: "DNS:good.test,email:a@bad.test" });
    await refuses([leaf, authority], Refusal.UnsupportedConstraint);
  });
});

describe("usages and extensions", () => {
  const issued = (options: object) => maker.authority({ issuer: top, ...options });
  test("TLS-10: requires issuers that are authorities, may sign, and respect pathlen", async () => {
    const plain = maker.server(top);
    await refuses([maker.server(plain), plain], Refusal.NotTrusted);
    const noBasic = issued({ extensions: ["keyUsage=keyCertSign"] });
    await refuses([maker.server(noBasic), noBasic], Refusal.NotTrusted);
    const noSign = issued({ extensions: ["basicConstraints=CA:TRUE", "keyUsage=cRLSign"] });
    await refuses([maker.server(noSign), noSign], Refusal.NotTrusted);
    const shallow = issued({ extensions: ["basicConstraints=critical,CA:TRUE,pathlen:0"] });
    const deep = maker.authority({ issuer: shallow });
    await accepts([maker.server(shallow), shallow]);
    await refuses([maker.server(deep), deep, shallow], Refusal.NotTrusted);
  });
  test("TLS-11: requires usages that allow a server", async () => {
    const names = "subjectAltName=DNS:good.test";
    const client = maker.server(top, { extensions: [names, "extendedKeyUsage=clientAuth"] });
    await refuses([client], Refusal.ExtendedKeyUsage);
    const sealing = maker.server(top, { extensions: [names, "keyUsage=keyEncipherment"] });
    await refuses([sealing], Refusal.KeyUsage);
  });
  test("TLS-11: rejects an intermediate for clients and mail only", async () => {
    const wrong = issued({ more: ["extendedKeyUsage=clientAuth,emailProtection"] });
    await refuses([maker.server(wrong), wrong], Refusal.IssuerUsage);
    const right = issued({ more: ["extendedKeyUsage=clientAuth,serverAuth"] });
    await accepts([maker.server(right), right]);
  });
  test("TLS-12: rejects an unknown extension only if it is critical", async () => {
    const strange = ["1.2.3.4=critical,DER:0500"];
    const harmless = ["1.2.3.4=DER:0500"];
    const extensions = ["basicConstraints=CA:FALSE", "subjectAltName=DNS:good.test"];
    const leaf = (more: string[]) => maker.server(top, { extensions: [...extensions, ...more] });
    await refuses([leaf(strange)], Refusal.UnknownExtension);
    await accepts([leaf(harmless)]);
    const above = issued({ more: strange });
    await refuses([maker.server(above), above], Refusal.UnknownExtension);
  });
  test("rejects an authority's certificate or one of version 1 as the server's", async () => {
    const own = maker.authority({ issuer: top, more: ["subjectAltName=DNS:good.test"] });
    const reasons = Refusal.AuthorityAsServer | Refusal.KeyUsage;
    await refuses([own], reasons);
    const old = Refusal.OldVersion | Refusal.NoAlternativeName;
    await refuses([maker.server(top, { old: true })], old);
  });
});

test("-k continues, and reports what is wrong", async () => {
  const report = await visit([maker.server(maker.authority())], "x.org", ["options=1"]);
  assert.equal(report.get("text"), "hello", report.text);
  assert.equal(report.number("refusals"), Refusal.NotTrusted | Refusal.WrongName);
});
