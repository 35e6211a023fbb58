/**
 * ClientHellos and records of clients that our server refuses, each with its alert: TLS-53, TLS-54
 * (RFC 8446 sections 4.1.2, 4.2 and 5.2, RFC 5246 section 7.4.1, RFC 7507, RFC 9155).
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, test } from "node:test";
import { attend } from "./peer/attend.ts";
import { hex, u8, u16, vector } from "./peer/bytes.ts";
import { type ClientScript, type OwnHello, shakeHands, shares } from "./peer/client.ts";
import { groups } from "./peer/exchange.ts";
import { Extension } from "./peer/hello.ts";
import { APPLICATION_DATA, type Protection13 } from "./peer/keys.ts";
import { Stage, versions } from "./peer/stage.ts";
import { assertModest } from "./peer/verdict.ts";
import { clear, HANDSHAKE, type Wire } from "./peer/wire.ts";

const stage = new Stage();
const UNEXPECTED_ALERT = 10;
const BAD_MAC = 20;
const OVERFLOW = 22;
const FAILURE = 40;
const ILLEGAL = 47;
const DECODE = 50;
const VERSION = 70;
const FALLBACK = 86;
const NO_PROTOCOL = 120;
const FALLBACK_SCSV = 0x5600;
const title = (what: string, version: number) => `TLS-54: refuses ${what}, 1.${version - 10}`;

/** Asserts that our server ends the connection of this client with this alert. */
async function refusesAct(act: (wire: Wire) => Promise<unknown>, alert: number): Promise<void> {
  const visit = await attend(stage.maker.server(stage.root), [
    async (wire) => {
      await act(wire);
      await wire.drain();
    },
  ]);
  assert.equal(visit.report.get("state"), "failed", visit.report.text);
  assert.equal(visit.report.number("alert-sent"), alert, visit.report.text);
  assert.equal(visit.alert, alert);
  assert.ok(!visit.wire.exposed, "the alert came in clear");
  assertModest(visit);
}

const refuses = (version: 12 | 13, script: ClientScript, alert: number) =>
  refusesAct((wire) => shakeHands(wire, version, script), alert);

/** Defines a test for each version. */
function both(what: string, alert: number, hello: (hello: OwnHello) => void): void {
  for (const version of versions) {
    test(title(what, version), () => refuses(version, { hello }, alert));
  }
}

describe("fields", () => {
  const compressions: [string, Buffer, number][] = [
    ["no null compression", Buffer.of(1), ILLEGAL],
    ["no null compression among several", Buffer.of(1, 64), ILLEGAL],
    ["no compression at all", Buffer.alloc(0), DECODE],
  ];
  for (const [what, bytes, alert] of compressions) {
    both(what, alert, (hello) => {
      hello.compression = bytes;
    });
  }
  test(title("compression beside null", 13), () =>
    refuses(
      13,
      {
        hello: (hello) => {
          hello.compression = Buffer.of(0, 1);
        },
      },
      ILLEGAL,
    ),
  );
  both("a session id of 33 bytes", DECODE, (hello) => {
    hello.session = randomBytes(33);
  });
  both("no cipher suites", DECODE, (hello) => {
    hello.suites = [];
  });
  both("no known cipher suite", FAILURE, (hello) => {
    hello.suites = [0x1a1a, 0x0005, 0xc0ff];
  });
  both("bytes after the extensions", DECODE, (hello) => {
    hello.trailer = Buffer.alloc(2);
  });
  test(title("legacy_version 0x0300 beside supported_versions", 13), () =>
    refuses(
      13,
      {
        hello: (hello) => {
          hello.version = 0x300;
        },
      },
      VERSION,
    ),
  );
  for (const version of [0x002, 0x200, 0x300, 0x301, 0x302]) {
    test(title(`version 0x${version.toString(16).padStart(4, "0")}`, 12), () =>
      refuses(
        12,
        {
          hello: (hello) => {
            hello.version = version;
          },
        },
        VERSION,
      ),
    );
  }
  test(title("only unknown versions", 13), () =>
    refuses(
      13,
      {
        hello: (hello) =>
          hello.set(Extension.SupportedVersions, vector(1, u16(0x5a5a), u16(0x7f1c), u16(0x305))),
      },
      VERSION,
    ),
  );
});

