/** Oversized chains, cyclic chains, and certificates full of names (TLS-16; RFC 5280 section 6). */
import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import { test } from "node:test";
import type { Certificate } from "./certificates.ts";
import { der, Field, OCTET_STRING, oid, remake, sequence, toDer } from "./der.ts";
import { MALFORMED, Stage } from "./peer/stage.ts";
import { assertRefused, assertServed } from "./peer/verdict.ts";

const stage = new Stage();
/** Each certificate and each name takes blocks of the heap while the connection lasts. */
const FULL_HEAP = 160 * 1024;
const MOST_HEAP = 640 * 1024;
const UNTRUSTED = "certificate verification failed: its issuer is not trusted";
const CONSTRAINED =
  "certificate verification failed: its name violates the name constraints of an issuer";

const san = (count: number, make: (index: number) => string) => {
  const all = Array.from({ length: count }, (_, i) => `DNS:${make(i)}`);
  return [...all, "DNS:good.test"].join(",");
};
const server = (count: number) =>
  stage.maker.server(stage.root, { names: san(count, (i) => `${i}.test`) });

test("TLS-16: accepts a chain of 10 certificates with its root, but none longer", async () => {
  const chain: Certificate[] = [];
  for (let i = 0; i < 12; i++) {
    chain.unshift(stage.maker.authority({ issuer: chain[0] ?? stage.root }));
  }
  const cut = (depth: number) => {
    const above = chain.slice(chain.length - depth);
    const leaf = stage.maker.server(above[0]);
    return stage.identity([leaf, ...above]);
  };
  // Made before the visit, so that it is valid when the client reads its clock.
  const longest = cut(8);
  assertServed(await stage.visit({ identity: () => longest }));
  for (const depth of [9, 12]) {
    await assertRefused(await stage.show(cut(depth).chain), "unknown_ca (48)", UNTRUSTED);
  }
});
/** A leaf, and 30 authorities with one name and key, each of which may have certified any other. */
function maze(): Buffer[] {
  const first = stage.maker.authority({ subject: "/CN=Maze" });
  const others = Array.from({ length: 30 }, () =>
    stage.maker.authority({ subject: "/CN=Maze", issuer: first, sameKey: first }),
  );
  return [stage.maker.server(first), ...others].map(toDer);
}
test("TLS-16: rejects 30 authorities of one name that certify each other", async () => {
  await assertRefused(await stage.show(maze()), "unknown_ca (48)", UNTRUSTED, FULL_HEAP);
});
test("TLS-16: rejects such authorities quickly even if a root has the same name", async () => {
  const trusted = stage.maker.authority({ subject: "/CN=Maze" });
  const visit = await stage.show(maze(), `root=${trusted.file}`);
  await assertRefused(visit, "unknown_ca (48)", UNTRUSTED, FULL_HEAP);
  assert.ok(visit.report.number("cpu") < 300, visit.report.get("cpu"));
});
test("TLS-16: considers the first 64 of 100 certificates, and ignores the rest", async () => {
  const leaf = stage.maker.server(stage.root);
  const many = stage.identity(Array(100).fill(leaf));
  const visit = await stage.visit({ identity: () => many });
  assertServed(visit, 224 * 1024);
  assert.equal(visit.report.number("certificates"), 64);
});
test("TLS-16: rejects a Certificate message of 1 MiB", async () => {
  const one = toDer(stage.maker.server(stage.root));
  const visit = await stage.show([one, Buffer.alloc(1 << 20)]);
  await assertRefused(visit, "decode_error (50)", MALFORMED);
});
test("TLS-16: rejects 10,000 names, but searches 1,000", async () => {
  const many = toDer(server(10_000));
  await assertRefused(await stage.show([many]), "decode_error (50)", MALFORMED);
  const some = server(1000);
  assertServed(await stage.visit({ identity: () => stage.identity([some]) }), FULL_HEAP);
});
test("TLS-16: checks 602 names against 600 constraints", async () => {
  const constraints = Array.from({ length: 600 }, (_, i) => `excluded;DNS:${i}.x`).join(",");
  const more = [`nameConstraints=critical,${constraints}`];
  const middle = stage.maker.authority({ issuer: stage.root, more });
  const leaf = (last: string) =>
    stage.maker.server(middle, { names: `${san(600, (i) => `${i}.y`)},${last}` });
  const chain = [leaf("DNS:1.y"), middle];
  assertServed(await stage.visit({ identity: () => stage.identity(chain) }), FULL_HEAP);
  const bad = await stage.show([leaf("DNS:599.x"), middle].map(toDer));
  await assertRefused(bad, "certificate_unknown (46)", CONSTRAINED, FULL_HEAP);
});
test("TLS-16: accepts 7,000 purposes or 5,000 policies at no more than their size", async () => {
  const server = oid("2b06010505070301");
  const purposes = Array.from({ length: 7000 }, () => oid("2a03"));
  const policies = Array.from({ length: 5000 }, () => sequence(oid("2a03")));
  for (const [id, value] of [
    ["551d25", sequence(server, ...purposes)],
    ["551d20", sequence(...policies)],
  ] as const) {
    const name = sequence(der(0x82, Buffer.from("good.test")));
    const all = [
      sequence(oid("551d11"), der(OCTET_STRING, name)),
      sequence(oid(id), der(OCTET_STRING, value)),
    ];
    const extensions = der(0xa3, sequence(...all));
    const leaf = stage.maker.server(stage.root);
    const many = remake(leaf, new Map([[Field.Extensions, extensions]]), stage.root);
    const identity = () => ({ chain: [many], key: createPrivateKey(leaf.keyPem) });
    assertServed(await stage.visit({ identity }), FULL_HEAP);
  }
});
test("TLS-16: rejects 6,000 empty names", async () => {
  const names = sequence(...Array.from({ length: 6000 }, () => der(0x82)));
  const extension = sequence(oid("551d11"), der(OCTET_STRING, names));
  const extensions = der(0xa3, sequence(extension));
  const leaf = stage.maker.server(stage.root);
  const many = remake(leaf, new Map([[Field.Extensions, extensions]]), stage.root);
  const words = "certificate verification failed: it is not valid for this name";
  await assertRefused(await stage.show([many]), "bad_certificate (42)", words, MOST_HEAP);
});
