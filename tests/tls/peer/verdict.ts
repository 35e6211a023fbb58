/** Assertions about a visit to a hostile server: how it was rejected, and what it cost. */
import assert from "node:assert/strict";
import { type Exports, load, readString } from "../../lab/scripted/assembly.ts";
import type { Report } from "../harness.ts";
import type { Visit } from "./serve.ts";

/** The largest heap of a connection, in bytes, unless a certificate is full of names. */
const HEAP = 60 * 1024;
/** The longest processor time of a connection, in seconds. */
const CPU = 2;
/** The value of `refusals` if no certificate was verified. */
const NO_VERDICT = 0xffffffff;

let wasm: Exports | undefined;

/** Returns the alert sent, as in "illegal_parameter (47)", and the message to the user. */
export async function outcomeOf(report: Report): Promise<{ alert: string; sentence: string }> {
  wasm ??= await load("tests/lab/entries/tls-words.ts");
  const text = (pointer: number) => readString(wasm!.memory, pointer);
  const [error, received, sent] = ["error", "alert-received", "alert-sent"].map((key) =>
    report.number(key),
  );
  const refusals = report.number("refusals") >>> 0;
  const reasons = refusals === NO_VERDICT ? 0 : refusals;
  return {
    alert: sent < 0 ? "" : text(wasm.alert(sent)),
    sentence: text(wasm.failure(error, reasons, received, sent)),
  };
}

/** Asserts that all memory has been freed, and that neither much memory nor much time was used. */
export function assertModest({ report }: Visit, heap = HEAP): void {
  assert.equal(report.number("after"), 0, report.text);
  assert.equal(report.number("after-blocks"), 0);
  assert.ok(report.number("heap-peak") <= heap, report.get("heap-peak"));
  assert.ok(report.number("cpu") <= CPU * 1000, report.get("cpu"));
}

/**
 * Asserts that the visit failed with this alert, which the server received, and this message to the
 * user, and that no data was accepted.
 */
export async function assertRefused(
  visit: Visit,
  alert: string,
  sentence: string,
  heap?: number,
): Promise<void> {
  const { report } = visit;
  assert.equal(report.get("state"), "failed", report.text);
  assert.deepEqual(await outcomeOf(report), { alert, sentence }, report.text);
  if (alert !== "") assert.equal(visit.alert, report.number("alert-sent"));
  assert.equal(report.number("received"), 0);
  assertModest(visit, heap);
}

/** Asserts that the whole exchange succeeded. */
export function assertServed(visit: Visit, heap?: number): void {
  const { report } = visit;
  assert.equal(report.get("text"), "hello", report.text);
  assert.equal(report.get("state"), "closed", report.text);
  assert.equal(report.number("refusals"), 0);
  assertModest(visit, heap);
}
