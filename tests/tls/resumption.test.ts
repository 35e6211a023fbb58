/**
 * Session resumption with honest and hostile servers: TLS-40, TLS-41 (RFC 8446 sections 4.2.11 and
 * 4.6.1, RFC 5077, RFC 7627).
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { describe, test } from "node:test";
import { hostTime } from "./certificates.ts";
import { u16 } from "./peer/bytes.ts";
import { newTicket } from "./peer/handshake13.ts";
import { Extension, type ServerHello } from "./peer/hello.ts";
import type { Change, Script, Session } from "./peer/script.ts";
import { greet, type Visit } from "./peer/serve.ts";
import {
  BAD_MAC,
  ILLEGAL,
  ILLEGAL_PARAMETER,
  MALFORMED,
  NEGOTIATION_FAILED,
  Stage,
  UNEXPECTED_MESSAGE,
  UNSOLICITED,
} from "./peer/stage.ts";
import { assertModest, assertRefused, assertServed, outcomeOf } from "./peer/verdict.ts";
import { HANDSHAKE } from "./peer/wire.ts";

const stage = new Stage();
const DAY = 86_400;
let sessions = 0;

/** Returns the path of a new session file. */
const file = () => `${stage.maker.folder}/session-${sessions++}`;

/** Visits a server that issues a session; returns the visit, and the session's secret. */
async function learn(version: 12 | 13, session: string, lifetime?: number, ticket?: Buffer) {
  let secret: Buffer = Buffer.alloc(0);
  const afterwards = async (open: Session) => {
    secret = open.secret;
    if (version === 13) {
      const given = newTicket(open, lifetime, ticket);
      await open.wire.tell(given.ticket);
      secret = given.secret;
    }
    await greet(open);
  };
  const visit = await stage.visit({ version, afterwards }, `session=${session}`);
  return { secret, visit };
}

/** Visits again, `seconds` later. */
function again(session: string, script: Script, seconds = 0, ...words: string[]): Promise<Visit> {
  const time = `time=${hostTime(seconds)}`;
  return stage.visit(script, `session=${session}`, time, ...words);
}

describe("an honest server", () => {
  for (const version of [12, 13] as const) {
    test(`TLS-41: can resume a session, 1.${version - 10}`, async () => {
      const session = file();
      const { secret, visit } = await learn(version, session, DAY);
      assertServed(visit);
      const second = await again(session, { version, secret }, 3600);
      assertServed(second);
      assert.equal(second.report.number("resume"), 0);
      assert.equal(second.report.number("resumed"), 1);
    });
  }
  test("TLS-41: is not offered another name's session", async () => {
    const session = file();
    await learn(13, session);
    const other = await stage.visitAs("other.test", {}, `session=${session}`);
    assert.notEqual(other.report.number("resume"), 0);
    assert.equal(other.report.number("resumed"), 0);
    assert.equal(other.report.get("state"), "failed");
  });
});

describe("lifetimes", () => {
  const week = 7 * DAY;
  for (const lifetime of [week, DAY, 60]) {
    test(`TLS-41: a session of ${lifetime} s is offered no longer than that`, async () => {
      const session = file();
      const { secret } = await learn(13, session, lifetime);
      const young = await again(session, { secret }, lifetime - 60);
      assert.equal(young.report.number("resume"), 0, young.report.text);
      const fresh = file();
      await learn(13, fresh, lifetime);
      const old = await again(fresh, {}, lifetime + 10);
      assert.notEqual(old.report.number("resume"), 0, old.report.text);
      assertServed(old);
    });
  }
  for (const lifetime of [8 * DAY, 0xffffffff, week + 1]) {
    test(`TLS-41: rejects a lifetime of ${lifetime} s, more than a week`, async () => {
      const session = file();
      const { visit } = await learn(13, session, lifetime);
      await assertRefused(visit, ILLEGAL, ILLEGAL_PARAMETER);
      assert.equal(existsSync(session), false);
    });
  }
  test("TLS-41: does not keep a session with a lifetime of 0", async () => {
    const session = file();
    const { visit } = await learn(13, session, 0);
    assertServed(visit);
    assert.equal(existsSync(session), false);
  });
});

