/**
 * Weak, forged and malformed certificates from a hostile server: TLS-07, TLS-09, TLS-13 to TLS-15,
 * TLS-45.
 */
import assert from "node:assert/strict";
import { createHash, createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { before, describe, test } from "node:test";
import { root as project } from "../lab/host/process.ts";
import { type Certificate, type CertificateOptions, rsa } from "./certificates.ts";
import {
  bits,
  content,
  der,
  elements,
  Field,
  fieldsOf,
  integer,
  OCTET_STRING,
  oid,
  remake,
  sequence,
  toDer,
} from "./der.ts";
import { hex } from "./peer/bytes.ts";
import { CERTIFICATE_UNKNOWN, Stage } from "./peer/stage.ts";
import { assertRefused, assertServed } from "./peer/verdict.ts";

const stage = new Stage();
const KEY_SHORT = "a key is too short or its curve is not supported";
const UNTRUSTED = "its issuer is not trusted";
const WEAK_HASH = "its signature uses a weak hash";
const BAD = "bad_certificate (42)";
const UNSUPPORTED = "unsupported_certificate (43)";
const UNKNOWN_CA = "unknown_ca (48)";
/** Returns the error message; `error` is mbedTLS's error code in hexadecimal. */
const unreadable = (error: string) => `TLS: cannot parse the peer's certificate (-0x${error})`;
let top: Certificate;
/** Makes a server's certificate issued by the trusted root. */
const below = (options: CertificateOptions = {}) => stage.maker.server(top, options);

before(() => {
  top = stage.root;
});

/** Asserts that the harness rejects a chain with this alert and message. */
async function refuses(chain: Buffer[], alert: string, fault: string, ...words: string[]) {
  const sentence = fault.startsWith("TLS:") ? fault : `certificate verification failed: ${fault}`;
  await assertRefused(await stage.show(chain, ...words), alert, sentence);
}

describe("names", () => {
  test("TLS-07: ignores a common name with a NUL in it", async () => {
    const name = der(0x0c, Buffer.from("good.test\0.evil.test"));
    const subject = sequence(der(0x31, sequence(oid("550403"), name)));
    const leaf = remake(below({ names: "" }), new Map([[Field.Subject, subject]]), top);
    await refuses([leaf], CERTIFICATE_UNKNOWN, "it has no subjectAltName");
  });
});

describe("weak algorithms", () => {
  test("TLS-13: rejects SHA-1 in the server's certificate and an intermediate's", async () => {
    await refuses([toDer(below({ hash: "sha1" }))], CERTIFICATE_UNKNOWN, WEAK_HASH);
    const middle = stage.maker.authority({ issuer: top, hash: "sha1" });
    const leaf = stage.maker.server(middle);
    await refuses([leaf, middle].map(toDer), CERTIFICATE_UNKNOWN, WEAK_HASH);
  });
  test("TLS-13: rejects MD5 in the server's certificate and an intermediate's", async () => {
    const root = stage.maker.authority({ key: rsa(2048) });
    const words = `root=${root.file}`;
    const leaf = toDer(stage.maker.server(root, { hash: "md5" }));
    await refuses([leaf], BAD, unreadable("2600"), words);
    const middle = stage.maker.authority({ issuer: root, hash: "md5" });
    const chain = [stage.maker.server(middle), middle].map(toDer);
    await refuses(chain, UNKNOWN_CA, UNTRUSTED, words);
  });
  for (const size of [512, 1024, 2040]) {
    test(`TLS-13: rejects an RSA key of ${size} bits anywhere in the chain`, async () => {
      const key = rsa(size);
      await refuses([toDer(below({ key }))], UNSUPPORTED, KEY_SHORT);
      const middle = stage.maker.authority({ key, issuer: top });
      const chain = [stage.maker.server(middle), middle].map(toDer);
      await refuses(chain, UNSUPPORTED, KEY_SHORT);
      const root = stage.maker.authority({ key });
      const leaf = toDer(stage.maker.server(root));
      await refuses([leaf], UNKNOWN_CA, UNTRUSTED, `root=${root.file}`); // the root is not added
    });
  }
  for (const curve of ["prime192v1", "secp224r1", "secp256k1"]) {
    test(`TLS-13: rejects a key on ${curve}`, async () => {
      const key = ["-newkey", "ec", "-pkeyopt", `ec_paramgen_curve:${curve}`];
      await refuses([toDer(below({ key }))], BAD, unreadable("3a00"));
    });
  }
  test("TLS-13: rejects a DSA key", async () => {
    const number = integer(7n);
    const algorithm = sequence(oid("2a8648ce380401"), sequence(number, number, number));
    const key = sequence(algorithm, bits(number));
    await refuses([remake(below(), new Map([[Field.Key, key]]), top)], BAD, unreadable("3c80"));
  });
});

/** Returns the DigestInfo of SHA-256 for a PKCS #1 v1.5 signature (RFC 8017 section 9.2). */
function digestInfo(signed: Buffer): Buffer {
  const digest = createHash("sha256").update(signed).digest();
  return Buffer.concat([hex("3031300d060960864801650304020105000420"), digest]);
}

/** Returns the cube root of `cube`, rounded up. `cube` has at most 3072 bits. */
function cubeRoot(cube: bigint): bigint {
  let [low, high] = [0n, 1n << 1024n];
  while (low < high) {
    const middle = (low + high) >> 1n;
    if (middle ** 3n < cube) low = middle + 1n;
    else high = middle;
  }
  return low;
}

/** Encodes a number as 256 bytes, the size of an RSA-2048 signature. */
const wide = (value: bigint) => Buffer.from(value.toString(16).padStart(512, "0"), "hex");

describe("forged signatures", () => {
  test("TLS-13: rejects Bleichenbacher's forgery below a root with e = 3", async () => {
    const key = [...rsa(2048), "-pkeyopt", "rsa_keygen_pubexp:3"];
    const root = stage.maker.authority({ key });
    const trust = `root=${root.file}`;
    const original = stage.maker.server(root);
    assertServed(await stage.visit({ identity: () => stage.identity([original]) }, trust));
    // Bleichenbacher, 2006: short padding, the digest, then bytes that make it a perfect cube.
    const forged = remake(original, new Map(), (signed) => {
      const start = Buffer.concat([hex("0001ffffffffffffffff00"), digestInfo(signed)]);
      const cube = Buffer.concat([start, Buffer.alloc(256 - start.length)]);
      const root3 = cubeRoot(BigInt(`0x${cube.toString("hex")}`));
      assert.ok(
        wide(root3 ** 3n)
          .subarray(0, start.length)
          .equals(start),
      );
      return wide(root3);
    });
    await refuses([forged], UNKNOWN_CA, UNTRUSTED, trust);
  });
  test("TLS-13: rejects the padded digest as the signature of a key with e = 1", async () => {
    const middle = stage.maker.authority({ key: rsa(2048), issuer: top });
    const leaf = stage.maker.server(middle);
    const { n } = createPublicKey(middle.pem).export({ format: "jwk" });
    const modulus = integer(BigInt(`0x${Buffer.from(n!, "base64url").toString("hex")}`));
    const rsaKey = sequence(oid("2a864886f70d010101"), hex("0500"));
    const key = sequence(rsaKey, bits(sequence(modulus, integer(1n))));
    const lax = remake(middle, new Map([[Field.Key, key]]), top);
    const forged = remake(leaf, new Map(), (signed) => {
      const end = digestInfo(signed);
      const padding = Buffer.alloc(256 - 3 - end.length, 0xff);
      return Buffer.concat([hex("0001"), padding, hex("00"), end]);
    });
    await refuses([forged, lax], UNKNOWN_CA, UNTRUSTED);
  });
});

/** Returns an EC key with explicit curve parameters instead of a name (RFC 3279 section 2.3.5). */
function explicitKey(
  prime: bigint,
  a: bigint,
  b: bigint,
  base: Buffer,
  order: bigint,
  point: Buffer,
) {
  const width = Math.ceil(prime.toString(16).length / 2);
  const element = (value: bigint) =>
    der(OCTET_STRING, Buffer.from(value.toString(16).padStart(2 * width, "0"), "hex"));
  const field = sequence(oid("2a8648ce3d0101"), integer(prime));
  const curve = sequence(element(a), element(b));
  const parts = [integer(1n), field, curve, der(OCTET_STRING, base), integer(order), integer(1n)];
  return sequence(sequence(oid("2a8648ce3d0201"), sequence(...parts)), bits(point));
}

const P256 = {
  prime: 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn,
  b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
  order: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
};

describe("explicit curve parameters", () => {
  const withGenerator = (point: Buffer) =>
    explicitKey(P256.prime, P256.prime - 3n, P256.b, point, P256.order, point);

  test("TLS-14: are rejected in the server's certificate", async () => {
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
    key.push("-pkeyopt", "ec_param_enc:explicit");
    await refuses([toDer(below({ key }))], BAD, unreadable("4e80"));
  });
  test("TLS-14: are rejected in a copy of a trusted root with a known private key", async () => {
    // CVE-2020-0601: with the root's public point as the generator, the private key is 1. With a
    // nonce of 1, r is the point's x, and s is the digest plus r.
    const point = content(elements(content(fieldsOf(top)[Field.Key]))[1]).subarray(1);
    const copy = remake(top, new Map([[Field.Key, withGenerator(point)]]), (signed) =>
      forge(point, signed),
    );
    const leaf = remake(below(), new Map(), (signed) => forge(point, signed));
    await refuses([leaf, copy], UNKNOWN_CA, UNTRUSTED);
    await refuses([leaf], UNKNOWN_CA, UNTRUSTED);
  });
  test("TLS-15: are rejected within a second if the modulus is composite", async () => {
    // CVE-2022-0778: OpenSSL's modular square root of a compressed point never ended.
    const point = hex("02 0008");
    const key = explicitKey(697n, 23n, 12n, point, 5n, point);
    const explicit = new Map([[Field.Key, key]]);
    const middle = stage.maker.authority({ issuer: top });
    const leaf = stage.maker.server(middle);
    for (const [chain, alert, sentence] of [
      [[remake(below(), explicit, top)], BAD, unreadable("4e80")],
      [
        [toDer(leaf), remake(middle, explicit, top)],
        UNKNOWN_CA,
        `certificate verification failed: ${UNTRUSTED}`,
      ],
    ] as const) {
      const visit = await stage.show([...chain]);
      await assertRefused(visit, alert, sentence);
      assert.ok(visit.report.number("cpu") < 1000, visit.report.get("cpu"));
    }
  });
});

/** Returns the ECDSA signature for nonce 1 and private key 1 on a curve with generator `point`. */
function forge(point: Buffer, signed: Buffer): Buffer {
  const digest = BigInt(`0x${createHash("sha256").update(signed).digest("hex")}`);
  const r = BigInt(`0x${point.subarray(1, 33).toString("hex")}`) % P256.order;
  return sequence(integer(r), integer((digest + r) % P256.order));
}

describe("malformed and unusual name constraints", () => {
  const MALFORMED = "its extensions are malformed";
  const UNKNOWN_FORM = "the name constraints of an issuer are not supported";
  const ELSEWHERE = "its name violates the name constraints of an issuer";
  const names = "DNS:good.test,IP:10.0.2.2";
  const good = der(0x82, Buffer.from("good.test"));
  const directory = (organisation: string) => {
    const part = sequence(oid("55040a"), der(0x0c, Buffer.from(organisation)));
    return der(0xa4, sequence(der(0x31, part)));
  };
  const list = (tag: number, ...base: Buffer[]) => sequence(der(tag, sequence(...base)));
  const under = (constraints: Buffer, options: CertificateOptions = {}): Certificate[] => {
    const more = [`2.5.29.30=DER:${constraints.toString("hex")}`];
    const middle = stage.maker.authority({ issuer: top, more });
    return [stage.maker.server(middle, { names, ...options }), middle];
  };
  const rows: [string, Buffer, string][] = [
    ["rejects a mask with holes", list(0xa0, der(0x87, hex("0a000000 ff00ff00"))), MALFORMED],
    ["rejects an address of five bytes", list(0xa0, der(0x87, Buffer.alloc(10))), MALFORMED],
    ["rejects a subtree with a minimum", list(0xa0, good, der(0x80, hex("01"))), UNKNOWN_FORM],
    ["rejects a list with tag 2", list(0xa2, good), MALFORMED],
    ["rejects a byte after a subtree", sequence(der(0xa0, sequence(good), hex("00"))), MALFORMED],
    ["rejects a byte after the lists", sequence(der(0xa0, sequence(good)), hex("00")), MALFORMED],
    ["rejects a name outside the permitted directory", list(0xa0, directory("Bad")), ELSEWHERE],
    ["rejects an excluded directory", list(0xa1, directory("Good")), UNKNOWN_FORM],
  ];
  const subject = "/O=Good/CN=good.test";
  for (const [what, constraints, fault] of rows) {
    test(`TLS-09: ${what}`, async () => {
      await refuses(under(constraints, { subject }).map(toDer), CERTIFICATE_UNKNOWN, fault);
    });
  }
  test("TLS-09: accepts a name in the permitted directory", async () => {
    const chain = under(list(0xa0, directory("Good")), { subject });
    assertServed(await stage.visit({ identity: () => stage.identity(chain) }));
  });
  test("TLS-09: rejects a duplicate extension", async () => {
    const [leaf, middle] = under(list(0xa0, good));
    const extensions = elements(content(content(fieldsOf(middle)[Field.Extensions])));
    const twice = der(0xa3, sequence(...extensions, extensions[extensions.length - 1]));
    const copy = remake(middle, new Map([[Field.Extensions, twice]]), top);
    // The intermediate does not parse, so it is left out of the chain.
    await refuses([toDer(leaf), copy], UNKNOWN_CA, UNTRUSTED);
  });
  test("TLS-09: rejects critical constraints in a server's certificate", async () => {
    const leaf = below({ more: ["nameConstraints=critical,permitted;DNS:good.test"] });
    const fault = "it has an unknown critical extension";
    await refuses([toDer(leaf)], CERTIFICATE_UNKNOWN, fault);
  });
});

describe("revocation (stapling.test.ts, revocation-lists.test.ts)", () => {
  test("TLS-45: accepts a certificate that names a CRL, which is not fetched", async () => {
    const leaf = below({ more: ["crlDistributionPoints=URI:http://crl.test/list.crl"] });
    for (const version of [12, 13] as const) {
      assertServed(await stage.visit({ version, identity: () => stage.identity([leaf]) }));
    }
  });
  test("TLS-45: README.md states in bold what is not checked", () => {
    const readme = readFileSync(`${project}README.md`, "utf8");
    assert.match(readme, /\*\*Fetching revocation information\*\*/);
  });
});
