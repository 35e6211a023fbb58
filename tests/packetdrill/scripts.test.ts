/** Plays every script of this folder (docs/packetdrill.md); the folders are named after RFCs. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import test from "node:test";
import { play } from "../../tools/packetdrill/player.ts";
import { parseScript } from "../../tools/packetdrill/script.ts";

const folder = new URL("./", import.meta.url);
const names = readdirSync(folder, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".pkt"))
  .sort();

for (const name of names) {
  test(name, async () => {
    const { failure, notices } = await play(
      parseScript(readFileSync(new URL(name, folder), "utf8")),
    );
    const text = failure && `${name}:${failure.line}: ${failure.message}`;
    assert.equal(text, undefined);
    // These scripts use only what the runner can check.
    assert.deepEqual(notices, []);
  });
}
