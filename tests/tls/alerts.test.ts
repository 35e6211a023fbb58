/**
 * Alerts of TLS 1.3 are protected as soon as there are keys, as strict peers demand: TLS-55 (RFC
 * 8446 sections 4.4.4, 6 and 7.3).
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { hostTime } from "./certificates.ts";
import { attend } from "./peer/attend.ts";
import { shakeHands } from "./peer/client.ts";
import { message } from "./peer/hello.ts";
import { APPLICATION_DATA } from "./peer/keys.ts";
import type { Change, Script } from "./peer/script.ts";
import { Stage } from "./peer/stage.ts";
import { clear, HANDSHAKE, type Wire } from "./peer/wire.ts";

const stage = new Stage();
const UNEXPECTED_ALERT = 10;
const BAD_MAC = 20;
const EXPIRED = 45;
const DECODE = 50;
const DECRYPT = 51;

const flip: Change = (bytes) => {
  bytes[bytes.length - 1] ^= 1;
  return bytes;
};

describe("a client's alerts", () => {
  const garbage = (wire: Wire) => wire.raw(clear(APPLICATION_DATA, Buffer.alloc(50)));
  const rows: [string, Script, number, number?][] = [
    ["EncryptedExtensions are malformed", { change: { EncryptedExtensions: flip } }, DECODE],
    [
      "another message comes",
      { change: { EncryptedExtensions: () => message(15) } },
      UNEXPECTED_ALERT,
    ],
    ["the certificate has expired", {}, EXPIRED, 40 * 86_400],
    ["CertificateVerify is wrong", { change: { CertificateVerify: flip } }, DECRYPT],
    ["Finished is wrong", { change: { Finished: flip } }, DECRYPT],
    [
      "a record cannot be decrypted",
      {
        change: {
          Certificate: async (_, wire) => {
            await garbage(wire);
            return [];
          },
        },
      },
      BAD_MAC,
    ],
  ];
  for (const [what, script, alert, later] of rows) {
    test(`TLS-55: are protected if ${what}`, async () => {
      const time = later === undefined ? [] : [`time=${hostTime(later)}`];
      const visit = await stage.visit(script, ...time);
      assert.equal(visit.alert, alert, visit.report.text);
      assert.ok(!visit.wire.exposed);
    });
  }
});

describe("a server's alerts", () => {
  const rows: [string, (wire: Wire) => Promise<void>, number][] = [
    ["Finished is wrong", (wire) => wire.send(HANDSHAKE, message(20, Buffer.alloc(32))), DECRYPT],
    ["another message comes", (wire) => wire.send(HANDSHAKE, message(24)), UNEXPECTED_ALERT],
    [
      "a record cannot be decrypted",
      (wire) => wire.raw(clear(APPLICATION_DATA, Buffer.alloc(50))),
      BAD_MAC,
    ],
  ];
  for (const [what, act, alert] of rows) {
    test(`TLS-55: have the keys of data if ${what}`, async () => {
      const instead = async (wire: Wire) => {
        await shakeHands(wire, 13, { finish: act });
        await wire.drain();
      };
      const visit = await attend(stage.maker.server(stage.root), [instead]);
      assert.equal(visit.alert, alert, visit.report.text);
      assert.ok(!visit.wire.exposed);
    });
  }
});
