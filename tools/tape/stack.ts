/** Stacks of a module's functions as lines of TypeScript. */
import type { SourceMap } from "../../compiler-config/source-map.ts";

/** Frames that V8 notes of a stack; ten, if it is told nothing. */
Error.stackTraceLimit = 100;

/** What asc makes by itself, to find the class that is meant. */
const DISPATCHER = "@override";

/** One line of V8's stacks: `at net/iface/ip/IpLayer#poll (wasm://wasm/...[7]:0x1234)`. */
const frame = /^ *at (.*?) ?\(?wasm:\/\/[^ ]*:0x([0-9a-f]+)\)?$/;

/**
 * The frames of the module in V8's text of a stack, the innermost first. Its code lies `shift`
 * bytes behind where the map has it.
 */
export function stackOf(text: string, map: SourceMap, shift = 0): string[] {
  return text.split("\n").flatMap((line) => {
    const [, name, offset] = frame.exec(line) ?? [];
    if (offset === undefined || name.endsWith(DISPATCHER)) return [];
    const place = map.near(Number.parseInt(offset, 16) - shift);
    const where = place ? `${place.file}:${place.line}` : "generated";
    return `${name.replace(/^kernel\.wasm\./, "")} at ${where}`;
  });
}
