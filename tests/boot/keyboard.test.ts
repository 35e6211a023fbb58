/** A PC whose console is its screen and keyboard: QEMU's, with keys from its monitor. */
import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { test } from "node:test";
import { boot, until } from "../lab/host/console.ts";
import { root } from "../lab/host/process.ts";
import { Machine } from "../lab/host/qemu.ts";

const [CELLS, COLUMNS, ROWS] = [0xb8000, 80, 25];
const names: Record<string, string> = { " ": "spc", ";": "semicolon", "-": "minus", ".": "dot" };

/** Returns the rows of the text screen. */
async function rowsOf(machine: Machine, folder: string): Promise<string[]> {
  const path = `${folder}/screen-${machine.pid}`;
  await machine.monitor(`pmemsave ${CELLS} ${2 * COLUMNS * ROWS} "${path}"`);
  const cells = readFileSync(path);
  rmSync(path);
  const text = String.fromCharCode(...cells.filter((_, i) => i % 2 === 0));
  return Array.from({ length: ROWS }, (_, i) =>
    text.slice(i * COLUMNS, (i + 1) * COLUMNS).trimEnd(),
  );
}

async function press(machine: Machine, ...keys: string[]): Promise<void> {
  for (const key of keys) await machine.monitor(`sendkey ${key} 10`);
}

/** Returns the names of the keys that type a text. */
function keysOf(text: string): string[] {
  return [...text].map((character) => {
    const lower = character.toLowerCase();
    return (lower === character ? "" : "shift-") + (names[lower] ?? lower);
  });
}

/** Waits until the screen has a row. */
async function shows(machine: Machine, row: string | RegExp): Promise<string[]> {
  let rows: string[] = [];
  const matches = (text: string) => (typeof row === "string" ? text === row : row.test(text));
  const wait = until(`${row} on the screen`, 30_000, async () => {
    // QEMU's monitor may not listen yet.
    rows = await rowsOf(machine, `${root}build/tests`).catch(() => rows);
    return rows.some(matches);
  });
  await wait.catch((error) => assert.fail(`${error}:\n${rows.join("\n")}`));
  return rows;
}

test("console=tty0: keys edit the line on the screen, and commands run", async (t) => {
  const machine = new Machine({ append: "console=ttyS0 console=tty0" });
  t.after(() => machine.stop());
  await shows(machine, "anonymos>");
  // "Hi" is inserted before "ab", of which a third letter was deleted.
  await press(machine, ...keysOf("echo abc"), "backspace", "left", "left", ...keysOf("Hi"));
  await shows(machine, "anonymos> echo Hiab");
  await press(machine, "end", ...keysOf(" x"), "ret");
  await shows(machine, "Hiab x");
  assert.match(machine.console, /^Hiab x$/m, "output goes to the serial port as well");
  await press(machine, "up", "ctrl-u", ...keysOf("hostname"), "ret");
  const rows = await shows(machine, "anonymos");
  assert.ok(rows.includes("anonymos> hostname"), rows.join("\n"));
  machine.type("echo from the serial port\r");
  await press(machine, "ctrl-l");
  await shows(machine, "anonymos>");
  assert.doesNotMatch(machine.console, /from the serial port/, "which takes no input");
});

test("without a serial port, a key turns the console to the keyboard", async (t) => {
  const machine = new Machine({ serial: false });
  t.after(() => machine.stop());
  await shows(machine, "anonymos>");
  await press(machine, ...keysOf("ping -c 1 10.0.2.2"), "ret");
  await shows(machine, /^64 bytes from 10\.0\.2\.2/);
});

test("after keys from the serial port, a key turns the console to the keyboard", async (t) => {
  const machine = await boot(t);
  await machine.ok("echo typed");
  await press(machine, ...keysOf("hostname"), "ret");
  const rows = await shows(machine, "anonymos");
  assert.equal(rows[0], "anonymos> hostname", "the screen was cleared");
});
