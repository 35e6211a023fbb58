/** The real shell over a scripted serial line with a virtual clock, and the screen of a VT100. */
import assert from "node:assert/strict";
import { type Exports, load, readBytes, writeBytes, writeText } from "./assembly.ts";

export const PROMPT = "anonymos> ";
export const SECOND = 1_000_000n;

/** A shell with its own virtual clock. */
export class Console {
  now = 0n;
  seen = 0;
  constructor(
    readonly wasm: Exports,
    readonly calls: string[],
  ) {}

  static async start(run = "", configured = true): Promise<Console> {
    const calls: string[] = [];
    const wasm = await load("tests/lab/entries/shell.ts", {
      collectGarbage: () => calls.push("collect"),
      heapUsed: () => 12345,
      memoryLimit: () => 32 * 1024 * 1024,
      tlsHeap: () => 0,
      memoryRegionCount: () => 2,
      memoryRegion: (index: number, field: number) =>
        [
          [0n, 0x9fc00n, 1n],
          [0x9fc00n, 0x400n, 2n],
        ][index][field],
      crash: (kind: number) => calls.push(`crash ${kind}`),
    });
    wasm.setConfigured(configured);
    wasm.start(...writeText(wasm, run));
    const console = new Console(wasm, calls);
    console.settle();
    return console;
  }

  /** Runs turns until nothing is due. */
  settle(): void {
    for (let i = 0; i < 100_000; i++) {
      const more = this.wasm.poll(this.now);
      if (!more && this.wasm.pollAt() > this.now) return;
    }
    throw new Error("the shell does not come to rest");
  }

  /** Lets virtual time pass, waking at every deadline. */
  pass(micros: bigint): void {
    const end = this.now + micros;
    while (this.now < end) {
      const at: bigint = this.wasm.pollAt();
      this.now = at <= this.now ? this.now + 1n : at < end ? at : end;
      this.settle();
    }
  }

  type(text: string | Uint8Array): this {
    const bytes = typeof text === "string" ? Buffer.from(text) : text;
    this.wasm.type(...writeBytes(this.wasm, bytes));
    this.settle();
    return this;
  }

  message(text: string): this {
    this.wasm.message(...writeText(this.wasm, text));
    this.settle();
    return this;
  }

  /** Returns what the shell printed since the last call. */
  output(): string {
    const { outputPointer, outputLength } = this.wasm;
    const all = readBytes(this.wasm, outputPointer(), outputLength());
    const added = all.subarray(this.seen).toString("utf8");
    this.seen = all.length;
    return added;
  }

  /** Types a line and returns what came between its echo and the next prompt. */
  run(line: string): string {
    this.output();
    this.type(`${line}\r`);
    const output = this.output();
    assert.ok(output.startsWith(`${line}\r\n`), JSON.stringify(output));
    assert.ok(output.endsWith(PROMPT), JSON.stringify(output));
    return output.slice(line.length + 2, -PROMPT.length);
  }
}

/** Joiners, and marks on the character before them. */
const ZERO_WIDTH = /[\u0300-\u036f]|[\u200b-\u200f]|[\ufe00-\ufe0f]/;

/** The screen of a VT100 of some width. */
export class Screen {
  rows: string[][] = [[]];
  row = 0;
  column = 0;
  wrap = false;
  saved = [0, 0];
  answer = "";
  constructor(readonly width: number) {}

  write(text: string): this {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what a terminal reads
    const pattern = /\x1b\[([0-9;]*)([A-Za-z])|\x1b([78])|./gs;
    for (const [whole, parameter, final, single] of text.matchAll(pattern)) {
      if (final) this.control(final, Number(parameter) || 0);
      else if (single === "7") this.saved = [this.row, this.column];
      else if (single === "8") [this.row, this.column] = this.saved;
      else this.character(whole);
    }
    return this;
  }

  control(final: string, parameter: number): void {
    const count = parameter || 1;
    if (final !== "n") this.wrap = false;
    if (final === "A") this.row = Math.max(0, this.row - count);
    if (final === "B") this.row = Math.min(this.rows.length - 1, this.row + count);
    if (final === "C") this.column = Math.min(this.width - 1, this.column + count);
    if (final === "D") this.column = Math.max(0, this.column - count);
    if (final === "n") this.answer = `\x1b[${this.row + 1};${this.column + 1}R`;
    if (final === "H") [this.row, this.column] = [0, 0];
    if (final === "J" && parameter === 2) this.rows = [[]];
    if (final === "J" && parameter === 0) {
      this.rows[this.row] = this.rows[this.row].slice(0, this.column);
      this.rows.length = this.row + 1;
    }
  }

  character(c: string): void {
    if (c === "\r") [this.column, this.wrap] = [0, false];
    else if (c === "\n") this.down();
    else if (c === "\b") [this.column, this.wrap] = [Math.max(0, this.column - 1), false];
    else if (ZERO_WIDTH.test(c)) {
      // A mark on the character before it.
      const at = this.wrap ? this.column : this.column - 1;
      this.rows[this.row][at] += c;
    } else if (c >= " ") {
      if (this.wrap) {
        this.down();
        this.column = 0;
      }
      const row = this.rows[this.row];
      while (row.length < this.column) row.push(" ");
      row[this.column] = c;
      this.wrap = this.column === this.width - 1;
      if (!this.wrap) this.column++;
    }
  }

  down(): void {
    this.wrap = false;
    this.row++;
    if (this.row === this.rows.length) this.rows.push([]);
  }

  text(): string {
    return this.rows.map((row) => row.join("").trimEnd()).join("\n");
  }
}
