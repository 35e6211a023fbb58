/** QEMU's firmware configuration device on its I/O ports (docs/specs/fw_cfg.rst of QEMU). */
import type { BusDevice, Width } from "./bus.ts";

const SIGNATURE = 0x0000;
const DIRECTORY = 0x0019;
const FIRST_FILE = 0x0020;

export class FwCfgModel implements BusDevice {
  private readonly items = new Map<number, Buffer>();
  private item: Buffer = Buffer.alloc(0);
  private at = 0;

  constructor(files: Record<string, string | Uint8Array>) {
    this.items.set(SIGNATURE, Buffer.from("QEMU"));
    const names = Object.keys(files).sort();
    const directory = Buffer.alloc(4 + 64 * names.length);
    directory.writeUInt32BE(names.length, 0);
    names.forEach((name, index) => {
      const bytes = Buffer.from(files[name]);
      const entry = directory.subarray(4 + 64 * index);
      entry.writeUInt32BE(bytes.length, 0);
      entry.writeUInt16BE(FIRST_FILE + index, 4);
      entry.write(name, 8, 55, "latin1");
      this.items.set(FIRST_FILE + index, bytes);
    });
    this.items.set(DIRECTORY, directory);
  }

  /** Replaces an item: a device may say anything. */
  set(selector: number, bytes: Uint8Array): void {
    this.items.set(selector, Buffer.from(bytes));
  }

  /** Bytes past the end of an item are zero. */
  read(offset: number, _width: Width): number {
    return offset === 1 ? (this.item[this.at++] ?? 0) : 0xff;
  }

  write(offset: number, value: number): void {
    if (offset !== 0) return;
    this.item = this.items.get(value) ?? Buffer.alloc(0);
    this.at = 0;
  }
}
