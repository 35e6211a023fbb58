/**
 * What a console command is: a name, its help, and `start`, which answers a job. A job is
 * polled once a turn until it answers an exit code; nothing nests the event loop.
 */
import { NEVER } from "../../core/time";
import { Shell } from "./shell";

/** What `Job.poll` answers until it is done; done, it answers an exit code from 0 to 255. */
export const RUNNING: i32 = -1;

export const EXIT_OK: i32 = 0;
export const EXIT_FAILURE: i32 = 1;
export const EXIT_USAGE: i32 = 2;
export const EXIT_UNKNOWN_COMMAND: i32 = 127;
/** 128 + SIGINT, as a shell answers after Ctrl-C. */
export const EXIT_INTERRUPTED: i32 = 130;

export abstract class Job {
  /** Goes on as far as it can without waiting; RUNNING or the exit code. */
  abstract poll(now: i64): i32;
  /** When to poll again at the latest, if nothing arrives before. */
  pollAt(): i64 {
    return NEVER;
  }
  /** Ctrl-C: gives back what is held; the exit code. `poll` is not called any more. */
  cancel(): i32 {
    return EXIT_INTERRUPTED;
  }
  /** True for a job that reads what is typed; else that waits for the prompt after it. */
  readsInput(): bool {
    return false;
  }
  /** A whole line typed while the job runs (without its end), when `readsInput`. */
  line(_text: string): void {}
  /** Ctrl-D while the job runs, when `readsInput`. */
  endOfInput(): void {}
}

/** A job that was over as soon as it began. */
export class Done extends Job {
  constructor(readonly code: i32) {
    super();
  }
  poll(_now: i64): i32 {
    return this.code;
  }
}

export abstract class Command {
  constructor(
    /** As it is typed. */
    readonly name: string,
    /** Operands and options: `[-c N] HOST`. */
    readonly usage: string,
    /** One line for `help`. */
    readonly summary: string,
    /** Lines that can be typed as they stand, for `help NAME`. */
    readonly examples: StaticArray<string>,
    /** True: waits until an interface is configured, and fails after 10 s without one. */
    readonly needsNetwork: bool = false,
  ) {}
  /** `words` are the operands and options without the command's name. */
  abstract start(words: Array<string>, shell: Shell): Job;
  /** What Tab offers for the word being typed, given the words before it. */
  complete(_words: Array<string>): Array<string> {
    return [];
  }
}
