/** Whose certificates are taken and whose are refused: RFC 5280, RFC 9525; TLS-01 to TLS-12. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { TlsRefusal as Refusal } from "../../core/tls-codes.ts";
import { type Certificate, hostTime, rsa, Workshop } from "./certificates.ts";
import { build, harness, visit } from "./harness.ts";
import { CLIENT_HELLO, Extension, readClientHello } from "./peer/hello.ts";
import { listen } from "./peer/serve.ts";
import { told } from "./peer/verdict.ts";

const DAY = 86400;
const UNKNOWN = "certificate_unknown (46)";
const workshop = new Workshop();
let top: Certificate;
let middle: Certificate;
let trust: string[];

before(() => {
  build();
  top = workshop.authority();
  middle = workshop.authority({ issuer: top });
  trust = [`root=${top.file}`];
});
after(() => workshop.close());

/** Whether the whole exchange went well. */
async function accepts(chain: Certificate[], name = "good.test", words = trust): Promise<void> {
  const report = await visit(chain, name, words);
  assert.equal(report.get("text"), "hello", report.text);
  assert.equal(report.number("refusals"), 0);
  assert.equal(report.number("after"), 0);
}

/** Each reason with its alert and its words; of several the first one's alert is sent. */
const REASONS: [Refusal, string, string][] = [
  [Refusal.WrongName, "bad_certificate (42)", "it is not for this name"],
  [Refusal.KeyUsage, "unsupported_certificate (43)", "its key usage does not allow this"],
  [
    Refusal.ExtendedKeyUsage,
    "unsupported_certificate (43)",
    "its extended key usage does not allow this",
  ],
  [
    Refusal.WeakKey,
    "unsupported_certificate (43)",
    "a key is too short, or on a curve that is not accepted",
  ],
  [Refusal.Expired, "certificate_expired (45)", "it has expired"],
  [Refusal.NotTrusted, "unknown_ca (48)", "no trusted root vouches for it"],
  [Refusal.NotYetValid, "certificate_expired (45)", "it is not valid yet"],
  [Refusal.RootExpired, UNKNOWN, "the root that vouches for it has expired"],
  [Refusal.WeakHash, UNKNOWN, "it is signed with a hash that is too weak"],
  [Refusal.NoAlternativeName, UNKNOWN, "it names no host (it has no subjectAltName)"],
  [Refusal.AuthorityAsServer, UNKNOWN, "it is an authority's, not a server's"],
  [Refusal.OldVersion, UNKNOWN, "it is of an old version, not X.509v3"],
  [Refusal.NameConstraint, UNKNOWN, "an authority above it may not certify this name"],
  [Refusal.UnknownConstraint, UNKNOWN, "it is under a name constraint of an unknown form"],
  [Refusal.UnknownExtension, UNKNOWN, "it has a critical extension that is not known"],
  [Refusal.IntermediateUsage, UNKNOWN, "an authority above it may not certify servers"],
];

/** Refused for exactly these reasons, with their alert and words; no byte is believed. */
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
  const { alert, sentence } = await told(report);
  assert.equal(alert, found[0][1]);
  const [begin, end] = ["the certificate was refused: ", "; the clock"];
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
  test("a server right below the root, one below an intermediate", async () => {
    await accepts([workshop.server(top)]);
    await accepts([workshop.server(middle), middle]);
  });
  test("RSA keys and RSA signatures, with SHA-384 and SHA-512 too", async () => {
    const root = workshop.authority({ key: rsa(2048), hash: "sha512" });
    const below = workshop.authority({ key: rsa(2048), hash: "sha384", issuer: root });
    const words = [`root=${root.file}`];
    await accepts([workshop.server(below, { key: rsa(2048) }), below], "good.test", words);
  });
  test("the root among what is sent, certificates out of order, strangers among them", async () => {
    const other = workshop.authority();
    const leaf = workshop.server(middle);
    await accepts([leaf, middle, top]);
    await accepts([leaf, other, top, middle]);
  });
  test("a root that signed itself with SHA-1", async () => {
    const root = workshop.authority({ key: rsa(2048), hash: "sha1" });
    await accepts([workshop.server(root)], "good.test", [`root=${root.file}`]);
  });
  test("upper case and a final dot in the name asked for", async () => {
    await accepts([workshop.server(top)], "GOOD.test.");
  });
});

