/** What a loader passes by Linux's boot protocol, right and wrong (machine/native/boot-info.c). */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { after, test } from "node:test";
import { REAL_TIME, root } from "../lab/host/process.ts";

const folder = mkdtempSync(`${tmpdir()}/anonymos-boot-info-`);
after(() => rmSync(folder, { recursive: true }));
const program = `${folder}/boot-info`;
const image = ["-Wl,--defsym=LOAD_START=0x100000", "-Wl,--defsym=BSS_END=0x500000"];
const checks = ["-O1", "-fsanitize=undefined", "-fno-pie", "-no-pie"];
const source = `${root}tests/tools/boot-info-main.c`;
execFileSync("gcc", [...checks, `-I${root}machine/native`, ...image, source, "-o", program]);

const HERE = 0x10000;
const [SCREEN_TYPE, ROOT_POINTER, LINE_HIGH, MAP_ENTRIES, MAGIC] = [15, 0x70, 0xc8, 0x1e8, 0x202];
const [LOADER, RAMDISK, LINE, MAP] = [0x210, 0x218, 0x228, 0x2d0];

/** Writes boot_params; `more` follows them in memory, at HERE + 4096. */
class Parameters {
  readonly bytes = Buffer.alloc(4096);
  constructor(
    readonly more = "",
    readonly end = "",
  ) {
    this.word(MAGIC, 0x53726448);
  }
  word(at: number, ...values: number[]): this {
    for (const [i, value] of values.entries()) this.bytes.writeUInt32LE(value, at + 4 * i);
    return this;
  }
  byte(at: number, value: number): this {
    this.bytes[at] = value;
    return this;
  }
  region(index: number, base: bigint, length: bigint, type = 1): this {
    this.bytes.writeBigUInt64LE(base, MAP + 20 * index);
    this.bytes.writeBigUInt64LE(length, MAP + 20 * index + 8);
    return this.word(MAP + 20 * index + 16, type);
  }
  read(): string {
    const [env, ...words] = [...REAL_TIME, program, this.end];
    const input = Buffer.concat([this.bytes, Buffer.from(this.more, "latin1")]);
    return execFileSync(env, words, { input, encoding: "utf8" });
  }
}

test("reads command line, initrd, memory map, screen and ACPI's root pointer", () => {
  const parameters = new Parameters("run=a\0RSD PTR ").byte(LOADER, 0x72).byte(MAP_ENTRIES, 2);
  parameters.word(LINE, HERE + 4096).word(RAMDISK, 0x600000, 0x123);
  parameters.region(0, 0n, 0x9fc00n).region(1, 0x100000n, 0x7f00000n);
  parameters.word(ROOT_POINTER, HERE + 4096 + 6);
  const pixels = new Parameters().byte(SCREEN_TYPE, 0x70).word(0x18, 0x80000000);
  pixels.word(0x12, (600 << 16) | 800, 32).word(0x24, 3200);
  const text = [
    ...["loader: GRUB", "line: 5 run=a", "module: 600000 600123"],
    ...["region: 0 9fc00 1", "region: 100000 7f00000 1", "screen: 0 0 0 0 0 0", "acpi: 1 RSD PTR "],
  ];
  assert.equal(parameters.read(), `${text.join("\n")}\n`);
  parameters.byte(SCREEN_TYPE, 1).byte(7, 80);
  assert.match(parameters.read(), /^screen: b8000 0 80 25 0 1$/m);
  pixels.word(0x18, 0x80000000);
  assert.match(pixels.read(), /^screen: 80000000 3200 800 600 32 0$/m);
});

test("SYS-15: uses no more regions than boot_params has, and none that wraps around", () => {
  const parameters = new Parameters().byte(MAP_ENTRIES, 255);
  for (let i = 0; i < 128; i++) parameters.region(i, BigInt(i) << 32n, 4096n, 2);
  parameters.region(5, 0xffff_ffff_ffff_f000n, 0x2000n);
  const regions = parameters.read().match(/^region: .*$/gm) ?? [];
  assert.equal(regions.length, 128);
  assert.equal(regions[5], "region: fffffffffffff000 fff 1");
  assert.equal(regions[127], "region: 7f00000000 1000 2");
});

test("SYS-15: a command line without an end is cut off, one out of reach is none", () => {
  const endless = new Parameters("x".repeat(100_000)).word(LINE, HERE + 4096);
  assert.match(endless.read(), /^line: 65536 x{4096}$/m);
  const last = new Parameters("", "abcd").word(LINE, 0xffff_fffc);
  assert.match(last.read(), /^line: 4 abcd$/m);
  assert.match(last.word(LINE_HIGH, 1).read(), /^line: 0 $/m);
});

test("SYS-15: an initrd that is out of reach, or where the kernel is, is none", () => {
  const wrong = [
    [0xffff_f000, 0x1001],
    [0x4f_ffff, 2],
    [0x10, 0x10_0000],
    [0x600000, 0],
    [0, 10],
  ];
  for (const [start, size] of wrong) {
    assert.doesNotMatch(new Parameters().word(RAMDISK, start, size).read(), /^module/m);
  }
  const high = new Parameters().word(RAMDISK, 0x600000, 16).word(0xc4, 0xffff_ffff);
  assert.doesNotMatch(high.read(), /^module/m);
  assert.match(new Parameters().word(RAMDISK, 0x500000, 1).read(), /^module: 500000 500001$/m);
});

test("SYS-15: a screen or root pointer that is out of reach is not used", () => {
  const screen = new Parameters().byte(SCREEN_TYPE, 0x23).word(0x18, 0xffff_0000);
  screen.word(0x12, (600 << 16) | 800, 32).word(0x24, 3200);
  assert.match(screen.read(), /^screen: 0 /m);
  screen.word(0x18, 0x1000).word(0x36, 2, 1);
  assert.match(screen.read(), /^screen: 0 /m);
  assert.match(new Parameters("", "RSD").word(ROOT_POINTER, 0xffff_fffd).read(), /^acpi: 0/m);
  assert.match(new Parameters().word(ROOT_POINTER, 0, 1).read(), /^acpi: 0/m);
});

test("SYS-15: parameters without Linux's magic number are refused", () => {
  assert.match(new Parameters().word(MAGIC, 0).read(), /^panic: .*invalid$/m);
});