describe("fallback", () => {
  const fallback = (version: 12 | 13, change?: (hello: OwnHello) => void): ClientScript => ({
    hello: (hello) => {
      hello.suites.push(FALLBACK_SCSV);
      if (version === 13) hello.set(Extension.SupportedVersions, vector(1, u16(0x303)));
      change?.(hello);
    },
  });
  test("TLS-54: refuses a fallback to 1.2", () => refuses(12, fallback(12), FALLBACK));
  test("TLS-54: refuses a fallback to 1.2 in supported_versions", () =>
    refuses(13, fallback(13), FALLBACK));
  test("TLS-54: refuses a fallback to 1.1 by its version", () =>
    refuses(
      12,
      fallback(12, (hello) => {
        hello.version = 0x302;
      }),
      VERSION,
    ));
  test("TLS-54: accepts TLS_FALLBACK_SCSV of a client that offers 1.3", async () => {
    const act = async (wire: Wire) => {
      await shakeHands(wire, 13, { hello: (hello) => void hello.suites.push(FALLBACK_SCSV) });
      wire.socket.end();
    };
    const visit = await attend(stage.maker.server(stage.root), [act]);
    assert.equal(visit.report.number("error"), 0, visit.report.text);
  });
});

describe("extensions", () => {
  both("an extension twice", ILLEGAL, (hello) => {
    hello.extensions.push(hello.extensions[0]);
  });
  both("an unknown extension twice", ILLEGAL, (hello) => {
    hello.extensions.unshift([0x5a5a, u8(0)], [0x1234, u8(0)], [0x5a5a, u8(1)]);
  });
  const http = vector(1, Buffer.from("http/1.1"));
  const protocols: [string, Buffer, number][] = [
    [
      "a list of protocols shorter than its extension",
      Buffer.concat([vector(2, http), u8(0)]),
      DECODE,
    ],
    ["a list of protocols longer than its extension", vector(2, http).subarray(0, 10), DECODE],
    ["a protocol longer than the list", vector(2, http.subarray(0, 8)), DECODE],
    ["an empty list of protocols", vector(2), DECODE],
    ["an empty protocol", vector(2, vector(1), http), DECODE],
    ["an empty extension of protocols", Buffer.alloc(0), DECODE],
    ["no common protocol", vector(2, vector(1, Buffer.from("h2"))), NO_PROTOCOL],
  ];
  for (const [what, bytes, alert] of protocols) {
    both(what, alert, (hello) => hello.set(Extension.Alpn, bytes));
  }
  const lists: [string, number, Buffer][] = [
    ["signature schemes of three bytes", Extension.Schemes, vector(2, hex("04 03 08"))],
    [
      "signature schemes that end early",
      Extension.Schemes,
      Buffer.concat([vector(2, u16(0x403)), u8(0)]),
    ],
    ["no signature schemes", Extension.Schemes, vector(2)],
    ["groups of three bytes", Extension.Groups, vector(2, hex("00 1d 00"))],
    ["groups that end early", Extension.Groups, Buffer.concat([vector(2, u16(0x1d)), u8(0)])],
  ];
  for (const [what, kind, bytes] of lists) {
    both(what, DECODE, (hello) => hello.set(kind, bytes));
  }
  const only13: [string, number, Buffer][] = [
    ["versions of three bytes", Extension.SupportedVersions, vector(1, hex("03 04 03"))],
    ["no versions", Extension.SupportedVersions, vector(1)],
    ["no PSK modes", Extension.PskModes, vector(1)],
    ["PSK modes that end early", Extension.PskModes, hex("01 01 00")],
  ];
  for (const [what, kind, bytes] of only13) {
    test(title(what, 13), () => refuses(13, { hello: (hello) => hello.set(kind, bytes) }, DECODE));
  }
  test(title("no signature_algorithms", 12), () =>
    refuses(12, { hello: (hello) => hello.without(Extension.Schemes) }, FAILURE),
  );
  test(title("no signature_algorithms", 13), () =>
    refuses(13, { hello: (hello) => hello.without(Extension.Schemes) }, 109),
  );
  both("only schemes of SHA-1", FAILURE, (hello) =>
    hello.set(Extension.Schemes, vector(2, u16(0x0201), u16(0x0203))),
  );
});