describe("paths (RFC 4158)", () => {
  test("cross-signed: one path ends in an unknown root, the other in a trusted one", async () => {
    const unknown = workshop.authority();
    const good = workshop.authority({ issuer: top, subject: "/CN=Crossed" });
    const bad = workshop.authority({ issuer: unknown, subject: "/CN=Crossed", sameKey: good });
    const leaf = workshop.server(good);
    await accepts([leaf, bad, good]);
    await accepts([leaf, good, bad]);
    await accepts([leaf, bad, unknown, good]);
  });
  test("an expired twin of an intermediate beside the valid one", async () => {
    const good = workshop.authority({ issuer: top, subject: "/CN=Twin" });
    const old = workshop.authority({ issuer: top, subject: "/CN=Twin", sameKey: good, days: 1 });
    const leaf = workshop.server(good);
    await accepts([leaf, old, good], "good.test", later(5));
    await accepts([leaf, good, old], "good.test", later(5));
  });
  test("the trusted root is an intermediate of the chain that was sent", async () => {
    const unknown = workshop.authority();
    const crossed = workshop.authority({ issuer: unknown, subject: "/CN=Mid" });
    const words = [`root=${workshop.authority({ subject: "/CN=Mid", sameKey: crossed }).file}`];
    await accepts([workshop.server(crossed), crossed], "good.test", words);
  });
  test("of several bad ones, what is said is of the one to a trusted root", async () => {
    const unknown = workshop.authority({ subject: "/CN=Unknown" });
    const stray = workshop.authority({ issuer: unknown, subject: "/CN=Mid" });
    const old = workshop.authority({ issuer: top, subject: "/CN=Mid", sameKey: stray, days: 2 });
    const leaf = workshop.server(stray);
    for (const above of [
      [stray, old],
      [old, stray],
    ]) {
      await refuses([leaf, ...above], Refusal.Expired, "good.test", later(3));
    }
  });
});

describe("dates", () => {
  test("TLS-01: expired", async () => {
    await refuses([workshop.server(top, { days: 2 })], Refusal.Expired, "good.test", later(3));
  });
  test("TLS-02: not yet valid; a clock at 1970 and one at 2106", async () => {
    const chain = [workshop.server(middle), middle];
    await refuses(chain, Refusal.NotYetValid, "good.test", later(-2));
    await refuses(chain, Refusal.NotYetValid, "good.test", [...trust, "time=0"]);
    const reasons = Refusal.RootExpired | Refusal.NotTrusted | Refusal.Expired;
    await refuses(chain, reasons, "good.test", [...trust, "time=4300000000"]);
  });
  test("TLS-01: an expired intermediate", async () => {
    const old = workshop.authority({ issuer: top, days: 2 });
    await refuses([workshop.server(old), old], Refusal.Expired, "good.test", later(3));
  });
});

describe("trust", () => {
  test("TLS-03: self-signed, unknown root, missing intermediate", async () => {
    const own = workshop.make({
      subject: "/CN=good.test",
      extensions: ["subjectAltName=DNS:good.test", "basicConstraints=CA:FALSE"],
    });
    await refuses([own], Refusal.NotTrusted);
    const unknown = workshop.authority();
    await refuses([workshop.server(unknown), unknown], Refusal.NotTrusted);
    await refuses([workshop.server(middle)], Refusal.NotTrusted);
  });
  test("TLS-03: an impostor: the name of a trusted root, another key", async () => {
    const name = "/CN=Famous root";
    const famous = workshop.authority({ subject: name });
    const impostor = workshop.authority({ subject: name });
    const words = [`root=${famous.file}`];
    await refuses([workshop.server(impostor), impostor], Refusal.NotTrusted, "good.test", words);
  });
  test("a certificate that is no authority is not added to the roots", async () => {
    const own = workshop.server(top);
    const report = await visit([own], "good.test", [`root=${own.file}`]);
    assert.ok(report.number("added") < 0);
    assert.equal(report.number("refusals"), Refusal.NotTrusted);
  });
});

