/**
 * Makes an ISO that boots the kernel by GRUB (Multiboot 2) on BIOS and UEFI.
 *     KERNEL_CMDLINE=... KERNEL_MODULES=... node --import tsx iso/make-iso.ts KERNEL.elf OUT.iso
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { grubConfig } from "./grub-config.ts";

/**
 * GRUB's modules that are used; with all of them the ISO would have 20 MB instead of 4. The
 * partition tables are no use here, but GRUB's first stage asks for them by name, and printing
 * that each is missing takes a third of a second.
 */
const grubModules =
  "multiboot2 normal test echo serial terminal iso9660 video video_fb " +
  "part_acorn part_amiga part_apple part_bsd part_dfly part_dvh part_gpt part_msdos part_plan " +
  "part_sun part_sunpc";
/** A module that only GRUB for UEFI has, which --install-modules does not allow for. */
const uefiModule = "x86_64-efi/efi_gop.mod";

const [kernel, target] = process.argv.slice(2);
const modules = (process.env.KERNEL_MODULES ?? "").split(/\s+/).filter((path) => path !== "");
const folder = mkdtempSync(join(tmpdir(), "anonymos-iso-"));
try {
  mkdirSync(join(folder, "boot/grub"), { recursive: true });
  copyFileSync(kernel, join(folder, "boot/kernel.elf"));
  for (const path of modules) copyFileSync(path, join(folder, "boot", basename(path)));
  const names = modules.map((path) => basename(path));
  const config = grubConfig(process.env.KERNEL_CMDLINE ?? "", names);
  writeFileSync(join(folder, "boot/grub/grub.cfg"), config);
  mkdirSync(join(folder, "boot/grub/x86_64-efi"));
  copyFileSync(`/usr/lib/grub/${uefiModule}`, join(folder, "boot/grub", uefiModule));
  const lean = ["--locales=", "--fonts=", "--themes=", "--compress=xz"];
  const words = ["-o", target, `--install-modules=${grubModules}`, ...lean, folder];
  const run = spawnSync("grub-mkrescue", words, { encoding: "utf8" });
  if (run.status !== 0) throw new Error(`grub-mkrescue: ${run.error ?? run.stderr}`);
} catch (error) {
  console.error(`make-iso: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true });
}
