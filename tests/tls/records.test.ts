/**
 * Records that are too long, empty, altered, of an unknown type or too many, and input that is not
 * TLS: TLS-31, TLS-32, TLS-34, TLS-35, TLS-43, TLS-44 (RFC 8446 section 5).
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { hex, u8, u16 } from "./peer/bytes.ts";
import { APPLICATION_DATA, Protection13 } from "./peer/keys.ts";
import type { Script, Session } from "./peer/script.ts";
import { against, greet } from "./peer/serve.ts";
import {
  BAD_MAC,
  INVALID_RECORD,
  INVALID_VALUE,
  type Row,
  Stage,
  UNEXPECTED_ALERT,
  UNEXPECTED_MESSAGE,
  versions,
} from "./peer/stage.ts";
import { assertModest, assertRefused, assertServed } from "./peer/verdict.ts";
import { ALERT, CHANGE_CIPHER_SPEC, clear, HANDSHAKE, type Wire } from "./peer/wire.ts";

const stage = new Stage();
const OVERFLOW = "record_overflow (22)";
const BAD_RECORD_MAC = "bad_record_mac (20)";
const title = (row: number, what: string, version: number) =>
  `TLS-${row}: ${what}, 1.${version - 10}`;

/** Calls `act` after the handshake, then behaves. */
const later = (
  version: 12 | 13,
  act: (wire: Wire, keys: Protection13) => Promise<void>,
): Script => ({
  version,
  afterwards: async (session) => {
    await act(session.wire, session.writing as Protection13);
    await greet(session);
  },
});
/** Calls `act` before the ServerHello, or before the Certificate. */
const early = (
  version: 12 | 13,
  act: (wire: Wire) => Promise<void>,
  name: "ServerHello" | "Certificate" = "ServerHello",
): Script => ({
  version,
  change: {
    [name]: async (message: Buffer, wire: Wire) => {
      await act(wire);
      return message;
    },
  },
});
/** Returns the header of a data record of this length. */
const header = (length: number) => Buffer.concat([Buffer.of(APPLICATION_DATA, 3, 3), u16(length)]);
const sized = (length: number) => (wire: Wire) => wire.raw(header(length), Buffer.alloc(length));

describe("lengths", () => {
  const most = 1 << 14;
  stage.refuses([
    ...versions.flatMap((version): Row[] => [
      [
        title(31, "rejects plaintext of 2^14 + 1 bytes", version),
        later(version, (wire) => wire.send(APPLICATION_DATA, Buffer.alloc(most + 1))),
        OVERFLOW,
        INVALID_RECORD,
      ],
      [
        title(31, "rejects 65,535 bytes", version),
        later(version, sized(65535)),
        OVERFLOW,
        INVALID_VALUE,
      ],
      [
        title(31, "rejects 65,535 bytes in clear", version),
        early(version, (wire) => wire.raw(clear(HANDSHAKE, Buffer.alloc(65535)))),
        OVERFLOW,
        INVALID_VALUE,
      ],
    ]),
    [
      title(31, "rejects 2^14 + 257 bytes", 13),
      later(13, sized(most + 257)),
      OVERFLOW,
      INVALID_VALUE,
    ],
    [
      title(31, "rejects 2^14 + 2,049 bytes", 12),
      later(12, sized(most + 2049)),
      OVERFLOW,
      INVALID_VALUE,
    ],
  ]);
  for (const version of versions) {
    test(title(31, "accepts 2^14 bytes", version), async () => {
      const afterwards = async ({ wire }: Session) => {
        await wire.next();
        await wire.send(APPLICATION_DATA, Buffer.alloc(most, "a"));
        await wire.send(ALERT, Buffer.of(1, 0));
      };
      const visit = await stage.visit({ version, afterwards });
      assert.equal(visit.report.number("received"), most);
      assertModest(visit);
    });
  }
});

