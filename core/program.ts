/**
 * A program of the user's, built into the kernel with `make APP=path.ts`. Its top-level code
 * registers it here, and the kernel polls it like everything else.
 */
import { Pollable } from "./pollable";
import { NEVER } from "./time";

export abstract class Program extends Pollable {
  /** Called once, when the stack exists; the network may not be configured yet. */
  start(_now: i64): void {}
  pollAt(_now: i64): i64 {
    return NEVER;
  }
}

const registered: Array<Program> = [];

/** Registers a program. Called from its top-level code, before the kernel boots. */
export function register(program: Program): void {
  registered.push(program);
}

/** Starts the registered programs and returns them, to be polled. */
export function startPrograms(now: i64): Array<Program> {
  for (let i = 0; i < registered.length; i++) registered[i].start(now);
  return registered;
}