describe("names (RFC 9525)", () => {
  test("TLS-04: another name", async () => {
    await refuses([workshop.server(top, { names: "DNS:other.test" })], Refusal.WrongName);
  });
  test("TLS-05: a common name alone", async () => {
    await refuses([workshop.server(top, { names: "" })], Refusal.NoAlternativeName);
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
    ["f*o.test", "f*o.test", false], // nor is what is no name, though somebody asks for it
    ["*.*.test", "a.*.test", false],
    ["good..test", "good..test", false],
    ["good.test.", "good.test..", false],
  ];
  for (const [pattern, name, good] of wildcards) {
    test(`TLS-06: ${pattern} is ${good ? "" : "not "}for ${name}`, async () => {
      const leaf = workshop.server(top, { names: `DNS:${pattern}` });
      if (good) await accepts([leaf], name);
      else await refuses([leaf], Refusal.WrongName, name);
    });
  }
  test("TLS-07: a NUL in the name", async () => {
    const hex = Buffer.from("good.test\0.evil.test").toString("hex");
    const extensions = ["basicConstraints=CA:FALSE", `2.5.29.17=DER:30168214${hex}`];
    await refuses([workshop.server(top, { extensions })], Refusal.WrongName);
  });
  test("TLS-08: an address needs an iPAddress, a name a dNSName", async () => {
    const asName = workshop.server(top, { names: "DNS:10.0.2.2" });
    await refuses([asName], Refusal.WrongName, "10.0.2.2");
    const fourLetters = ["basicConstraints=CA:FALSE", "2.5.29.17=DER:300682040a000202"];
    const asLetters = workshop.server(top, { extensions: fourLetters });
    await refuses([asLetters], Refusal.WrongName, "10.0.2.2");
    const asAddress = workshop.server(top, { names: "IP:10.0.2.2" });
    await accepts([asAddress], "10.0.2.2");
    await refuses([asAddress], Refusal.WrongName, "10.0.2.3");
    const six = workshop.server(top, { names: "IP:::1" });
    await accepts([six], "::1");
  });
  test("TLS-08: neither an e-mail address nor a URI is a name", async () => {
    const email = workshop.server(top, { names: "email:a@good.test,URI:https://good.test/" });
    await refuses([email], Refusal.WrongName);
  });
  for (const [name, sent] of [
    ["good.test", true],
    ["10.0.2.2", false],
    ["::1", false],
  ] as const) {
    test(`TLS-08: ${name} is ${sent ? "" : "not "}sent as server_name`, async () => {
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
  const below = (...more: string[]) => workshop.authority({ issuer: top, more });
  const cases: [string, string, string, string, number][] = [
    ["permitted", "permitted;DNS:good.test", "DNS:good.test", "good.test", 0],
    ["below what is permitted", "permitted;DNS:test", "DNS:good.test", "good.test", 0],
    ["with a leading dot", "permitted;DNS:.test", "DNS:good.test", "good.test", 0],
    ["a dot is no letter", "permitted;DNS:od.test", "DNS:good.test", "good.test", -1],
    ["outside", "permitted;DNS:bad.test", "DNS:good.test", "good.test", -1],
    ["one of two names outside", "permitted;DNS:good.test", "DNS:good.test,DNS:x.org", "", -1],
    ["excluded", "excluded;DNS:good.test", "DNS:good.test", "good.test", -1],
    ["not excluded", "excluded;DNS:bad.test", "DNS:good.test", "good.test", 0],
    ["a wildcard over it", "excluded;DNS:a.good.test", "DNS:*.good.test", "b.good.test", -1],
    ["address permitted", "permitted;IP:10.0.0.0/255.0.0.0", "IP:10.0.2.2", "10.0.2.2", 0],
    ["address outside", "permitted;IP:10.1.0.0/255.255.0.0", "IP:10.0.2.2", "10.0.2.2", -1],
    ["address excluded", "excluded;IP:10.0.0.0/255.0.0.0", "IP:10.0.2.2", "10.0.2.2", -1],
    ["other forms of name", "permitted;email:good.test", "DNS:good.test", "good.test", 0],
  ];
  for (const critical of ["critical,", ""]) {
    for (const [what, constraint, names, name, result] of cases) {
      test(`TLS-09: ${critical}${what}`, async () => {
        const authority = below(`nameConstraints=${critical}${constraint}`);
        const chain = [workshop.server(authority, { names, subject: "/" }), authority];
        if (result === 0) await accepts(chain, name || "good.test");
        else await refuses(chain, Refusal.NameConstraint, name || "good.test");
      });
    }
  }
  test("TLS-09: of the root too, and on intermediates' subjects", async () => {
    const root = workshop.authority({ more: ["nameConstraints=critical,excluded;DNS:good.test"] });
    const words = [`root=${root.file}`];
    await refuses([workshop.server(root)], Refusal.NameConstraint, "good.test", words);
  });
  test("TLS-09: a form that is not understood, where the server has such a name", async () => {
    const authority = below("nameConstraints=permitted;email:good.test");
    const leaf = workshop.server(authority, { names: "DNS:good.test,email:a@bad.test" });
    await refuses([leaf, authority], Refusal.UnknownConstraint);
  });
});

describe("what certificates are for", () => {
  const issued = (wish: object) => workshop.authority({ issuer: top, ...wish });
  test("TLS-10: issued by what is no authority, or may not sign, or not so deep", async () => {
    const plain = workshop.server(top);
    await refuses([workshop.server(plain), plain], Refusal.NotTrusted);
    const noBasic = issued({ extensions: ["keyUsage=keyCertSign"] });
    await refuses([workshop.server(noBasic), noBasic], Refusal.NotTrusted);
    const noSign = issued({ extensions: ["basicConstraints=CA:TRUE", "keyUsage=cRLSign"] });
    await refuses([workshop.server(noSign), noSign], Refusal.NotTrusted);
    const shallow = issued({ extensions: ["basicConstraints=critical,CA:TRUE,pathlen:0"] });
    const deep = workshop.authority({ issuer: shallow });
    await accepts([workshop.server(shallow), shallow]);
    await refuses([workshop.server(deep), deep, shallow], Refusal.NotTrusted);
  });
  test("TLS-11: the server's usages", async () => {
    const names = "subjectAltName=DNS:good.test";
    const client = workshop.server(top, { extensions: [names, "extendedKeyUsage=clientAuth"] });
    await refuses([client], Refusal.ExtendedKeyUsage);
    const sealing = workshop.server(top, { extensions: [names, "keyUsage=keyEncipherment"] });
    await refuses([sealing], Refusal.KeyUsage);
  });
  test("TLS-11: an intermediate that is for clients or mail alone", async () => {
    const wrong = issued({ more: ["extendedKeyUsage=clientAuth,emailProtection"] });
    await refuses([workshop.server(wrong), wrong], Refusal.IntermediateUsage);
    const right = issued({ more: ["extendedKeyUsage=clientAuth,serverAuth"] });
    await accepts([workshop.server(right), right]);
  });
  test("TLS-12: an unknown critical extension; the same one uncritical", async () => {
    const strange = ["1.2.3.4=critical,DER:0500"];
    const harmless = ["1.2.3.4=DER:0500"];
    const extensions = ["basicConstraints=CA:FALSE", "subjectAltName=DNS:good.test"];
    const leaf = (more: string[]) => workshop.server(top, { extensions: [...extensions, ...more] });
    await refuses([leaf(strange)], Refusal.UnknownExtension);
    await accepts([leaf(harmless)]);
    const above = issued({ more: strange });
    await refuses([workshop.server(above), above], Refusal.UnknownExtension);
    const constrained = issued({ more: ["policyConstraints=critical,requireExplicitPolicy:0"] });
    await refuses([workshop.server(constrained), constrained], Refusal.UnknownExtension);
  });
  test("an authority, or version 1, as the server's own", async () => {
    const own = workshop.authority({ issuer: top, more: ["subjectAltName=DNS:good.test"] });
    const reasons = Refusal.AuthorityAsServer | Refusal.KeyUsage;
    await refuses([own], reasons);
    const old = Refusal.OldVersion | Refusal.NoAlternativeName;
    await refuses([workshop.server(top, { old: true })], old);
  });
});

test("-k goes on, and tells what is wrong", async () => {
  const report = await visit([workshop.server(workshop.authority())], "x.org", ["options=1"]);
  assert.equal(report.get("text"), "hello", report.text);
  assert.equal(report.number("refusals"), Refusal.NotTrusted | Refusal.WrongName);
});
