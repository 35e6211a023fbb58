/** The console (kernel/shell): keys, prompt, splitting, run=, floods; the real shell, byte by byte. */
import assert from "node:assert/strict";
import test from "node:test";
import { type Exports, load, readString, writeBytes, writeText } from "../support/assembly.ts";

const PROMPT = "anonymos> ";
const UP = "\x1b[A";
const DOWN = "\x1b[B";
const RIGHT = "\x1b[C";
const LEFT = "\x1b[D";
const SECOND = 1_000_000n;

/** A shell of its own with a virtual clock. */
class Console {
  now = 0n;
  seen = 0;
  constructor(
    readonly wasm: Exports,
    readonly calls: string[],
  ) {}

  static async start(run = "", configured = true): Promise<Console> {
    const calls: string[] = [];
    const wasm = await load("tests/wasm/shell.ts", {
      collectGarbage: () => calls.push("collect"),
      heapUsed: () => 12345,
      memoryLimit: () => 32 * 1024 * 1024,
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

  /** Turns until nothing is to be done at once. */
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

  /** What was sent since the last look. */
  output(): string {
    const { memory, outputPointer, outputLength } = this.wasm;
    const all = Buffer.from(memory.buffer, outputPointer(), outputLength());
    const fresh = all.subarray(this.seen).toString("utf8");
    this.seen = all.length;
    return fresh;
  }

  /** Types a line and answers what came between its echo and the next prompt. */
  run(line: string): string {
    this.output();
    this.type(`${line}\r`);
    const output = this.output();
    assert.ok(output.startsWith(`${line}\r\n`), JSON.stringify(output));
    assert.ok(output.endsWith(PROMPT), JSON.stringify(output));
    return output.slice(line.length + 2, -PROMPT.length);
  }
}

/** A VT100 of some width: what is on its screen. */
class Screen {
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
    else if (c >= " ") {
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

test("the prompt is there at once, with nothing after it and no escape sequence", async () => {
  const console = await Console.start();
  assert.equal(console.output(), PROMPT);
  console.pass(5n * SECOND);
  assert.equal(console.output(), "");
  assert.equal(console.wasm.pollAt(), 0x7fffffffffffffffn, "idle: nothing to wait for");
});

test("CR, LF and CR LF each end one line", async () => {
  const console = await Console.start();
  console.output();
  for (const end of ["\r", "\n", "\r\n"]) {
    console.type(`words a${end}`);
    assert.equal(console.output(), `words a\r\n<a>\r\n${PROMPT}`, JSON.stringify(end));
  }
  console.type("words a\r").type("\nwords b\n");
  assert.equal(console.output(), `words a\r\n<a>\r\n${PROMPT}words b\r\n<b>\r\n${PROMPT}`);
  console.type("\r\r\n\n");
  assert.equal(console.output(), `\r\n${PROMPT}\r\n${PROMPT}\r\n${PROMPT}`);
});

test("a message clears the prompt and redraws it in full on a new line", async () => {
  const console = await Console.start();
  console.now = SECOND;
  console.message("net0: link up");
  const before = console.output();
  assert.equal(
    before,
    `${PROMPT}\r          \r[    0.000000] net0: link up\r\n${PROMPT}`,
    "no escape sequence before the first key",
  );
  console.type("words x");
  console.message("net0: link down");
  const screen = new Screen(80).write(before + console.output());
  assert.equal(
    screen.text(),
    `[    0.000000] net0: link up\n[    1.000000] net0: link down\n${PROMPT}words x`,
  );
  assert.equal(console.type("\r").output(), `\r\n<x>\r\n${PROMPT}`);
});

test("a message while a command runs stands on a line of its own", async () => {
  const console = await Console.start();
  console.type("words a; sleep 1\r");
  console.message("hello");
  console.pass(SECOND);
  assert.ok(console.output().endsWith(`<a>\r\n[    0.000000] hello\r\n${PROMPT}`));
});

test("lines are split as sh splits them", async () => {
  const console = await Console.start();
  const cases: Record<string, string> = {
    "words a b": "<a><b>",
    "words  'a  b'   c ": "<a  b><c>",
    "words \"a 'b' c\" d": "<a 'b' c><d>",
    'words "a \\" \\\\ \\$ \\n"': '<a " \\ $ \\n>',
    "words 'a \" \\ b'": '<a " \\ b>',
    "words a\\ b \\'c \\\\": "<a b><'c><\\>",
    "words '' \"\" x": "<><><x>",
    "words a'b'\"c\"d": "<abcd>",
    "words a # b": "<a>",
    "words a#b '#c' \\#d": "<a#b><#c><#d>",
    "words http://h/?a=1&b=2": "<http://h/?a=1&b=2>",
    "words 'a;b' \"c;d\" e\\;f": "<a;b><c;d><e;f>",
    "words $HOME $": "<$HOME><$>",
    "words '$?' \\$? \"$?\" $? a$?b": "<$?><$?><0><0><a0b>",
    "words a\\": "<a\\>",
    "words a\tb": "<a><b>",
  };
  for (const [line, output] of Object.entries(cases)) {
    if (line.includes("\t")) continue;
    assert.equal(console.run(line), `${output}\r\n`, line);
  }
  assert.equal(
    console.run("words a;words b ; words c;"),
    "<a>\r\n<b>\r\n<c>\r\n".replace(/\r\n</g, "<"),
  );
  assert.equal(console.run(""), "");
  assert.equal(console.run("  ;; ; # nothing"), "");
});

test("what cannot be run is one clear error and a code", async () => {
  const console = await Console.start();
  const cases: [string, RegExp, number][] = [
    ["nope a", /^nope: command not found\r\n$/, 127],
    ["words 'a", /^shell: unterminated ', expected .*\r\n$/, 2],
    ['words "a', /^shell: unterminated ", expected .*\r\n$/, 2],
    ["words a | words b", /^shell: \| is not supported, expected .*\r\n$/, 2],
    ["words a > b", /^shell: > is not supported, expected .*\r\n$/, 2],
    ["words a && words b", /^shell: & is not supported, expected .*\r\n$/, 2],
    ["sleep", /^sleep: an operand is missing, expected: sleep SECONDS\r\n$/, 2],
    ["sleep 1 2", /^sleep: 2 is one operand too many, expected: sleep SECONDS\r\n$/, 2],
    ["sleep -x 1", /^sleep: unknown option -x, expected: sleep SECONDS\r\n$/, 2],
    ["sleep x", /^sleep: x is no number of seconds, expected: sleep SECONDS\r\n$/, 2],
    ["poweroff 256", /^poweroff: 256 is no number from 0 to 255, expected: poweroff \[N\]\r\n$/, 2],
    ["crash", /^crash: an operand is missing, expected: crash null\|bounds/, 2],
    ["hostname a_b", /^hostname: a_b is no name of letters/, 2],
    ["help nope", /^help: there is no command nope, expected/, 1],
    ["echo 'x;y' ; words a", /^x;y\r\n<a>\r\n$/, 0],
  ];
  for (const [line, output, code] of cases) {
    assert.match(console.run(line), output);
    assert.equal(console.run("echo $?"), `${code}\r\n`, line);
  }
});

test("options stand before or after operands, clustered, attached, long", async () => {
  const { wasm } = await Console.start();
  const parse = (...words: string[]) =>
    readString(wasm.memory, wasm.options(...writeText(wasm, words.join("|"))));
  assert.equal(parse("a"), "4 1000000 false false [] a");
  assert.equal(parse("-c", "7", "a", "-q", "b"), "7 1000000 true false [] a,b");
  assert.equal(parse("a", "-qc7", "--long", "-w0.25"), "7 250000 true true [] a");
  assert.equal(parse("--count=9", "--count", "8", "--quiet"), "8 1000000 true false [] ");
  assert.equal(parse("-H", "A: b", "-HC", "--header=D"), "4 1000000 false false [A: b,C,D] ");
  assert.equal(parse("--", "-q", "--long"), "4 1000000 false false [] -q,--long");
  assert.equal(parse("-H", "-q", "-"), "4 1000000 false false [-q] -");
  assert.equal(parse("-c", "101"), "-c 101 is no whole number from 1 to 100");
  assert.equal(parse("-c0"), "-c 0 is no whole number from 1 to 100");
  assert.equal(parse("-c"), "-c wants a value");
  assert.equal(parse("-cx"), "-c x is no whole number from 1 to 100");
  assert.equal(parse("-w", "61"), "-w 61 is no number of seconds up to 60");
  assert.equal(parse("-w", "60.1"), "-w 60.1 is no number of seconds up to 60");
  assert.equal(parse("-w", "1."), "-w 1. is no number of seconds up to 60");
  assert.equal(parse("--long=3"), "--long takes no value");
  assert.equal(parse("--nope"), "unknown option --nope");
  assert.equal(parse("-z"), "unknown option -z");
  assert.equal(parse("a", "b", "c", "d"), "d is one operand too many");
});

test("run= is executed as if typed, each command followed by its code", async () => {
  const console = await Console.start("words a;  nope  'x' ; sleep 2; echo -n \"b  c\"; echo $?");
  console.pass(3n * SECOND);
  assert.equal(
    console.output(),
    "<a>\r\n[exit 0] words a\r\n" +
      "nope: command not found\r\n[exit 127] nope  'x' \r\n" +
      "[exit 0] sleep 2\r\n" +
      'b  c\r\n[exit 0] echo -n "b  c"\r\n' +
      `0\r\n[exit 0] echo $?\r\n${PROMPT}`,
  );
  const long = `echo ${"x".repeat(500)}`;
  const wide = await Console.start(long);
  assert.equal(wide.output(), `${"x".repeat(500)}\r\n[exit 0] ${long}\r\n${PROMPT}`);
  const wrong = await Console.start("echo 'a");
  assert.match(wrong.output(), /^shell: unterminated '.*\r\n\[exit 2\] echo 'a\r\nanonymos> $/);
});

test("commands that need the network wait for it, ten seconds and no more", async () => {
  const late = await Console.start("cat", false);
  late.pass(9n * SECOND);
  assert.equal(late.output(), "");
  late.wasm.setConfigured(true);
  late.type("hello\r\x04");
  assert.equal(late.output(), `hello\r\n(hello)\r\n[exit 0] cat\r\n${PROMPT}`);

  const never = await Console.start("cat; echo next", false);
  never.pass(10n * SECOND);
  assert.equal(
    never.output(),
    "cat: network is not configured: no answer from a DHCP server\r\n" +
      `[exit 1] cat\r\nnext\r\n[exit 0] echo next\r\n${PROMPT}`,
  );

  const cancelled = await Console.start("", false);
  cancelled.type("cat\r");
  cancelled.pass(SECOND);
  cancelled.output();
  assert.equal(cancelled.type("\x03").output(), `^C\r\n${PROMPT}`);
  assert.equal(cancelled.run("echo $?"), "130\r\n");
});

test("a running command reads lines, Ctrl-D ends its input, Ctrl-C cancels it", async () => {
  const console = await Console.start();
  console.type("cat\r");
  console.output();
  console.type("ab\x7fc\r\n");
  assert.equal(console.output(), "ab\b \bc\r\n(ac)\r\n");
  console.type("junk\x15\x04");
  assert.equal(
    console.output(),
    `junk${"\b \b".repeat(4)}${PROMPT}`.replace(PROMPT, `\r\n${PROMPT}`),
  );
  console.type("cat; echo never\r");
  console.output();
  assert.equal(console.type("\x03").output(), `^C\r\nsummary\r\n${PROMPT}`);
  assert.equal(console.run("echo $?"), "3\r\n", "the command's own code after Ctrl-C");
});

test("what is typed while a command runs waits for the prompt", async () => {
  const console = await Console.start();
  console.type("sleep 1\r\nwords a\r\nwords b");
  console.pass(SECOND);
  assert.ok(console.output().endsWith(`${PROMPT}words a\r\n<a>\r\n${PROMPT}words b`));
  console.type("\r");
  console.output();
  console.type("sleep 5\rwords c\r\x03");
  assert.equal(console.output(), `sleep 5\r\n^C\r\n${PROMPT}`, "Ctrl-C forgets it");
});

test("the keys of Emacs and of VT100 edit the line", async () => {
  const console = await Console.start();
  const cases: [string, string][] = [
    ["words abc\x7f\x7fx", "<ax>"],
    ["words abc\b", "<ab>"],
    [`words ac${LEFT}b`, "<abc>"],
    [`ords a\x01w`, "<a>"],
    [`ords a\x1b[Hw\x1b[F b`, "<a><b>"],
    [`ords a\x1bOHw\x1bOF b`, "<a><b>"],
    [`ords a\x1b[1~w\x1b[4~ b`, "<a><b>"],
    ["words ab\x02\x02X\x05Y", "<XabY>"],
    ["words ab\x02\x02\x06X", "<aXb>"],
    ["words abc\x02\x02\x0b", "<a>"],
    ["junk\x15words a", "<a>"],
    ["words a b-c\x17d", "<a><d>"],
    ["words a\x17\x19\x19", "<aa>"],
    [`words abc${LEFT}${LEFT}\x1b[3~`, "<ac>"],
    [`words abc${LEFT}${LEFT}\x04`, "<ac>"],
    ["words one two\x1bbX", "<one><Xtwo>"],
    ["words one two\x1bb\x1bb\x1bfX", "<oneX><two>"],
    ["words one two\x1b[1;5DX", "<one><Xtwo>"],
    ["words one two\x01\x1b[1;5C\x1b[1;5CX", "<oneX><two>"],
    ["words one two\x1bb\x1bd", "<one>"],
    ["words one two\x1b\x7f", "<one>"],
    ["words a\x1b[99;99;99Zb\x1b[?25hc\x1bOPd", "<abcd>"],
    ["words \u00e9\u4e2d\u{1f600}", "<\u00e9\u4e2d\ufffd>"],
    ["words a\x00\x0f\x1c\x1fb", "<ab>"],
    [`x${LEFT}${LEFT}${RIGHT}${RIGHT}\x7fwords a`, "<a>"],
  ];
  for (const [keys, expected] of cases) {
    console.output();
    console.type(`${keys}\r`);
    const output = console.output();
    assert.ok(output.endsWith(`\r\n${expected}\r\n${PROMPT}`), JSON.stringify([keys, output]));
  }
});

test("history: up, down, and the line being typed comes back", async () => {
  const console = await Console.start();
  for (const line of ["words one", "words two", "words two"]) console.run(line);
  console.output();
  console.type(`words half${UP}${UP}\r`);
  assert.ok(console.output().endsWith(`\r\n<one>\r\n${PROMPT}`));
  console.type(`words half${UP}${UP}${UP}${UP}${DOWN}${DOWN}${DOWN}${DOWN}\r`);
  assert.ok(console.output().endsWith(`\r\n<half>\r\n${PROMPT}`));
  assert.match(console.run("history"), /^ {4}1 {2}words one\r\n {4}2 {2}words two\r\n/);
  for (let i = 0; i < 120; i++) console.run(`words ${i}`);
  const lines = console.run("history").trim().split("\r\n");
  assert.equal(lines.length, 100);
  assert.equal(console.run("history -c"), "");
  assert.equal(console.type(`${UP}\r`).output(), `\x07\r\n${PROMPT}`);
});

test("Tab completes commands and what they offer", async () => {
  const console = await Console.start();
  console.output();
  console.type("wo\t");
  assert.equal(console.output(), "words ");
  console.type("al\t");
  assert.equal(console.output(), "alp");
  console.type("\t");
  assert.equal(console.output(), `\r\nalpha  alpine\r\n${PROMPT}words alp`);
  console.type("h\t\r");
  assert.equal(console.output(), `ha \r\n<alpha>\r\n${PROMPT}`);
  console.type("echo a; wor\tb\tx\r");
  assert.equal(console.output(), `echo a; words beta x\r\na\r\n<beta><x>\r\n${PROMPT}`);
  for (const [keys, line] of [
    ["help upt\t", "help uptime "],
    ["crash st\t", "crash stack "],
    ["zzz\t", "zzz"],
    ["'wo\t", "'wo"],
    ["words a \t", "words a "],
  ]) {
    console.type("\x15");
    console.output();
    assert.ok(console.type(keys).output().startsWith(line), keys);
  }
  console.type("\x15");
  console.output();
  console.type("\t");
  assert.match(console.output(), /clear {2}crash {2}date {2}dmesg {2}echo {2}/);
});

test("Ctrl-C at the prompt leaves the line and begins another", async () => {
  const console = await Console.start();
  console.output();
  assert.equal(console.type("words x\x03").output(), `words x^C\r\n${PROMPT}`);
  assert.equal(console.run("echo $?"), "130\r\n");
  assert.equal(console.type("\x04").output(), "\x07", "Ctrl-D at an empty prompt");
});

test("lines wider than the terminal wrap, and can be edited, at any width", async () => {
  for (const width of [40, 80, 100]) {
    const console = await Console.start();
    const screen = new Screen(width).write(console.output());
    const show = () => {
      screen.write(console.output());
      if (screen.answer === "") return;
      const answer = screen.answer;
      screen.answer = "";
      console.type(answer);
      screen.write(console.output());
    };
    // The first arrow key lets the shell ask the terminal for its width.
    console.type(LEFT);
    show();
    let line = "words ";
    let cursor = 6;
    console.type(line);
    const seed = 7 + width;
    let state = seed;
    const random = (bound: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return (state >>> 8) % bound;
    };
    for (let step = 0; step < 1500; step++) {
      const action = random(12);
      if (action < 5 && line.length < 300) {
        const c = String.fromCharCode(97 + random(26));
        line = line.slice(0, cursor) + c + line.slice(cursor);
        cursor++;
        console.type(c);
      } else if (action < 7 && cursor > 6) {
        line = line.slice(0, cursor - 1) + line.slice(cursor);
        cursor--;
        console.type("\x7f");
      } else if (action === 7) {
        cursor = line.length;
        console.type("\x05");
      } else if (action === 8) {
        cursor = 0;
        console.type("\x01");
      } else if (action < 11) {
        const target = random(line.length + 1);
        console.type((target < cursor ? LEFT : RIGHT).repeat(Math.abs(target - cursor)));
        cursor = target;
      } else {
        console.message("m");
      }
      if (cursor < 6) {
        console.type(RIGHT.repeat(6 - cursor));
        cursor = 6;
      }
      show();
      const at = PROMPT.length + cursor;
      const shown = screen.rows.map((row) => row.join("")).join("");
      const where = `seed ${seed} step ${step}`;
      const wanted = (PROMPT + line).trimEnd();
      assert.ok(shown.trimEnd().endsWith(wanted), `${where}: ${JSON.stringify(shown.slice(-200))}`);
      const first = screen.rows.findLastIndex((row) => row.join("").startsWith(PROMPT));
      const offset = (screen.row - first) * width + screen.column + (screen.wrap ? 1 : 0);
      assert.equal(offset, at, where);
    }
    console.type("\r");
    assert.ok(console.output().endsWith(`<${line.slice(6)}>\r\n${PROMPT}`));
  }
});

test("a line has a limit: a bell, and nothing is run", async () => {
  const console = await Console.start();
  console.output();
  console.type("x".repeat(1024 * 1024));
  const echo = console.output();
  assert.equal(echo.replaceAll("\x07", ""), "x".repeat(4096));
  assert.ok(echo.length < 4096 + 5000, "bells are bounded");
  console.type("\r");
  assert.equal(
    console.output(),
    `\r\nshell: the line is longer than 4096 characters, nothing was run\r\n${PROMPT}`,
  );
  assert.equal(console.run("words a"), "<a>\r\n");
});

test("every byte value, and floods of them, do no harm", async () => {
  const console = await Console.start();
  const all = Uint8Array.from({ length: 256 }, (_, i) => i);
  console.type(all).type(all.slice().reverse());
  console.type("\x1b[");
  console.type("\x1b[1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1");
  console.type("\xff\xc3\x03\r");
  console.output();
  assert.equal(console.run("words a"), "<a>\r\n");
  const seed = 20261122;
  let state = seed;
  const noise = new Uint8Array(300_000).map(() => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
  // Commands that noise could spell by chance are harmless here.
  console.type(noise);
  console.pass(SECOND);
  console.type("\x03\x04\x1b\x03\r");
  console.pass(SECOND);
  console.output();
  assert.equal(console.run("words a"), "<a>\r\n", `seed ${seed}`);
});

test("control characters of strangers are shown, not obeyed", async () => {
  const console = await Console.start();
  console.wasm.message(...writeText(console.wasm, "name \x1b[2J\x07\u202e\u009b1m\r end"));
  console.settle();
  const output = console.output();
  assert.ok(output.includes("name \\x1b[2J\\x07\\u202e\\x9b1m\\x0d end\r\n"), output);
});

test("output faster than the line loses nothing and blocks nobody", async () => {
  const console = await Console.start();
  console.output();
  console.wasm.allow(0);
  console.type("flood 200000; echo done; flood -l 100000; echo end\r");
  let text = "";
  let turns = 0;
  while (!text.endsWith(`end\r\n${PROMPT}`)) {
    console.wasm.allow(115);
    console.now += 10_000n;
    console.wasm.poll(console.now);
    text += console.output();
    assert.ok(++turns < 10_000, "it ends");
  }
  const expected =
    "flood 200000; echo done; flood -l 100000; echo end\r\n" +
    `${"x".repeat(200_000)}done\r\n${`${"y".repeat(99)}\r\n`.repeat(1000)}end\r\n${PROMPT}`;
  assert.equal(text, expected);
  assert.ok(console.wasm.pollAt() > console.now);
});

test("a flood of messages is cut, and says so", async () => {
  const console = await Console.start();
  console.wasm.allow(0);
  for (let i = 0; i < 5000; i++) console.wasm.message(...writeText(console.wasm, `message ${i}`));
  console.wasm.allow(0xffffffff);
  console.pass(SECOND);
  const output = console.output();
  assert.match(output, /message 0\r\n/);
  assert.match(output, /\n\d+ messages were not shown: see dmesg\r\nanonymos> $/);
  assert.ok(output.length < 40_000);
});

test("the system's commands say what Linux's say", async () => {
  const console = await Console.start();
  console.now = 3_725n * SECOND;
  assert.equal(console.run("echo a  'b  c'"), "a b  c\r\n");
  assert.equal(console.run("echo -n"), "");
  assert.equal(console.run("date"), "Sun Nov 22 14:07:10 UTC 2026\r\n");
  assert.equal(console.run("date -v"), "Sun Nov 22 14:07:10 UTC 2026\r\nsource: test clock\r\n");
  assert.equal(console.run("date '+%F %T %s %%'"), "2026-11-22 14:07:10 1795356430 %\r\n");
  assert.equal(console.run("uptime"), " 14:07:10 up  1:02\r\n");
  assert.equal(console.run("uptime -p"), "up 1 hour, 2 minutes\r\n");
  assert.equal(console.run("uptime -s"), "2026-11-22 13:05:05\r\n");
  console.wasm.setWall(-1n);
  assert.equal(console.run("uptime"), " up  1:02\r\n");
  assert.match(console.run("date"), /^date: the time of day is unknown, expected .*\r\n$/);
  assert.equal(console.run("hostname"), "anonymos\r\n");
  assert.equal(console.run("hostname kernel7; hostname"), "kernel7\r\n");
  assert.match(console.run("dmesg"), /^$/);
  console.message("a line");
  assert.match(console.run("dmesg"), /^\[ 3725\.000000\] a line\r\n$/);
  const free = console.run("free").trimEnd().split("\r\n");
  assert.match(free.at(-1) ?? "", /^heap: 12345 bytes used, \d+ bytes free$/);
  assert.deepEqual(console.calls, ["collect"]);
  assert.equal(console.run("lspci"), "");
  assert.match(console.run("help"), /\r\ndate {6}shows the time of day.*\r\n/);
  assert.match(
    console.run("help sleep"),
    /^usage: sleep SECONDS\r\n.*\r\nexample: sleep 1\.5\r\n$/,
  );
  assert.equal(console.run("sleep --help"), console.run("help sleep"));
  console.type("poweroff 3; reboot\r");
  console.pass(SECOND);
  assert.equal(
    console.output(),
    "poweroff 3; reboot\r\n" +
      "{exit 3}{off}\r\npoweroff: the machine did not obey, expected ACPI\r\n" +
      `{reboot}\r\nreboot: the machine did not obey, expected ACPI\r\n${PROMPT}`,
  );
  assert.match(console.run("crash write-text"), /^crash: the kernel survived write-text/);
  assert.match(console.run("crash execute-data; crash x"), /survived.*\r\ncrash: x is no kind/s);
  assert.deepEqual(console.calls.slice(1), ["crash 0", "crash 1"]);
  assert.throws(() => console.type("crash abort\r"), /crash abort was typed/);
});

test("reading beyond memory and endless recursion trap", async () => {
  const bounds = await Console.start();
  assert.throws(() => bounds.type("crash bounds\r"), /out of bounds/);
  const stack = await Console.start();
  assert.throws(() => stack.type("crash stack\r"), /call stack/i);
});

test("dates are right from 1970 to 2400", async () => {
  const console = await Console.start();
  for (let day = 0; day < 157_000; day += 397) {
    const seconds = day * 86_400 + ((day * 7919) % 86_400);
    console.wasm.setWall(BigInt(seconds) * SECOND - console.now);
    const iso = new Date(seconds * 1000).toISOString();
    assert.equal(console.run("date '+%FT%T'"), `${iso.slice(0, 19)}\r\n`);
  }
});
