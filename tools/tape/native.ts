/**
 * Replays tapes in native programs built from the kernel's generated C (replay.c): one compiled by
 * gcc, one by clang with sanitizers.
 */
import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { relative } from "node:path";
import { root, run } from "../../tests/lab/host/process.ts";

const folder = `${root}build/tape`;
/** Exit status of probe.c if memory cannot be mapped at address 4096. */
const CANNOT_MAP = 77;

export interface Replayed {
  /** The hash of the tape that the program recorded in turn. */
  digest: string;
  /** Where the program differed from the tape, or why it ended; empty if neither. */
  failure: string;
}

/** Builds the programs in the form that this machine can run, and returns their paths. */
export async function makeReplayers(): Promise<string[]> {
  const made = await run(["make", "replayers"], { milliseconds: 600_000 });
  if (made.code !== 0) throw new Error(`cannot build the replay programs: ${made.output}`);
  const kind = (await run([`${folder}/probe`])).code === CANNOT_MAP ? "-plain" : "";
  return ["replay", "replay-checked"].map((name) => `${folder}/${name}${kind}`);
}

/** Runs a tape through a program. */
export async function replay(program: string, tape: Uint8Array): Promise<Replayed> {
  const child = spawn(program, { stdio: ["pipe", "pipe", "pipe"] });
  const hash = createHash("sha256");
  let words = "";
  child.stdout.on("data", (bytes: Buffer) => hash.update(bytes));
  child.stderr.on("data", (bytes: Buffer) => {
    words += bytes;
  });
  child.stdin.on("error", () => {});
  child.stdin.end(tape);
  const [code] = await once(child, "close");
  const failure = code === 0 ? "" : explain(program, words);
  return { digest: hash.digest("hex"), failure };
}

/** Returns the program's message, with functions and lines of TypeScript in place of addresses. */
function explain(program: string, words: string): string {
  return words.replace(/^.*\((?:\w*)\+(0x[0-9a-f]+)\).*\n/gm, (line, address: string) => {
    if (!line.startsWith(program)) return "";
    // The return address may belong to the next line.
    const call = `0x${(Number(address) - 1).toString(16)}`;
    const options = { encoding: "utf8" } as const;
    const said = execFileSync("addr2line", ["-f", "-e", program, call], options);
    const unquoted = said.replace(/0x([0-9A-F]{2})/g, (_, code: string) =>
      String.fromCharCode(Number.parseInt(code, 16)),
    );
    const [, name, at] = /^w2c_kernel_(.*)\n(.*:\d+)/.exec(unquoted) ?? [];
    return name === undefined ? "" : `  ${name} at ${relative(root, at)}\n`;
  });
}
