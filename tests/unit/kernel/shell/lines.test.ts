/** Lines of several commands, lines continued by a backslash, and lines pasted with a prompt. */
import assert from "node:assert/strict";
import test from "node:test";
import { Console, PROMPT } from "../../../lab/scripted/console.ts";

test("&& and || run the next command by the exit code of the last, as in sh", async () => {
  const console = await Console.start();
  const cases: Record<string, string> = {
    "words a && words b": "<a><b>",
    "words a||words b": "<a>",
    "crash && words a || words b; words c": "crash<b><c>",
    "crash || words a && words b": "crash<a><b>",
    "words a || words b && words c": "<a><c>",
    "crash && words a && words b; words $?": "crash<2>",
    "words a '&&' b \\|\\| c http://h/?a&&b": "<a><&&><b><||><c><http://h/?a&&b>",
    "words a&& words b # && words c": "<a><b>",
  };
  for (const [line, output] of Object.entries(cases)) {
    const printed = console.run(line).replaceAll("\r\n", "");
    assert.equal(printed.replace(/crash: [^<]*/, "crash"), output, line);
  }
});

test("a backslash at the end of a line continues it on the next, as in sh", async () => {
  const console = await Console.start();
  console.output();
  console.type("words a \\\r  'b c'\\\r\\\r \"d\\\re\"\r");
  const typed = "words a \\\r\n>   'b c'\\\r\n> \\\r\n>  \"d\\\r\n> e\"";
  assert.equal(console.output(), `${typed}\r\n<a><b c><de>\r\n${PROMPT}`);
  assert.equal(console.run("history").trim(), `1  words a   'b c' "de"\r\n    2  history`);
  assert.equal(console.run("words a\\\\"), "<a\\>\r\n");
  assert.equal(console.run("words 'a\\").slice(0, 6), "shell:");
  assert.equal(console.run("words a # \\"), "<a>\r\n");
  console.type("words x\\\r\x03");
  assert.ok(console.output().endsWith(`\r\n> ^C\r\n${PROMPT}`));
  assert.equal(console.run("words y"), "<y>\r\n");
  console.type(`words ${"x".repeat(4000)}\\\r${"y".repeat(200)}\r`);
  assert.match(console.output(), /\nshell: line too long: more than 4096 characters, not run\r/);
});

test("a prompt that was pasted along with a command is ignored", async () => {
  const console = await Console.start();
  assert.equal(console.run("$ words a"), "<a>\r\n");
  assert.equal(console.run("anonymos> words 'b'; words c"), "<b>\r\n<c>\r\n".replace("\r\n<", "<"));
});