describe("sizes", () => {
  test("TLS-41: rejects a ticket of 65,535 bytes", async () => {
    const { visit } = await learn(13, file(), DAY, Buffer.alloc(65_535));
    await assertRefused(visit, "decode_error (50)", MALFORMED);
  });
  test("TLS-41: keeps a ticket of 6,000 bytes", async () => {
    const session = file();
    const { visit } = await learn(13, session, DAY, Buffer.alloc(6000, 1));
    assertServed(visit);
    assert.equal(visit.report.number("saved") > 6000, true);
  });
  test("TLS-41: continues after a ticket of 16,000 bytes", async () => {
    const { visit } = await learn(13, file(), DAY, Buffer.alloc(16_000, 1));
    assertServed(visit);
  });
  for (const [count, each] of [
    [10_000, false],
    [10_000, true],
  ] as const) {
    test(`TLS-41: rejects ${count} tickets, ${each ? "one" : "500"} per record`, async () => {
      const afterwards = async (open: Session) => {
        const { ticket } = newTicket(open);
        const many = each ? ticket : Buffer.concat(Array.from({ length: 500 }, () => ticket));
        await open.wire.flood(each ? count : count / 500, HANDSHAKE, many);
        await greet(open);
      };
      const visit = await stage.visit({ afterwards });
      await assertRefused(visit, "unexpected_message (10)", UNEXPECTED_MESSAGE);
    });
  }
  test("TLS-41: uses the last of 100 tickets", async () => {
    const session = file();
    let secret: Buffer = Buffer.alloc(0);
    const afterwards = async (open: Session) => {
      for (let i = 0; i < 100; i++) {
        const given = newTicket(open, DAY, Buffer.from(`ticket ${i}`));
        await open.wire.send(HANDSHAKE, given.ticket);
        secret = given.secret;
      }
      await greet(open);
    };
    assertServed(await stage.visit({ afterwards }, `session=${session}`));
    const second = await again(session, { secret });
    assertServed(second);
    assert.equal(second.report.number("resumed"), 1);
  });
});

describe("a server that resumes wrongly", () => {
  const changed = (hello: (hello: ServerHello) => void): Script => ({ hello });
  const rows: [string, 12 | 13, Script, string, string][] = [
    [
      "TLS-41: is rejected if it changes the suite",
      13,
      changed((one) => Object.assign(one, { suite: 0x1302 })),
      ILLEGAL,
      ILLEGAL_PARAMETER,
    ],
    [
      "TLS-41: is rejected if it selects a session that was not offered",
      13,
      changed((one) => one.set(Extension.PreSharedKey, u16(1))),
      ILLEGAL,
      ILLEGAL_PARAMETER,
    ],
    [
      "TLS-41: is rejected if it sends no key share",
      13,
      changed((one) => one.without(Extension.KeyShare)),
      ILLEGAL,
      ILLEGAL_PARAMETER,
    ],
    [
      "TLS-41: is rejected if it changes the suite",
      12,
      changed((one) => Object.assign(one, { suite: 0xcca8 })),
      "unexpected_message (10)",
      UNEXPECTED_MESSAGE,
    ],
    [
      "TLS-40: is rejected without extended_master_secret",
      12,
      changed((one) => one.without(Extension.ExtendedMasterSecret)),
      "handshake_failure (40)",
      NEGOTIATION_FAILED,
    ],
  ];
  for (const [title, version, script, alert, sentence] of rows) {
    test(`${title}, 1.${version - 10}`, async () => {
      const session = file();
      const { secret } = await learn(version, session, DAY);
      await assertRefused(await again(session, { version, secret, ...script }), alert, sentence);
    });
  }
  test("TLS-41: is rejected if it has another secret, 1.3", async () => {
    const session = file();
    await learn(13, session, DAY);
    // Without the secret, the server cannot read the client's alert.
    const Finished: Change = async (message, wire) => {
      wire.reading = undefined;
      await wire.say(message);
      return wire.drain();
    };
    const { report } = await again(session, { secret: Buffer.alloc(32, 1), change: { Finished } });
    const outcome = { alert: "bad_record_mac (20)", sentence: BAD_MAC };
    assert.deepEqual(await outcomeOf(report), outcome);
    assert.equal(report.get("state"), "failed", report.text);
  });
  test("TLS-41: is rejected if it has another secret, 1.2", async () => {
    const session = file();
    await learn(12, session);
    const visit = await again(session, { version: 12, secret: Buffer.alloc(48, 1) });
    await assertRefused(visit, "bad_record_mac (20)", BAD_MAC);
  });
  test("TLS-41: is rejected if the client offered no session", async () => {
    const script = changed((one) => one.set(Extension.PreSharedKey, u16(0)));
    await assertRefused(await stage.visit(script), "unsupported_extension (110)", UNSOLICITED);
  });
  test("TLS-41: may decline an offered session: a full handshake follows", async () => {
    for (const version of [12, 13] as const) {
      const session = file();
      await learn(version, session, DAY);
      const visit = await again(session, { version });
      assertServed(visit);
      assert.equal(visit.report.number("resume"), 0);
      assert.equal(visit.report.number("resumed"), 0);
    }
  });
});

test("TLS-41: offers a session neither with -k nor with other roots", async () => {
  const session = file();
  await learn(13, session, DAY);
  const insecure = await again(session, {}, 0, "options=1");
  assert.notEqual(insecure.report.number("resume"), 0);
  const root = stage.maker.authority();
  const other = await again(session, {}, 0, `root=${root.file}`);
  assert.notEqual(other.report.number("resume"), 0);
  assertModest(other);
});
