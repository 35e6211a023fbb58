/** What the boot loader passes: the command line, the loader's name and the modules. */
import { COMMAND_LINE_BYTES } from "../core/limits";
import { archivedFiles, isArchive } from "./cpio";
import { BootText, bootText, moduleCount, moduleLength, moduleName, moduleRead } from "./host";

/** The name of a module to which the loader gives none: an initrd that is not an archive. */
const UNNAMED: string = "anonymos.conf";

/** Returns the kernel command line, truncated to COMMAND_LINE_BYTES. */
export function commandLine(): string {
  return loaderText(BootText.CommandLine);
}

/** Returns the loader's name, such as "GRUB 2.06-13+deb12u1" or "qemu"; "" if unknown. */
export function loaderName(): string {
  return loaderText(BootText.LoaderName);
}

/** A file that the loader has loaded together with the kernel. */
export class BootModule {
  constructor(
    private readonly index: u32,
    /** The base name of its file. */
    readonly name: string,
    /** In bytes. */
    readonly length: u32,
    /** Where it begins in what the loader has loaded, in bytes. */
    private readonly start: u32 = 0,
  ) {}

  /** Copies at most `length` bytes from `offset` to `pointer`. Returns how many were copied. */
  readAt(offset: u32, pointer: usize, length: u32): u32 {
    if (offset >= this.length) return 0;
    const count = min(length, this.length - offset);
    return moduleRead(this.index, this.start + offset, pointer, count);
  }

  /** Returns the first `limit` bytes, or all if there are fewer. */
  read(limit: u32): StaticArray<u8> {
    const bytes = new StaticArray<u8>(min(limit, this.length));
    this.readAt(0, changetype<usize>(bytes), bytes.length);
    return bytes;
  }
}

/** Returns the module named `name`, or null. */
export function findModule(name: string): BootModule | null {
  const modules = bootModules();
  for (let i = 0; i < modules.length; i++) if (modules[i].name == name) return modules[i];
  return null;
}

let modulesFound: Array<BootModule> | null = null;

/**
 * Returns the modules in the loader's order. PVH's and Linux's loaders pass no names: what they
 * pass is an archive of modules (cpio.ts), or else anonymos.conf.
 */
export function bootModules(): Array<BootModule> {
  let modules = modulesFound;
  if (modules == null) {
    // Only once: what is wrong with an archive is logged when it is read.
    modules = findModules();
    modulesFound = modules;
  }
  return modules;
}

function findModules(): Array<BootModule> {
  const modules: Array<BootModule> = [];
  for (let i: u32 = 0; i < moduleCount(); i++) {
    const length = min<u32>(moduleName(i, 0, 0), COMMAND_LINE_BYTES);
    const buffer = new StaticArray<u8>(length);
    moduleName(i, changetype<usize>(buffer), length);
    const name = baseName(asText(buffer));
    if (name == "" && isArchive(i)) addArchive(modules, i);
    else modules.push(new BootModule(i, name == "" ? UNNAMED : name, moduleLength(i)));
  }
  return modules;
}

function addArchive(modules: Array<BootModule>, index: u32): void {
  const files = archivedFiles(index, moduleLength(index));
  for (let i = 0; i < files.length; i++) {
    const file = files[i];
    modules.push(new BootModule(index, baseName(file.path), file.length, file.start));
  }
}

/**
 * Returns the base name of a module. QEMU passes the module's path and arguments (`/x/a.conf arg`);
 * GRUB passes the text after the path in grub.cfg (`a.conf`).
 */
export function baseName(text: string): string {
  const trimmed = text.trim();
  const space = trimmed.indexOf(" ");
  const path = space < 0 ? trimmed : trimmed.slice(0, space);
  return path.slice(path.lastIndexOf("/") + 1);
}

function loaderText(which: u32): string {
  const length = min<u32>(bootText(which, 0, 0), COMMAND_LINE_BYTES);
  const buffer = new StaticArray<u8>(length);
  bootText(which, changetype<usize>(buffer), length);
  return asText(buffer);
}

function asText(bytes: StaticArray<u8>): string {
  return String.UTF8.decodeUnsafe(changetype<usize>(bytes), bytes.length);
}
