/**
 * A program of the user's own, built into the kernel by `make APP=path.ts`: its top-level code
 * registers it here, and the kernel polls it once a turn, as it polls everything else.
 */
import { earlier, NEVER } from "./time";

export abstract class Program {
  /** Once, when the stack exists; the network may not be configured yet. */
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

export function startPrograms(now: i64): void {
  for (let i = 0; i < registered.length; i++) registered[i].start(now);
}

/** One turn of every program; true: call again at once. */
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
