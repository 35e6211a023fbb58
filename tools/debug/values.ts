/** Formats the kernel's variables and fields, by their types and the layout of its classes. */
import type { Field, Layout } from "../../compiler-config/layout.ts";

type Value = number | bigint;

/** Bytes from an object back to its class and to its size (~lib/rt/common, OBJECT). */
const [CLASS_BEFORE, SIZE_BEFORE] = [8, 4];
/** Characters of a string that are shown. */
const LETTERS = 60;
/** Columns of a line of fields. */
const WIDTH = 100;

const sizes: Record<string, number> = { i8: 1, u8: 1, bool: 1, i16: 2, u16: 2, i64: 8, u64: 8 };

export class Values {
  constructor(
    private readonly layout: Layout,
    private readonly memory: DataView,
  ) {}

  /** Formats a value by its type. An object shows as its class and address, a string as itself. */
  text(type: string | undefined, value: Value): string {
    if (type === "bool") return value ? "true" : "false";
    if (type === "u64") return `${BigInt.asUintN(64, BigInt(value))}`;
    if (typeof value === "bigint" || /^i\d+$/.test(type ?? "")) return `${value}`;
    const address = value >>> 0;
    if (type === undefined || /^u\d+$|^usize$/.test(type)) return `${address}`;
    if (address === 0) return "null";
    const name = this.classOf(type, address)?.name ?? type;
    if (name !== "~lib/string/String") return `${name.replace(/[^<>,]*\//g, "")} at ${address}`;
    return JSON.stringify(this.string(address));
  }

  /** Returns the fields of the object that a variable holds, as indented lines. */
  fields(type: string | undefined, value: Value, indent: string): string[] {
    const isObject = type?.includes("/") && value !== 0;
    const found = isObject ? this.classOf(type, Number(value) >>> 0) : undefined;
    const words = (found?.fields ?? []).map((field) => this.field(field, Number(value) >>> 0));
    const lines: string[] = [];
    for (const word of words) {
      const last = lines.at(-1);
      if (last !== undefined && last.length + word.length + 2 < WIDTH) {
        lines[lines.length - 1] = `${last}, ${word}`;
      } else lines.push(indent + word);
    }
    return lines;
  }

  private field({ name, offset, type }: Field, object: number): string {
    return `${name} ${this.text(type, this.load(type, object + offset))}`;
  }

  private load(type: string, address: number): Value {
    const { memory } = this;
    const size = sizes[type] ?? 4;
    if (address + size > memory.byteLength) return 0;
    if (size === 8) return memory.getBigInt64(address, true);
    const shift = 32 - 8 * size;
    const raw = size === 1 ? memory.getUint8(address) : memory.getUint16(address, true);
    const value = size === 4 ? memory.getInt32(address, true) : (raw << shift) >> shift;
    return type.startsWith("i") ? value : (value << shift) >>> shift;
  }

  /** Finds the class of an object: by its type if unmanaged, otherwise by its header in memory. */
  private classOf(
    type: string | undefined,
    address: number,
  ): { name: string; fields: Field[] } | undefined {
    const name = type?.replace(" | null", "") ?? "";
    const fields = this.layout.records[name];
    if (fields !== undefined) return { name, fields };
    if (address < CLASS_BEFORE || address > this.memory.byteLength) return undefined;
    return this.layout.classes[this.memory.getUint32(address - CLASS_BEFORE, true)];
  }

  private string(address: number): string {
    const bytes = this.memory.getUint32(address - SIZE_BEFORE, true);
    const shown = new Uint8Array(this.memory.buffer, address, Math.min(bytes, 2 * LETTERS));
    return Buffer.from(shown).toString("utf16le") + (bytes > 2 * LETTERS ? "..." : "");
  }
}
