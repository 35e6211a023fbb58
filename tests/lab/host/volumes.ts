/** Images of volumes, made by the programs with which cidata disks are made. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The content of each file in the root directory. */
export type VolumeFiles = Record<string, string | Uint8Array>;

/** Writes the files, calls `make` with their folder, and returns the image that it makes there. */
function image(files: VolumeFiles, make: (folder: string, paths: string[]) => void): Buffer {
  const folder = mkdtempSync(join(tmpdir(), "anonymos-volume-"));
  try {
    const paths = Object.keys(files).map((name) => join(folder, name));
    for (const name of Object.keys(files)) writeFileSync(join(folder, name), files[name]);
    make(folder, paths);
    return readFileSync(join(folder, "out.img"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const command = (words: string[]) => execFileSync(words[0], words.slice(1), { stdio: "pipe" });

/** What genisoimage and xorrisofs need for names: `-R` for Rock Ridge, `-J` for Joliet. */
export function isoImage(files: VolumeFiles, label = "cidata", options = ["-J", "-R"]): Buffer {
  return image(files, (folder, paths) => {
    const out = join(folder, "out.img");
    command(["xorriso", "-as", "genisoimage", "-o", out, "-V", label, ...options, ...paths]);
  });
}

/** A floppy disk (FAT12), or the words of mformat for another size or type. */
export const fatKinds = {
  FAT12: ["-f", "1440"],
  FAT16: ["-T", "32768"],
  FAT32: ["-F", "-T", "81920", "-c", "1"],
};

/** Makes a FAT volume. */
export function fatImage(
  files: VolumeFiles,
  label = "CIDATA",
  kind: keyof typeof fatKinds = "FAT12",
): Buffer {
  return image(files, (folder, paths) => {
    const out = join(folder, "out.img");
    command(["mformat", "-C", "-i", out, "-v", label, ...fatKinds[kind], "::"]);
    if (paths.length > 0) command(["mcopy", "-i", out, ...paths, "::/"]);
  });
}

const [SECTOR, MEBIBYTE] = [512, 1 << 20];

/** Puts volumes into partitions, each 1 MiB after the beginning or the last one. */
export function partitioned(volumes: Buffer[], table: "MBR" | "GPT" = "MBR"): Buffer {
  const sizes = volumes.map((volume) => Math.ceil(volume.length / MEBIBYTE) * MEBIBYTE + MEBIBYTE);
  const disk = Buffer.alloc(sizes.reduce((sum, size) => sum + size, MEBIBYTE));
  disk.writeUInt16LE(0xaa55, 510);
  if (table === "GPT") {
    disk[446 + 4] = 0xee;
    disk.writeUInt32LE(1, 446 + 8);
    disk.write("EFI PART", SECTOR);
    disk.writeUInt32LE(2, SECTOR + 72);
    disk.writeUInt32LE(128, SECTOR + 80);
    disk.writeUInt32LE(128, SECTOR + 84);
  }
  let start = MEBIBYTE;
  volumes.forEach((volume, index) => {
    volume.copy(disk, start);
    const entry = table === "GPT" ? 2 * SECTOR + 128 * index : 446 + 16 * index;
    disk[entry + (table === "GPT" ? 0 : 4)] = 0x0c;
    disk.writeUInt32LE(start / SECTOR, entry + (table === "GPT" ? 32 : 8));
    start += sizes[index];
  });
  return disk;
}
