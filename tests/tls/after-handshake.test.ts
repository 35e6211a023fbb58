/**
 * A server after the handshake: ends of connections, renegotiation, key updates, misplaced
 * messages. TLS-33, TLS-36 to TLS-39, TLS-42 (RFC 8446 sections 4.6.3 and 6.1, RFC 5746).
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { hex, u8 } from "./peer/bytes.ts";
import { message } from "./peer/hello.ts";
import { APPLICATION_DATA } from "./peer/keys.ts";
import type { Script, Session, Session13 } from "./peer/script.ts";
import { greet } from "./peer/serve.ts";
import {
  ILLEGAL_PARAMETER,
  type Row,
  Stage,
  UNEXPECTED_ALERT,
  UNEXPECTED_MESSAGE,
  versions,
} from "./peer/stage.ts";
import { assertModest, assertRefused, assertServed } from "./peer/verdict.ts";
import { ALERT, HANDSHAKE } from "./peer/wire.ts";

const stage = new Stage();
const KEY_UPDATE = 24;
const NO_RENEGOTIATION = 100;
const update = (value: number) => message(KEY_UPDATE, u8(value));
const helloRequest = message(0);

/** Sends protected handshake messages, then behaves. */
const sends = (version: 12 | 13, bytes: Buffer, times = 1): Script => ({
  version,
  afterwards: async (session) => {
    await session.wire.flood(times, HANDSHAKE, bytes);
    await greet(session);
  },
});

describe("the end of a connection", () => {
  for (const version of versions) {
    const ends = (close: boolean): Script => ({
      version,
      afterwards: async ({ wire }: Session) => {
        await wire.next();
        await wire.send(APPLICATION_DATA, Buffer.from("hel"));
        if (close) {
          await wire.send(ALERT, Buffer.of(1, 0));
          await wire.send(APPLICATION_DATA, Buffer.from("lo"));
        }
        wire.socket.end();
      },
    });
    test(`TLS-38: a FIN without close_notify is not an end, 1.${version - 10}`, async () => {
      const visit = await stage.visit(ends(false));
      assert.equal(visit.report.get("text"), "hel");
      assert.equal(visit.report.get("state"), "open", visit.report.text);
      assertModest(visit);
    });
    test(`TLS-38: ignores data after close_notify, 1.${version - 10}`, async () => {
      const visit = await stage.visit(ends(true));
      assert.equal(visit.report.number("received"), 3);
      assert.equal(visit.report.get("state"), "closed", visit.report.text);
      assertModest(visit);
    });
  }
});

describe("renegotiation", () => {
  test("TLS-39: continues after 100 requests, and declines at least one", async () => {
    const visit = await stage.visit(sends(12, helloRequest, 100));
    assertServed(visit);
    const declined = visit.wire.warnings.get(NO_RENEGOTIATION) ?? 0;
    assert.ok(declined > 0 && declined <= 100, String(declined));
  });
  stage.refuses([
    [
      "TLS-39: rejects 1,000 requests",
      sends(12, helloRequest, 1000),
      UNEXPECTED_ALERT,
      UNEXPECTED_MESSAGE,
    ],
    [
      "TLS-39: rejects 1,000 requests in one record",
      sends(12, Buffer.concat(Array.from({ length: 1000 }, () => helloRequest))),
      UNEXPECTED_ALERT,
      UNEXPECTED_MESSAGE,
    ],
    [
      "TLS-39: rejects a request in 1.3",
      sends(13, helloRequest),
      UNEXPECTED_ALERT,
      UNEXPECTED_MESSAGE,
    ],
    [
      "TLS-39: rejects a second ServerHello",
      sends(12, message(2, Buffer.alloc(70))),
      UNEXPECTED_ALERT,
      UNEXPECTED_MESSAGE,
    ],
  ]);
});

