/**
 * QEMU's firmware configuration device over its I/O ports (docs/specs/fw_cfg.rst of QEMU): named
 * files from the command line of the virtual machine. The hypervisor can put anything into them.
 */
import { FW_CFG_FILES } from "../core/limits";
import { in8, out16 } from "../machine/host";
import { isVirtual } from "../machine/hypervisor";

const SELECTOR: u32 = 0x510;
const DATA: u32 = 0x511;

/** Items that every device has: "QEMU", and the directory of the files. */
const SIGNATURE: u32 = 0x0000;
const DIRECTORY: u32 = 0x0019;
/** "QEMU" in the order of its bytes. */
const QEMU: u32 = 0x51454d55;
/** Bytes of a file's name in the directory, with its terminating zero. */
const NAME: u32 = 56;

/** A file of the device. */
class Entry {
  constructor(
    readonly name: string,
    readonly selector: u32,
    readonly length: u32,
  ) {}
}

export class FwCfg {
  private readonly entries: Array<Entry> = [];

  /**
   * Reads the names of the files. There are none on a real machine, where other devices may have
   * these ports.
   */
  constructor() {
    if (isVirtual()) this.readDirectory();
  }

  private readDirectory(): void {
    out16(SELECTOR, SIGNATURE);
    if (read32() != QEMU) return;
    out16(SELECTOR, DIRECTORY);
    const count = min(read32(), FW_CFG_FILES);
    for (let i: u32 = 0; i < count; i++) {
      const length = read32();
      const selector = read32() >> 16;
      this.entries.push(new Entry(readName(), selector, length));
    }
  }

  /** Returns the first `limit` bytes of a file, or all if there are fewer; null if it is absent. */
  read(name: string, limit: u32): StaticArray<u8> | null {
    const index = this.find(name);
    if (index < 0) return null;
    const bytes = new StaticArray<u8>(min(limit, this.entries[index].length));
    out16(SELECTOR, this.entries[index].selector);
    for (let i = 0; i < bytes.length; i++) bytes[i] = in8(DATA) as u8;
    return bytes;
  }

  /** Returns the length of a file in bytes; 0 if it is absent. */
  lengthOf(name: string): u32 {
    const index = this.find(name);
    return index < 0 ? 0 : this.entries[index].length;
  }

  private find(name: string): i32 {
    for (let i = 0; i < this.entries.length; i++) if (this.entries[i].name == name) return i;
    return -1;
  }
}

/** Reads the next four bytes of the selected item, in network order. */
function read32(): u32 {
  let value: u32 = 0;
  for (let i = 0; i < 4; i++) value = (value << 8) | in8(DATA);
  return value;
}

/** Reads a name up to its zero, and skips the rest of its field. */
function readName(): string {
  let name = "";
  let ended = false;
  for (let i: u32 = 0; i < NAME; i++) {
    const c = in8(DATA);
    if (c == 0) ended = true;
    if (!ended) name += String.fromCharCode(c);
  }
  return name;
}