describe("floods", () => {
  const MANY = 100_000;
  const warning = Buffer.of(1, 90);
  const empty = Buffer.alloc(0);
  const ccs = (count: number) => (wire: Wire) =>
    wire.raw(...Array.from({ length: count }, () => clear(CHANGE_CIPHER_SPEC, u8(1))));
  stage.refuses([
    ...versions.flatMap((version): Row[] => [
      [
        title(32, "rejects an empty record in the handshake", version),
        early(version, (wire) => wire.raw(clear(HANDSHAKE, empty))),
        UNEXPECTED_ALERT,
        INVALID_RECORD,
      ],
      [
        title(32, "rejects empty records within a message", version),
        {
          version,
          change: {
            ServerHello: async (message, wire) => {
              await wire.raw(clear(HANDSHAKE, message.subarray(0, 9)));
              await wire.raw(...Array.from({ length: MANY }, () => clear(HANDSHAKE, empty)));
              return message.subarray(9);
            },
          },
        },
        UNEXPECTED_ALERT,
        INVALID_RECORD,
      ],
      [
        title(32, "rejects 100,000 empty data records", version),
        later(version, (wire) => wire.flood(MANY, APPLICATION_DATA, empty)),
        UNEXPECTED_ALERT,
        UNEXPECTED_MESSAGE,
      ],
      [
        title(32, "rejects 100,000 warnings before the hello", version),
        early(version, (wire) => wire.flood(MANY, ALERT, warning)),
        UNEXPECTED_ALERT,
        UNEXPECTED_MESSAGE,
      ],
      [
        title(32, "rejects 100,000 protected warnings", version),
        later(version, (wire) => wire.flood(MANY, ALERT, warning)),
        UNEXPECTED_ALERT,
        UNEXPECTED_MESSAGE,
      ],
    ]),
    [
      title(32, "rejects 100,000 ChangeCipherSpecs before the hello", 13),
      early(13, ccs(MANY)),
      UNEXPECTED_ALERT,
      UNEXPECTED_MESSAGE,
    ],
    [
      title(32, "rejects 100,000 ChangeCipherSpecs in the handshake", 13),
      early(13, ccs(MANY), "Certificate"),
      UNEXPECTED_ALERT,
      UNEXPECTED_MESSAGE,
    ],
    [
      title(32, "rejects ChangeCipherSpec after the handshake", 13),
      later(13, ccs(1)),
      UNEXPECTED_ALERT,
      UNEXPECTED_MESSAGE,
    ],
    [
      title(32, "rejects an empty protected handshake record", 13),
      early(13, (wire) => wire.send(HANDSHAKE, empty), "Certificate"),
      UNEXPECTED_ALERT,
      INVALID_RECORD,
    ],
  ]);
  for (const version of versions) {
    test(title(32, "tolerates 250 empty records or warnings", version), async () => {
      assertServed(
        await stage.visit(later(version, (wire) => wire.flood(250, APPLICATION_DATA, empty))),
      );
      assertServed(await stage.visit(later(version, (wire) => wire.flood(250, ALERT, warning))));
      assertServed(await stage.visit(early(version, (wire) => wire.flood(250, ALERT, warning))));
    });
  }
  test("TLS-32: tolerates 250 ChangeCipherSpecs, but not 257", async () => {
    const script = (count: number) => early(13, ccs(count));
    assertServed(await stage.visit(script(250)));
    await assertRefused(await stage.visit(script(257)), UNEXPECTED_ALERT, UNEXPECTED_MESSAGE);
  });
});

