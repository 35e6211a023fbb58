/** Command line, loader and modules (machine/boot.ts). */
import assert from "node:assert/strict";
import test from "node:test";
import { archived } from "../../lab/host/boot-media.ts";
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

const TRAILER = archived("TRAILER!!!", "", 0);
const archive = Buffer.from(
  [
    archived(".", "", 0o40755),
    archived("./anonymos.conf", "[Network]\n"),
    TRAILER,
    "\0".repeat(300),
    archived("etc/hosts", "10.0.0.1 a"),
    archived("link", "hosts", 0o120777),
    archived("ca.pem", ""),
    TRAILER,
  ].join(""),
);

test("an unnamed module is a cpio archive of modules, or else anonymos.conf", async () => {
  const modules = [
    { name: "", bytes: archive },
    { name: "", bytes: Buffer.from("[Match]\n") },
    { name: "a.cpio", bytes: archive },
  ];
  const { wasm, text } = await boot({ modules });
  const found = [...Array(wasm.moduleCount()).keys()].map((i) => [
    text(wasm.moduleName(i)),
    text(wasm.moduleText(i, 1000)),
  ]);
  assert.deepEqual(found.slice(0, 4), [
    ["anonymos.conf", "[Network]\n"],
    ["hosts", "10.0.0.1 a"],
    ["ca.pem", ""],
    ["anonymos.conf", "[Match]\n"],
  ]);
  assert.equal(found[4][0], "a.cpio");
  assert.equal(found.length, 5);
  assert.equal(text(wasm.moduleText(0, 4)), "[Net");
});

test("SYS-14: an archive that is cut off or wrong yields the files before the error", async () => {
  let before = 0;
  for (let length = 6; length <= archive.length; length++) {
    const { wasm, text } = await boot({
      modules: [{ name: "", bytes: archive.subarray(0, length) }],
    });
    const count = wasm.moduleCount();
    assert.ok(count === before || count === before + 1, `${count} files of ${length} bytes`);
    before = count;
    if (count > 1) assert.equal(text(wasm.moduleText(1, 1000)), "10.0.0.1 a");
    const damage = /initrd: the archive is damaged; files read before the damage: \d/;
    const whole = length === archive.length;
    if (whole) assert.equal(text(wasm.logged()), "");
    else if (length < 110) assert.match(text(wasm.logged()), damage);
  }
  assert.equal(before, 3);
  // A size and a name's size beyond the end, no digits, and another magic number.
  const first = Buffer.from(archived("a", "b"));
  for (const [at, digits] of [
    [54, "ffffffff"],
    [94, "ffffffff"],
    [94, "00000000"],
    [14, "0000010g"],
  ] as const) {
    const wrong = Buffer.from(archived("a", "b") + archived("c", "d"));
    wrong.write(digits, first.length + at);
    const { wasm, text } = await boot({ modules: [{ name: "", bytes: wrong }] });
    assert.equal(wasm.moduleCount(), 1);
    assert.equal(text(wasm.moduleName(0)), "a");
    assert.match(
      text(wasm.logged()),
      /initrd: the archive is damaged; files read before the damage: 1/,
    );
  }
  const many = Buffer.from(Array.from({ length: 100 }, (_, i) => archived(`f${i}`, "x")).join(""));
  const full = await boot({ modules: [{ name: "", bytes: many }] });
  assert.equal(full.wasm.moduleCount(), 64);
  assert.match(full.text(full.wasm.logged()), /initrd: more than 64 files, the rest is ignored/);
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
