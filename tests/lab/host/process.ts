/**
 * Child processes that cannot outlive their test: each dies with its parent, is ended by its id,
 * and is waited for.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  constants,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
} from "node:fs";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../../", import.meta.url));

const setpriv = ["/usr/bin/setpriv", "/bin/setpriv"].find((path) => existsSync(path));
const environment = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };

/**
 * Before a command: starts it without libfaketime (`make test DATE=`), whose interception does not
 * go well with sanitizers and jemalloc.
 */
export const REAL_TIME = ["env", "-u", "LD_PRELOAD", "-u", "FAKETIME"];

export interface ChildOptions {
  /** Words before the command, such as those that run it inside a namespace. */
  prefix?: string[];
  cwd?: string;
  /** Keeps standard input open for `write`; otherwise it is /dev/null. */
  input?: boolean;
}

/** A caller that waits for output. */
interface Waiter {
  attempt(): boolean;
  fail(error: Error): void;
}

/**
 * Creates a pipe, which holds 64 KiB however small the writes are. By itself, `spawn` would create
 * a pair of sockets, which is full after 277 writes of one byte; QEMU's UART makes such writes, and
 * drops bytes if its output stays full.
 */
function createPipe(): { reader: Socket; writeEnd: number } {
  const folder = mkdtempSync(join(tmpdir(), "anonymos-pipe-"));
  const path = join(folder, "pipe");
  try {
    execFileSync("mkfifo", [path]);
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const writeEnd = openSync(path, constants.O_WRONLY);
    return { reader: new Socket({ fd, readable: true, writable: false }), writeEnd };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A process whose output is kept as text. */
export class Child {
  /** Everything it has printed, standard output and error together. */
  output = "";
  readonly exited: Promise<number>;
  /** The exit code, or 128 after a signal, or 127 if it did not start; undefined while it runs. */
  code: number | undefined;
  private readonly child: ChildProcess;
  private readonly waiters = new Set<Waiter>();

  constructor(
    readonly name: string,
    words: string[],
    options: ChildOptions = {},
  ) {
    const dying = setpriv === undefined ? [] : [setpriv, "--pdeathsig", "KILL", "--"];
    const [program, ...rest] = [...(options.prefix ?? []), ...dying, ...words];
    const { reader, writeEnd } = createPipe();
    this.child = spawn(program, rest, {
      cwd: options.cwd ?? root,
      env: environment,
      stdio: [options.input ? "pipe" : "ignore", writeEnd, writeEnd],
    });
    closeSync(writeEnd);
    this.child.stdin?.on("error", () => {});
    reader.setEncoding("latin1").on("data", (text: string) => this.receive(text));
    this.exited = this.watch(finished(reader));
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  protected receive(text: string): void {
    this.output += text;
    this.wake();
  }

  protected wake(): void {
    for (const waiter of this.waiters) if (waiter.attempt()) this.waiters.delete(waiter);
  }

  private async watch(outputEnded: Promise<void>): Promise<number> {
    try {
      const [[code, signal]] = (await Promise.all([once(this.child, "close"), outputEnded])) as [
        [number | null, string | null],
        unknown,
      ];
      this.code = code ?? (signal === null ? 255 : 128);
    } catch (error) {
      this.output += String(error);
      this.code = 127;
    }
    this.wake();
    for (const waiter of this.waiters) waiter.fail(new Error(`${this.name} ended (${this.code})`));
    this.waiters.clear();
    return this.code;
  }

  /** Calls `look` now and after each output, until it returns something. */
  until<T>(what: string, look: () => T | undefined, milliseconds: number): Promise<T> {
    const now = look();
    if (now !== undefined) return Promise.resolve(now);
    return new Promise((resolve, reject) => {
      const fail = (error: Error) => {
        clearTimeout(timer);
        this.waiters.delete(waiter);
        reject(new Error(`${error.message} while waiting for ${what}\n${this.tail()}`));
      };
      const waiter: Waiter = {
        attempt: () => {
          const found = look();
          if (found === undefined) return false;
          clearTimeout(timer);
          resolve(found);
          return true;
        },
        fail,
      };
      const late = () => fail(new Error(`${this.name}: timed out after ${milliseconds} ms`));
      const timer = setTimeout(late, milliseconds);
      if (this.code !== undefined) return fail(new Error(`${this.name} ended (${this.code})`));
      this.waiters.add(waiter);
    });
  }

  /** The end of the output, for failure messages. */
  tail(): string {
    const shown = this.output.slice(-3000);
    return `--- ${this.name} printed (its last ${shown.length} characters):\n${shown}\n---`;
  }

  write(text: string | Uint8Array): void {
    this.child.stdin?.write(text);
  }

  endInput(): void {
    this.child.stdin?.end();
  }

  /** Waits until it ends by itself; returns its exit code. */
  async exit(milliseconds: number): Promise<number> {
    await this.until("its end", () => this.code, milliseconds);
    return this.exited;
  }

  /** Kills it and waits until it is gone. */
  async stop(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    if (this.code === undefined) this.child.kill(signal);
    await this.exited;
  }

  /** Processor time used, in seconds. */
  cpuSeconds(): number {
    const stat = readFileSync(`/proc/${this.pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }
}

/** Runs a command to its end; returns its exit code and output. */
export async function run(
  words: string[],
  options: ChildOptions & { milliseconds?: number } = {},
): Promise<{ code: number; output: string }> {
  const child = new Child(words[0], words, options);
  try {
    const code = await child.exit(options.milliseconds ?? 60_000);
    return { code, output: child.output };
  } finally {
    await child.stop();
  }
}

/** Milliseconds for a build, which may have to wait for the builds of other tests (build/lock). */
const BUILD_LIMIT = 240_000;

/** Runs make independently of the make that runs the tests; throws if it fails. */
export async function make(...words: string[]): Promise<void> {
  const command = ["env", "-u", "MAKEFLAGS", "-u", "MAKELEVEL", "make", "--no-print-directory"];
  const { code, output } = await run([...command, ...words], { milliseconds: BUILD_LIMIT });
  if (code !== 0) throw new Error(`make ${words.join(" ")} exited with ${code}: ${output}`);
}

/** Reports whether a program can be found. */
export function has(program: string): boolean {
  const found = spawnSync("sh", ["-c", `command -v ${program}`], { env: environment });
  return found.status === 0;
}
