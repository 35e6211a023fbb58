/**
 * A program of the user's own, built into the kernel by `make APP=path.ts`: its top-level code
 * registers it here, and the kernel polls it once a turn, as it polls everything else.
 */
import { NEVER } from "./time";

export abstract class Program {
  /** Once, when the stack exists and before anything is configured. */
  start(_now: i64): void {}
  /** Goes on as far as it can without waiting; true: call again at once. */
  abstract poll(now: i64): bool;
  /** When to poll again at the latest, if nothing arrives before. */
  pollAt(): i64 {
    return NEVER;
  }
}

const registered: Array<Program> = [];

/** To be called from a program's top-level code. */
export function register(program: Program): void {
  registered.push(program);
}

/** What was registered, in order. */
export function programs(): Array<Program> {
  return registered;
}
