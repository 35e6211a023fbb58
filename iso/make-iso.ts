/**
 * Makes an ISO that boots the kernel with GRUB (Multiboot 2) on BIOS and UEFI, from CD or disk.
 *     SOURCE_DATE_EPOCH=... KERNEL_CMDLINE=... KERNEL_MODULES=... \
 *       node --import tsx iso/make-iso.ts KERNEL.elf OUT.iso
 *
 * The same input makes the same bytes. grub-mkrescue cannot do that, because it writes the build
 * time into the image and includes every GRUB platform that is installed. So its steps are done
 * here: two core images that contain the modules needed, a FAT image for UEFI, and xorriso with all
 * dates set.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { grubConfig } from "./grub-config.ts";

const platforms = "/usr/lib/grub";
/** What grub.cfg uses; grub-mkimage adds what these depend on. */
const common = ["iso9660", "normal", "multiboot2", "test", "echo", "serial", "terminal"];
const biosModules = [...common, "biosdisk"];
/** GRUB starts from the FAT image and must find the volume with the kernel. */
const uefiModules = [...common, "efi_gop", "part_gpt", "part_msdos", "fat", "search_fs_uuid"];

const [kernel, target] = process.argv.slice(2);
const epoch = Number(process.env.SOURCE_DATE_EPOCH ?? Number.NaN);
const modules = (process.env.KERNEL_MODULES ?? "").split(/\s+/).filter((path) => path !== "");

/** The tools write times in UTC and read no user configuration. */
const environment = { ...process.env, LC_ALL: "C", TZ: "UTC0", MTOOLSRC: "/dev/null" };

function run(program: string, ...words: string[]): void {
  const { status, error, stderr } = spawnSync(program, words, {
    encoding: "utf8",
    env: environment,
  });
  if (status !== 0) throw new Error(`${program}: ${error?.message ?? stderr}`);
}

/** Returns the folder of GRUB's files for a platform; an error names the package that has them. */
function platform(name: string, debianPackage: string): string {
  const folder = `${platforms}/${name}`;
  if (existsSync(folder)) return folder;
  const pc = process.arch === "x64";
  const elsewhere = `dpkg --add-architecture amd64 && apt-get update, and ${debianPackage}:amd64`;
  throw new Error(
    `${folder} does not exist: install ${pc ? debianPackage : elsewhere} ` +
      "(build/kernel.elf is made without it, and QEMU boots that)",
  );
}

/** Makes a GRUB image; `more` holds further options, then the modules that it contains. */
function coreImage(source: string, format: string, output: string, ...more: string[]): void {
  run("grub-mkimage", "-d", source, "-O", format, "-o", output, ...more);
}

/**
 * Returns the volume's date YYYYMMDDhhmmsscc, by which GRUB for UEFI finds it. The day is that of
 * the source; the time of day is derived from the contents, to tell ISOs of one version apart.
 */
function volumeDate(config: string): string {
  if (!Number.isSafeInteger(epoch)) throw new Error("SOURCE_DATE_EPOCH is not set");
  const hash = createHash("sha256").update(config);
  for (const path of [kernel, ...modules]) hash.update(readFileSync(path));
  const hundredths = hash.digest().readUInt32LE(0) % (24 * 60 * 60 * 100);
  const midnight = epoch - (epoch % 86_400);
  const date = new Date(midnight * 1000 + hundredths * 10).toISOString();
  return date.replace(/\D/g, "").slice(0, 16);
}

/** Makes a FAT image, of a 2,880 KiB floppy, that contains GRUB for UEFI. */
function makeEfiImage(folder: string, image: string, date: string): void {
  const uuid = date.replace(/(....)(..)(..)(..)(..)(..)(..)/, "$1-$2-$3-$4-$5-$6-$7");
  const config = `${folder}/early.cfg`;
  writeFileSync(config, `search.fs_uuid ${uuid} root\nset prefix=($root)/boot/grub\n`);
  mkdirSync(`${folder}/efi/boot`, { recursive: true });
  const source = platform("x86_64-efi", "grub-efi-amd64-bin");
  const words = ["-p", "()/boot/grub", "-c", config, ...uefiModules];
  coreImage(source, "x86_64-efi", `${folder}/efi/boot/bootx64.efi`, ...words);
  run("mformat", "-C", "-f", "2880", "-L", "16", "-N", "0", "-i", image, "::");
  run("mcopy", "-s", "-i", image, `${folder}/efi`, "::/");
}

function makeIso(folder: string): void {
  const tree = `${folder}/tree`;
  const bootImage = "boot/grub/i386-pc/eltorito.img";
  mkdirSync(`${tree}/boot/grub/i386-pc`, { recursive: true });
  const names = modules.map((path) => basename(path));
  [kernel, ...modules].forEach((path, i) => {
    const copy = `${tree}/boot/${["kernel.elf", ...names][i]}`;
    copyFileSync(path, copy);
    chmodSync(copy, 0o644);
  });
  const config = grubConfig(process.env.KERNEL_CMDLINE ?? "", names);
  writeFileSync(`${tree}/boot/grub/grub.cfg`, config);
  const bios = platform("i386-pc", "grub-pc-bin");
  coreImage(bios, "i386-pc-eltorito", `${tree}/${bootImage}`, "-p", "/boot/grub", ...biosModules);
  const date = volumeDate(config);
  makeEfiImage(folder, `${tree}/efi.img`, date);
  const fromDisc = ["-b", bootImage, "-no-emul-boot", "-boot-load-size", "4", "-boot-info-table"];
  const fromDisk = ["--grub2-boot-info", "--grub2-mbr", `${bios}/boot_hybrid.img`];
  const uefi = ["--efi-boot", "efi.img", "-efi-boot-part", "--efi-boot-image"];
  const dates = [`--modification-date=${date}`, "--set_all_file_dates", `=${epoch}`];
  const words = ["-as", "mkisofs", "-r", "--protective-msdos-label", ...dates];
  run("xorriso", ...words, ...fromDisc, ...fromDisk, ...uefi, "-o", target, tree);
}

const folder = mkdtempSync(join(tmpdir(), "anonymos-iso-"));
try {
  makeIso(folder);
} catch (error) {
  console.error(`make-iso: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true });
}
