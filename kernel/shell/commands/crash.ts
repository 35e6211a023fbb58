/** `crash`: makes each kind of panic on purpose, to see that it is caught and told apart. */
import { crash } from "../../../machine/host";
import { Command, Job } from "../command";
import { Options } from "../options";
import { Shell } from "../shell";

const KINDS: StaticArray<string> = [
  "null",
  "bounds",
  "stack",
  "write-text",
  "execute-data",
  "abort",
];

export class Crash extends Command {
  constructor() {
    super("crash", "null|bounds|stack|write-text|execute-data|abort", "panics on purpose", [
      "crash null",
    ]);
  }
  start(words: Array<string>, shell: Shell): Job {
    const options = new Options(words, []);
    options.expectOperands(1, 1);
    if (options.failure != "") return shell.wrongUsage(this, options.failure);
    const kind = options.operands[0];
    let seen: u32 = 0;
    if (kind == "null") seen = readNull();
    else if (kind == "bounds") seen = readBeyondMemory();
    else if (kind == "stack") seen = overflowStack(1);
    else if (kind == "write-text") crash(0);
    else if (kind == "execute-data") crash(1);
    else if (kind == "abort") throw new Error("crash abort was typed");
    else return shell.wrongUsage(this, `${kind} is no kind of crash`);
    // Using what was read keeps the compiler from leaving the reading out.
    return shell.failed(this, `the kernel survived ${kind} (${seen}), expected a panic`);
  }
  complete(words: Array<string>): Array<string> {
    return words.length == 0 ? KINDS.slice<Array<string>>() : [];
  }
}

function readNull(): u32 {
  return load<u32>(4);
}

function readBeyondMemory(): u32 {
  return load<u32>(((memory.size() as usize) << 16) + 0x100);
}

/** Not linear in what the call answers, so that no compiler can make a loop of it. */
function overflowStack(depth: u32): u32 {
  const below = overflowStack(depth + 1);
  return (below % (depth | 1)) ^ (below >>> 3);
}
