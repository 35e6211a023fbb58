/**
 * Certification paths: certificates that the user adds, several candidate issuers, self-issued
 * certificates, policies, kinds of keys (RFC 5280 section 6, RFC 4158), and what verification may
 * cost: TLS-16.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { TlsRefusal as Refusal } from "../../core/tls-codes.ts";
import {
  type Certificate,
  type CertificateOptions,
  elliptic,
  openssl,
  rsa,
} from "./certificates.ts";
import {
  bits,
  content,
  der,
  elements,
  Field,
  integer,
  oid,
  remake,
  sequence,
  toDer,
} from "./der.ts";
import { visit } from "./harness.ts";
import { Stage } from "./peer/stage.ts";
import { assertRefused, assertServed } from "./peer/verdict.ts";

const stage = new Stage();
const { maker } = stage;
/** The most processor time, in microseconds, of a step, which is one turn of the kernel. */
const TURN = 10_000;
const names = "subjectAltName=DNS:good.test";
const authority = (options: CertificateOptions = {}) =>
  maker.authority({ issuer: stage.root, ...options });

async function visited(chain: Certificate[], roots: Certificate[], name = "good.test") {
  const words = roots.map((root) => `root=${root.file}`);
  return visit(chain, name, words);
}
async function accepts(chain: Certificate[], roots = [stage.root]): Promise<void> {
  const report = await visited(chain, roots);
  assert.equal(report.get("text"), "hello", report.text);
  assert.equal(report.number("refusals"), 0);
  assert.equal(report.number("after"), 0);
}
async function refuses(chain: Certificate[], reasons: number, roots = [stage.root], name?: string) {
  const report = await visited(chain, roots, name);
  assert.equal(report.get("state"), "failed", report.text);
  assert.equal(report.number("refusals").toString(16), reasons.toString(16));
  assert.equal(report.number("after"), 0);
}

describe("certificates that the user adds", () => {
  test("accepts a certificate of openssl req -x509 as both root and server", async () => {
    const own = maker.make({
      subject: "/CN=good.test",
      extensions: [names, "basicConstraints=critical,CA:TRUE"],
    });
    await accepts([own], [own]);
    await refuses([own], Refusal.WrongName, [own], "other.test");
  });
  test("accepts a server that the user added, and nothing that it signed", async () => {
    const unknown = maker.authority();
    const own = maker.server(unknown);
    await accepts([own, unknown], [own]);
    await refuses([maker.server(own), own], Refusal.NotTrusted, [own]);
    await refuses([maker.server(unknown)], Refusal.NotTrusted, [own]);
  });
});

test("does not add a root with an unsupported key or one that is too short", async () => {
  // machine/trust.ts puts these errors in words.
  const rows: [string[], number][] = [
    [["-newkey", "ed25519"], -0x262e],
    [rsa(1024), -0x3d00],
  ];
  for (const [key, error] of rows) {
    const report = await visited(
      [maker.server(stage.root)],
      [maker.authority({ key }), stage.root],
    );
    assert.equal(Number(/^added=(.*)$/m.exec(report.text)?.[1]), error);
    assert.equal(report.get("text"), "hello");
  }
});

describe("several candidate issuers", () => {
  /** Returns issuers of the same name, of which only the last is usable. */
  function candidates(): Certificate[] {
    const good = authority({ subject: "/CN=Many" });
    const same = (options: CertificateOptions) =>
      authority({ subject: "/CN=Many", sameKey: good, ...options });
    return [
      same({ more: ["nameConstraints=critical,permitted;DNS:other.test"] }),
      same({ more: ["extendedKeyUsage=clientAuth"] }),
      same({ more: ["1.2.3.4=critical,DER:0500"] }),
      same({ extensions: ["basicConstraints=CA:FALSE"] }),
      same({ hash: "sha1" }),
      maker.authority({ subject: "/CN=Many" }), // of another key
      good,
    ];
  }
  test("finds the usable issuer in any place, even beyond the 16th certificate", async () => {
    const all = candidates();
    const leaf = maker.server(all[all.length - 1]);
    await accepts([leaf, ...all]);
    await accepts([leaf, ...all.toReversed()]);
    const strangers = Array.from({ length: 4 }, () => maker.authority());
    const many = Array.from({ length: 11 }, () => strangers).flat();
    await accepts([leaf, ...many, ...all]);
  });
  test("reports the fault if no issuer is usable", async () => {
    const all = candidates();
    const leaf = maker.server(all[6]);
    await refuses([leaf, all[5], all[1]], Refusal.IssuerUsage);
    await refuses([leaf, all[0]], Refusal.NameConstraint);
    await refuses([leaf, all[3], all[5]], Refusal.NotTrusted);
  });
});

