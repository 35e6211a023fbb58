/** The JSON parser and writer; each call parses its text anew. */
import { TextBuilder } from "../../../core/text-builder";
import { parseJson } from "../../../net/service/json/parser";
import { JsonValue } from "../../../net/service/json/value";
import { JsonWriter, quoteJson, showJson, writeJson } from "../../../net/service/json/writer";
import { textAt } from "./text";

export { allocateBytes } from "./text";

/** "" if the bytes are JSON, else the parser's message. */
export function fault(pointer: usize, length: u32): string {
  return parseJson(pointer, length).error;
}

function rootOf(pointer: usize, length: u32): JsonValue {
  const value = parseJson(pointer, length).value;
  assert(value != null, "the test's text is no JSON");
  return value!;
}

export function compact(pointer: usize, length: u32): string {
  return writeJson(rootOf(pointer, length));
}
/** The indented form, from pieces of about `piece` characters. */
export function pretty(pointer: usize, length: u32, piece: u32): string {
  const writer = new JsonWriter(rootOf(pointer, length), true);
  const all = new TextBuilder();
  for (let more: bool = true; more; ) {
    const text = new TextBuilder();
    more = writer.write(text, piece);
    longest = max(longest, text.length);
    all.add(text.toString());
  }
  return all.toString();
}
let longest: u32 = 0;
/** The length of the longest piece since the last call. */
export function longestPiece(): u32 {
  const length = longest;
  longest = 0;
  return length;
}
export function show(pointer: usize, length: u32, most: u32): string {
  return showJson(rootOf(pointer, length), most);
}
export function quote(pointer: usize, length: u32): string {
  return quoteJson(textAt(pointer, length));
}
/** The characters or digits of the root value. */
export function text(pointer: usize, length: u32): string {
  return rootOf(pointer, length).text();
}
export function isInteger(pointer: usize, length: u32): bool {
  return rootOf(pointer, length).isInteger();
}
export function integer(pointer: usize, length: u32): i64 {
  return rootOf(pointer, length).integer();
}
export function count(pointer: usize, length: u32): u32 {
  return rootOf(pointer, length).count();
}
/** The member of that name in compact form, or "(none)". */
export function member(pointer: usize, length: u32, name: usize, nameLength: u32): string {
  const value = rootOf(pointer, length).get(textAt(name, nameLength));
  return value == null ? "(none)" : writeJson(value);
}
export function elements(pointer: usize, length: u32): string {
  const items = rootOf(pointer, length).items();
  let all = "";
  for (let i = 0; i < items.length; i++) all += writeJson(items[i]) + "|";
  return all;
}
