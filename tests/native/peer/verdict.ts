/** What is asserted of a connection to a hostile peer: refused in these words, and nothing left. */
import assert from "node:assert/strict";
import { type Exports, load, readString } from "../../support/assembly.ts";
import type { Visit } from "./serve.ts";

/** What a connection may hold at most. */
const HEAP = 60 * 1024;
/** Seconds of the processor for one connection. */
const CPU = 2;

let wasm: Exports | undefined;

/** "illegal_parameter (47)" and the whole sentence that the user reads. */
async function words(error: number, refusals: number, received: number, sent: number) {
  wasm ??= await load("tests/wasm/tls-words.ts");
  const text = (pointer: number) => readString(wasm!.memory, pointer);
  return {
    alert: sent < 0 ? "" : text(wasm.alert(sent)),
    sentence: text(wasm.failure(error, refusals, received, sent)),
  };
}

/** Nothing is left, and it took neither much memory nor much time. */
export function modest({ report }: Visit): void {
  assert.equal(report.number("after"), 0, report.text);
  assert.equal(report.number("after-blocks"), 0);
  assert.ok(report.number("heap-peak") <= HEAP, report.get("heap-peak"));
  assert.ok(report.number("cpu") <= CPU * 1000, report.get("cpu"));
}

/**
 * Refused with that alert, which came to the peer, and with those words to the user; nothing that
 * came was believed.
 */
export async function refused(visit: Visit, alert: string, sentence: string): Promise<void> {
  const { report } = visit;
  assert.equal(report.get("state"), "failed", report.text);
  const refusals = report.number("refusals") >>> 0;
  const told = await words(
    report.number("error"),
    refusals === 0xffffffff ? 0 : refusals,
    report.number("alert-received"),
    report.number("alert-sent"),
  );
  assert.deepEqual(told, { alert, sentence }, report.text);
  if (alert !== "") assert.equal(visit.alert, report.number("alert-sent"));
  assert.equal(report.number("received"), 0);
  modest(visit);
}

/** The whole exchange went well. */
export function served(visit: Visit): void {
  const { report } = visit;
  assert.equal(report.get("text"), "hello", report.text);
  assert.equal(report.get("state"), "closed", report.text);
  assert.equal(report.number("refusals"), 0);
  modest(visit);
}