describe("contents", () => {
  const inner = (bytes: Buffer) => later(13, (wire, keys) => wire.raw(keys.sealInner(bytes)));
  stage.refuses([
    [
      "TLS-34: rejects content of zeros only",
      inner(Buffer.alloc(20)),
      UNEXPECTED_ALERT,
      INVALID_RECORD,
    ],
    ["TLS-34: rejects empty content", inner(Buffer.alloc(0)), UNEXPECTED_ALERT, INVALID_RECORD],
    [
      "TLS-34: rejects an unknown type, protected",
      inner(hex("01 02 63")),
      UNEXPECTED_ALERT,
      UNEXPECTED_MESSAGE,
    ],
    [
      "TLS-34: rejects ChangeCipherSpec with another value",
      early(13, (wire) => wire.raw(clear(CHANGE_CIPHER_SPEC, u8(2)))),
      UNEXPECTED_ALERT,
      INVALID_RECORD,
    ],
    [
      "TLS-34: rejects ChangeCipherSpec of two bytes",
      early(13, (wire) => wire.raw(clear(CHANGE_CIPHER_SPEC, hex("01 01")))),
      UNEXPECTED_ALERT,
      INVALID_RECORD,
    ],
    [
      "TLS-34: rejects a protected ChangeCipherSpec",
      early(13, (wire) => wire.send(CHANGE_CIPHER_SPEC, u8(1)), "Certificate"),
      UNEXPECTED_ALERT,
      UNEXPECTED_MESSAGE,
    ],
    ...versions.flatMap((version): Row[] => [
      [
        title(34, "rejects an unknown type, in clear", version),
        early(version, (wire) => wire.raw(clear(0x63, hex("01 02 03")))),
        UNEXPECTED_ALERT,
        INVALID_RECORD,
      ],
      [
        title(43, "rejects a heartbeat, in clear", version),
        early(version, (wire) => wire.raw(clear(0x18, hex("01 40 00")))),
        UNEXPECTED_ALERT,
        INVALID_RECORD,
      ],
      [
        title(43, "rejects a heartbeat, protected", version),
        later(version, (wire) => wire.send(0x18, hex("01 40 00"))),
        UNEXPECTED_ALERT,
        version === 12 ? INVALID_RECORD : UNEXPECTED_MESSAGE,
      ],
      [
        title(35, "rejects a flipped bit", version),
        later(version, async (wire) => {
          const record = wire.record(APPLICATION_DATA, Buffer.from("spoilt"));
          record[7] ^= 1;
          await wire.raw(record);
        }),
        BAD_RECORD_MAC,
        BAD_MAC,
      ],
      [
        title(35, "rejects a replayed record", version),
        later(version, async (wire) => {
          const record = wire.record(ALERT, Buffer.of(1, 90));
          await wire.raw(record, record);
        }),
        BAD_RECORD_MAC,
        BAD_MAC,
      ],
      [
        title(35, "rejects a record shorter than its tag", version),
        later(version, (wire) => wire.raw(header(3), Buffer.alloc(3))),
        BAD_RECORD_MAC,
        BAD_MAC,
      ],
    ]),
  ]);
});

describe("input that is not TLS", () => {
  const noise = Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 73 + (i >> 3) * 41) & 255));
  const inputs: [string, Buffer, string, string][] = [
    [
      "HTTP",
      Buffer.from("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"),
      UNEXPECTED_ALERT,
      INVALID_RECORD,
    ],
    ["SSH", Buffer.from("SSH-2.0-OpenSSH_9.2p1\r\n"), UNEXPECTED_ALERT, INVALID_RECORD],
    ["zeros", Buffer.alloc(4096), UNEXPECTED_ALERT, INVALID_RECORD],
    ["noise", noise, UNEXPECTED_ALERT, INVALID_RECORD],
  ];
  for (const [name, bytes, alert, sentence] of inputs) {
    test(`TLS-44: rejects ${name}`, async () => {
      await assertRefused(await against((wire) => wire.raw(bytes)), alert, sentence);
    });
  }
  test("TLS-44: still waits after a second of silence", async () => {
    const visit = await against(async () => {}, "patience=1000");
    assert.equal(visit.report.number("silence"), 1);
    assert.equal(visit.report.get("state"), "handshaking");
    assert.equal(visit.report.number("received"), 0);
    assertModest(visit);
  });
  test("TLS-44: does not take an immediate FIN for success", async () => {
    const visit = await against(async (wire) => void wire.socket.end());
    assert.equal(visit.report.get("state"), "handshaking");
    assertModest(visit);
  });
});