describe("key updates", () => {
  const flood = (count: number, value: number): Script => ({
    afterwards: async (session) => {
      const { wire, writing, reading } = session as Session13;
      await wire.next();
      for (let i = 0; i < count && !wire.ended; i++) {
        await wire.send(HANDSHAKE, update(value));
        writing.update();
      }
      await wire.send(APPLICATION_DATA, Buffer.from("hello"));
      await wire.send(ALERT, Buffer.of(1, 0));
      for (;;) {
        const { type, bytes } = await wire.next();
        assert.equal(type, HANDSHAKE);
        assert.deepEqual(bytes, update(0));
        wire.answers++;
        reading.update();
      }
    },
  });
  for (const [count, value] of [
    [100, 0],
    [100, 1],
  ]) {
    const requested = value === 1 ? "each with update_requested" : "none with update_requested";
    test(`TLS-42: accepts ${count} updates, ${requested}`, async () => {
      const visit = await stage.visit(flood(count, value));
      assertServed(visit);
      assert.equal(visit.report.number("key-updates"), count);
      assert.equal(visit.wire.answers, value * count);
    });
  }
  test("TLS-42: answers at most 256 of 10,000 update requests", async () => {
    const visit = await stage.visit(flood(10_000, 1));
    await assertRefused(visit, UNEXPECTED_ALERT, UNEXPECTED_MESSAGE);
    assert.ok(visit.wire.answers <= 256, String(visit.wire.answers));
    assert.ok(visit.report.number("key-updates") <= 256);
  });
  const during: Script = { change: { Finished: (bytes) => [update(0), bytes] } };
  const rows: Row[] = [
    ["TLS-42: rejects value 2", sends(13, update(2)), "illegal_parameter (47)", ILLEGAL_PARAMETER],
    [
      "TLS-42: rejects an update in 1.2",
      sends(12, update(0)),
      UNEXPECTED_ALERT,
      UNEXPECTED_MESSAGE,
    ],
    [
      "TLS-42: rejects an update during the handshake",
      during,
      UNEXPECTED_ALERT,
      UNEXPECTED_MESSAGE,
    ],
    [
      "TLS-42: rejects an empty update",
      sends(13, message(KEY_UPDATE)),
      UNEXPECTED_ALERT,
      UNEXPECTED_MESSAGE,
    ],
    [
      "TLS-42: rejects an update of two bytes",
      sends(13, message(KEY_UPDATE, hex("00 00"))),
      UNEXPECTED_ALERT,
      UNEXPECTED_MESSAGE,
    ],
    [
      "TLS-36: rejects a key update followed by more in its record",
      sends(13, Buffer.concat([update(0), update(0)])),
      UNEXPECTED_ALERT,
      UNEXPECTED_MESSAGE,
    ],
  ];
  stage.refuses(rows);
});

describe("messages out of place", () => {
  const partly = (version: 12 | 13): Script => ({
    version,
    afterwards: async (session) => {
      await session.wire.send(HANDSHAKE, message(4, Buffer.alloc(40)).subarray(0, 20));
      await greet(session);
    },
  });
  stage.refuses([
    [
      "TLS-36: rejects application data between the parts of a ticket, 1.3",
      partly(13),
      UNEXPECTED_ALERT,
      UNEXPECTED_MESSAGE,
    ],
    [
      "TLS-36: rejects application data between the parts of a message, 1.2",
      partly(12),
      UNEXPECTED_ALERT,
      UNEXPECTED_MESSAGE,
    ],
    [
      "TLS-37: rejects a Certificate after the handshake",
      sends(13, message(11, u8(0))),
      UNEXPECTED_ALERT,
      UNEXPECTED_MESSAGE,
    ],
    [
      "TLS-33: rejects a message of 16 MiB after the handshake",
      sends(13, hex("04 ff ff ff 00 00"), 2),
      "decode_error (50)",
      "TLS: cannot parse a message from the peer (-0x7300)",
    ],
  ]);
});
