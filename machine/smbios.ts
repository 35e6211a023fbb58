/**
 * The tables in which firmware and hypervisors describe a machine (SMBIOS, DSP0134 3.7): its maker
 * and product, and the OEM strings, which the host can set when it starts a virtual machine.
 *
 *     entry point ─> structure, structure, ...   each: type, length, handle, fields; texts; zero
 */
import { OEM_STRINGS, SMBIOS_TABLE_BYTES } from "../core/limits";
import { latin1 } from "../core/text";
import { mmioRead8, mmioRead32 } from "./host";

/** Where to search for an entry point, at multiples of 16 (section 5.2.1). */
const BIOS_AREA: u64 = 0xf0000;
const BIOS_AREA_END: u64 = 0x100000;
/** "_SM_" and "_SM3", as little-endian words. */
const ANCHOR: u32 = 0x5f4d535f;
const ANCHOR3: u32 = 0x334d535f;
/** The lengths of both kinds of entry points. */
const ENTRY: u32 = 31;
const ENTRY3: u32 = 24;

/** Bytes before a structure's own fields. */
const HEADER: u32 = 4;
/** Types of structures (sections 7.2 and 7.12), and that of the last one, which ends the table. */
const SYSTEM: u32 = 1;
const OEM: u32 = 11;
const END: u32 = 127;

/** Copies the table of structures from memory, at most SMBIOS_TABLE_BYTES; empty without one. */
export function readSmbios(): StaticArray<u8> {
  for (let at = BIOS_AREA; at < BIOS_AREA_END; at += 16) {
    const word = mmioRead32(at);
    if (word == ANCHOR3 && sum(at, ENTRY3) == 0 && mmioRead32(at + 20) == 0) {
      return copy(mmioRead32(at + 16), mmioRead32(at + 12));
    }
    if (word == ANCHOR && sum(at, ENTRY) == 0) {
      return copy(mmioRead32(at + 24), mmioRead8(at + 22) | (mmioRead8(at + 23) << 8));
    }
  }
  return new StaticArray<u8>(0);
}

function sum(address: u64, length: u32): u32 {
  let total: u32 = 0;
  for (let i: u32 = 0; i < length; i++) total += mmioRead8(address + (i as u64));
  return total & 255;
}

function copy(address: u64, length: u32): StaticArray<u8> {
  const bytes = new StaticArray<u8>(min(length, SMBIOS_TABLE_BYTES));
  for (let i = 0; i < bytes.length; i++) bytes[i] = mmioRead8(address + (i as u64)) as u8;
  return bytes;
}

/** What is used of a table. Its bytes may be anything. */
export class Smbios {
  /** The system's manufacturer and product name; "" if there is none. */
  manufacturer: string = "";
  product: string = "";
  /** The OEM strings in their order; each byte is a character. */
  readonly oemStrings: Array<string> = [];

  constructor(private readonly table: StaticArray<u8>) {
    this.read();
  }

  private read(): void {
    const table = this.table;
    const length = table.length as u32;
    let at: u32 = 0;
    while (at + HEADER <= length) {
      const type = this.byte(at);
      const size = this.byte(at + 1);
      if (type == END || size < HEADER || at + size > length) return;
      const texts = at + size;
      if (type == SYSTEM && size >= 6 && this.manufacturer == "") {
        this.manufacturer = this.text(texts, this.byte(at + 4));
        this.product = this.text(texts, this.byte(at + 5));
      }
      if (type == OEM && size >= 5) this.addStrings(texts, this.byte(at + 4));
      at = this.afterTexts(texts);
    }
  }

  private byte(at: u32): u32 {
    return this.table[at];
  }

  private addStrings(texts: u32, count: u32): void {
    for (let i: u32 = 1; i <= count && (this.oemStrings.length as u32) < OEM_STRINGS; i++) {
      this.oemStrings.push(this.text(texts, i));
    }
  }

  /** Returns a text by its number, from 1; "" if it is 0 or there are fewer (section 6.1.3). */
  private text(texts: u32, number: u32): string {
    let at = texts;
    for (let i: u32 = 1; number > 0; i++) {
      const end = this.endOf(at);
      if (i == number) return latin1(changetype<usize>(this.table) + at, end - at);
      if (end == at || end + 1 >= (this.table.length as u32)) return "";
      at = end + 1;
    }
    return "";
  }

  /** Returns where the text at `at` ends: at its zero, or at the end of the table. */
  private endOf(at: u32): u32 {
    let end = at;
    while (end < (this.table.length as u32) && this.byte(end) != 0) end++;
    return end;
  }

  /** Returns where the next structure begins: after two zeros. */
  private afterTexts(texts: u32): u32 {
    let at = texts;
    while (at + 1 < (this.table.length as u32) && (this.byte(at) | this.byte(at + 1)) != 0) at++;
    return at + 2;
  }
}
