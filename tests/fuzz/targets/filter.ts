/** tcpdump's filters and output. The input: a filter, a line feed, a frame. */
import { PacketExpression } from "../../../net/filter/expression";
import { formatFrame } from "../../../net/filter/text";
import { checkPrintable } from "../parts/check-text";
import { fenced } from "../parts/fences";
import { Input } from "../parts/input";

const MOST: u32 = 2000;

export function filter(pointer: usize, length: u32): void {
  const input = new Input(pointer, length);
  const words = input.until(0x0a).text();
  const chosen = new PacketExpression(words.split(" "));
  const frame = input.take(MOST);
  const kept = min<u32>(frame.length, 128);
  const at = fenced(frame.pointer, kept);
  checkPrintable(formatFrame(at, kept, frame.length));
  if (chosen.error != "") return;
  const shown = chosen.matches(at, kept);
  const opposite = new PacketExpression(["not", "(", words, ")"]);
  if (opposite.error != "") return;
  const empty = words.trim().length == 0;
  assert(empty || opposite.matches(at, kept) != shown, "filter and negation agree");
}
