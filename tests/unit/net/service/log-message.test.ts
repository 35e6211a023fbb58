/** Log lines as netconsole and syslog (RFC 5424) send them. */
import assert from "node:assert/strict";
import test from "node:test";
import { load, readBytes, writeText } from "../../../lab/scripted/assembly.ts";

const wasm = await load("tests/lab/entries/log-message.ts");
const [TEXT, EXTENDED, SYSLOG] = [0, 1, 2];
/** LOG_MESSAGE_BYTES */
const MOST = 1024;

/** Formats line 7, logged 1.5 s after boot. */
function format(kind: number, text: string, wallClock = 0): Buffer {
  const at = wasm.format(kind, 1_500_000n, BigInt(wallClock), 7, ...writeText(wasm, text));
  return Buffer.from(readBytes(wasm, at, wasm.messageLength()));
}

test("formats a line for netconsole, in both forms", () => {
  assert.equal(format(TEXT, "net0: up").toString(), "[    1.500000] net0: up\n");
  assert.equal(format(EXTENDED, "net0: up").toString(), "6,7,1500000,-;net0: up\n");
});

test("formats a line for syslog, with the time in microseconds, or without a time", () => {
  const time = Date.UTC(2026, 1, 3, 4, 5, 6) * 1000 + 78;
  const expected = "<6>1 2026-02-03T04:05:06.000078Z box kernel - - - net0: up";
  assert.equal(format(SYSLOG, "net0: up", time).toString(), expected);
  assert.equal(format(SYSLOG, "up", -1).toString(), "<6>1 - box kernel - - - up");
});

test("cuts a long line between two characters", () => {
  for (const [letter, size] of [
    ["e", 1],
    ["é", 2],
    ["€", 3],
    ["😀", 4],
  ] as const) {
    for (let more = 0; more < 4; more++) {
      const bytes = format(TEXT, "x".repeat(more) + letter.repeat(MOST));
      assert.ok(bytes.length <= MOST && bytes.length > MOST - size, `${letter} ${bytes.length}`);
      assert.doesNotMatch(bytes.toString("utf8"), /\ufffd/);
    }
  }
});
