/** Where `console=` puts the console (kernel/config/console-parameter.ts). */
import assert from "node:assert/strict";
import test from "node:test";
import { load, readString, writeText } from "../../../lab/scripted/assembly.ts";

const wasm = await load("tests/lab/entries/config.ts");

function boot(line: string): { problems: string[] } {
  wasm.reset();
  wasm.commandLine(...writeText(wasm, line), false);
  return { problems: readString(wasm.memory, wasm.problems()).split("\n").filter(Boolean) };
}

test("console= takes several: output goes to all, and the last takes input", () => {
  const [serial, screen, both, ofSerial, ofKeyboard] = [1, 2, 0 << 2, 1 << 2, 2 << 2];
  const consoles = (line: string) => {
    assert.deepEqual(boot(line).problems, []);
    return wasm.consoles();
  };
  assert.equal(consoles(""), serial | screen | both);
  assert.equal(consoles("console=ttyS0,9600"), serial | ofSerial);
  assert.equal(consoles("console=tty0"), screen | ofKeyboard);
  assert.equal(consoles("console=tty0 console=ttyS0,57600"), serial | screen | ofSerial);
  assert.equal(wasm.baud(), 57_600);
  assert.equal(consoles("console=ttyS0,9600 console=tty0"), serial | screen | ofKeyboard);
  assert.equal(wasm.baud(), 9600);
  assert.equal(boot("console=tty7").problems.length, 1);
  assert.equal(wasm.consoles(), serial | screen | both, "an invalid one changes nothing");
});
