/** What the boot loader left: the command line, the loader's name, and the modules. */
import { COMMAND_LINE_BYTES } from "../core/limits";
import { BootText, bootText, moduleCount, moduleLength, moduleName, moduleRead } from "./host";

/** The kernel command line as the loader gave it; longer ones are cut at COMMAND_LINE_BYTES. */
export function commandLine(): string {
  return loaderText(BootText.CommandLine);
}

/** "GRUB 2.06-13+deb12u1", "qemu", or "" when the loader does not say. */
export function loaderName(): string {
  return loaderText(BootText.LoaderName);
}

/** A file that the loader brought. */
export class BootModule {
  constructor(
    private readonly index: u32,
    /** The base name of its file. */
    readonly name: string,
    /** Bytes. */
    readonly length: u32,
  ) {}

  /** Its bytes, or the first `limit` of them. */
  read(limit: u32): StaticArray<u8> {
    const bytes = new StaticArray<u8>(min(limit, this.length));
    moduleRead(this.index, 0, changetype<usize>(bytes), bytes.length);
    return bytes;
  }
}

export function bootModules(): Array<BootModule> {
  const modules: Array<BootModule> = [];
  for (let i: u32 = 0; i < moduleCount(); i++) {
    const length = min<u32>(moduleName(i, 0, 0), COMMAND_LINE_BYTES);
    const buffer = new StaticArray<u8>(length);
    moduleName(i, changetype<usize>(buffer), length);
    modules.push(new BootModule(i, baseName(asText(buffer)), moduleLength(i)));
  }
  return modules;
}

/**
 * The name that a module goes by. QEMU gives its path and arguments (`/x/a.conf arg`), GRUB
 * what follows the path in grub.cfg (`a.conf`).
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
