/**
 * A server's hello and key exchange: TLS-23 to TLS-30, TLS-40, TLS-47 (RFC 8446 section 4.1, RFC
 * 5246 section 7.4).
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { describe, test } from "node:test";
import { hex, u8, u16, vector } from "./peer/bytes.ts";
import { Extension, message, type ServerHello } from "./peer/hello.ts";
import type { Script } from "./peer/script.ts";
import {
  DECODE,
  ILLEGAL,
  ILLEGAL_PARAMETER,
  INVALID_VALUE,
  MALFORMED,
  NEGOTIATION_FAILED,
  type Row,
  Stage,
  UNEXPECTED_MESSAGE,
  UNSOLICITED,
  VERSION,
} from "./peer/stage.ts";
import { assertServed } from "./peer/verdict.ts";

const stage = new Stage();
/** A group that the client does not offer (RFC 8446 section 4.2.7). */
const X448 = 0x1e;
const name = (value: number) => `0x${value.toString(16).padStart(4, "0")}`;

type Change = Partial<ServerHello> | ((hello: ServerHello) => void);

/** A script that changes the ServerHello. */
const hello = (version: 12 | 13, change: Change): Script => ({
  version,
  hello: typeof change === "function" ? change : (one) => void Object.assign(one, change),
});

describe("versions", () => {
  const marks: Row[] = [1, 0].map((mark) => [
    `TLS-23: detects a downgrade from 1.3 to 1.${mark + 1}`,
    hello(
      12,
      ({ random }) =>
        void Buffer.from(`DOWNGRD${String.fromCharCode(mark)}`, "latin1").copy(random, 24),
    ),
    ILLEGAL,
    ILLEGAL_PARAMETER,
  ]);
  // SSL 3.0, TLS 1.0, TLS 1.1.
  const old: Row[] = [0x300, 0x301, 0x302].map((version) => [
    `TLS-24: rejects version ${name(version)}`,
    hello(12, { version }),
    "protocol_version (70)",
    VERSION,
  ]);
  const strange: Row[] = [0x302, 0x303, 0x305, 0x7f1c].map((version) => [
    `TLS-25: rejects ${name(version)} in supported_versions`,
    hello(13, (hello) => hello.set(Extension.SupportedVersions, u16(version))),
    ILLEGAL,
    ILLEGAL_PARAMETER,
  ]);
  stage.refuses([...marks, ...old, ...strange]);
});

describe("suites", () => {
  // NULL, EXPORT, RC4, 3DES, CBC twice, and a value that only signals (RFC 5746 section 3.3).
  const suites = [0x0000, 0x0003, 0x0005, 0x000a, 0x002f, 0xc013, 0x00ff];
  stage.refuses([
    ...suites.map(
      (suite): Row => [
        `TLS-25: rejects suite ${name(suite)} in 1.2`,
        hello(12, { suite }),
        ILLEGAL,
        INVALID_VALUE,
      ],
    ),
    [
      "TLS-25: rejects a suite of 1.3 in 1.2",
      hello(12, { suite: 0x1301 }),
      "handshake_failure (40)",
      NEGOTIATION_FAILED,
    ],
    ...[0x1304, 0x1305, 0xcca9, 0x0005].map(
      (suite): Row => [
        `TLS-25: rejects suite ${name(suite)} in 1.3`,
        hello(13, { suite }),
        ILLEGAL,
        ILLEGAL_PARAMETER,
      ],
    ),
  ]);
});

