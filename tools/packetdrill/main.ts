/**
 * Plays packetdrill scripts against a kernel in Node: `main.ts [--tolerance=MICROSECONDS]
 * [--any-layout] [-D WORD=TEXT] FILE...`. As in packetdrill, -D replaces a word of the scripts by
 * a text. With --any-layout, the order and the padding of TCP's options do not matter.
 * A folder stands for all the scripts in it. Prints the mismatch of each script that fails, as
 * packetdrill does, and what was skipped. Exits with 1 if a script failed, and with 2, before it
 * plays any, if the command line is wrong or there is no script to play.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { play, type Report } from "./player.ts";
import { ScriptError } from "./scanner.ts";
import { parseScript } from "./script.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    tolerance: { type: "string" },
    "any-layout": { type: "boolean" },
    define: { type: "string", short: "D", multiple: true, default: [] },
  },
});
if (positionals.length === 0 || !/^\d+$/.test(values.tolerance ?? "0")) {
  refuse("usage: make packetdrill SCRIPT='FILE|FOLDER ...' [TOLERANCE=MICROSECONDS]");
}
const tolerance = values.tolerance === undefined ? undefined : Number(values.tolerance);

function refuse(message: string): never {
  console.error(message);
  process.exit(2);
}

/** Returns a script, or all scripts below a folder in the order of their names. */
function scriptsOf(path: string): string[] {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) refuse(`packetdrill: ${path}: No such file or directory`);
  if (!stat.isDirectory()) return [path];
  const names = readdirSync(path, { recursive: true, encoding: "utf8" });
  const scripts = names.filter((name) => name.endsWith(".pkt"));
  if (scripts.length === 0) refuse(`packetdrill: ${path}: there are no scripts (*.pkt) in it`);
  return scripts.sort().map((name) => join(path, name));
}

/** What run_all.py of packetdrill defines for its scripts, with the key that defaults.sh sets. */
const DEFINED = [
  ...["TFO_COOKIE=3021b9d889017eeb", "CODE=host_unreachable"],
  ...["CMSG_LEVEL_IP=SOL_IP", "CMSG_TYPE_RECVERR=IP_RECVERR"],
];

/** Returns a script with the words of `-D WORD=TEXT` replaced. */
function defined(script: string): string {
  return [...values.define, ...DEFINED].reduce((text, definition) => {
    const [word, value] = definition.split("=", 2);
    return text.replaceAll(new RegExp(`\\b${word}\\b`, "g"), value);
  }, script);
}

async function report(path: string): Promise<Report> {
  try {
    return await play(parseScript(defined(readFileSync(path, "utf8"))), {
      tolerance,
      folder: dirname(path),
      anyLayout: values["any-layout"],
    });
  } catch (error) {
    if (!(error instanceof ScriptError)) throw error;
    return { notices: [], failure: { line: error.line, message: error.message } };
  }
}

const paths = positionals.flatMap(scriptsOf);
let failed = 0;
for (const path of paths) {
  const { failure, notices } = await report(path);
  for (const notice of notices) console.log(`${path}: notice: ${notice}`);
  if (failure) {
    failed++;
    console.log(`${path}:${failure.line}: ${failure.message}`);
  }
}
console.log(`${paths.length - failed} of ${paths.length} scripts passed`);
process.exitCode = failed > 0 ? 1 : 0;
