/**
 * User programs, built into the kernel with `make APP=path.ts`. The top-level code of a program
 * registers it here, and the kernel polls it like a service.
 */
import { Pollable, PollableList } from "./pollable";
import { NEVER } from "./time";

/** A user program. */
export abstract class Program extends Pollable {
  /** Called once the stack exists; the network may not be configured yet. */
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

/** Starts the registered programs and adds them to `tasks`, which the kernel polls. */
export function startPrograms(tasks: PollableList, now: i64): void {
  for (let i = 0; i < registered.length; i++) {
    registered[i].start(now);
    tasks.add(registered[i]);
  }
}
