/**
 * The console of a host with every command but `crash`, on a network without other hosts. The
 * input: keys, and pairs of 0xff and a byte that let time pass. Whatever is typed, the prompt must
 * return.
 */
import { setLogTime } from "../../../core/log";
import { SECOND } from "../../../core/time";
import { TimeOfDay } from "../../../core/time-of-day";
import { Daemons } from "../../../kernel/programs/daemons";
import { addNetworkCommands } from "../../../kernel/shell/commands/network";
import { addSystemCommands } from "../../../kernel/shell/commands/system";
import { PowerControl } from "../../../kernel/shell/power-control";
import { Shell } from "../../../kernel/shell/shell";
import { StackStatus } from "../../../kernel/start/stack-status";
import { Input } from "../parts/input";
import { ScreenPort } from "../parts/screen-port";
import { Wire } from "../parts/wire";

const TIME: u32 = 0xff;
/** The longest time that passes in one step. */
const LONGEST: i64 = 100 * SECOND;

class TestPower implements PowerControl {
  powerOff(): void {}
  debugExit(_code: u32): void {}
  reboot(): void {}
}

class TestClock implements TimeOfDay {
  wallClock(): i64 {
    return 1_795_352_705_000_000 + wire.now;
  }
  wallClockSource(): string {
    return "test clock";
  }
  floor(): i64 {
    return 0;
  }
  setWallClock(_micros: i64, _source: string): void {}
}

const wire = new Wire();
const screen = new ScreenPort();
const daemons = new Daemons(wire.stack);
const shell = new Shell(screen, new StackStatus(wire.stack));
addSystemCommands(shell.registry, new TestPower(), new TestClock(), [], wire.pool);
addNetworkCommands(shell.registry, wire.stack, daemons);
withoutCrash();

/** Removes `crash`, which would crash. */
function withoutCrash(): void {
  const commands = shell.registry.commands;
  for (let i = 0; i < commands.length; i++) {
    if (commands[i].name == "crash") commands.splice(i, 1);
  }
}

function turn(): void {
  setLogTime(wire.now);
  for (let i: u32 = 0; shell.poll(wire.now); i++) assert(i < 10_000, "shell does not come to rest");
  wire.turn();
}

/** Lets time pass. The first 100 timers run when they are due, later ones at the end. */
function pass(micros: i64): void {
  const end = wire.now + micros;
  for (let i = 0; i < 100 && wire.now < end; i++) {
    const at = min(shell.pollAt(wire.now), wire.stack.pollAt(wire.now));
    wire.now = min(max(at, wire.now + 1000), end);
    turn();
  }
  wire.now = end;
  turn();
}

function type(text: string): void {
  for (let i = 0; i < text.length; i++) screen.typed.push(text.charCodeAt(i) as u8);
  turn();
}

export function console(pointer: usize, length: u32): void {
  const input = new Input(pointer, length);
  wire.start(false);
  shell.begin(wire.now, "");
  turn();
  while (!input.empty) {
    const byte = input.byte();
    if (byte == TIME) pass(min((1000 as i64) << ((input.byte() & 31) as i64), LONGEST));
    else {
      screen.typed.push(byte as u8);
      turn();
    }
  }
  // Ctrl-C ends a running command, at the latest after the command's own time-outs.
  type("\x03");
  pass(LONGEST);
  type("\x03\x15");
  screen.last = "";
  type("echo 4f'5a'\r");
  pass(SECOND);
  assert(screen.last.includes("4f5a"), "no prompt");
}
