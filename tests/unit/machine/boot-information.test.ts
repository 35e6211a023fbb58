/** Command line, loader and modules (machine/boot.ts). */
import assert from "node:assert/strict";
import test from "node:test";
import { Machine, type MachineOptions } from "../../lab/machine/machine.ts";
import { load, readString, writeText } from "../../lab/scripted/assembly.ts";

async function boot(options: MachineOptions) {
  const machine = new Machine(options);
  const wasm = await load("tests/lab/entries/boot.ts", machine.host());
  machine.attach(wasm);
  return { wasm, text: (pointer: number) => readString(wasm.memory, pointer) };
}

test("reads empty and UTF-8 strings from the loader, and 4096 bytes of long ones", async () => {
  const commandLine = 'ip=dhcp "run=echo \u00e4\u20ac; ls" console=ttyS0,9600';
  const { wasm, text } = await boot({ commandLine, loaderName: "GRUB 2.06" });
  assert.equal(text(wasm.commandLine()), commandLine);
  assert.equal(text(wasm.loaderName()), "GRUB 2.06");
  const empty = await boot({});
  assert.equal(empty.text(empty.wasm.commandLine()), "");
  assert.equal(empty.wasm.moduleCount(), 0);
  const long = await boot({ commandLine: "x".repeat(10_000) });
  assert.equal(long.text(long.wasm.commandLine()), "x".repeat(4096));
});

test("returns the base names and contents of modules", async () => {
  const module = (name: string, content: string) => ({ name, bytes: Buffer.from(content) });
  const { wasm, text } = await boot({
    modules: [module("/a/b/anonymos.conf x y", "[Network]\n"), module("ca.pem", "")],
  });
  assert.equal(wasm.moduleCount(), 2);
  assert.equal(text(wasm.moduleName(0)), "anonymos.conf");
  assert.equal(text(wasm.moduleText(0, 1000)), "[Network]\n");
  assert.equal(text(wasm.moduleText(0, 4)), "[Net");
  assert.equal(text(wasm.moduleName(1)), "ca.pem");
  assert.equal(text(wasm.moduleText(1, 1000)), "");
});

test("extracts base names from the module strings of QEMU and GRUB", async () => {
  const { wasm, text } = await boot({});
  const base = (given: string) => text(wasm.base(...writeText(wasm, given)));
  assert.equal(base("/x/a.conf arg"), "a.conf");
  assert.equal(base("a.conf"), "a.conf");
  assert.equal(base(" a.conf "), "a.conf");
  assert.equal(base("../x/y/z"), "z");
  assert.equal(base("/x/"), "");
  assert.equal(base(""), "");
});
