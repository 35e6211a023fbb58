/** Media that firmware or GRUB boots from, other than the ISO of `make iso`. */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { run } from "./process.ts";

interface Owner {
  after(end: () => void): void;
}

/** Paths on the medium, and the content of each: a file of this machine, or bytes. */
type Files = Record<string, { copy: string } | string>;

function folderOf(t: Owner, files: Files): { folder: string; tree: string } {
  const folder = mkdtempSync(join(tmpdir(), "anonymos-media-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const tree = join(folder, "tree");
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    if (typeof content === "string") writeFileSync(join(tree, path), content, "latin1");
    else copyFileSync(content.copy, join(tree, path));
  }
  return { folder, tree };
}

async function must(...words: string[]): Promise<void> {
  const { code, output } = await run(words);
  if (code !== 0) throw new Error(`${words.join(" ")}: ${output}`);
}

/** Makes an ISO that GRUB boots on a BIOS by a grub.cfg with these modules; returns its path. */
export async function grubIso(t: Owner, config: string, modules: string, files: Files) {
  const { folder, tree } = folderOf(t, { ...files, "boot/grub/grub.cfg": config });
  const lean = [`--install-modules=${modules} normal iso9660`, "--locales=", "--fonts="];
  await must("grub-mkrescue", "--themes=", ...lean, "-o", join(folder, "out.iso"), tree);
  return join(folder, "out.iso");
}

/** Makes an EFI system partition, as large as a floppy disk; returns its path. */
export async function systemPartition(t: Owner, files: Files): Promise<string> {
  const { folder, tree } = folderOf(t, files);
  const image = join(folder, "esp.img");
  await must("mformat", "-C", "-f", "2880", "-i", image, "::");
  const tops = [...new Set(Object.keys(files).map((path) => join(tree, path.split("/")[0])))];
  await must("mcopy", "-s", "-i", image, ...tops, "::/");
  return image;
}

/** Returns a file of a cpio archive in the format "newc"; archives may be joined. */
export function archived(path: string, content: string, mode = 0o100644): string {
  const numbers = [0, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, path.length + 1, 0];
  const header = `070701${numbers.map((n) => n.toString(16).padStart(8, "0")).join("")}`;
  const padded = (text: string) => text.padEnd(Math.ceil(text.length / 4) * 4, "\0");
  return padded(`${header}${path}\0`) + padded(content);
}
