/** Boots on many machines: QEMU and GRUB, BIOS and UEFI, small and large, with and without UART. */
import assert from "node:assert/strict";
import { existsSync, statSync } from "node:fs";
import { before, test } from "node:test";
import { boot, configured, runOnce } from "../lab/host/console.ts";
import { root } from "../lab/host/process.ts";
import { Machine, PROMPT } from "../lab/host/qemu.ts";

const iso = `${root}build/anonymos.iso`;

before(() => {
  assert.ok(existsSync(`${root}build/kernel.elf`), "build/kernel.elf is missing: run make first");
  assert.ok(existsSync(iso), "build/anonymos.iso is missing: run make iso first");
});

test("boots to the prompt with -kernel, and sends no escape sequence before a key", async (t) => {
  const machine = await boot(t);
  assert.ok(machine.console.endsWith(`\n${PROMPT}`) || machine.console === PROMPT);
  assert.ok(!machine.raw.includes("\x1b"), "an escape sequence was sent");
  assert.match(await machine.ok("echo hello there"), /^hello there$/m);
});

test("the default ISO boots by GRUB on a BIOS and gets a lease", async (t) => {
  const machine = await boot(t, { iso });
  await configured(machine);
});

test("the default ISO boots on UEFI, with registers above 4 GiB and MSI-X", async (t) => {
  const nics = [{ backend: "user", model: "virtio-net-pci", properties: "disable-legacy=on" }];
  const machine = await boot(t, { iso, machine: "q35", uefi: true, memory: "256", nics }, 120_000);
  await configured(machine);
  assert.match(await machine.ok("lspci -v"), /Memory at [1-9a-f]\w{8,} \(64-bit/);
  await machine.ok("ping -c 3 -i 0.2 10.0.2.2", 20_000);
  assert.match(await machine.ok("lsirq"), / [1-9]\d* PCI-MSIX virtio-net, pci \S+$/m);
});

test("the default ISO boots from a USB stick, on BIOS and UEFI", async (t) => {
  await boot(t, { iso, stick: true });
  await boot(t, { iso, stick: true, uefi: true, memory: "256" }, 120_000);
});

test("the ISO is smaller than 8 MB, and the ELF smaller than 1.34 MB", () => {
  assert.ok(statSync(iso).size < 8_000_000, `the ISO has ${statSync(iso).size} bytes`);
  const elf = statSync(`${root}build/kernel.elf`).size;
  assert.ok(elf < 1_340_000, `the ELF has ${elf} bytes`);
});

test("SYS-08: boots in 32 MiB, by QEMU and by GRUB", async (t) => {
  await configured(await boot(t, { memory: "32" }));
  await configured(await boot(t, { memory: "32", iso }));
});

test("SYS-08: boots in 6 GiB, with the PCI hole below 4 GiB", async (t) => {
  await configured(await boot(t, { memory: "6G" }));
});

test("SYS-08: boots on QEMU's most capable processor and on its plain one", async (t) => {
  await configured(await boot(t, { cpu: "max" }));
  await configured(await boot(t, { cpu: "qemu64" }));
});

test("without a UART, runs run= and powers off", async (t) => {
  const options = { serial: false, memory: "64" };
  const { code } = await runOnce(t, "ping -c 1 10.0.2.2; poweroff $?", options);
  assert.equal(code, 1);
});

test("without a network card, boots to the prompt, and ping fails with a message", async (t) => {
  const machine = await boot(t, { nics: [] });
  const { output, code } = await machine.command("ping -c 1 10.0.2.2", 15_000);
  assert.match(output, /^ping: connect: Network is unreachable$/m);
  assert.notEqual(code, 0);
  const checked = await machine.command("check", 15_000);
  assert.match(checked.output, /^FAIL nic {2}no network device found$/m);
  assert.equal(checked.code, 1);
});

test("SYS-08: reports that a network card has no driver", async (t) => {
  const machine = await boot(t, { nics: [{ backend: "user", model: "ne2k_pci" }] });
  assert.match(await machine.ok("dmesg"), /RTL-8029.*: no driver/);
});

test("poweroff ends QEMU with status 0, poweroff N with 2N+1", async (t) => {
  const plain = await runOnce(t, "poweroff");
  assert.equal(plain.code, 0);
  assert.equal((await runOnce(t, "poweroff 3")).code, 7);
  assert.equal((await runOnce(t, "nosuchcommand; poweroff $?")).code, 255);
});

test("reboot resets the machine", async (t) => {
  const { code, machine } = await runOnce(t, "reboot");
  assert.equal(code, 0);
  assert.doesNotMatch(machine.console, /^panic:/m);
});

test("the network works after a reboot", async (t) => {
  const options = { more: ["-action", "reboot=reset"] };
  const machine = await boot(t, options);
  await configured(machine);
  machine.type("reboot\r");
  await machine.waitFor(/anonymos> [\s\S]*\nanonymos> $/, 30_000);
  await configured(machine);
});

test("notices when the link goes down and comes back", async (t) => {
  const machine: Machine = await boot(t);
  await configured(machine);
  await machine.monitor("set_link n0 off");
  await machine.waitFor(/net0.*(down|lost|no carrier)/i);
  await machine.monitor("set_link n0 on");
  await machine.waitFor(/net0.*\bup\b/i);
  await configured(machine);
});
