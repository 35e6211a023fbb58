/**
 * JSON: a value that parses stays the same when written and parsed again, in any form, and so does
 * its digest.
 */
import { latin1 } from "../../../core/text";
import { TextBuilder } from "../../../core/text-builder";
import { DigestKey, JsonDigest } from "../../../net/service/json/digest";
import { parseJson, parseJsonText } from "../../../net/service/json/parser";
import { JsonValue } from "../../../net/service/json/value";
import { JsonWriter, quoteJson, showJson, writeJson } from "../../../net/service/json/writer";
import { SequenceRandom } from "../../lab/entries/sequence-random";
import { checkLines } from "../parts/check-text";

/** Steps of a digest, which reads a value or a character in each; texts have at most 4096 bytes. */
const STEPS: u32 = 20_000;

function digest(value: JsonValue, key: DigestKey, most: u32): u64 {
  const digest = new JsonDigest(value, key);
  for (let i: u32 = 0; !digest.step(most); i++) assert(i < STEPS, "the digest does not end");
  return digest.value;
}

function same(text: string, first: JsonValue, compact: string): void {
  const value = parseJsonText(text).value;
  assert(value != null, "written JSON does not parse");
  if (value == null) return;
  assert(writeJson(value) == compact, "written JSON differs");
  const key = new DigestKey(new SequenceRandom());
  assert(digest(value, key, 1) == digest(first, key, STEPS), "digests differ");
}

/** Checks that the accessors of a value, and of those within it, agree. */
function visit(value: JsonValue): void {
  const items = value.items();
  const pairs = value.isObject();
  assert((items.length as u32) == (pairs ? 2 * value.count() : value.count()), "wrong count");
  if (value.isInteger()) assert(value.integer().toString() == plain(value.text()), "wrong integer");
  for (let i = 0; i < items.length; i++) {
    if (pairs && (i & 1) == 0) assert(value.get(items[i].text()) != null, "member not found");
    visit(items[i]);
  }
}

/** Returns digits as `toString` writes them: "-0" is a valid integer. */
function plain(digits: string): string {
  return digits == "-0" ? "0" : digits;
}

/** Returns the indented form, written in pieces. */
function inPieces(value: JsonValue, piece: u32): string {
  const writer = new JsonWriter(value, true);
  let all = "";
  for (let more: bool = true; more; ) {
    const text = new TextBuilder();
    more = writer.write(text, piece + 1);
    all += text.toString();
  }
  return all;
}

export function json(pointer: usize, length: u32): void {
  const text = latin1(pointer, length);
  const quoted = parseJsonText(quoteJson(text)).value;
  assert(quoted != null && quoted.text() == text, "quoted text differs");
  const value = parseJson(pointer, length).value;
  if (value == null) return;
  visit(value);
  const compact = writeJson(value);
  same(compact, value, compact);
  same(inPieces(value, length & 63), value, compact);
  checkLines(showJson(value, 80));
}
