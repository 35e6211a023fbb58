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
