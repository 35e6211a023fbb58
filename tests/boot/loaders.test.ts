/** Boot information from each loader reaches TypeScript; nearly all memory below 4 GiB is used. */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { commandLineWords, grubConfig } from "../../iso/grub-config.ts";
import { grubIso } from "../lab/host/boot-media.ts";
import {
  buildKernel,
  buildNativeIso,
  bzImage,
  DONE,
  kernel,
  runToEnd,
} from "../lab/host/native-kernel.ts";
import { withoutMultiboot } from "../lab/host/pvh.ts";

before(buildKernel);

const cmdline = `native=report run="a; b \\"c\\" 'd'" x=$?`;

test("QEMU's -kernel passes command line, modules and memory map", async (t) => {
  const modules = { "a.conf": "first\n", "b.pem": "second\n" };
  const { text, code } = await runToEnd(t, { append: cmdline, modules });
  assert.equal(code, DONE);
  assert.match(text, /^loader: qemu$/m);
  assert.ok(text.includes(`kernel.elf ${cmdline}\n`), text);
  assert.match(text, /^module: .*\/a\.conf: first$/m);
  assert.match(text, /^module: .*\/b\.pem: second$/m);
  assert.match(text, /^region: 100000 3ee0000 1$/m);
  assert.match(text, /^built: \d{10}$/m);
});

test("GRUB's multiboot2 on a BIOS requotes the command line, and passes the RSDP", async (t) => {
  const iso = await buildNativeIso("bios", `CMDLINE=${cmdline}`, "MODULES=package.json");
  const { text, code, machine } = await runToEnd(t, { iso });
  assert.equal(code, DONE);
  assert.match(text, /^loader: GRUB/m);
  assert.ok(text.includes(`command line: native=report "run=a; b \\"c\\" \\'d\\'" x=$?\n`), text);
  assert.match(text, /^module: package\.json: \{$/m);
  assert.match(text, /^acpi: [1-9a-f][0-9a-f]+$/m);
  assert.ok(!machine.raw.includes("\x1b"), "GRUB sent an escape sequence");
});

test("GRUB's multiboot2 works on UEFI", async (t) => {
  const iso = await buildNativeIso("uefi", "CMDLINE=native=fill", "MODULES=package.json");
  const { text, code } = await runToEnd(t, { iso, uefi: true, memory: "256" });
  assert.equal(code, DONE, text);
  assert.match(text, /^module: package\.json: \{$/m);
  assert.match(text, /^acpi: [1-9a-f][0-9a-f]+$/m);
});

test("GRUB's multiboot (version 1) boots the same file", async (t) => {
  const config = grubConfig("native=report", ["package.json"]);
  const version1 = config.replace("multiboot2 ", "multiboot ").replace("module2 ", "module ");
  const iso = await grubIso(t, version1, "multiboot test echo serial terminal", {
    "boot/kernel.elf": { copy: kernel },
    "boot/package.json": { copy: "package.json" },
  });
  const { text, code } = await runToEnd(t, { iso });
  assert.equal(code, DONE, text);
  assert.match(text, /^loader: GRUB/m);
  assert.match(text, /^module: package\.json: \{$/m);
});

for (const machine of ["pc", "microvm,acpi=off"]) {
  test(`PVH on ${machine} passes command line, module and memory map`, async (t) => {
    const pvh = withoutMultiboot(kernel, "native");
    const modules = { "a.conf": "first\n" };
    const { text, code } = await runToEnd(t, { machine, kernel: pvh, append: cmdline, modules });
    assert.equal(code, DONE, text);
    assert.match(text, /^loader: PVH$/m);
    assert.ok(text.includes(`command line: ${cmdline}`), text);
    assert.match(text, /^module: : first$/m);
    assert.match(text, /^region: 100000 3[ef]\w+ 1$/m);
    assert.match(text, machine === "pc" ? /^acpi: [1-9a-f][0-9a-f]+$/m : /^acpi: 0$/m);
  });
}

test("Linux's boot protocol passes command line, initrd and the BIOS's memory map", async (t) => {
  const modules = { "a.conf": "first\n" };
  const { text, code } = await runToEnd(t, { kernel: bzImage, append: cmdline, modules });
  assert.equal(code, DONE, text);
  assert.match(text, /^loader: QEMU$/m);
  assert.ok(text.includes(`command line: ${cmdline}\n`), text);
  assert.match(text, /^module: : first$/m);
  assert.match(text, /^region: 0 9fc00 1$/m);
  assert.match(text, /^region: 100000 3ee0000 1$/m);
});

test("as a UEFI application, it gets the loader's options and initrd, and the RSDP", async (t) => {
  const modules = { "a.conf": "first\n" };
  const options = { kernel: bzImage, append: cmdline, modules, uefi: true, memory: "256" };
  const { text, code } = await runToEnd(t, options);
  assert.equal(code, DONE, text);
  assert.match(text, /loader: UEFI$/m);
  assert.ok(text.includes(`command line: ${cmdline} initrd=initrd\n`), text);
  assert.match(text, /^module: : first$/m);
  assert.match(text, /^acpi: [1-9a-f][0-9a-f]+$/m);
  assert.ok(Number(/^limit: (\d+)/m.exec(text)?.[1]) > 180 << 20, text);
});

for (const [memory, least] of [
  ["32", 28 << 20],
  ["64", 56 << 20],
  ["6G", 3 * 2 ** 30 - (32 << 20)],
] as const) {
  test(`-m ${memory}: memory grows to its limit, is zeroed, and keeps its content`, async (t) => {
    const modules = { "kept.txt": "the module is whole\n" };
    const { text, code } = await runToEnd(t, { append: "native=fill", memory, modules });
    assert.equal(code, DONE, text);
    const limit = Number(/^limit: (\d+)/m.exec(text)?.[1]);
    assert.ok(limit >= least, `only ${limit} bytes`);
    assert.match(text, /^filled$\n^the module is whole$/m);
  });
}

test("memory.copy and memory.fill are correct below 80 bytes, overlapping or not", async (t) => {
  const { text, code } = await runToEnd(t, { append: "native=copy" });
  assert.equal(code, DONE, text);
  assert.match(text, /^copied$/m);
});

test("boots with -cpu max, and finds its random generator", async (t) => {
  const { text, code } = await runToEnd(t, { append: "native=report", cpu: "max" });
  assert.equal(code, DONE);
  assert.match(text, /^random: yes$/m);
});

test("a machine without a UART exits with the same status", async (t) => {
  assert.equal((await runToEnd(t, { append: "native=report", serial: false })).code, DONE);
  assert.equal((await runToEnd(t, { append: "native=null", serial: false })).code, 255);
});

test("splits a command line at spaces outside double quotes", () => {
  assert.deepEqual(commandLineWords(""), []);
  assert.deepEqual(commandLineWords("  a  b "), ["a", "b"]);
  assert.deepEqual(commandLineWords('run="a; b" c'), ["run=a; b", "c"]);
  assert.deepEqual(commandLineWords('run="say \\"x\\"" \\n'), ['run=say "x"', "\\n"]);
  assert.match(grubConfig("run='a'", []), /kernel\.elf 'run='\\''a'\\'''/);
});
