/** What is asserted of a connection to a hostile peer: refused in these words, and nothing left. */
import assert from "node:assert/strict";
import { type Exports, load, readString } from "../../lab/scripted/assembly.ts";
import type { Report } from "../harness.ts";
import type { Visit } from "./serve.ts";

/** What a connection may hold at most, unless a certificate is full of names. */
const HEAP = 60 * 1024;
/** Seconds of the processor for one connection. */
const CPU = 2;
/** Of the certificate, where none was looked at. */
const NO_VERDICT = 0xffffffff;

let wasm: Exports | undefined;

/** The alert that was sent, "illegal_parameter (47)", and the whole sentence for the user. */
export async function told(report: Report): Promise<{ alert: string; sentence: string }> {
  wasm ??= await load("tests/lab/entries/tls-words.ts");
  const text = (pointer: number) => readString(wasm!.memory, pointer);
  const [error, received, sent] = ["error", "alert-received", "alert-sent"].map((key) =>
    report.number(key),
  );
  const refusals = report.number("refusals") >>> 0;
  const counted = refusals === NO_VERDICT ? 0 : refusals;
  return {
    alert: sent < 0 ? "" : text(wasm.alert(sent)),
    sentence: text(wasm.failure(error, counted, received, sent)),
  };
}

/** Nothing is left, and it took neither much memory nor much time. */
export function modest({ report }: Visit, heap = HEAP): void {
  assert.equal(report.number("after"), 0, report.text);
  assert.equal(report.number("after-blocks"), 0);
  assert.ok(report.number("heap-peak") <= heap, report.get("heap-peak"));
  assert.ok(report.number("cpu") <= CPU * 1000, report.get("cpu"));
}

/**
 * Refused with that alert, which came to the peer, and with those words to the user; nothing that
 * came was believed.
 */
export async function refused(
  visit: Visit,
  alert: string,
  sentence: string,
  heap?: number,
): Promise<void> {
  const { report } = visit;
  assert.equal(report.get("state"), "failed", report.text);
  assert.deepEqual(await told(report), { alert, sentence }, report.text);
  if (alert !== "") assert.equal(visit.alert, report.number("alert-sent"));
  assert.equal(report.number("received"), 0);
  modest(visit, heap);
}

/** The whole exchange went well. */
export function served(visit: Visit, heap?: number): void {
  const { report } = visit;
  assert.equal(report.get("text"), "hello", report.text);
  assert.equal(report.get("state"), "closed", report.text);
  assert.equal(report.number("refusals"), 0);
  modest(visit, heap);
}