describe("self-issued certificates (RFC 5280 sections 6.1.3, 6.1.4)", () => {
  const subject = "/CN=Roll-over";
  test("do not count towards the path length", async () => {
    const old = authority({ subject, extensions: ["basicConstraints=critical,CA:TRUE,pathlen:0"] });
    const young = maker.authority({ subject, issuer: old });
    await accepts([maker.server(young), young, old]);
    const other = maker.authority({ issuer: old });
    await refuses([maker.server(other), other, old], Refusal.NotTrusted);
  });
  test("are exempt from name constraints, unless they are the server's", async () => {
    const more = [
      "nameConstraints=critical,permitted;DNS:good.test,permitted;dirName:d",
      "[d]",
      "O=Else",
    ];
    const top = authority({ subject, more });
    const young = maker.authority({ subject, issuer: top });
    const leaf = maker.server(young, { subject: "/O=Else/CN=x" });
    await accepts([leaf, young, top]);
    await refuses([maker.server(young, { subject }), young, top], Refusal.NameConstraint);
  });
  test("empty name constraints are malformed", async () => {
    const empty = authority({ more: ["2.5.29.30=critical,DER:3000"] });
    await refuses([maker.server(empty), empty], Refusal.Malformed);
  });
  test("malformed name constraints of a root fail the path, like an issuer's", async () => {
    for (const value of ["3000", "0500", "3002a000", "04"]) {
      const root = maker.authority({ more: [`2.5.29.30=critical,DER:${value}`] });
      await refuses([maker.server(root)], Refusal.Malformed, [root]);
    }
  });
});

describe("policies (RFC 5280 section 6.1)", () => {
  const policy = (critical: boolean, ...ids: string[]) =>
    `certificatePolicies=${critical ? "critical," : ""}${ids.join(",")}`;
  const explicit = "policyConstraints=critical,requireExplicitPolicy:0";
  const leaf = (issuer: Certificate, ...more: string[]) => maker.server(issuer, { more });
  const rows: [string, string[], string[], number][] = [
    [
      "accepts critical policies that differ",
      [policy(true, "1.2.3.4")],
      [policy(true, "1.2.3.5")],
      0,
    ],
    [
      "accepts a required policy",
      [explicit, policy(true, "1.2.3.4", "1.2.3.5")],
      [policy(false, "1.2.3.5")],
      0,
    ],
    [
      "accepts anyPolicy in the issuer",
      [explicit, policy(true, "2.5.29.32.0")],
      [policy(false, "1.2.3.5")],
      0,
    ],
    [
      "rejects another policy",
      [explicit, policy(true, "1.2.3.4")],
      [policy(false, "1.2.3.5")],
      Refusal.Policy,
    ],
    ["rejects a missing policy", [explicit, policy(true, "1.2.3.4")], [], Refusal.Policy],
    [
      "rejects anyPolicy where it is inhibited",
      [explicit, policy(true, "1.2.3.4"), "inhibitAnyPolicy=critical,0"],
      [policy(false, "2.5.29.32.0")],
      Refusal.Policy,
    ],
    [
      "accepts a mapped policy",
      [explicit, policy(true, "1.2.3.4"), "policyMappings=critical,1.2.3.4:1.2.3.9"],
      [policy(false, "1.2.3.9")],
      0,
    ],
  ];
  for (const [title, above, below, reasons] of rows) {
    test(title, async () => {
      const middle = authority({ more: above });
      const chain = [leaf(middle, ...below), middle];
      if (reasons === 0) await accepts(chain);
      else await refuses(chain, reasons);
    });
  }
  test("rejects an unknown qualifier only if the extension is critical", async () => {
    const qualifier = sequence(oid("2a0304"), der(0x05));
    const value = sequence(sequence(oid("2a0305"), sequence(qualifier))).toString("hex");
    const of = (critical: string) => {
      const middle = authority({ more: [`2.5.29.32=${critical}DER:${value}`] });
      return [maker.server(middle), middle];
    };
    await accepts(of(""));
    await refuses(of("critical,"), Refusal.UnknownExtension);
  });
});

