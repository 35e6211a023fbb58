/** The cost of usual events in instructions is what docs/performance.md says. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { eventCosts } from "../../tools/bench/event-cost.ts";
import { root } from "../lab/host/process.ts";

const FILE = "docs/performance.md";
/** How far a count may be from the documented one. */
const TOLERANCE = 0.02;

/** Returns the documented counts, by event. */
function documented(): Map<string, number> {
  const rows = readFileSync(`${root}${FILE}`, "utf8").matchAll(/^\| (.+) \| ([\d,]+) \|$/gm);
  return new Map([...rows].map(([, event, count]) => [event, Number(count.replaceAll(",", ""))]));
}

test("usual events take as many instructions as documented, within 2 %", async () => {
  const expected = documented();
  for (const [event, count] of await eventCosts()) {
    const before = expected.get(event);
    assert.ok(before !== undefined, `${FILE} has no row "${event}"`);
    const growth = `${event}: ${before} instructions in ${FILE}, now ${count}`;
    assert.ok(
      count <= before * (1 + TOLERANCE),
      `${growth}: correct the row, and say why below it`,
    );
    assert.ok(count >= before * (1 - TOLERANCE), `${growth}: correct the row, to keep the gain`);
  }
});
