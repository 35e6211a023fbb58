/** TLS when the heap has no more: every allocation of a connection fails once, in turn. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { TlsOption as Option } from "../../kernel/core/tls-codes.ts";
import { type Certificate, rsa, Workshop } from "./certificates.ts";
import { build, harness } from "./harness.ts";

const LAST = 5000;
const STEP = 7;
/** Conversations without a failure: first of all, and one after each 50. */
const between = (step: number) => 1 + Math.ceil(Math.floor(LAST / step) / 50);

const workshop = new Workshop();
let elliptic: Certificate[];
let classic: Certificate[];

before(() => {
  build();
  const root = workshop.authority();
  elliptic = [workshop.server(root), root];
  const rsaRoot = workshop.authority({ key: rsa(2048) });
  classic = [workshop.server(rsaRoot, { key: rsa(2048) }), rsaRoot];
});
after(() => workshop.close());

/** A client and a server in memory; allocation 1, 1 + step ... of one side fails. */
async function exhaust(version: Option, side: string, chain: Certificate[], step: number) {
  const [leaf, root] = chain;
  const words = [`options=${version}`, `failing=${side}`, `last=${LAST}`, `step=${step}`];
  words.push(`root=${root.file}`);
  const report = await harness("pair", leaf.file, leaf.key, "good.test", ...words);
  const number = (key: string) => report.number(key);
  const runs = number("spoilt-good") + number("spoilt-failed");
  assert.equal(runs, Math.floor(LAST / step), report.text);
  // The handshake needs more than that, so each run got further than the one before; where it went
  // well all the same, what failed was not needed.
  assert.equal(number("spoilt-unreached"), 0, report.text);
  assert.ok(number("spoilt-good") < 20, report.text);
  assert.equal(number("spoilt-wrong") + number("spoilt-leaks"), 0, report.text);
  assert.equal(number("plain-good"), between(step), report.text);
  assert.equal(number("plain-failed") + number("plain-leaks"), 0, report.text);
  assert.equal(number("resident") + number("after") + number("after-blocks"), 0, report.text);
}

const versions: [string, Option][] = [
  ["1.2", Option.Only12],
  ["1.3", Option.Only13],
];

describe("whichever allocation fails fails that connection alone, and the next works", () => {
  for (const [name, version] of versions) {
    for (const side of ["client", "server"]) {
      const both = () => [
        exhaust(version, side, side === "client" ? elliptic : classic, 1),
        exhaust(version, side, side === "client" ? classic : elliptic, STEP),
      ];
      test(`TLS-50: the ${side}, ${name}`, async () => void (await Promise.all(both())));
    }
  }
});