describe("shares", () => {
  const off = Buffer.alloc(65, 1).fill(4, 0, 1);
  const rows: [string, number, Buffer, number][] = [
    ["an x25519 share of zero", groups.x25519, Buffer.alloc(32), ILLEGAL],
    ["an x25519 share of 31 bytes", groups.x25519, Buffer.alloc(31, 9), ILLEGAL],
    ["an x25519 share of 33 bytes", groups.x25519, Buffer.alloc(33, 9), ILLEGAL],
    ["an empty x25519 share", groups.x25519, Buffer.alloc(0), ILLEGAL],
    ["a P-256 share off the curve", groups["P-256"], off, ILLEGAL],
    ["a P-256 share of 64 bytes", groups["P-256"], off.subarray(0, 64), ILLEGAL],
    ["a P-256 share at infinity", groups["P-256"], u8(0), ILLEGAL],
    ["a compressed P-256 share", groups["P-256"], Buffer.alloc(33, 2), ILLEGAL],
    ["an empty P-256 share", groups["P-256"], Buffer.alloc(0), ILLEGAL],
  ];
  for (const [what, group, share, alert] of rows) {
    test(title(what, 13), () =>
      refuses(
        13,
        { hello: (hello) => hello.set(Extension.KeyShare, shares([group, share])) },
        alert,
      ),
    );
  }
  test(title("shares that end early", 13), () =>
    refuses(
      13,
      { hello: (hello) => hello.set(Extension.KeyShare, hex("00 04 00 1d 00 20")) },
      DECODE,
    ),
  );
  for (const [what, group, share] of [
    ["of zero", "x25519", Buffer.alloc(32)],
    ["off the curve", "P-256", off],
  ] as const) {
    test(title(`a share in ClientKeyExchange ${what}`, 12), () => {
      const hello = (hello: OwnHello) => {
        hello.own = { ...hello.own, share };
      };
      return refuses(12, { group, hello }, DECODE);
    });
  }
});

describe("second hellos", () => {
  const first = (hello: OwnHello) => hello.set(Extension.KeyShare, vector(2));
  const share = (hello: OwnHello) =>
    hello.set(Extension.KeyShare, shares([groups.x25519, hello.own.share]));
  const seconds: [string, (hello: OwnHello) => void][] = [
    ["still without a share", () => {}],
    ["with early_data", (hello) => hello.set(Extension.EarlyData, Buffer.alloc(0))],
    [
      "with a share of another group",
      (hello) => hello.set(Extension.KeyShare, shares([groups["P-256"], Buffer.alloc(65, 4)])),
    ],
    ["of TLS 1.2", (hello) => hello.without(Extension.SupportedVersions)],
  ];
  for (const [what, change] of seconds) {
    test(title(`a second hello ${what}`, 13), () => {
      const retry = (hello: OwnHello) => {
        if (what !== "still without a share") share(hello);
        change(hello);
      };
      return refuses(13, { hello: first, retry }, ILLEGAL);
    });
  }
});

describe("records", () => {
  const most = 1 << 14;
  test("TLS-31: refuses content and padding of 2^14 + 2 bytes", () =>
    refusesAct(async (wire) => {
      await shakeHands(wire, 13);
      const inner = Buffer.alloc(most + 2);
      inner[0] = 0x68;
      inner[1] = APPLICATION_DATA;
      await wire.raw((wire.writing as Protection13).sealInner(inner));
    }, OVERFLOW));
  test("TLS-53: refuses more early data than it skips", () =>
    refusesAct((wire) => {
      const early = Array.from({ length: 20 }, () => clear(APPLICATION_DATA, randomBytes(1000)));
      return shakeHands(wire, 13, {
        hello: (hello) => hello.set(Extension.EarlyData, Buffer.alloc(0)),
        behind: (wire) => wire.raw(...early),
      });
    }, UNEXPECTED_ALERT));
  test("TLS-53: refuses early records without early_data", () =>
    refusesAct(
      (wire) =>
        shakeHands(wire, 13, {
          behind: (wire) => wire.raw(clear(APPLICATION_DATA, randomBytes(100))),
        }),
      BAD_MAC,
    ));
  test("TLS-53: refuses a record that cannot be decrypted after early data", () =>
    refusesAct(async (wire) => {
      await shakeHands(wire, 13, {
        hello: (hello) => hello.set(Extension.EarlyData, Buffer.alloc(0)),
        behind: (wire) => wire.raw(clear(APPLICATION_DATA, randomBytes(100))),
      });
      await wire.raw(clear(APPLICATION_DATA, randomBytes(100)));
    }, BAD_MAC));
  test("TLS-54: refuses another message than a ClientHello", () =>
    refusesAct((wire) => wire.raw(clear(HANDSHAKE, hex("02 00 00 01 00"))), UNEXPECTED_ALERT));
});