describe("finite fields", () => {
  const prime = (bits: number) => vector(2, Buffer.alloc(bits / 8, 0xff));
  const exchange = (bits: number, base: number, share: number) => {
    const parameters = [prime(bits), vector(2, u8(base)), vector(2, u8(share))];
    return message(12, ...parameters, u16(0x0403), vector(2, Buffer.alloc(70)));
  };
  stage.refuses([
    ...[0x0067, 0x009e, 0xccaa].map(
      (suite): Row => [
        `TLS-47: rejects DHE, suite ${name(suite)}`,
        hello(12, { suite }),
        ILLEGAL,
        INVALID_VALUE,
      ],
    ),
    ...[512, 1024, 2048].map(
      (bits): Row => [
        `TLS-47: rejects DHE of ${bits} bits in place of ECDHE, g = 1, Ys = 0 or 1`,
        {
          version: 12,
          change: { ServerKeyExchange: () => exchange(bits, 1, bits === 512 ? 0 : 1) },
        },
        ILLEGAL,
        ILLEGAL_PARAMETER,
      ],
    ),
    [
      "TLS-47: rejects ffdhe2048 in 1.3",
      hello(13, (one) =>
        one.set(Extension.KeyShare, Buffer.concat([u16(0x100), vector(2, Buffer.alloc(256, 7))])),
      ),
      ILLEGAL,
      ILLEGAL_PARAMETER,
    ],
  ]);
});

describe("old servers", () => {
  stage.refuses([
    [
      "TLS-40: requires renegotiation_info",
      hello(12, (one) => one.without(Extension.RenegotiationInfo)),
      "handshake_failure (40)",
      NEGOTIATION_FAILED,
    ],
  ]);
  test("TLS-40: keeps no session without extended_master_secret", async () => {
    const session = `${stage.maker.folder}/none`;
    const plain = hello(12, (one) => one.without(Extension.ExtendedMasterSecret));
    assertServed(await stage.visit(plain, `session=${session}`));
    assert.equal(existsSync(session), false);
    assertServed(await stage.visit({ version: 12 }, `session=${session}`));
    assert.equal(existsSync(session), true);
  });
});

describe("fields", () => {
  stage.refuses([
    [
      "TLS-26: rejects a session id that is not the client's",
      hello(13, ({ session }) => void session[0]++),
      ILLEGAL,
      ILLEGAL_PARAMETER,
    ],
    [
      "TLS-26: rejects an empty session id",
      hello(13, { session: Buffer.alloc(0) }),
      ILLEGAL,
      ILLEGAL_PARAMETER,
    ],
    ...([12, 13] as const).map(
      (version): Row => [
        `TLS-26: rejects compression, 1.${version - 10}`,
        hello(version, { compression: 1 }),
        ILLEGAL,
        version === 12 ? "TLS: handshake failed (-0x7080)" : ILLEGAL_PARAMETER,
      ],
    ),
  ]);
});

describe("extensions", () => {
  const npn: [number, Buffer] = [0x3374, Buffer.alloc(0)];
  const unasked = "unsupported_extension (110)";
  const twice = (hello: ServerHello) => void hello.extensions.push(hello.extensions[1]);
  const longer = (bytes: Buffer) => {
    bytes.writeUInt16BE(0x7fff, bytes.length - 38); // key_share comes last: 4 + 36 bytes
    return bytes;
  };
  stage.refuses([
    [
      "TLS-27: rejects next_protocol_negotiation, 1.3",
      hello(13, (one) => one.set(...npn)),
      unasked,
      UNSOLICITED,
    ],
    [
      "TLS-27: rejects next_protocol_negotiation, 1.2",
      hello(12, (one) => one.set(...npn)),
      unasked,
      UNSOLICITED,
    ],
    [
      "TLS-27: rejects next_protocol_negotiation, encrypted",
      { encrypted: [npn] },
      unasked,
      UNSOLICITED,
    ],
    [
      "TLS-27: rejects unrequested certificate timestamps",
      { stapled: [[18, hex("00 01 00")]] },
      unasked,
      UNSOLICITED,
    ],
    [
      "TLS-27: rejects an application protocol that was not offered",
      { encrypted: [[Extension.Alpn, vector(2, vector(1, Buffer.from("h2")))]] },
      ILLEGAL,
      INVALID_VALUE,
    ],
    ["TLS-28: rejects a duplicate extension, 1.3", hello(13, twice), ILLEGAL, ILLEGAL_PARAMETER],
    ["TLS-28: rejects a duplicate extension, 1.2", hello(12, twice), ILLEGAL, ILLEGAL_PARAMETER],
    [
      "TLS-28: rejects an extension longer than the message",
      { change: { ServerHello: longer } },
      DECODE,
      MALFORMED,
    ],
    ...([12, 13] as const).map(
      (version): Row => [
        `TLS-28: rejects bytes after the extensions, 1.${version - 10}`,
        hello(version, { trailer: Buffer.alloc(3) }),
        DECODE,
        MALFORMED,
      ],
    ),
  ]);
});

