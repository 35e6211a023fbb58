/** The real shell over a scripted wire, for Node to type on and read from. */
import { log, setLogTime } from "../../kernel/core/log";
import { Command, EXIT_OK, Job, RUNNING } from "../../kernel/shell/command";
import { NetworkStatus } from "../../kernel/shell/network-status";
import { Options, parseSeconds } from "../../kernel/shell/options";
import { Shell } from "../../kernel/shell/shell";
import { Wire } from "../../kernel/shell/terminal";
import { textAt } from "./text";

export { block } from "./text";

const CAPACITY: u32 = 4 * 1024 * 1024;
const typed: StaticArray<u8> = new StaticArray<u8>(CAPACITY);
let typedEnd: u32 = 0;
let typedAt: u32 = 0;
const printed: StaticArray<u8> = new StaticArray<u8>(CAPACITY);
let printedEnd: u32 = 0;
/** Bytes that the wire takes until Node allows more. */
let credit: u32 = u32.MAX_VALUE;

class TestWire implements Wire {
  write(pointer: usize, length: u32): u32 {
    const count = min(min(length, credit), CAPACITY - printedEnd);
    memory.copy(changetype<usize>(printed) + printedEnd, pointer, count);
    printedEnd += count;
    if (credit != u32.MAX_VALUE) credit -= count;
    return count;
  }
  read(): i32 {
    return typedAt < typedEnd ? typed[typedAt++] : -1;
  }
  flushed(): bool {
    return true;
  }
}

let configured: bool = false;

class TestNetwork implements NetworkStatus {
  configured(): bool {
    return configured;
  }
  reason(): string {
    return "no answer from a DHCP server";
  }
}

export const shell: Shell = new Shell(new TestWire(), new TestNetwork());

/** `words A B`: each word between brackets, with the options it was given. */
class Words extends Command {
  constructor() {
    super("words", "[-n COUNT] [WORD]...", "shows its words", ["words 'a b' c"]);
  }
  start(words: Array<string>, shell: Shell): Job {
    for (let i = 0; i < words.length; i++) shell.print(`<${words[i]}>`);
    return shell.done();
  }
  complete(_words: Array<string>): Array<string> {
    return ["alpha", "alpine", "beta"];
  }
}

class SleepJob extends Job {
  constructor(private readonly until: i64) {
    super();
  }
  poll(now: i64): i32 {
    return now < this.until ? RUNNING : EXIT_OK;
  }
  pollAt(): i64 {
    return this.until;
  }
}

class Sleep extends Command {
  constructor() {
    super("sleep", "SECONDS", "waits", ["sleep 1"]);
  }
  start(words: Array<string>, shell: Shell): Job {
    const options = new Options(words, ["q|quiet", "n:"]);
    options.expectOperands(1, 1);
    if (options.failure != "") return shell.wrongUsage(this, options.failure);
    const time = parseSeconds(options.operands[0], 86400);
    if (time < 0) return shell.wrongUsage(this, "the time is no number of seconds");
    return new SleepJob(shell.now + time);
  }
}

export function start(run: usize, length: u32): void {
  shell.registry.add(new Words());
  shell.registry.add(new Sleep());
  shell.begin(0, textAt(run, length));
}
export function poll(now: i64): bool {
  setLogTime(now);
  return shell.poll(now);
}
export function pollAt(): i64 {
  return shell.pollAt();
}
export function type(pointer: usize, length: u32): void {
  memory.copy(changetype<usize>(typed) + typedEnd, pointer, length);
  typedEnd += length;
}
export function message(pointer: usize, length: u32): void {
  log(textAt(pointer, length));
}
export function outputPointer(): usize {
  return changetype<usize>(printed);
}
export function outputLength(): u32 {
  return printedEnd;
}
export function allow(bytes: u32): void {
  credit = bytes;
}
export function setConfigured(value: bool): void {
  configured = value;
}
export function unread(): u32 {
  return typedEnd - typedAt;
}
