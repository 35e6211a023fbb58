/** The operator at a twin's console: types commands one after another and checks their output. */
import type { Twin } from "../lab/machine/twin.ts";
import { LIE } from "../lab/network/flood.ts";
import { crcText, lines, pattern } from "../lab/network/http-peer.ts";
import { answered, MILLISECOND, PROMPT, SECOND, type World } from "../lab/network/world.ts";

export interface Outcome {
  command: string;
  /** From the command's echo to the prompt after its output. */
  output: string;
}

/** Nanoseconds between two looks at the console. */
const LOOK = 50 * MILLISECOND;
/** Seconds until Ctrl-C is typed. */
const PATIENCE = 60;
/** Seconds until Ctrl-C is typed to a command that may end only on Ctrl-C. */
const ENDLESS_PATIENCE = 5;
/** Seconds after Ctrl-C from which on a missing prompt is a failure. */
const GRACE = 30;

/** A line of the log, or the note about omitted ones. */
const LOGGED = /\[ *\d+\.\d+\].*|\d+ messages not shown.*/g;

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

  /** Reports whether all commands are done. */
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
    // The transmitter of a sleeping twin still drains, so bring the twin up to now.
    twin.reach(world.now);
    return twin.machine.uart.endsWith(PROMPT) && !twin.machine.uart.busy();
  }

  private prompt(): void {
    if (this.current !== undefined) {
      // This may still be the prompt that the command was typed at.
      if (!answered(this.twin, this.from, this.current)) {
        this.wait();
        return;
      }
      const output = this.twin.output.slice(this.from);
      this.outcomes.push({ command: this.current, output });
      this.checkBody(this.current, output);
      this.checkText(this.current, output);
      if (output.includes(`has address ${LIE}`)) this.complaints.push(`forged address: ${output}`);
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

  /** Text of a successful curl must be on the console unchanged, apart from lines of the log. */
  private checkText(command: string, output: string): void {
    const length = /\/text\/(\d+);/.exec(command)?.[1];
    const end = output.lastIndexOf("=0\r\n");
    if (length === undefined || end < 0) return;
    // A line of the log may precede the command's echo.
    const start = output.indexOf(`${command}\r\n`) + command.length;
    const printed = output.slice(start, end).replaceAll(LOGGED, "");
    if (printed.replaceAll(/[\r\n]/g, "") === lines(Number(length)).replaceAll("\n", "")) return;
    this.complaints.push(`${command}: wrong text, of ${printed.length} characters`);
  }

  /** A body that curl reports as complete must be the one that was sent. */
  private checkBody(command: string, output: string): void {
    const length = /\/bytes\/(\d+)/.exec(command)?.[1];
    const said = /HTTP 200, (\d+) bytes.* crc32 ([0-9a-f]+)/.exec(output);
    if (length === undefined || !said) return;
    const wanted = [length, crcText(pattern(Number(length)))];
    if (said[1] !== wanted[0] || said[2] !== wanted[1]) {
      this.complaints.push(`${command}: ${said[1]} bytes, CRC ${said[2]}, expected ${wanted}`);
    }
  }
}
