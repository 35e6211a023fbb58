/**
 * What firmware, hypervisor and boot loader pass: ACPI's tables, SMBIOS, fw_cfg, an initrd, and a
 * disk with a cidata volume. The input: which of them, then its bytes. For ACPI these are tables: a
 * byte that selects signature and damage, the length (two bytes) and the content behind the header.
 * For a disk they are its size in KiB, and pieces: a position (two bytes, times 16), a length and
 * content; the rest of the disk is zeros.
 */
import {
  BOOT_FILES,
  DISK_READ_BYTES,
  IO_APICS,
  OEM_STRINGS,
  VIRTIO_MMIO_DEVICES,
} from "../../../core/limits";
import { isUnprintable } from "../../../core/text";
import { Medium, MediumReader, PAGE } from "../../../core/volume/medium";
import { findVolume } from "../../../core/volume/search";
import { FwCfg } from "../../../drivers/fw-cfg";
import { BootFile } from "../../../kernel/config/boot-file";
import { hostnameOf } from "../../../kernel/config/meta-data";
import { UserDataText } from "../../../kernel/config/user-data-text";
import { findAcpi } from "../../../machine/acpi";
import { findAcpiVirtio } from "../../../machine/acpi-virtio";
import { archivedFiles } from "../../../machine/cpio";
import { mmioWrite8 } from "../../../machine/host";
import { Madt } from "../../../machine/madt";
import { Smbios } from "../../../machine/smbios";
import { Trigger } from "../../../machine/trigger";
import { Input } from "../parts/input";

/** The number of kinds of input. */
const KINDS: u32 = 5;

/** Physical memory that tests/fuzz/driver.c has. */
const MEMORY: u32 = 0xe0000;
const MEMORY_BYTES: u32 = 128 << 10;

/** "FACP", "DSDT", "APIC" and "XSDT". */
const SIGNATURES: StaticArray<u32> = [0x50434146, 0x54445344, 0x43495041, 0x54445358];
const FADT: u32 = 0;
const DSDT: u32 = 1;
const RSDT: u32 = 0x54445352;
const HEADER: u32 = 36;
/** The position of the DSDT's address in the FADT. */
const FADT_DSDT: u32 = 40;
/** The root pointer comes first, then the list of tables, and the tables. */
const LIST: u32 = MEMORY + 64;
const TABLES: u32 = 16;
const FIRST_TABLE: u32 = LIST + HEADER + 4 * TABLES;
/** The bit of a table's first byte that makes its checksum wrong. */
const DAMAGED: u32 = 0x80;

function write32(at: u32, value: u32): void {
  for (let i: u32 = 0; i < 4; i++) mmioWrite8(at + i, (value >> (8 * i)) & 255);
}

function writeBytes(at: u32, input: Input): void {
  for (let i: u32 = 0; i < input.length; i++) mmioWrite8(at + i, load<u8>(input.pointer + i));
}

/** Writes the signature and the length; the checksum is the byte at 9. */
function writeHeader(at: u32, signature: u32, length: u32): void {
  write32(at, signature);
  write32(at + 4, length);
}

function sumOf(words: StaticArray<u32>): u32 {
  let sum: u32 = 0;
  for (let i = 0; i < words.length; i++) {
    for (let shift = 0; shift < 32; shift += 8) sum += (words[i] >> shift) & 255;
  }
  return sum;
}

function sumOfBytes(input: Input): u32 {
  let sum: u32 = 0;
  for (let i: u32 = 0; i < input.length; i++) sum += load<u8>(input.pointer + i);
  return sum;
}

/** Writes the tables of the input and what points to them. */
function writeTables(input: Input): void {
  let at = FIRST_TABLE;
  let count: u32 = 0;
  let listSum: u32 = 0;
  let dsdt: u32 = 0;
  while (!input.empty && count < TABLES) {
    const kind = input.byte();
    const which = kind & 3;
    const body = input.take(input.short());
    const length = HEADER + body.length;
    if (at + length > MEMORY + MEMORY_BYTES) break;
    writeHeader(at, SIGNATURES[which], length);
    writeBytes(at + HEADER, body);
    let sum = sumOf([SIGNATURES[which], length]) + sumOfBytes(body);
    if (which == FADT && body.length >= 8) {
      for (let i = FADT_DSDT; i < FADT_DSDT + 4; i++) sum -= load<u8>(body.pointer + i - HEADER);
      write32(at + FADT_DSDT, dsdt);
      sum += sumOf([dsdt]);
    }
    mmioWrite8(at + 9, ((kind & DAMAGED) != 0 ? 1 - sum : 0 - sum) & 255);
    if (which == DSDT) dsdt = at;
    write32(LIST + HEADER + 4 * count++, at);
    listSum += sumOf([at]);
    at += length;
  }
  const length = HEADER + 4 * count;
  writeHeader(LIST, RSDT, length);
  mmioWrite8(LIST + 9, (0 - listSum - sumOf([RSDT, length])) & 255);
  const root: StaticArray<u32> = [0x20445352, 0x20525450, 0, 0, LIST];
  for (let i = 0; i < root.length; i++) write32(MEMORY + 4 * i, root[i]);
  mmioWrite8(MEMORY + 8, (0 - sumOf(root)) & 255);
}