describe("keys", () => {
  const big = [...elliptic.slice(0, -1), "ec_paramgen_curve:P-521"];
  for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
    test(`accepts P-521 in the whole chain, ${version}`, async () => {
      const root = maker.authority({ key: big, hash: "sha512" });
      const middle = maker.authority({ key: big, hash: "sha512", issuer: root });
      const chain = [maker.server(middle, { key: big }), middle];
      const only = { minVersion: version, maxVersion: version };
      const report = await visit(chain, "good.test", [`root=${root.file}`], only);
      assert.equal(report.get("text"), "hello", report.text);
    });
  }
  test("TLS-57: accepts authorities with RSASSA-PSS keys", async () => {
    const pss = ["-newkey", "rsa-pss", "-pkeyopt", "rsa_keygen_bits:2048"];
    const root = maker.authority({ key: pss });
    const middle = maker.authority({ key: pss, issuer: root });
    await accepts([maker.server(middle), middle], [root]);
  });
  test("rejects an RSA key with an exponent as long as its modulus", async () => {
    const leaf = maker.server(stage.root, { key: rsa(2048) });
    const modulus = BigInt(
      `0x${openssl("x509", "-in", leaf.file, "-noout", "-modulus").trim().split("=")[1]}`,
    );
    const key = sequence(
      sequence(oid("2a864886f70d010101"), der(0x05)),
      bits(sequence(integer(modulus), integer(modulus - 2n))),
    );
    const slow = remake(leaf, new Map([[Field.Key, key]]), stage.root);
    await assertRefused(
      await stage.show([slow]),
      "bad_certificate (42)",
      "TLS: cannot parse the peer's certificate (-0x2300)",
    );
  });
  test("rejects an ECDSA signature in BER", async () => {
    const [body, algorithm, signature] = elements(content(toDer(maker.server(stage.root))));
    const inside = content(content(signature).subarray(1));
    const long = Buffer.concat([Buffer.of(0x30, 0x81, inside.length), inside]);
    const fault = "certificate verification failed: its issuer is not trusted";
    await assertRefused(
      await stage.show([sequence(body, algorithm, bits(long))]),
      "unknown_ca (48)",
      fault,
    );
  });
});

describe("work (TLS-16)", () => {
  const subtree = (n: number) => sequence(der(0x82, Buffer.from(`${n}.x`)));
  /** Returns an authority with `count` constraints, and the key of `sameKey` if it is given. */
  function constrained(count: number, subject: string, sameKey?: Certificate): Certificate {
    const list = Array.from({ length: count }, (_, i) => subtree(i));
    const value = sequence(der(0xa1, ...list)).toString("hex");
    return authority({ subject, sameKey, more: [`2.5.29.30=DER:${value}`] });
  }
  /** Returns a server's certificate with `count` empty names and a good one. */
  function crowded(issuer: Certificate, count: number): Buffer {
    const all = [
      ...Array.from({ length: count }, () => der(0x82)),
      der(0x82, Buffer.from("good.test")),
    ];
    const value = sequence(...all).toString("hex");
    return toDer(maker.server(issuer, { names: "", more: [`2.5.29.17=DER:${value}`] }));
  }
  test("TLS-16: checks no constraints unless the signatures are valid", async () => {
    const first = constrained(1000, "/CN=Costly");
    const issuer = maker.authority({ subject: "/CN=Costly" });
    const visit = await stage.show([crowded(issuer, 2000), toDer(first)]);
    const fault = "certificate verification failed: its issuer is not trusted";
    await assertRefused(visit, "unknown_ca (48)", fault, 160 * 1024);
    assert.ok(visit.report.number("longest-step") < TURN, visit.report.get("longest-step"));
  });
  test("TLS-16: gives up after a bounded number of comparisons, in short steps", async () => {
    const first = constrained(1500, "/CN=Costly");
    const paths = [first, ...[1, 2].map(() => constrained(1500, "/CN=Costly", first))];
    const visit = await stage.show([crowded(first, 2000), ...paths.map(toDer)]);
    const fault = "certificate verification failed: its chain takes too long to verify";
    await assertRefused(visit, "certificate_unknown (46)", fault, 200 * 1024);
    assert.ok(visit.report.number("longest-step") < TURN, visit.report.get("longest-step"));
    assert.ok(visit.report.number("cpu") < 1000, visit.report.get("cpu"));
  });
  test("TLS-16: verifies the signatures of 14 candidate issuers in short steps", async () => {
    const first = maker.authority({ subject: "/CN=Maze" });
    const others = Array.from({ length: 14 }, () =>
      maker.authority({ subject: "/CN=Maze", issuer: first }),
    );
    const visit = await stage.show(
      [maker.server(maker.authority({ subject: "/CN=Maze" })), ...others].map(toDer),
    );
    await assertRefused(
      visit,
      "unknown_ca (48)",
      "certificate verification failed: its issuer is not trusted",
      160 * 1024,
    );
    assert.ok(visit.report.number("longest-step") < TURN, visit.report.get("longest-step"));
  });
  test("TLS-16: verifies the signature of a root once, however many paths lead to it", async () => {
    const subject = "/CN=Top";
    const roots = Array.from({ length: 12 }, () => maker.authority({ subject }));
    const top = maker.authority({ issuer: maker.authority({ subject }) });
    const first = maker.authority({ issuer: top, subject: "/CN=Twin" });
    const others = Array.from({ length: 11 }, () =>
      maker.authority({ issuer: top, subject: "/CN=Twin", sameKey: first }),
    );
    await refuses([maker.server(first), first, ...others, top], Refusal.NotTrusted, roots);
  });
  test("accepts a usual chain in short steps", async () => {
    const visit = await stage.visit({});
    assertServed(visit);
    assert.ok(visit.report.number("longest-step") < TURN, visit.report.get("longest-step"));
  });
});
