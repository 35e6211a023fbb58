/**
 * A world: twins and scripted peers in one virtual time. The one that is furthest behind runs next,
 * so nothing arrives before it was sent, and one seed always gives the same run.
 */
import type { Twin } from "../machine/twin.ts";
import { Random } from "../random.ts";
import { EventQueue } from "./events.ts";

export const MILLISECOND = 1e6;
export const SECOND = 1e9;
/** How long one twin may run ahead if nothing else happens. */
const SLICE = MILLISECOND;
export const PROMPT = "\nanonymos> ";

/** Receives frames from a wire at `time`; `damaged` means that the FCS is wrong. */
export interface Station {
  readonly name: string;
  receive(frame: Uint8Array, time: number, damaged?: boolean): void;
}

export class World {
  /** Nanoseconds; a twin may be ahead by SLICE and one turn. */
  now = 0;
  readonly random: Random;
  readonly twins: Twin[] = [];
  private readonly queue = new EventQueue();

  constructor(readonly seed = 1) {
    this.random = new Random(seed);
  }

  /** Adds a twin. If its clock is behind the world's time, it runs first until it catches up. */
  add(twin: Twin): Twin {
    this.twins.push(twin);
    return twin;
  }

  at(time: number, action: () => void): void {
    this.queue.add(Math.ceil(Math.max(time, this.now)), action);
  }
  after(nanoseconds: number, action: () => void): void {
    this.queue.add(Math.ceil(this.now + nanoseconds), action);
  }

  /** Runs until the time `until`, in nanoseconds, or until `done` returns true. */
  run(until: number, done?: () => boolean): void {
    for (;;) {
      let twin: Twin | undefined;
      let first = Number.POSITIVE_INFINITY;
      let second = Math.min(this.queue.next(), until);
      for (const each of this.twins) {
        const at = each.wakeAt();
        if (at < first) {
          second = Math.min(second, first);
          first = at;
          twin = each;
        } else second = Math.min(second, at);
      }
      if (this.queue.next() <= first) {
        if (this.queue.next() > until) break;
        const event = this.queue.take();
        this.now = event.at;
        event.action();
      } else {
        if (first > until) break;
        this.now = Math.max(this.now, first);
        second = Math.min(second, first + SLICE);
        // A twin may get ahead of the others by a turn, which is shorter than any wire's delay.
        do twin?.step(until);
        while ((twin?.wakeAt() ?? 0) < Math.min(second, this.queue.next()));
      }
      if (done?.()) return;
    }
    this.now = Math.max(this.now, until);
    for (const each of this.twins) each.reach(until);
  }

  /** Lets time pass, in seconds. */
  pass(seconds: number): this {
    this.run(Math.ceil(this.now + seconds * SECOND));
    return this;
  }

  /** Types a line on a twin, waits for its prompt, and returns the output. */
  command(twin: Twin, line: string, seconds = 60): string {
    const before = twin.output.length;
    twin.type(`${line}\r`, this.now);
    const said = () => twin.state !== "on" || answered(twin, before, line);
    this.run(Math.ceil(this.now + seconds * SECOND), said);
    return twin.output.slice(before);
  }
}

/** Reports whether the output after `from` has the typed line or ^C, and ends with a prompt. */
export function answered(twin: Twin, from: number, line: string): boolean {
  if (!twin.machine.uart.endsWith(PROMPT)) return false;
  const said = twin.output.slice(from);
  return said.includes(`${line}\r\n`) || said.includes("^C");
}
