/** Keys at the prompt (kernel/shell): editing, history, completion, wide lines, floods. */
import assert from "node:assert/strict";
import test from "node:test";
import { Random } from "../../../../lab/random.ts";
import { Console, PROMPT, Screen, SECOND } from "../../../../lab/scripted/console.ts";

const UP = "\x1b[A";
const DOWN = "\x1b[B";
const RIGHT = "\x1b[C";
const LEFT = "\x1b[D";

test("Emacs and VT100 keys edit the line", async () => {
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
    ["words \u00e9\u4e2d\u{1f600}", "<\u00e9\u4e2d\u{1f600}>"],
    ["words \u{1f600}\u{1f601}\x7fx", "<\u{1f600}x>"],
    [`words \u{1f600}${LEFT}a${RIGHT}b`, "<a\u{1f600}b>"],
    [`words \u{1f600}\u{1f601}${LEFT}${LEFT}\x1b[3~`, "<\u{1f601}>"],
    ["words \u{1f600} b\x17\x17c\x19", "<c\u{1f600}>"],
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

test("echoes characters beyond the BMP whole, also where one replaces another", async () => {
  const console = await Console.start();
  console.output();
  console.type("words \u{1f600}");
  assert.equal(console.output(), "words \u{1f600}");
  // Both begin with the same surrogate.
  console.type(`\r${UP}\x7f\u{1f601}`);
  assert.ok(!console.output().includes("\ufffd"));
  console.type("\r");
  assert.ok(console.output().includes("<\u{1f601}>"));
});

test("marks and joiners take no column and stay with their character", async () => {
  const console = await Console.start();
  const family = "\u{1f468}\u200d\u{1f469}";
  const accented = "e\u0301";
  const heart = "\u2764\ufe0f";
  for (const [line, ...keys] of [
    [`words y${accented}x`, `words ${accented}x`, LEFT, LEFT, "y"],
    ["words x", `words ${accented}`, "\x7f", "x"],
    [`words ${family}yx`, `words ${family}x`, LEFT, "y"],
    [`words ${heart}z${heart}`, `words ${heart}${heart}`, LEFT, "z"],
    ["words b", `words ${heart}b`, LEFT, LEFT, "\x1b[3~"],
    ["words a\u0301b", "words ab", LEFT, "\u0301"],
    ["words b", "words a\u0301b", LEFT, "\x7f", RIGHT],
    // To the end of a full row, where only writing moves the cursor.
    [`words ${"n".repeat(23)}${accented}`, `words ${"n".repeat(23)}${accented}`, LEFT, "\x05"],
  ]) {
    console.output();
    const screen = new Screen(40).write(PROMPT);
    for (const key of keys) {
      console.type(key);
      screen.write(console.output());
      if (screen.answer !== "") console.type(screen.answer);
      screen.answer = "";
      screen.write(console.output());
    }
    assert.equal(screen.text(), `${PROMPT}${line}`, JSON.stringify(keys));
    console.type("\r");
    console.output();
  }
});

test("recalls earlier lines, and restores the unfinished one", async () => {
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

test("Ctrl-R searches the history, newest first", async () => {
  const console = await Console.start();
  for (const line of ["words one", "echo b", "words two", "echo c"]) console.run(line);
  console.output();
  console.type("wor\x12\r");
  assert.ok(console.output().endsWith(`\r\n<two>\r\n${PROMPT}`));
  console.type("word\x12\x12\x12\r");
  assert.ok(console.output().endsWith(`\r\n<one>\r\n${PROMPT}`));
  assert.ok(console.type("zzz\x12").output().endsWith("\x07"));
});

test("Ctrl-R searches while its text is typed, as in bash", async () => {
  const console = await Console.start();
  for (const line of ["words one", "echo b", "words two", "echo c"]) console.run(line);
  const cases: [string, string][] = [
    ["\x12two\r", "<two>"],
    ["\x12wor\x12\r", "<one>"],
    ["\x12words t\x7f\x7fs o\r", "<one>"],
    [`\x12one${LEFT}x\r`, "<onxe>"],
    ["\x12two\x01\x0bwords 3\r", "<3>"],
    ["\x12onezz\x7f\x7f\r", "<one>"],
    ["\x12\x12\x7fwords 4\x05\x15words 5\r", "<5>"],
    ["words \x12\u{1f600}\x7f\x01\x0bwords 6\r", "<6>"],
    ["words 7z\x12\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x05\x7f\r", "<7>"],
  ];
  for (const [keys, expected] of cases) {
    console.output();
    console.type(keys);
    const output = console.output();
    assert.ok(output.endsWith(`\r\n${expected}\r\n${PROMPT}`), JSON.stringify([keys, output]));
  }
  console.type("\x12tw");
  assert.ok(console.output().endsWith("(reverse-i-search)`tw': words two"));
  console.type("q");
  assert.ok(console.output().endsWith("(failed reverse-i-search)`twq': words two\x07"));
  console.type("\x03");
  assert.ok(console.output().endsWith(`^C\r\n${PROMPT}`));
});

test("Tab completes commands and their arguments", async () => {
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

test("Ctrl-C at the prompt discards the line", async () => {
  const console = await Console.start();
  console.output();
  assert.equal(console.type("words x\x03").output(), `words x^C\r\n${PROMPT}`);
  assert.equal(console.run("echo $?"), "130\r\n");
  assert.equal(console.type("\x04").output(), "\x07", "Ctrl-D at an empty prompt");
});

/** Types at a console that a VT100 displays, and knows the line that the editor should hold. */
class Typist {
  /** The part of the line that is never edited. */
  private static readonly start = "words ";
  line = Typist.start;
  cursor = Typist.start.length;
  private readonly screen: Screen;

  constructor(
    private readonly console: Console,
    private readonly random: Random,
    width: number,
  ) {
    this.screen = new Screen(width).write(console.output());
    // The first arrow key makes the shell ask the terminal for its width.
    console.type(LEFT);
    this.show();
    console.type(this.line);
  }

  /** Shows what the console sends, and replies if it asks for the cursor's position. */
  private show(): void {
    const { console, screen } = this;
    screen.write(console.output());
    if (screen.answer === "") return;
    console.type(screen.answer);
    screen.answer = "";
    screen.write(console.output());
  }

  /** Inserts, deletes, moves the cursor, or receives a message. */
  step(): void {
    const { console, line, random } = this;
    const action = random.between(0, 11);
    if (action < 5 && line.length < 300) {
      this.insert(String.fromCharCode(random.between(97, 122)));
    } else if (action < 7 && this.cursor > Typist.start.length) {
      this.line = line.slice(0, this.cursor - 1) + line.slice(this.cursor);
      this.cursor--;
      console.type("\x7f");
    } else if (action === 7) {
      this.move("\x05", line.length);
    } else if (action === 8) {
      this.move("\x01", 0);
    } else if (action < 11) {
      this.moveTo(random.between(0, line.length));
    } else {
      console.message("m");
    }
    if (this.cursor < Typist.start.length) this.moveTo(Typist.start.length);
    this.show();
  }

  private insert(character: string): void {
    const { line, cursor } = this;
    this.line = line.slice(0, cursor) + character + line.slice(cursor);
    this.move(character, cursor + 1);
  }

  private moveTo(target: number): void {
    this.move((target < this.cursor ? LEFT : RIGHT).repeat(Math.abs(target - this.cursor)), target);
  }

  private move(keys: string, target: number): void {
    this.console.type(keys);
    this.cursor = target;
  }

  /** Checks that the screen shows the prompt, the line and the cursor. */
  check(where: string): void {
    const rows = this.screen.rows.map((row) => row.join(""));
    const shown = rows.join("").trimEnd();
    const wanted = (PROMPT + this.line).trimEnd();
    assert.ok(shown.endsWith(wanted), `${where}: ${JSON.stringify(shown.slice(-200))}`);
    const { row, column, width, wrap } = this.screen;
    const first = rows.findLastIndex((text) => text.startsWith(PROMPT));
    const offset = (row - first) * width + column + (wrap ? 1 : 0);
    assert.equal(offset, PROMPT.length + this.cursor, where);
  }
}

test("wraps lines at any width of the terminal, and edits them", async () => {
  for (const width of [40, 80, 100]) {
    const console = await Console.start();
    const seed = 7 + width;
    const typist = new Typist(console, new Random(seed), width);
    for (let step = 0; step < 1500; step++) {
      typist.step();
      typist.check(`seed ${seed} step ${step}`);
    }
    console.type("\r");
    assert.ok(console.output().endsWith(`<${typist.line.slice(6)}>\r\n${PROMPT}`));
  }
});

test("rings the bell when a line is too long, and does not run it", async () => {
  const console = await Console.start();
  console.output();
  console.type("x".repeat(1024 * 1024));
  const echo = console.output();
  assert.equal(echo.replaceAll("\x07", ""), "x".repeat(4096));
  assert.ok(echo.length < 4096 + 5000, "bells are bounded");
  console.type("\r");
  assert.equal(
    console.output(),
    `\r\nshell: line too long: more than 4096 characters, not run\r\n${PROMPT}`,
  );
  assert.equal(console.run("words a"), "<a>\r\n");
});

test("survives every byte value, and random keys", async () => {
  const console = await Console.start();
  const all = Uint8Array.from({ length: 256 }, (_, i) => i);
  console.type(all).type(all.slice().reverse());
  console.type("\x1b[");
  console.type("\x1b[1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1");
  console.type("\xff\xc3\x03\r");
  console.output();
  assert.equal(console.run("words a"), "<a>\r\n");
  const seed = 20261122;
  const noise = new Random(seed).bytes(300_000);
  // Commands that this could spell by chance are harmless here.
  console.type(noise);
  console.pass(SECOND);
  console.type("\x03\x04\x1b\x03\r");
  console.pass(SECOND);
  console.output();
  assert.equal(console.run("words a"), "<a>\r\n", `seed ${seed}`);
});
