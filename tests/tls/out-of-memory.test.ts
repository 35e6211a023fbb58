/** TLS when the heap is exhausted: allocations of a connection fail one by one (TLS-50). */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { TlsOption as Option } from "../../core/tls-codes.ts";
import { type Certificate, CertificateMaker, rsa } from "./certificates.ts";
import { build, harness, type Report } from "./harness.ts";

const LAST = 5000;
const STEP = 7;
/** Returns the number of undisturbed conversations: the first, and after failures 1, 51, 101... */
const undisturbed = (step: number) => 1 + Math.ceil(Math.floor(LAST / step) / 50);

const maker = new CertificateMaker();
let elliptic: Certificate[];
let classic: Certificate[];

before(() => {
  build();
  const days = 1000; // in some tests, days pass between conversations
  const root = maker.authority({ days });
  elliptic = [maker.server(root, { days }), root];
  const options = { days, key: rsa(2048) };
  const rsaRoot = maker.authority(options);
  classic = [maker.server(rsaRoot, options), rsaRoot];
});
after(() => maker.close());

/** Lets a client and a server converse in memory. */
function converse(chain: Certificate[], version: Option, ...words: string[]): Promise<Report> {
  const [leaf, root] = chain;
  const all = [leaf.file, leaf.key, "good.test", `root=${root.file}`, `options=${version}`];
  return harness("pair", ...all, ...words);
}

/**
 * Asserts that all `spoilt` conversations, with a failed allocation, failed; that the `plain` ones
 * succeeded; and that all memory is freed.
 */
function assertSettled(report: Report, spoilt: number, plain: number): void {
  const number = (key: string) => report.number(key);
  assert.equal(number("spoilt-failed"), spoilt, report.text);
  assert.equal(number("spoilt-good") + number("spoilt-unreached"), 0, report.text);
  assert.equal(number("spoilt-wrong") + number("spoilt-leaks"), 0, report.text);
  assert.equal(number("plain-good"), plain, report.text);
  assert.equal(number("plain-failed") + number("plain-leaks"), 0, report.text);
  assert.equal(number("resident") + number("after") + number("after-blocks"), 0, report.text);
}

/** Fails allocations 1, 1 + step, ... up to LAST of one side; a handshake makes more than LAST. */
async function exhaust(version: Option, side: string, chain: Certificate[], step: number) {
  const words = [`failing=${side}`, `last=${LAST}`, `step=${step}`];
  assertSettled(
    await converse(chain, version, ...words),
    Math.floor(LAST / step),
    undisturbed(step),
  );
}

const versions: [string, Option][] = [
  ["1.2", Option.Only12],
  ["1.3", Option.Only13],
];
/** Longer than the life of a session ticket key, in seconds. */
const PAST_KEY_LIFE = 90_000;

describe("a failed allocation fails only its connection, and the next connection works", () => {
  for (const [name, version] of versions) {
    for (const side of ["client", "server"]) {
      const both = () => [
        exhaust(version, side, side === "client" ? elliptic : classic, 1),
        exhaust(version, side, side === "client" ? classic : elliptic, STEP),
      ];
      test(`TLS-50: the ${side}, ${name}`, async () => void (await Promise.all(both())));
      test(`TLS-50: the ${side}, ${name}, last 200 allocations`, async () => {
        for (const chain of [elliptic, classic]) {
          const report = await converse(chain, version, `failing=${side}`, "final=200");
          assertSettled(report, 200, 2 + 200 / 50);
        }
      });
    }
    test(`TLS-50: the server, ${name}, with a new ticket key each time`, async () => {
      const words = [`pace=${PAST_KEY_LIFE}`, "failing=server", "final=100"];
      assertSettled(await converse(classic, version, ...words), 100, 2 + 100);
    });
    test(`ticket keys, renewed each day, are not charged to a connection, ${name}`, async () => {
      assertSettled(await converse(elliptic, version, `pace=${PAST_KEY_LIFE}`, "times=5"), 0, 5);
    });
  }
});
