/** SMBIOS tables, as firmware puts them into memory (DSP0134 3.7). */
import type { Ram } from "./bus.ts";

export interface SmbiosOptions {
  manufacturer?: string;
  product?: string;
  oemStrings?: string[];
  /** The version of the entry point: 2 or 3 (default). */
  entry?: 2 | 3;
}

const ENTRY = 0xf1000;
/** Below 1 MiB, where a machine in Node has memory. */
const TABLE = 0x80000;

/** Returns a structure; `fields` follow its header. */
export function structure(type: number, fields: number[], texts: string[]): Buffer {
  const header = Buffer.from([type, 4 + fields.length, type, 0, ...fields]);
  const strings = texts.map((text) => `${text}\0`).join("");
  return Buffer.concat([header, Buffer.from(`${strings || "\0"}\0`)]);
}

/** Returns the table of structures. */
export function smbiosTable(options: SmbiosOptions): Buffer {
  const { manufacturer = "Maker", product = "Product", oemStrings = [] } = options;
  const system = [1, 2, 0, 0, ...new Array(16).fill(0), 6, 0, 0];
  return Buffer.concat([
    structure(0, [1, 0, 0, 0xe0, 0, 0], ["Firmware"]),
    structure(1, system, [manufacturer, product]),
    ...(oemStrings.length > 0 ? [structure(11, [oemStrings.length], oemStrings)] : []),
    structure(127, [], []),
  ]);
}

/** Writes an entry point and a table to low memory. */
export function addSmbios(low: Ram, options: SmbiosOptions, table = smbiosTable(options)): void {
  const old = options.entry === 2;
  const entry = Buffer.alloc(old ? 31 : 24);
  entry.write(old ? "_SM_" : "_SM3_", 0);
  entry[old ? 5 : 6] = entry.length;
  entry[old ? 6 : 7] = old ? 2 : 3;
  if (old) {
    entry.write("_DMI_", 16);
    entry.writeUInt16LE(table.length, 22);
    entry.writeUInt32LE(TABLE, 24);
  } else {
    entry[10] = 1;
    entry.writeUInt32LE(table.length, 12);
    entry.writeUInt32LE(TABLE, 16);
  }
  entry[old ? 4 : 5] = -entry.reduce((sum, byte) => sum + byte, 0) & 255;
  low.bytes.set(entry, ENTRY);
  low.bytes.set(table, TABLE);
}
