/**
 * The configuration from the boot loader. The input: a byte for its kind, then the command line or
 * the file.
 */
import { CONFIG_PROBLEMS, HOSTS_ENTRIES } from "../../../core/limits";
import * as world from "../../lab/entries/config";
import { fenced } from "../parts/fences";
import { Input } from "../parts/input";

const HARDWARE: u64 = 0x5254_0012_3456;
const MOST: u32 = 60_000;

/** Returns what the configuration holds, except its hosts, as text. */
function answers(): string {
  let text = `${world.hostname()} ${world.baud()} ${world.panicSeconds()} ${world.run()}\n`;
  for (let i: u32 = 0; i < 3; i++) text += world.settings(i, HARDWARE + i) + "\n";
  world.setDevices(1);
  world.reportMissing();
  return text + world.problems();
}

function read(which: u32, pointer: usize, length: u32): string {
  world.reset();
  if (which < 2) world.commandLine(pointer, length, which == 0);
  else if (which == 2) world.hosts(pointer, length);
  else world.file(pointer, length, length + ((which >>> 2) & 1));
  return answers();
}

function lines(text: string): i32 {
  return text.length == 0 ? 0 : text.split("\n").length;
}

export function config(pointer: usize, length: u32): void {
  const input = new Input(pointer, length);
  const which = input.byte() & 7;
  const piece = input.take(MOST);
  const at = fenced(piece.pointer, piece.length);
  const first = read(which, at, piece.length);
  assert(first == read(which, at, piece.length), "parsing twice gives two results");
  // Problems of the command line quote its words, line feeds included, so lines are not counted.
  if (which >= 3) {
    assert(lines(world.problems()) <= (CONFIG_PROBLEMS as i32) + 2, "too many problems");
  } else if (which == 2) {
    assert(lines(world.hosts(at, piece.length)) <= ((2 * HOSTS_ENTRIES) as i32), "too many hosts");
  }
}
