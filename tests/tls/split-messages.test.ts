/**
 * Handshake messages split into tiny records, and records that must not come in between: TLS-48,
 * and the cases of TLS-32, TLS-33, TLS-36 and TLS-42 with a split message (RFC 8446 sections 5.1
 * and 5.4, RFC 5246 section 6.2.1).
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Certificate } from "./certificates.ts";
import { attend, ping } from "./peer/attend.ts";
import { hex, u8, vector } from "./peer/bytes.ts";
import { clientHello, shakeHands } from "./peer/client.ts";
import { newTicket } from "./peer/handshake13.ts";
import { message } from "./peer/hello.ts";
import { APPLICATION_DATA } from "./peer/keys.ts";
import type { Change, Message, Script, Session, Session13 } from "./peer/script.ts";
import { greet } from "./peer/serve.ts";
import {
  INVALID_RECORD,
  MALFORMED,
  type Row,
  Stage,
  UNEXPECTED_ALERT,
  UNEXPECTED_MESSAGE,
  versions,
} from "./peer/stage.ts";
import { assertModest, assertServed, outcomeOf } from "./peer/verdict.ts";
import { ALERT, CHANGE_CIPHER_SPEC, clear, HANDSHAKE, type Wire } from "./peer/wire.ts";

const stage = new Stage();
const CCS = u8(1);
const WARNING = Buffer.of(1, 90);
const update = (value: number) => message(24, u8(value));
const helloRequest = message(0);
/** Sends bytes in records of `size` bytes. */
async function split(wire: Wire, bytes: Buffer, size = 1): Promise<void> {
  for (let at = 0; at < bytes.length; at += size) {
    await wire.send(HANDSHAKE, bytes.subarray(at, at + size));
  }
}
/** Sends the first `at` bytes of a message as a record, calls `act`, then sends the rest. */
const within =
  (at: number, act: (wire: Wire) => Promise<void>): Change =>
  async (message, wire) => {
    await wire.send(HANDSHAKE, message.subarray(0, at));
    await act(wire);
    return message.subarray(at);
  };
/**
 * Sends the first `count` bytes of one message, then a record with its rest and the first `count`
 * bytes of another.
 */
function joined(first: Message, second: Message, count: number): Script["change"] {
  let held: Buffer = Buffer.alloc(0);
  return {
    [first]: (message: Buffer, wire: Wire) => {
      held = message;
      wire.transcript.push(message);
      return [];
    },
    [second]: async (message: Buffer, wire: Wire) => {
      wire.transcript.push(message);
      await wire.send(HANDSHAKE, held.subarray(0, count));
      await wire.send(HANDSHAKE, Buffer.concat([held.subarray(count), message.subarray(0, count)]));
      await split(wire, message.subarray(count));
      return [];
    },
  };
}
const title = (row: number, what: string, version: number) =>
  `TLS-${row}: ${what}, 1.${version - 10}`;

describe("a client", () => {
  for (const version of versions) {
    for (const fragment of [1, 2, 3, 5]) {
      test(title(48, `accepts a handshake in records of ${fragment} B`, version), async () => {
        const visit = await stage.visit({ version, fragment });
        assertServed(visit);
        assert.equal(visit.report.number("alert-sent"), 0); // close_notify
      });
    }
    test(title(48, "accepts a header that starts in another record", version), async () => {
      for (const count of [1, 2, 3]) {
        const pairs: [Message, Message][] =
          version === 12
            ? [
                ["ServerHello", "Certificate"],
                ["ServerKeyExchange", "ServerHelloDone"],
              ]
            : [
                ["EncryptedExtensions", "Certificate"],
                ["CertificateVerify", "Finished"],
              ];
        for (const [first, second] of pairs) {
          assertServed(await stage.visit({ version, change: joined(first, second, count) }));
        }
      }
    });
  }
  test("TLS-48: accepts a HelloRetryRequest and a CertificateRequest byte by byte", async () => {
    assertServed(await stage.visit({ group: "P-256", retry: () => {}, fragment: 1 }));
    for (const version of versions) {
      assertServed(await stage.visit({ version, request: true, fragment: 1 }));
    }
  });
  test("TLS-48: accepts a message in 16,000 records of one byte", async () => {
    const afterwards = async (open: Session) => {
      await split(open.wire, newTicket(open, 7200, Buffer.alloc(16_000, 1)).ticket);
      await greet(open);
    };
    assertServed(await stage.visit({ afterwards }));
  });
  test("TLS-42, TLS-48: accepts a ticket and key updates byte by byte", async () => {
    const afterwards = async (open: Session) => {
      const { wire, writing, reading } = open as Session13;
      await wire.next();
      await split(wire, newTicket(open).ticket);
      await split(wire, update(1));
      writing.update();
      assert.deepEqual((await wire.next()).bytes, update(0));
      reading.update();
      await wire.send(APPLICATION_DATA, Buffer.alloc(0)); // must not affect what follows
      await split(wire, update(0));
      writing.update();
      await wire.send(APPLICATION_DATA, Buffer.from("hello"));
      await wire.send(ALERT, Buffer.of(1, 0));
    };
    const visit = await stage.visit({ afterwards });
    assertServed(visit);
    assert.equal(visit.report.number("key-updates"), 2);
  });
  test("TLS-48: declines split requests for renegotiation", async () => {
    const afterwards = async (open: Session) => {
      await split(open.wire, Buffer.concat([helloRequest, helloRequest]));
      await open.wire.send(APPLICATION_DATA, Buffer.alloc(0));
      await split(open.wire, helloRequest, 3);
      await greet(open);
    };
    assertServed(await stage.visit({ version: 12, afterwards }));
  });
});

