/** Keys at the prompt (kernel/shell): editing, history, completion, wide lines, floods. */
import assert from "node:assert/strict";
import test from "node:test";
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

test("history goes up and down and restores the unfinished line", async () => {
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

test("Ctrl-C at the prompt abandons the line", async () => {
  const console = await Console.start();
  console.output();
  assert.equal(console.type("words x\x03").output(), `words x^C\r\n${PROMPT}`);
  assert.equal(console.run("echo $?"), "130\r\n");
  assert.equal(console.type("\x04").output(), "\x07", "Ctrl-D at an empty prompt");
});

test("lines wider than the terminal wrap and can be edited at any width", async () => {
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
    // The first arrow key makes the shell ask the terminal for its width.
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

test("a line has a limit: the bell rings and nothing runs", async () => {
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