describe("HelloRetryRequest", () => {
  const group = "P-256";
  const again = (cookie: number): Script => ({
    group,
    retry: (hello) => hello.set(Extension.Cookie, vector(2, Buffer.alloc(cookie))),
  });
  stage.refuses([
    [
      "TLS-29: rejects a second request",
      { group, change: { HelloRetryRequest: (message) => [message, message] } },
      "unexpected_message (10)",
      UNEXPECTED_MESSAGE,
    ],
    [
      "TLS-29: rejects a request for a group that the client sent a share of",
      { group: "x25519", retry: () => {} },
      ILLEGAL,
      ILLEGAL_PARAMETER,
    ],
    [
      "TLS-29: rejects a request that asks for no change",
      { group, retry: (hello) => hello.without(Extension.KeyShare) },
      ILLEGAL,
      ILLEGAL_PARAMETER,
    ],
    [
      "TLS-29: rejects a request for a group that was not offered",
      { group, retry: (hello) => hello.set(Extension.KeyShare, u16(X448)) },
      ILLEGAL,
      ILLEGAL_PARAMETER,
    ],
    [
      "TLS-29: rejects a cookie that does not fit into a ClientHello",
      again(16_000),
      "internal_error (80)",
      "TLS: a message is too long (-0x6a00)",
    ],
    ["TLS-29: rejects a cookie of 65,000 bytes", again(65_000), DECODE, MALFORMED],
  ]);
  test("TLS-29: follows a request with a cookie", async () =>
    assertServed(await stage.visit(again(200))));
});

describe("shares", () => {
  const share = (group: number, bytes: Buffer) => (hello: ServerHello) =>
    hello.set(Extension.KeyShare, Buffer.concat([u16(group), vector(2, bytes)]));
  const low = [
    ["zero", "00".repeat(32)],
    ["one", `01${"00".repeat(31)}`],
    ["of order 8", "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"],
    ["p", `ed${"ff".repeat(30)}7f`],
  ];
  const off = Buffer.alloc(65, 1).fill(4, 0, 1);
  const points: [string, Buffer][] = [
    ["not on the curve", off],
    ["compressed", Buffer.concat([u8(2), Buffer.alloc(32, 1)])],
    ["at infinity", u8(0)],
    ["too short", off.subarray(0, 64)],
    ["empty", Buffer.alloc(0)],
  ];
  stage.refuses([
    ...low.map(
      ([title, bytes]): Row => [
        `TLS-30: rejects an x25519 share: ${title}`,
        hello(13, share(0x1d, hex(bytes))),
        ILLEGAL,
        ILLEGAL_PARAMETER,
      ],
    ),
    ...points.map(
      ([title, bytes]): Row => [
        `TLS-30: rejects a P-256 share: ${title}`,
        { group: "P-256", hello: share(0x17, bytes) },
        ILLEGAL,
        ILLEGAL_PARAMETER,
      ],
    ),
    [
      "TLS-30: rejects a share of a group that the client sent no share of",
      hello(13, share(0x17, off)),
      ILLEGAL,
      ILLEGAL_PARAMETER,
    ],
  ]);
});
