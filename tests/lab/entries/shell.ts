/** The real shell over a scripted serial line, for Node to type on and read from. */
import { log, setLogTime } from "../../../core/log";
import { parseDecimalText } from "../../../core/text";
import { TimeOfDay } from "../../../core/time-of-day";
import { Command, EXIT_OK, Job, RUNNING } from "../../../kernel/shell/command";
import { addSystemCommands } from "../../../kernel/shell/commands/system";
import { hintFor } from "../../../kernel/shell/foreign-names";
import { NetworkStatus } from "../../../kernel/shell/network-status";
import { Options } from "../../../kernel/shell/options";
import { PowerControl } from "../../../kernel/shell/power-control";
import { Session } from "../../../kernel/shell/session";
import { Shell } from "../../../kernel/shell/shell";
import { SerialPort } from "../../../kernel/shell/terminal/serial-port";
import { FramePool } from "../../../net/phy/pool";
import { textAt } from "./text";

export { allocateBytes } from "./text";

const CAPACITY: u32 = 4 * 1024 * 1024;
const typed: StaticArray<u8> = new StaticArray<u8>(CAPACITY);
let typedEnd: u32 = 0;
let typedAt: u32 = 0;
const printed: StaticArray<u8> = new StaticArray<u8>(CAPACITY);
let printedEnd: u32 = 0;
/** Bytes that the line accepts until Node allows more. */
let credit: u32 = u32.MAX_VALUE;

class TestPort implements SerialPort {
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
let name: string = "anonymos";

class TestNetwork implements NetworkStatus {
  configured(): bool {
    return configured;
  }
  awaited(): bool {
    return !configured;
  }
  reason(): string {
    return "no answer from a DHCP server";
  }
  hostname(): string {
    return name;
  }
  setHostname(to: string): void {
    name = to;
  }
}

export const shell: Shell = new Shell(new TestPort(), new TestNetwork());

/** `words A B`: prints each word in brackets. */
class Words extends Command {
  constructor() {
    super("words", "[-n COUNT] [WORD]...", "shows its words", ["words 'a b' c"]);
  }
  start(words: Array<string>, session: Session): Job {
    for (let i = 0; i < words.length; i++) session.print(`<${words[i]}>`);
    return this.done();
  }
  complete(_words: Array<string>): Array<string> {
    return ["alpha", "alpine", "beta"];
  }
}

/** Prints COUNT characters at once; `-l`: in lines of 100. */
class Flood extends Command {
  constructor() {
    super("flood", "[-l] COUNT", "prints much", ["flood 1000"]);
  }
  start(words: Array<string>, session: Session): Job {
    const options = new Options(words, ["l", "n|number:"]);
    options.expectOperands(1, 1);
    if (options.failure != "") return this.wrongUsage(session, options.failure);
    return new FloodJob(parseDecimalText(options.operands[0]) as i32, options.has("l"), session);
  }
}

class FloodJob extends Job {
  constructor(
    private left: i32,
    private readonly lines: bool,
    private readonly session: Session,
  ) {
    super();
  }
  poll(_now: i64): i32 {
    if (!this.lines) {
      this.session.print("x".repeat(this.left));
      return EXIT_OK;
    }
    while (this.left > 0 && this.session.room() > 0) {
      this.session.printLine("y".repeat(99));
      this.left -= 100;
    }
    return this.left > 0 ? RUNNING : EXIT_OK;
  }
  pollAt(): i64 {
    return 0;
  }
}

/** Echoes what is typed, until Ctrl-D. */
class Cat extends Command {
  constructor() {
    super("cat", "", "repeats what is typed", ["cat"], true);
  }
  start(_words: Array<string>, session: Session): Job {
    return new CatJob(session);
  }
}

class CatJob extends Job {
  private ended: bool = false;

  constructor(private readonly session: Session) {
    super();
  }
  poll(_now: i64): i32 {
    return this.ended ? EXIT_OK : RUNNING;
  }
  readsInput(): bool {
    return true;
  }
  line(text: string): void {
    this.session.printLine(`(${text})`);
  }
  endOfInput(): void {
    this.ended = true;
  }
  cancel(): i32 {
    this.session.print("summary");
    return 3;
  }
}

class TestPower implements PowerControl {
  powerOff(): void {
    shell.session.print("{off}");
  }
  debugExit(code: u32): void {
    shell.session.print(`{exit ${code}}`);
  }
  reboot(): void {
    shell.session.print("{reboot}");
  }
}

class TestClock implements TimeOfDay {
  wallClock(): i64 {
    return wall < 0 ? -1 : wall + shell.session.now;
  }
  wallClockSource(): string {
    return "test clock";
  }
  floor(): i64 {
    return 0;
  }
  setWallClock(_micros: i64, _source: string): void {}
}

let wall: i64 = 1_795_352_705_000_000;

export function start(run: usize, length: u32): void {
  addSystemCommands(shell.registry, new TestPower(), new TestClock(), [], new FramePool(4));
  shell.registry.add(new Words());
  shell.registry.add(new Flood());
  shell.registry.add(new Cat());
  shell.begin(0, textAt(run, length));
}
export function poll(now: i64): bool {
  setLogTime(now);
  return shell.poll(now);
}
export function pollAt(): i64 {
  return shell.pollAt(0);
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
export function setWall(micros: i64): void {
  wall = micros;
}
/** Parses words separated by "|", and returns OPTIONS and operands, or the failure, as text. */
export function options(pointer: usize, length: u32): string {
  const given = new Options(textAt(pointer, length).split("|"), OPTIONS);
  const count = given.number("c", 4, 1, 100);
  const time = given.seconds("w", 1_000_000, 60);
  given.expectOperands(0, 3);
  if (given.failure != "") return given.failure;
  const flags = `${given.has("q")} ${given.has("long")}`;
  return `${count} ${time} ${flags} [${given.values("H").join(",")}] ${given.operands.join(",")}`;
}
const OPTIONS: StaticArray<string> = ["c|count:", "q|quiet", "H|header:", "long", "w|wait:"];
/** Returns the hint for an unknown command. */
export function hint(pointer: usize, length: u32): string {
  return hintFor(textAt(pointer, length).split(" "), shell.registry);
}