function acpi(input: Input): void {
  writeTables(input);
  const found = findAcpi();
  assert((found.sleepTypeA | found.sleepTypeB) <= 7, "sleep type out of range");
  const madt = Madt.read();
  assert(madt.ioApics.length <= IO_APICS, "too many IO-APICs");
  for (let line = 0; line < 16; line++) {
    madt.globalOf(line);
    madt.triggerOf(line, Trigger.RisingEdge);
  }
  assert(findAcpiVirtio().length <= VIRTIO_MMIO_DEVICES, "too many virtio devices");
}

function smbios(input: Input): void {
  const table = new StaticArray<u8>(input.length);
  memory.copy(changetype<usize>(table), input.pointer, input.length);
  assert((new Smbios(table).oemStrings.length as u32) <= OEM_STRINGS, "too many OEM strings");
}

function initrd(input: Input): void {
  const archive = input.take(MEMORY_BYTES);
  writeBytes(MEMORY, archive);
  const files = archivedFiles(0, archive.length);
  assert((files.length as u32) <= BOOT_FILES, "too many files");
  for (let i = 0; i < files.length; i++) {
    const end = (files[i].start as u64) + files[i].length;
    assert(end <= archive.length, "file beyond the end of the archive");
  }
}

function fwCfg(input: Input): void {
  writeBytes(MEMORY, input.take(MEMORY_BYTES));
  const files = new FwCfg();
  const file = files.read("a", 4096);
  assert(file == null || (file.length as u32) == min<u32>(files.lengthOf("a"), 4096), "length");
}

/** The pieces are in units of these bytes. */
const PIECE: u32 = 16;

class FuzzedDisk extends Medium {
  pages: u32 = 0;
  /** As large as the largest disk. */
  private readonly content: StaticArray<u8> = new StaticArray<u8>(256 * 1024);

  constructor(input: Input) {
    super();
    this.optical = (input.byte() & 1) != 0;
    this.bytes = (input.byte() as u64) * 1024 + (input.byte() as u64);
    while (!input.empty) {
      const at = input.short() * PIECE;
      const piece = input.take(input.byte());
      if (at + piece.length > (this.bytes as u32)) continue;
      memory.copy(changetype<usize>(this.content) + at, piece.pointer, piece.length);
    }
  }

  readPage(position: u64, to: usize): bool {
    assert(position % PAGE == 0 && position < this.bytes, "not a page of the disk");
    this.pages++;
    const length = min<u64>(PAGE, this.bytes - position);
    memory.copy(to, changetype<usize>(this.content) + (position as usize), length as usize);
    return true;
  }
}

function disk(input: Input): void {
  const medium = new FuzzedDisk(input);
  const reader = new MediumReader(medium);
  const volume = findVolume(reader, "cidata");
  for (let i = 0; volume != null && i < 2; i++) {
    const file = volume.find(i == 0 ? "user-data" : "meta-data");
    const bytes = file != null ? volume.read(file, 4096) : null;
    assert(bytes == null || file == null || (bytes.length as u32) <= file.length, "length");
    if (bytes == null) continue;
    const content = new BootFile(bytes, bytes.length);
    new UserDataText(content);
    const name = hostnameOf(content);
    for (let at = 0; at < name.length; at++) {
      assert(!isUnprintable(name.charCodeAt(at)), "host name not printable");
    }
  }
  assert(medium.pages <= DISK_READ_BYTES / PAGE, "too many pages");
}

export function firmware(pointer: usize, length: u32): void {
  const input = new Input(pointer, length);
  const which = input.byte() % KINDS;
  if (which == 0) acpi(input);
  if (which == 1) smbios(input);
  if (which == 2) initrd(input);
  if (which == 3) fwCfg(input);
  if (which == 4) disk(input);
}