describe("between two parts of a message", () => {
  const others: [string, number, Buffer][] = [
    ["a warning", ALERT, WARNING],
    ["close_notify", ALERT, Buffer.of(1, 0)],
    ["a ChangeCipherSpec", CHANGE_CIPHER_SPEC, CCS],
    ["data", APPLICATION_DATA, Buffer.from("hello")],
  ];
  /** Messages in clear and protected. In 1.3, ChangeCipherSpec always comes in clear. */
  const places: [12 | 13, Message, string][] = [
    [12, "ServerHello", "in clear"],
    [13, "ServerHello", "in clear"],
    [12, "Finished", "protected"],
    [13, "Certificate", "protected"],
  ];
  for (const [version, name, how] of places) {
    const plain = version === 13 ? CHANGE_CIPHER_SPEC : -1;
    stage.refuses(
      others.flatMap(([what, type, bytes]): Row[] =>
        [1, 3].map((count) => [
          title(36, `rejects ${what} after ${count} bytes of ${name}, ${how}`, version),
          {
            version,
            change: {
              [name]: within(count, (wire) =>
                wire.raw(type === plain ? clear(type, bytes) : wire.record(type, bytes)),
              ),
            },
          },
          UNEXPECTED_ALERT,
          UNEXPECTED_MESSAGE,
        ]),
      ),
    );
  }
  const empty = (count: number): Change =>
    within(count, async (wire) => {
      await wire.send(HANDSHAKE, Buffer.alloc(0));
      await wire.drain(); // it must be rejected even if nothing follows
    });
  stage.refuses([
    ...[1, 3, 20].map(
      (count): Row => [
        title(32, `rejects an empty record after ${count} bytes, protected`, 13),
        { change: { Certificate: empty(count) } },
        UNEXPECTED_ALERT,
        UNEXPECTED_MESSAGE,
      ],
    ),
    [
      title(32, "rejects an empty record after 2 bytes, protected", 12),
      { version: 12, change: { Finished: empty(2) } },
      UNEXPECTED_ALERT,
      INVALID_RECORD,
    ],
    ...versions.map(
      (version): Row => [
        title(32, "rejects an empty record after 2 bytes, in clear", version),
        { version, change: { ServerHello: empty(2) } },
        UNEXPECTED_ALERT,
        INVALID_RECORD,
      ],
    ),
  ]);
});

describe("a key change within a message", () => {
  const more: Change = (bytes) => Buffer.concat([bytes, u8(8)]);
  const three: Change = (bytes) => Buffer.concat([bytes, hex("08 00 00")]);
  stage.refuses([
    [
      "TLS-36: rejects a byte after ServerHello",
      { change: { ServerHello: more } },
      UNEXPECTED_ALERT,
      UNEXPECTED_MESSAGE,
    ],
    [
      "TLS-36: rejects three bytes after ServerHello",
      { change: { ServerHello: three } },
      UNEXPECTED_ALERT,
      UNEXPECTED_MESSAGE,
    ],
    [
      "TLS-36: rejects a byte after Finished",
      { change: { Finished: more } },
      UNEXPECTED_ALERT,
      UNEXPECTED_MESSAGE,
    ],
    [
      "TLS-36: rejects three bytes after Finished",
      { change: { Finished: three } },
      UNEXPECTED_ALERT,
      UNEXPECTED_MESSAGE,
    ],
    [
      "TLS-36: rejects a byte after a key update",
      {
        afterwards: async (open) => {
          await open.wire.send(HANDSHAKE, Buffer.concat([update(0), u8(4)]));
          await greet(open);
        },
      },
      UNEXPECTED_ALERT,
      UNEXPECTED_MESSAGE,
    ],
    [
      "TLS-36: rejects ChangeCipherSpec after two bytes of a ticket, 1.2",
      { version: 12, change: { NewSessionTicket: (bytes) => bytes.subarray(0, 2) } },
      UNEXPECTED_ALERT,
      UNEXPECTED_MESSAGE,
    ],
    [
      "TLS-36: rejects ChangeCipherSpec after a ticket and a byte, 1.2",
      { version: 12, change: { NewSessionTicket: more } },
      UNEXPECTED_ALERT,
      INVALID_RECORD,
    ],
  ]);
});

