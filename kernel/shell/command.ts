/**
 * Commands and jobs. A command has a name, its help, and `start`, which returns a job. A job is
 * polled in each turn until it returns an exit code; the event loop is never nested. This is a
 * complete command (from commands/sleep.ts), which `registry.add(new Sleep())` registers:
 *
 *     class SleepJob extends Job {
 *       constructor(private readonly until: i64) { super(); }
 *       poll(now: i64): i32 { return now < this.until ? RUNNING : EXIT_OK; }
 *       pollAt(): i64 { return this.until; }
 *     }
 *     export class Sleep extends Command {
 *       constructor() { super("sleep", "SECONDS", "waits", ["sleep 1.5"]); }
 *       start(words: Array<string>, session: Session): Job {
 *         const options = new Options(words, []);  // none; "c|count:" would be -c N, --count N
 *         options.expectOperands(1, 1);
 *         if (options.failure != "") return this.wrongUsage(session, options.failure);
 *         const time = parseSeconds(options.operands[0], 1_000_000);
 *         if (time < 0) return this.wrongUsage(session, "invalid time interval");
 *         return new SleepJob(session.now + time);
 *       }
 *     }
 *
 * A job may print about 30,000 characters per poll. It is not polled while more output than that is
 * queued for the serial line; if it reads from the network, the sender then has to wait.
 */
import { NEVER } from "../../core/time";
import { Session } from "./session";
import { LineReader } from "./terminal/line-input";

/** Returned by `Job.poll` while the job runs; any other value is an exit code, 0 to 255. */
export const RUNNING: i32 = -1;

export const EXIT_OK: i32 = 0;
export const EXIT_FAILURE: i32 = 1;
export const EXIT_USAGE: i32 = 2;
export const EXIT_UNKNOWN_COMMAND: i32 = 127;
/** 128 + SIGINT, as a shell returns after Ctrl-C. */
export const EXIT_INTERRUPTED: i32 = 130;

export abstract class Job implements LineReader {
  /** Continues without waiting. Returns RUNNING or the exit code. */
  abstract poll(now: i64): i32;
  /** Returns the latest time to poll again, in microseconds since boot. */
  pollAt(): i64 {
    return NEVER;
  }
  /** Handles Ctrl-C: releases all resources and returns the exit code. This is the last call. */
  cancel(): i32 {
    return EXIT_INTERRUPTED;
  }
  /** Reports whether the job reads typed input; if not, it is kept for the next reader. */
  readsInput(): bool {
    return false;
  }
  /** Takes a typed line, without the newline. */
  line(_text: string): void {}
  /** Handles Ctrl-D on an empty line. */
  endOfInput(): void {}
}

/** A job that ends at once. */
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
    /** The name, as it is typed. */
    readonly name: string,
    /** The synopsis without the name: `[-c N] HOST`. */
    readonly usage: string,
    /** The line for `help`: a phrase without the name and the full stop. */
    readonly summary: string,
    /** Command lines for `help NAME`. */
    readonly examples: StaticArray<string>,
    /** Whether to wait while DHCP is still to configure an interface, and to fail after 10 s. */
    readonly needsNetwork: bool = false,
  ) {}

  /** Starts the command. `words` are its options and operands, without its name. */
  abstract start(words: Array<string>, session: Session): Job;

  /**
   * Called before the wait for the network. Returns a job if the words are wrong or ask for help,
   * which needs no network; null, the default, to wait and then call `start`.
   */
  beforeNetwork(_words: Array<string>, _session: Session): Job | null {
    return null;
  }

  /** Returns the words that Tab offers after `_words`. */
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
    const details = this.details();
    for (let i = 0; i < details.length; i++) session.printLine(details[i]);
  }

  /** Returns the lines that `explain` adds: the options and forms that the synopsis leaves out. */
  protected details(): StaticArray<string> {
    return [];
  }

  /** Returns the job of a command that has ended. */
  protected done(code: i32 = EXIT_OK): Job {
    return new Done(code);
  }

  /** Prints `COMMAND: text`. Returns a job that ends with exit code `code`. */
  protected failed(session: Session, text: string, code: i32 = EXIT_FAILURE): Job {
    session.error(this.name, text);
    return new Done(code);
  }

  /** Prints why the words are wrong, and the synopsis. Returns a job that ends with exit code 2. */
  protected wrongUsage(session: Session, reason: string): Job {
    session.error(this.name, `${reason} (usage: ${this.synopsis()})`);
    return new Done(EXIT_USAGE);
  }

  private synopsis(): string {
    return `${this.name} ${this.usage}`.trimEnd();
  }
}
