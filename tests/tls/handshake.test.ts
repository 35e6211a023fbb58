/**
 * A server's messages after its hello: certificates, signatures, Finished; their order and sizes.
 * TLS-18 to TLS-22, TLS-33, TLS-36, TLS-37, TLS-46, TLS-48.
 */
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { describe, test } from "node:test";
import { TlsOption } from "../../core/tls-codes.ts";
import { hex, u8, vector } from "./peer/bytes.ts";
import { message } from "./peer/hello.ts";
import { APPLICATION_DATA } from "./peer/keys.ts";
import type { Change, Script, Session } from "./peer/script.ts";
import {
  BAD_SIGNATURE,
  DECODE,
  ILLEGAL,
  ILLEGAL_PARAMETER,
  MALFORMED,
  type Row,
  Stage,
  UNEXPECTED_ALERT,
  UNEXPECTED_MESSAGE,
  versions,
} from "./peer/stage.ts";
import { assertRefused, assertServed } from "./peer/verdict.ts";
import { CHANGE_CIPHER_SPEC, clear, HANDSHAKE } from "./peer/wire.ts";

const stage = new Stage();
const DECRYPT = "decrypt_error (51)";
const DECRYPT_ERROR = 51;
const CCS = u8(1);

/** Flips a bit in the last byte of a message. */
const flip: Change = (bytes) => {
  bytes[bytes.length - 1] ^= 1;
  return bytes;
};
const leaveOut: Change = () => [];
/** Sends raw bytes before a message. */
const precededBy =
  (bytes: Buffer): Change =>
  async (message, wire) => {
    await wire.raw(bytes);
    return message;
  };

describe("certificates", () => {
  stage.refuses([
    [
      "TLS-18: rejects an empty list, 1.3",
      { change: { Certificate: () => message(11, u8(0), vector(3)) } },
      DECODE,
      MALFORMED,
    ],
    [
      "TLS-18: rejects an empty list, 1.2",
      { version: 12, change: { Certificate: () => message(11, vector(3)) } },
      DECODE,
      MALFORMED,
    ],
    [
      "TLS-18: rejects a certificate of no bytes",
      { change: { Certificate: () => message(11, u8(0), vector(3, vector(3), vector(2))) } },
      DECODE,
      MALFORMED,
    ],
  ]);
});