describe("too long and too many", () => {
  const huge: Change = async (_, wire) => {
    await split(wire, hex("0b ff ff ff"));
    return wire.drain(); // it must be rejected for its header alone
  };
  stage.refuses(
    versions.map(
      (version): Row => [
        title(33, "rejects a message of 16 MiB whose header is split", version),
        { version, change: { Certificate: huge } },
        "decode_error (50)",
        MALFORMED,
      ],
    ),
  );
  const MANY = 1000;
  const FEW = 100;
  /** Sends messages byte by byte or, if `shifted`, in records that end one and begin the next. */
  const flood = (
    version: 12 | 13,
    one: (open: Session) => Buffer,
    shifted: boolean,
    count: number,
  ): Script => ({
    version,
    afterwards: async (open) => {
      const { wire } = open;
      const bytes = one(open);
      if (shifted) {
        await wire.send(HANDSHAKE, bytes.subarray(0, 1));
        const next = Buffer.concat([bytes.subarray(1), bytes.subarray(0, 1)]);
        await wire.flood(count - 1, HANDSHAKE, next);
        await wire.send(HANDSHAKE, bytes.subarray(1));
      } else {
        for (let i = 0; i < count && !wire.ended; i++) await split(wire, bytes);
      }
      await greet(open);
    },
  });
  for (const shifted of [false, true]) {
    const how = shifted ? "that each span two records" : "in records of one byte";
    const kinds: [string, 12 | 13, (open: Session) => Buffer][] = [
      ["tickets", 13, (open) => newTicket(open).ticket],
      ["requests for renegotiation", 12, () => helloRequest],
    ];
    for (const [what, version, one] of kinds) {
      const script = (count: number) => flood(version, one, shifted, count);
      stage.refuses([
        [
          `TLS-32: rejects ${MANY} ${what} ${how}`,
          script(MANY),
          UNEXPECTED_ALERT,
          UNEXPECTED_MESSAGE,
        ],
      ]);
      test(`TLS-32: tolerates ${FEW} ${what} ${how}`, async () => {
        assertServed(await stage.visit(script(FEW)));
      });
    }
  }
});

describe("a server", () => {
  const identity = (): Certificate => stage.maker.server(stage.root);
  for (const version of versions) {
    for (const fragment of [1, 2, 3, 1 << 14]) {
      test(title(48, `accepts a client's records of ${fragment} B`, version), async () => {
        const act = async (wire: Wire) => {
          wire.fragment = fragment;
          await shakeHands(wire, version);
          await ping(wire);
        };
        const visit = await attend(identity(), [act]);
        assert.equal(visit.report.get("state"), "closed", visit.report.text);
        assertModest(visit);
      });
    }
  }
  const hello = clientHello(13).emit();
  const parts = (...records: [number, Buffer][]) => {
    const act = async (wire: Wire) => {
      for (const [type, bytes] of records) await wire.send(type, bytes);
      await wire.drain();
    };
    return attend(identity(), [act]);
  };
  const begun: [number, Buffer] = [HANDSHAKE, hello.subarray(0, 3)];
  const rest: [number, Buffer] = [HANDSHAKE, hello.subarray(3)];
  const refusals: [string, [number, Buffer], string][] = [
    [
      "TLS-36: rejects a warning within a ClientHello's header",
      [ALERT, WARNING],
      UNEXPECTED_MESSAGE,
    ],
    [
      "TLS-36: rejects ChangeCipherSpec in the header",
      [CHANGE_CIPHER_SPEC, CCS],
      UNEXPECTED_MESSAGE,
    ],
    [
      "TLS-36: rejects data in the header",
      [APPLICATION_DATA, Buffer.from("hello")],
      UNEXPECTED_MESSAGE,
    ],
    ["TLS-32: rejects an empty record in the header", [HANDSHAKE, Buffer.alloc(0)], INVALID_RECORD],
  ];
  for (const [name, record, sentence] of refusals) {
    test(name, async () => {
      const { alert, report } = await parts(begun, record, rest);
      assert.equal(report.get("state"), "failed", report.text);
      assert.equal(alert, 10);
      assert.deepEqual(await outcomeOf(report), { alert: UNEXPECTED_ALERT, sentence });
    });
  }
  test("TLS-36: rejects a byte after a ClientHello", async () => {
    const { alert, report } = await parts([
      HANDSHAKE,
      Buffer.concat([hello, vector(1).subarray(0, 1)]),
    ]);
    assert.equal(alert, 10);
    assert.deepEqual(await outcomeOf(report), {
      alert: UNEXPECTED_ALERT,
      sentence: UNEXPECTED_MESSAGE,
    });
  });
});
