/** Translates stacks of a module's functions to lines of TypeScript. */
import type { SourceMap } from "../../compiler-config/source-map.ts";

/** Frames per stack; V8's default is ten. */
Error.stackTraceLimit = 100;

/** Suffix of the functions that asc generates to dispatch virtual calls. */
const DISPATCHER = "@override";

/** One line of V8's stacks: `at net/iface/layer/IpLayer#poll (wasm://wasm/...[7]:0x1234)`. */
const frame = /^ *at (.*?) ?\(?wasm:\/\/[^ ]*:0x([0-9a-f]+)\)?$/;

/**
 * Returns the module's frames in a stack as V8 prints it, innermost first. The module's code lies
 * `shift` bytes after its offsets in the map.
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