describe("signatures", () => {
  const other = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  const title = (row: number, what: string, version: number) =>
    `TLS-${row}: ${what}, 1.${version - 10}`;
  const signed = { 12: "ServerKeyExchange", 13: "CertificateVerify" } as const;
  const wrong = (version: number) => `${BAD_SIGNATURE} (-0x${version === 12 ? "4e00" : "6e00"})`;
  const context = "TLS 1.3, client CertificateVerify";
  const bad: Row[] = versions.flatMap((version): Row[] => [
    [
      title(19, "rejects a flipped bit", version),
      { version, change: { [signed[version]]: flip } },
      DECRYPT,
      wrong(version),
    ],
    [
      title(19, "rejects a signature by another key", version),
      { version, signer: other },
      DECRYPT,
      wrong(version),
    ],
  ]);
  const scheme = (row: number, scheme: number, version: 12 | 13, what: string): Row => [
    title(row, `rejects scheme 0x0${scheme.toString(16)}, ${what}`, version),
    { version, scheme, ...(what.startsWith("RSA") ? { identity: () => stage.classic } : {}) },
    ILLEGAL,
    ILLEGAL_PARAMETER,
  ];
  const anonymous: Change = (bytes) => message(12, bytes.subarray(4, 4 + 36));
  stage.refuses([
    ...bad,
    ["TLS-19: rejects a signature for another context", { context }, DECRYPT, wrong(13)],
    scheme(20, 0x0401, 13, "RSA with PKCS #1"),
    scheme(20, 0x0203, 13, "ECDSA with SHA-1"),
    scheme(20, 0x0807, 13, "not offered"),
    scheme(20, 0x0804, 13, "for another kind of key"),
    scheme(20, 0x0503, 13, "for another curve"),
    scheme(21, 0x0203, 12, "ECDSA with SHA-1"),
    scheme(21, 0x0201, 12, "RSA with SHA-1"),
    scheme(21, 0x0807, 12, "not offered"),
    scheme(21, 0x0401, 12, "for another kind of key"),
    [
      "TLS-21: rejects an unsigned ServerKeyExchange",
      { version: 12, change: { ServerKeyExchange: anonymous } },
      DECODE,
      MALFORMED,
    ],
    ...versions.map(
      (version): Row => [
        `TLS-22: rejects a wrong Finished, 1.${version - 10}`,
        { version, change: { Finished: flip } },
        DECRYPT,
        `${BAD_SIGNATURE} (-0x6e00)`,
      ],
    ),
  ]);
  // X.690 section 10.1: DER has one encoding for each signature.
  const encodings: [string, (content: Buffer) => Buffer][] = [
    ["a long length", (content) => Buffer.concat([Buffer.of(0x30, 0x81, content.length), content])],
    [
      "a padded number",
      (content) => {
        const padded = Buffer.concat([Buffer.of(2, content[1] + 1, 0), content.subarray(2)]);
        return Buffer.concat([Buffer.of(0x30), vector(1, padded)]);
      },
    ],
    [
      "an indefinite length",
      (content) => Buffer.concat([Buffer.of(0x30, 0x80), content, Buffer.alloc(2)]),
    ],
    ["a byte after it", (content) => Buffer.concat([Buffer.of(0x30), vector(1, content), u8(0)])],
    ["a byte within it", (content) => Buffer.concat([Buffer.of(0x30), vector(1, content, u8(0))])],
  ];
  for (const version of versions) {
    for (const [what, encode] of encodings) {
      test(title(19, `rejects an ECDSA signature with ${what}`, version), async () => {
        const before = version === 12 ? 4 + 36 + 2 : 4 + 2;
        const change: Change = (bytes) => {
          const signature = encode(bytes.subarray(before + 2 + 2));
          return message(bytes[0], bytes.subarray(4, before), vector(2, signature));
        };
        const visit = await stage.visit({ version, change: { [signed[version]]: change } });
        assert.equal(visit.report.get("state"), "failed", visit.report.text);
        assert.equal(visit.alert, DECRYPT_ERROR);
      });
    }
  }
  test("TLS-20: accepts RSA with PSS in both versions", async () => {
    for (const version of versions) {
      assertServed(await stage.visit({ version, identity: () => stage.classic }));
    }
  });
});

