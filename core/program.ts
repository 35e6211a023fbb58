/**
 * User programs, built into the kernel by `make APP=path.ts`. The top-level code of a program
 * registers it here, and the kernel polls it once a turn, like everything else.
 */
import { earlier, NEVER } from "./time";

export abstract class Program {
  /** Called once, when the stack exists; the network may not be configured yet. */
  start(_now: i64): void {}
  /** Runs without blocking; returns true to be called again at once. */
  abstract poll(now: i64): bool;
  /** Returns the latest time for the next poll; input triggers it earlier. */
  pollAt(): i64 {
    return NEVER;
  }
}

const registered: Array<Program> = [];

/** Registers a program; call it from the program's top-level code. */
export function register(program: Program): void {
  registered.push(program);
}

export function startPrograms(now: i64): void {
  for (let i = 0; i < registered.length; i++) registered[i].start(now);
}

/** Polls every program once; returns true to be called again at once. */
export function pollPrograms(now: i64): bool {
  let more = false;
  for (let i = 0; i < registered.length; i++) if (registered[i].poll(now)) more = true;
  return more;
}

export function programsPollAt(): i64 {
  let at = NEVER;
  for (let i = 0; i < registered.length; i++) at = earlier(at, registered[i].pollAt());
  return at;
}
