/** The console (kernel/shell): prompt, word splitting, run=, input and output of commands. */
import assert from "node:assert/strict";
import test from "node:test";
import { readString, writeText } from "../../../lab/scripted/assembly.ts";
import { Console, PROMPT, Screen, SECOND } from "../../../lab/scripted/console.ts";

test("prints the prompt at once, without escape sequences", async () => {
  const console = await Console.start();
  assert.equal(console.output(), PROMPT);
  console.pass(5n * SECOND);
  assert.equal(console.output(), "");
  assert.equal(console.wasm.pollAt(), 0x7fffffffffffffffn, "idle");
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

test("a message erases the prompt, which is redrawn on a new line", async () => {
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

test("a message during a command is on a line of its own", async () => {
  const console = await Console.start();
  console.type("words a; sleep 1s\r");
  console.message("hello");
  console.pass(SECOND);
  assert.ok(console.output().endsWith(`<a>\r\n[    0.000000] hello\r\n${PROMPT}`));
});

test("splits lines as sh does, but expands only $?, and takes & in a word literally", async () => {
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
    "words 'a>b' \"c|d\" e\\<f": "<a>b><c|d><e<f>",
    "words 'a;b' \"c;d\" e\\;f": "<a;b><c;d><e;f>",
    "words $HOME $": "<$HOME><$>",
    "words '$?' \\$? \"$?\" $? a$?b": "<$?><$?><0><0><a0b>",
  };
  for (const [line, output] of Object.entries(cases)) {
    assert.equal(console.run(line), `${output}\r\n`, line);
  }
  assert.equal(
    console.run("words a;words b ; words c;"),
    "<a>\r\n<b>\r\n<c>\r\n".replace(/\r\n</g, "<"),
  );
  assert.equal(console.run(""), "");
  assert.equal(console.run("  ;; ; # nothing"), "");
});

test("a command that cannot run prints one error and sets the exit code", async () => {
  const console = await Console.start();
  const cases: [string, RegExp, number][] = [
    ["nope a", /^nope: command not found \(try: help\)\r\n$/, 127],
    ["ifconfig -a", /^ifconfig: command not found \(try: ip addr\)\r\n$/, 127],
    ["words 'a", /^shell: unexpected end of line while looking for matching `''\r\n$/, 2],
    ['words "a', /^shell: unexpected end of line while looking for matching `"'\r\n$/, 2],
    ["words a | words b", /^shell: \| is not supported \(quote it .*\)\r\n$/, 2],
    ["words a > b", /^shell: > is not supported \(quote it .*\)\r\n$/, 2],
    ["words a>b", /^shell: > is not supported \(quote it .*\)\r\n$/, 2],
    ["words a|b", /^shell: \| is not supported \(quote it .*\)\r\n$/, 2],
    ["words a<b", /^shell: < is not supported \(quote it .*\)\r\n$/, 2],
    ["words a; words b | words c", /^shell: \| is not supported \(quote it .*\)\r\n$/, 2],
    ["words a &&", /^shell: expected a command before and after && and \|\|\r\n$/, 2],
    ["|| words a", /^shell: expected a command before and after && and \|\|\r\n$/, 2],
    ["words a && ; words b", /^shell: expected a command before and after && and \|\|\r\n$/, 2],
    ["words a >> b", /^shell: >> is not supported \(quote it .*\)\r\n$/, 2],
    ["words a & words b", /^shell: & is not supported \(quote it .*\)\r\n$/, 2],
    ["quit", /^quit: command not found \(the console has no login; .*\)\r\n$/, 127],
    ["man date", /^man: command not found \(try: help date\)\r\n$/, 127],
    ["sleep", /^sleep: missing operand \(usage: sleep SECONDS\)\r\n$/, 2],
    ["sleep 1 2", /^sleep: extra operand '2' \(usage: sleep SECONDS\)\r\n$/, 2],
    ["sleep -x 1", /^sleep: invalid option -- 'x' \(usage: sleep SECONDS\)\r\n$/, 2],
    ["sleep x", /^sleep: invalid time interval 'x' \(usage: sleep SECONDS\)\r\n$/, 2],
    ["sleep 1w", /^sleep: invalid time interval '1w' \(usage: sleep SECONDS\)\r\n$/, 2],
    ["sleep 20d", /^sleep: invalid time interval '20d' \(usage: sleep SECONDS\)\r\n$/, 2],
    ["sleep s", /^sleep: invalid time interval 's' \(usage: sleep SECONDS\)\r\n$/, 2],
    ["sleep .", /^sleep: invalid time interval '\.' \(usage: /, 2],
    ["sleep 1000000.1", /^sleep: invalid time interval '1000000\.1' \(usage: /, 2],
    ["sleep ''", /^sleep: empty operand \(usage: sleep SECONDS\)\r\n$/, 2],
    [
      "poweroff 256",
      /^poweroff: invalid argument: '256': out of range: .* \(usage: poweroff \[N\|now\]\)\r\n$/,
      2,
    ],
    [
      "poweroff later",
      /^poweroff: invalid argument: 'later' \(usage: poweroff \[N\|now\]\)\r\n$/,
      2,
    ],
    ["crash", /^crash: missing operand \(usage: crash null\|bounds/, 2],
    ["help nope", /^help: no help topics match 'nope'\r\n$/, 1],
    ["echo 'x;y' ; words a", /^x;y\r\n<a>\r\n$/, 0],
  ];
  for (const [line, output, code] of cases) {
    assert.match(console.run(line), output);
    assert.equal(console.run("echo $?"), `${code}\r\n`, line);
  }
});

test("accepts options anywhere, clustered, long, and with attached values", async () => {
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
  assert.equal(parse("-c", "101"), "invalid argument: '101': out of range: 1 <= value <= 100");
  assert.equal(parse("-c0"), "invalid argument: '0': out of range: 1 <= value <= 100");
  assert.equal(parse("-c"), "option requires an argument -- 'c'");
  assert.equal(parse("-c-1"), "invalid argument: '-1': out of range: 1 <= value <= 100");
  const long = "9".repeat(30);
  assert.equal(parse("-c", long), `invalid argument: '${long}': out of range: 1 <= value <= 100`);
  assert.equal(parse("-cx"), "invalid argument: 'x'");
  assert.equal(parse("-c-"), "invalid argument: '-'");
  assert.equal(parse("-c1x"), "invalid argument: '1x'");
  assert.equal(parse("-w", "61"), "invalid argument: '61': expected 0 to 60 seconds");
  assert.equal(parse("-w", ".25"), "4 250000 false false [] ");
  assert.equal(parse("-w", "60.1"), "invalid argument: '60.1': expected 0 to 60 seconds");
  assert.equal(parse("-w", "1."), "invalid argument: '1.': expected 0 to 60 seconds");
  assert.equal(parse("--long=3"), "option '--long' doesn't allow an argument");
  assert.equal(parse("--nope"), "unrecognized option '--nope'");
  assert.equal(parse("-z"), "invalid option -- 'z'");
  assert.equal(parse("a", "b", "c", "d"), "extra operand 'd'");
});

test("executes run= as if typed, and prints each exit code", async () => {
  const console = await Console.start("words a;  nope  'x' ; sleep 2; echo -n \"b  c\"; echo $?");
  console.pass(3n * SECOND);
  assert.equal(
    console.output(),
    "<a>\r\n[exit 0] words a\r\n" +
      "nope: command not found (try: help)\r\n[exit 127] nope  'x' \r\n" +
      "[exit 0] sleep 2\r\n" +
      'b  c\r\n[exit 0] echo -n "b  c"\r\n' +
      `0\r\n[exit 0] echo $?\r\n${PROMPT}`,
  );
  const long = `echo ${"x".repeat(500)}`;
  const wide = await Console.start(long);
  assert.equal(wide.output(), `${"x".repeat(500)}\r\n[exit 0] ${long}\r\n${PROMPT}`);
  const wrong = await Console.start("echo 'a");
  assert.match(
    wrong.output(),
    /^shell: unexpected end of line while .* `''\r\n\[exit 2\] echo 'a\r\nanonymos> $/,
  );
});

test("commands that need the network wait for it for at most 10 s", async () => {
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

test("a command reads lines until Ctrl-D ends its input or Ctrl-C interrupts it", async () => {
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
  assert.equal(console.run("echo $?"), "3\r\n", "the command's exit code after Ctrl-C");
});

test("keys that are typed during a command are kept for the prompt", async () => {
  const console = await Console.start();
  console.type("sleep 1\r\nwords a\r\nwords b");
  console.pass(SECOND);
  assert.ok(console.output().endsWith(`${PROMPT}words a\r\n<a>\r\n${PROMPT}words b`));
  console.type("\r");
  console.output();
  console.type("sleep 5\rwords c\r\x03");
  assert.equal(console.output(), `sleep 5\r\n^C\r\n${PROMPT}`, "Ctrl-C discards them");
});

test("escapes control characters from the network", async () => {
  const console = await Console.start();
  console.wasm.message(...writeText(console.wasm, "name \x1b[2J\x07\u202e\u009b1m\r end"));
  console.settle();
  const output = console.output();
  assert.ok(output.includes("name \\x1b[2J\\x07\\u202e\\x9b1m\\x0d end\r\n"), output);
});

test("output that outpaces the serial line arrives complete, and blocks nothing", async () => {
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
    assert.ok(++turns < 10_000, "the output ends");
  }
  const expected =
    "flood 200000; echo done; flood -l 100000; echo end\r\n" +
    `${"x".repeat(200_000)}done\r\n${`${"y".repeat(99)}\r\n`.repeat(1000)}end\r\n${PROMPT}`;
  assert.equal(text, expected);
  assert.ok(console.wasm.pollAt() > console.now);
});

test("truncates a flood of messages, and reports it", async () => {
  const console = await Console.start();
  console.wasm.allow(0);
  for (let i = 0; i < 5000; i++) console.wasm.message(...writeText(console.wasm, `message ${i}`));
  console.wasm.allow(0xffffffff);
  console.pass(SECOND);
  const output = console.output();
  assert.match(output, /message 0\r\n/);
  assert.match(output, /\n\d+ messages not shown \(see dmesg\)\r\nanonymos> $/);
  assert.ok(output.length < 40_000);
});

test("commands that need no network print their results and errors", async () => {
  const console = await Console.start();
  console.now = 3_725n * SECOND;
  assert.equal(console.run("echo a  'b  c'"), "a b  c\r\n");
  assert.equal(console.run("echo -n"), "");
  assert.equal(console.run("date"), "Sun Nov 22 14:07:10 UTC 2026\r\n");
  assert.equal(console.run("date -v"), "Sun Nov 22 14:07:10 UTC 2026\r\nsource: test clock\r\n");
  assert.equal(console.run("date '+%F %T %s %%'"), "2026-11-22 14:07:10 1795356430 %\r\n");
  assert.equal(console.run("date '+%R %j %N %Q %'"), "14:07 326 000000000 %Q %\r\n");
  assert.equal(console.run("uptime"), " 14:07:10 up  1:02\r\n");
  assert.equal(console.run("uptime -p"), "up 1 hour, 2 minutes\r\n");
  assert.equal(console.run("uptime -s"), "2026-11-22 13:05:05\r\n");
  console.wasm.setWall(-1n);
  assert.equal(console.run("uptime"), " up  1:02\r\n");
  assert.match(console.run("date"), /^date: the time of day is unknown\r\n$/);
  assert.match(console.run("dmesg"), /^$/);
  console.message("a line");
  assert.match(console.run("dmesg"), /^\[ 3725\.000000\] a line\r\n$/);
  console.type("free\r");
  console.pass(SECOND);
  const free = console.output().replace(PROMPT, "").trimEnd().split("\r\n");
  assert.match(free.at(-1) ?? "", /^heap: \d+ bytes used, \d+ bytes free$/);
  assert.deepEqual(console.calls, ["collect"]);
  assert.equal(console.run("lspci"), "");
  assert.match(console.run("help"), /\r\ndate {6}prints the time of day.*\r\n/);
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
      "{exit 3}{off}\r\npoweroff: the machine is still on\r\n" +
      `{reboot}\r\nreboot: the machine is still on\r\n${PROMPT}`,
  );
  console.type("poweroff now; reboot now\r");
  console.pass(SECOND);
  assert.match(console.output(), /\r\n\{off\}\r\n.*\r\n\{reboot\}\r\n/);
  const extra = /^reboot: extra operand '3' \(usage: reboot \[now\]\)\r\n$/;
  assert.match(console.run("reboot 3"), extra);
  assert.match(console.run("crash write-text"), /^crash: the kernel survived write-text/);
  assert.match(
    console.run("crash execute-data; crash x"),
    /survived.*\r\ncrash: unknown kind 'x'/s,
  );
  assert.deepEqual(console.calls.slice(1), ["crash 0", "crash 1"]);
  assert.throws(() => console.type("crash abort\r"), /crash abort was typed/);
});

test("an out-of-bounds access and infinite recursion trap", async () => {
  const bounds = await Console.start();
  assert.throws(() => bounds.type("crash bounds\r"), /out of bounds/);
  const stack = await Console.start();
  assert.throws(() => stack.type("crash stack\r"), /call stack/i);
});

test("a line of nothing but programs that run others needs no deep stack", async () => {
  const { wasm } = await Console.start();
  const hint = (words: string) => readString(wasm.memory, wasm.hint(...writeText(wasm, words)));
  assert.equal(hint(`${"sudo ".repeat(100_000)}ifconfig`), "try: ip addr");
  assert.equal(hint(`${"/bin/TIME ".repeat(10_000)}echo a`), "try: echo a");
});

test("prints correct dates from 1970 to 2399", async () => {
  const console = await Console.start();
  for (let day = 0; day < 157_000; day += 397) {
    const seconds = day * 86_400 + ((day * 7919) % 86_400);
    console.wasm.setWall(BigInt(seconds) * SECOND - console.now);
    const iso = new Date(seconds * 1000).toISOString();
    assert.equal(console.run("date '+%FT%T'"), `${iso.slice(0, 19)}\r\n`);
    const ofYear = (Date.parse(iso.slice(0, 10)) - Date.UTC(Number(iso.slice(0, 4)))) / 864e5 + 1;
    assert.equal(console.run("date +%j"), `${String(ofYear).padStart(3, "0")}\r\n`);
  }
});

test("a line recalled after one that was too long can be run", async () => {
  const console = await Console.start();
  console.type("words kept\r");
  console.type("x".repeat(5000));
  console.output();
  // Up, Enter.
  console.type("\x1b[A\r");
  assert.match(console.output(), /<kept>\r\n/);
  assert.doesNotMatch(console.output(), /line too long/);
});
