/**
 * crash null|bounds|stack|write-text|execute-data|abort
 *
 * Panics on purpose, to show that the kernel catches and describes a failure: a null pointer, an
 * access past linear memory, a stack overflow, a write to kernel text, a jump into data, or a
 * failed assertion. Linux's counterpart is the module lkdtm. With `panic=SECONDS` the machine then
 * reboots; otherwise it halts with the panic on the screen.
 *
 * Exit codes: none if the kernel panics; 1 if it survives; 2 wrong usage.
 */
import { crash } from "../../../machine/host";
import { Command, Job } from "../command";
import { Options } from "../options";
import { Session } from "../session";
import { printable } from "../terminal/printable";

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
  start(words: Array<string>, session: Session): Job {
    const options = new Options(words, []);
    options.expectOperands(1, 1);
    if (options.failure != "") return this.wrongUsage(session, options.failure);
    const kind = options.operands[0];
    let seen: u32 = 0;
    if (kind == "null") seen = readNull();
    else if (kind == "bounds") seen = readBeyondMemory();
    else if (kind == "stack") seen = overflowStack(1);
    else if (kind == "write-text") crash(0);
    else if (kind == "execute-data") crash(1);
    else if (kind == "abort") throw new Error("crash abort was typed");
    else return this.wrongUsage(session, `unknown kind '${printable(kind)}'`);
    // The value is printed so that the compiler cannot drop the load.
    return this.failed(session, `the kernel survived ${kind} (${seen})`);
  }
  complete(words: Array<string>): Array<string> {
    return words.length == 0 ? KINDS.slice<Array<string>>() : [];
  }
}

/** Page 0 is not mapped (ARCHITECTURE.md). */
function readNull(): u32 {
  return load<u32>(4);
}

/** Nothing is mapped between the end of linear memory and 8 GiB. */
function readBeyondMemory(): u32 {
  return load<u32>(((memory.size() as usize) << 16) + 0x100);
}

/** Uses the result of the call in a way that keeps the compiler from making a loop of it. */
function overflowStack(depth: u32): u32 {
  const below = overflowStack(depth + 1);
  return (below % (depth | 1)) ^ (below >>> 3);
}
