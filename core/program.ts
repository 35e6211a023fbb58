/**
 * A program of the user's, built into the kernel with `make APP=path.ts`. Its top-level code
 * registers it here, and the kernel polls it like everything else.
 */
import { Pollable, PollableList } from "./pollable";
import { NEVER } from "./time";

export abstract class Program implements Pollable {
  /** Called once, when the stack exists; the network may not be configured yet. */
  start(_now: i64): void {}
  abstract poll(now: i64): bool;
  pollAt(_now: i64): i64 {
    return NEVER;
  }
}

const registered: Array<Program> = [];

/** Registers a program. Called from its top-level code, before the kernel boots. */
export function register(program: Program): void {
  registered.push(program);
}

/** Starts the registered programs and adds them to what the event loop polls. */
export function startPrograms(loop: PollableList, now: i64): void {
  for (let i = 0; i < registered.length; i++) {
    registered[i].start(now);
    loop.add(registered[i]);
  }
}
