/**
 * What a command is: a name, its help, and `start`, which returns a job. A job is polled once a
 * turn until it returns an exit code; nothing nests the event loop. A whole command
 * (commands/sleep.ts; registered by `registry.add(new Sleep())`):
 *
 *     class SleepJob extends Job {
 *       constructor(private readonly until: i64) { super(); }
 *       poll(now: i64): i32 { return now < this.until ? RUNNING : EXIT_OK; }
 *       pollAt(): i64 { return this.until; }
 *     }
 *     export class Sleep extends Command {
 *       constructor() { super("sleep", "SECONDS", "waits", ["sleep 1"]); }
 *       start(words: Array<string>, session: Session): Job {
 *         const options = new Options(words, []);          // "c|count:" = -c N or --count N
 *         options.expectOperands(1, 1);
 *         if (options.failure != "") return this.wrongUsage(session, options.failure);
 *         const time = parseSeconds(options.operands[0], 86400);
 *         if (time < 0) return this.wrongUsage(session, "invalid time interval");
 *         return new SleepJob(session.now + time);
 *       }
 *     }
 *
 * A job may print some 30,000 characters a poll. It is not polled while more than that waits for
 * the serial line, so a job that reads from the network makes the sender wait.
 */
import { NEVER } from "../../core/time";
import { Session } from "./session";
import { LineReader } from "./terminal/line-input";

/** What `Job.poll` returns while the job runs; then an exit code from 0 to 255. */
export const RUNNING: i32 = -1;

export const EXIT_OK: i32 = 0;
export const EXIT_FAILURE: i32 = 1;
export const EXIT_USAGE: i32 = 2;
export const EXIT_UNKNOWN_COMMAND: i32 = 127;
/** 128 + SIGINT, as a shell returns after Ctrl-C. */
export const EXIT_INTERRUPTED: i32 = 130;

export abstract class Job implements LineReader {
  /** Goes on as far as it can without waiting. Returns RUNNING or the exit code. */
  abstract poll(now: i64): i32;
  /** The latest time to poll again, in microseconds since boot, if nothing arrives before. */
  pollAt(): i64 {
    return NEVER;
  }
  /** Handles Ctrl-C: releases what is held and returns the exit code. Not polled afterwards. */
  cancel(): i32 {
    return EXIT_INTERRUPTED;
  }
  /** Reports whether the job reads what is typed; otherwise that is kept for the prompt. */
  readsInput(): bool {
    return false;
  }
  /** Takes a line typed while the job runs, without its end. */
  line(_text: string): void {}
  /** Handles Ctrl-D on an empty line. */
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
    /** The synopsis without the name: `[-c N] HOST`. */
    readonly usage: string,
    /** One line for `help`. */
    readonly summary: string,
    /** Lines that can be typed as they stand, for `help NAME`. */
    readonly examples: StaticArray<string>,
    /** Waits until an interface is configured, and fails after 10 s without one. */
    readonly needsNetwork: bool = false,
  ) {}

  /** Starts the command. `words` are its options and operands, without its name. */
  abstract start(words: Array<string>, session: Session): Job;

  /** How long it waits for the network at most, in microseconds; 0: the usual time. */
  waitLimit(_words: Array<string>): i64 {
    return 0;
  }

  /** Reports that `waitLimit` has passed. Returns the exit code. */
  waitFailed(session: Session, reason: string): i32 {
    session.error(this.name, `network is not configured: ${reason}`);
    return EXIT_FAILURE;
  }

  /** The words that Tab offers after `_words`. */
  complete(_words: Array<string>): Array<string> {
    return [];
  }

  /** Prints how the command is used, for `help COMMAND` and `COMMAND --help`. */
  explain(session: Session): void {
    session.printLine(`usage: ${this.synopsis()}`);
    session.printLine(`${this.name} ${this.summary}.`);
    for (let i = 0; i < this.examples.length; i++) {
      session.printLine(`example: ${this.examples[i]}`);
    }
  }

  /** The job of a command that is over already. */
  protected done(code: i32 = EXIT_OK): Job {
    return new Done(code);
  }

  /** Prints `COMMAND: text`. Returns the job to return. */
  protected failed(session: Session, text: string, code: i32 = EXIT_FAILURE): Job {
    session.error(this.name, text);
    return new Done(code);
  }

  /** Prints why the words are wrong, and the synopsis. Returns the job to return (code 2). */
  protected wrongUsage(session: Session, reason: string): Job {
    session.error(this.name, `${reason} (usage: ${this.synopsis()})`);
    return new Done(EXIT_USAGE);
  }

  private synopsis(): string {
    return `${this.name} ${this.usage}`.trimEnd();
  }
}
