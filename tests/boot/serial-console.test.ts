/** The serial console: prompt, line editing, quoting, errors, pasted text, Ctrl-C. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { after, before, suite, test } from "node:test";
import { configured, heapLevel } from "../lab/host/console.ts";
import { Machine } from "../lab/host/qemu.ts";

suite("the serial console", () => {
  let machine: Machine;
  before(async () => {
    machine = await Machine.boot();
    await configured(machine);
  });
  after(() => machine?.stop());

  test("help lists the commands, help COMMAND shows an example", async () => {
    const all = await machine.ok("help");
    const names = "lspci ip resolvectl hostname dhcp ping host curl rpc ss nc httpd tcpdump check";
    for (const name of [...names.split(" "), "crash", "dmesg", "free", "uptime", "date"]) {
      assert.match(all, new RegExp(`^\\s*${name}\\b`, "m"));
    }
    for (const name of ["curl", "ping", "ip"]) {
      const text = await machine.ok(`help ${name}`);
      assert.match(text, new RegExp(`${name} \\S+`), `no example of ${name}`);
    }
  });

  test("an unknown command exits with 127 and a message", async () => {
    const { output, code } = await machine.command("frobnicate -x");
    assert.equal(code, 127);
    assert.match(output, /^frobnicate: .+/m);
  });

  test("wrong usage exits with 2 and a message", async () => {
    for (const line of [
      "ping -c",
      "ping -c many 10.0.2.2",
      "curl -Q http://x/",
      "ip frob",
      "rpc",
    ]) {
      const { output, code } = await machine.command(line);
      assert.equal(code, 2, `${line}: exit code ${code}: ${output}`);
      // `ip` has the words of iproute2.
      assert.match(output, /^\w+: .+|^Object "frob" is unknown/m);
    }
  });

  test("rejects a malformed address", async () => {
    for (const address of ["10.0.2.256", "1.2.3", "10.0.2.2.5", "host.123"]) {
      const { output, code } = await machine.command(`ping -c 1 ${address}`);
      assert.notEqual(code, 0);
      assert.match(output, /^ping: .+/m, address);
    }
  });

  test("splits words like a shell", async () => {
    const cases: [string, string][] = [
      ["echo 'a  b'  c", "a  b c"],
      ['echo "a;b"', "a;b"],
      ["echo a\\;b", "a;b"],
      ["echo a\\ \\ b", "a  b"],
      ["echo 'it'\\''s'", "it's"],
      ['echo "say \\"hi\\""', 'say "hi"'],
      ["echo ''", ""],
    ];
    for (const [line, output] of cases) assert.equal(await machine.ok(line), output, line);
  });

  test("$? is the last exit code", async () => {
    machine.type("frobnicate; echo code=$?; echo code=$?\r");
    await machine.waitFor(/\ncode=127\ncode=0\n/);
    await machine.prompt();
  });

  test("CR, LF and CRLF each end a line", async () => {
    machine.type("echo one\recho two\necho three\r\necho four\r");
    await machine.waitFor(/\none\n[\s\S]*\ntwo\n[\s\S]*\nthree\n[\s\S]*\nfour\n/);
    await machine.prompt();
    const tail = machine.console.slice(machine.console.lastIndexOf("\nfour\n"));
    assert.equal(tail, "\nfour\nanonymos> ");
  });

  test("backspace, arrows, Ctrl-U and history edit the line", async () => {
    machine.type("echo abX\x7fc\r");
    await machine.waitFor(/\nabc\n/);
    machine.type("echo bc\x1b[D\x1b[Da\r");
    await machine.waitFor(/\nabc\n/);
    machine.type("garbage\x15echo clean\r");
    await machine.waitFor(/\nclean\n/);
    await machine.prompt();
    machine.type("\x1b[A\r");
    await machine.waitFor(/\nclean\n/);
    machine.type("echo -middle-\x01\x05end\r");
    await machine.waitFor(/\n-middle-end\n/);
    await machine.prompt();
  });

  test("Tab completes a command", async () => {
    machine.type("upt\t\r");
    await machine.waitFor(/up.*\d/);
    await machine.prompt();
  });

  test("Ctrl-C ends a command and clears a line", async () => {
    machine.type("ping 10.0.2.2\r");
    await machine.waitFor(/10\.0\.2\.2.*time/);
    machine.type("\x03");
    await machine.prompt();
    machine.type("echo $?\r");
    await machine.waitFor(/\n(130|0)\n/);
    await machine.prompt();
    machine.type("half a line\x03");
    await machine.prompt();
    assert.equal(await machine.ok("echo fine"), "fine");
  });

  test("loses no character of a long paste", async () => {
    const words = Array.from({ length: 400 }, (_, i) => `w${i}`);
    const lines: string[] = [];
    for (let i = 0; i < 400; i += 20) lines.push(`echo ${words.slice(i, i + 20).join(" ")}`);
    const from = machine.console.length;
    machine.type(`${lines.join("\r")}\recho flood is over\r`);
    await machine.waitFor(/\nflood is over\n/, 60_000);
    await machine.prompt();
    const shown = machine.console.slice(from).split("\n");
    for (const line of lines) assert.ok(shown.includes(line.slice("echo ".length)), line);
  });

  test("survives an overlong line, and accepts the next one", async () => {
    machine.type(`echo ${"x".repeat(10_000)}\r`);
    await machine.prompt(30_000);
    assert.equal(await machine.ok("echo still here"), "still here");
  });

  test("survives bytes that are not text", async () => {
    machine.type("\x00\x01\x02\x7f\x80\xff\x1b[999;999Z\x1bO\x1b[\x15\r");
    await machine.prompt();
    assert.equal(await machine.ok("echo still here"), "still here");
  });

  test("commands leave no memory in use", async () => {
    const before = await heapLevel(machine);
    for (let i = 0; i < 20; i++) await machine.ok("help; ip addr; lspci");
    const later = await heapLevel(machine);
    assert.ok(later - before < 16_384, `${before} bytes before, ${later} afterwards`);
  });
});

test("a console loses nothing of 30 KiB that the test is too busy to read", async (t) => {
  const count = 20;
  const run = `${"help; ".repeat(count)}poweroff 7`;
  const machine = new Machine({ append: `run="${run}"` });
  t.after(() => machine.stop());
  // Blocks the event loop, and with it all reading, until the machine has ended.
  const wait = `while ! grep -q "^State:.Z" /proc/${machine.pid}/status; do sleep 0.1; done`;
  assert.equal(spawnSync("timeout", ["60", "sh", "-c", wait]).status, 0);
  assert.equal(machine.raw, "");
  assert.equal(await machine.exit(10_000), 2 * 7 + 1);
  assert.ok(machine.raw.length > 30_000, `${machine.raw.length} bytes`);
  // The first list is behind the messages of the start.
  const [first, ...lists] = machine.console.split("[exit 0] help\n").slice(0, count);
  assert.equal(lists.length, count - 1);
  assert.ok(first.endsWith(lists[0]));
  for (const list of lists) assert.equal(list, lists[0]);
});