describe("order", () => {
  const before = (
    version: 12 | 13,
    bytes: Buffer,
    name: "Certificate" | "ServerHello",
  ): Script => ({
    version,
    change: { [name]: precededBy(bytes) },
  });
  const data = clear(APPLICATION_DATA, Buffer.from("hello"));
  const ccs = clear(CHANGE_CIPHER_SPEC, CCS);
  const without = (version: 12 | 13, ...names: string[]): Script => ({
    version,
    change: Object.fromEntries(names.map((name) => [name, leaveOut])),
  });
  const twice = (version: 12 | 13, name: string): Script => ({
    version,
    change: { [name]: (bytes: Buffer) => [bytes, bytes] },
  });
  const row = (title: string, script: Script): Row => [
    title,
    script,
    UNEXPECTED_ALERT,
    UNEXPECTED_MESSAGE,
  ];
  stage.refuses([
    row("TLS-36: rejects data during the handshake, 1.2", before(12, data, "Certificate")),
    row("TLS-36: rejects data within a message", {
      change: {
        Certificate: async (bytes, wire) => {
          await wire.send(HANDSHAKE, bytes.subarray(0, 100));
          await wire.send(APPLICATION_DATA, Buffer.from("hello"));
          return bytes.subarray(100);
        },
      },
    }),
    row("TLS-36: rejects data during the handshake, 1.3", {
      change: {
        Certificate: async (bytes, wire) => {
          await wire.send(APPLICATION_DATA, Buffer.from("hello"));
          return bytes;
        },
      },
    }),
    row("TLS-36: rejects a record that spans the key change after ServerHello", {
      change: { ServerHello: (bytes) => Buffer.concat([bytes, message(8, vector(2))]) },
    }),
    row("TLS-36: rejects a record that spans the key change after Finished", {
      change: { Finished: (bytes) => Buffer.concat([bytes, hex("04 00 00")]) },
    }),
    row("TLS-37: rejects an early ChangeCipherSpec, 1.2", before(12, ccs, "Certificate")),
    row("TLS-37: rejects Finished without ChangeCipherSpec", {
      version: 12,
      change: { ChangeCipherSpec: leaveOut },
    }),
    row("TLS-37: requires Certificate, 1.2", without(12, "Certificate")),
    row("TLS-37: requires ServerKeyExchange", without(12, "ServerKeyExchange")),
    row(
      "TLS-37: rejects a lack of Certificate and ServerKeyExchange",
      without(12, "Certificate", "ServerKeyExchange"),
    ),
    row("TLS-37: rejects a second Certificate, 1.2", twice(12, "Certificate")),
    row("TLS-37: rejects a second ServerHello, 1.2", twice(12, "ServerHello")),
    row("TLS-37: requires EncryptedExtensions", without(13, "EncryptedExtensions")),
    row("TLS-37: requires Certificate, 1.3", without(13, "Certificate")),
    row("TLS-37: requires CertificateVerify", without(13, "CertificateVerify")),
    row(
      "TLS-37: rejects a lack of Certificate and CertificateVerify",
      without(13, "Certificate", "CertificateVerify"),
    ),
    row("TLS-37: rejects a second Certificate, 1.3", twice(13, "Certificate")),
  ]);
  test("TLS-37: a client limited to 1.2 rejects ChangeCipherSpec before ServerHello", async () => {
    const script = before(12, clear(CHANGE_CIPHER_SPEC, CCS), "ServerHello");
    await assertRefused(
      await stage.visit(script, `options=${TlsOption.Only12}`),
      UNEXPECTED_ALERT,
      UNEXPECTED_MESSAGE,
    );
  });
});

describe("client certificates", () => {
  for (const version of versions) {
    test(`TLS-46: sends an empty list if it has none, 1.${version - 10}`, async () => {
      const visit = await stage.visit({ version, request: true });
      assertServed(visit);
      assert.equal(visit.report.number("certificate-requested"), 1);
      const list = version === 12 ? vector(3) : Buffer.concat([u8(0), vector(3)]);
      const sent = visit.wire.transcript.filter(([kind]) => kind === 11);
      assert.deepEqual(sent.at(-1), message(11, list));
    });
  }
});

describe("sizes", () => {
  const huge = Buffer.concat([u8(11), hex("ff ff ff")]);
  stage.refuses(
    versions.flatMap((version): Row[] => [
      [
        `TLS-33: rejects a message of 16 MiB after 100 bytes, 1.${version - 10}`,
        {
          version,
          change: {
            Certificate: (bytes) => [Buffer.concat([huge, Buffer.alloc(96)]), bytes],
          },
        },
        DECODE,
        MALFORMED,
      ],
    ]),
  );
  for (const version of versions) {
    test(`TLS-48: accepts records of four bytes and of one, 1.${version - 10}`, async () => {
      const afterwards = async ({ wire }: Session) => {
        await wire.next();
        for (const byte of Buffer.from("hello")) await wire.send(APPLICATION_DATA, u8(byte));
        await wire.send(21, Buffer.of(1, 0));
      };
      const visit = await stage.visit({ version, fragment: 4, afterwards });
      assert.equal(visit.report.number("received"), 5, visit.report.text);
      assert.equal(visit.report.get("state"), "closed");
    });
  }
});
