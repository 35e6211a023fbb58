/** Who sits at a twin's console: types commands one after the other and reads the answers. */
import type { Twin } from "../lab/machine/twin.ts";
import { LIE } from "../lab/network/flood.ts";
import { crcText, lines, pattern } from "../lab/network/http-peer.ts";
import { answered, MILLISECOND, PROMPT, SECOND, type World } from "../lab/network/world.ts";

export interface Outcome {
  command: string;
  /** What was printed, and curl's and others' exit code. */
  output: string;
}

const LOOK = 50 * MILLISECOND;
/** Seconds until Ctrl-C is pressed, and until a console without a prompt is called dead. */
const PATIENCE = 60;
/** The same for what ends by Ctrl-C alone. */
const ENDLESS_PATIENCE = 5;
const GRACE = 30;

/** A line of the log, or what is said of lines that there was no room for. */
const LOGGED = /\[ *\d+\.\d+\].*|\d+ messages were not shown.*/g;

export class Operator {
  readonly outcomes: Outcome[] = [];
  readonly complaints: string[] = [];
  private readonly queue: string[] = [];
  private current: string | undefined;
  private from = 0;
  private since = 0;
  private interrupted = false;
  private boots = 1;

  constructor(
    private readonly world: World,
    readonly twin: Twin,
  ) {
    world.after(LOOK, () => this.look());
  }

  add(...commands: string[]): void {
    this.queue.push(...commands);
  }

  /** Nothing more to type, and the prompt is there. */
  idle(): boolean {
    return this.current === undefined && this.queue.length === 0;
  }

  private look(): void {
    const { twin, world } = this;
    if (twin.state === "on") {
      if (twin.boots !== this.boots) this.rebooted();
      if (this.idle()) this.interrupted = false;
      else if (this.prompted()) this.prompt();
      else this.wait();
    }
    world.after(LOOK, () => this.look());
  }

  private prompted(): boolean {
    const { twin, world } = this;
    // What has been printed up to now, and not only when the twin was awake.
    twin.reach(world.now);
    return twin.machine.uart.endsWith(PROMPT) && !twin.machine.uart.busy();
  }

  private prompt(): void {
    if (this.current !== undefined) {
      // The prompt that was there before the first key, or the one behind the output?
      if (!answered(this.twin, this.from, this.current)) {
        this.wait();
        return;
      }
      const output = this.twin.output.slice(this.from);
      this.outcomes.push({ command: this.current, output });
      this.checkBody(this.current, output);
      this.checkText(this.current, output);
      if (output.includes(`has address ${LIE}`)) this.complaints.push(`${output} is a lie`);
      this.current = undefined;
      return;
    }
    const next = this.queue.shift();
    if (next === undefined) return;
    this.current = next;
    this.from = this.twin.output.length;
    this.since = this.world.now;
    this.interrupted = false;
    this.twin.type(`${next}\r`, this.world.now);
  }

  private wait(): void {
    const waited = (this.world.now - this.since) / SECOND;
    if (this.current === undefined) return;
    const patience = /^(nc|tcpdump) /.test(this.current) ? ENDLESS_PATIENCE : PATIENCE;
    if (!this.interrupted && waited > patience) {
      this.interrupted = true;
      this.twin.type("\x03", this.world.now);
    } else if (this.interrupted && waited > patience + GRACE) {
      this.complaints.push(`no prompt after ${this.current} and Ctrl-C`);
      this.current = undefined;
    }
  }

  private rebooted(): void {
    this.boots = this.twin.boots;
    this.current = undefined;
  }

  /** Text that curl says has been printed whole is there, lines of the log apart. */
  private checkText(command: string, output: string): void {
    const length = /\/text\/(\d+);/.exec(command)?.[1];
    const end = output.lastIndexOf("=0\r\n");
    if (length === undefined || end < 0) return;
    // A line of the log may have come before the command's echo.
    const start = output.indexOf(`${command}\r\n`) + command.length;
    const printed = output.slice(start, end).replaceAll(LOGGED, "");
    if (printed.replaceAll(/[\r\n]/g, "") === lines(Number(length)).replaceAll("\n", "")) return;
    this.complaints.push(`${command}: ${printed.length} characters that are not the right ones`);
  }

  /** A body that curl says is whole must be the one that was sent. */
  private checkBody(command: string, output: string): void {
    const length = /\/bytes\/(\d+)/.exec(command)?.[1];
    const said = /HTTP 200, (\d+) bytes.* crc32 ([0-9a-f]+)/.exec(output);
    if (length === undefined || !said) return;
    const wanted = [length, crcText(pattern(Number(length)))];
    if (said[1] !== wanted[0] || said[2] !== wanted[1]) {
      this.complaints.push(`${command}: ${said[1]} bytes, ${said[2]} instead of ${wanted}`);
    }
  }
}
