/**
 * The parts of ACPI (specification 6.4) that power-off, reset, the power button, the keyboard and
 * the real-time clock need: the root pointer, the FADT and the sleep types of state S5 from the
 * DSDT. Also finds other tables.
 * Tables are read in place; AML is not executed.
 *
 *     RSDP ─> RSDT or XSDT ─> FADT ─┬─> PM1a, PM1b control, SMI command, reset register
 *                                   └─> DSDT ─> \_S5 = Package { type a, type b, ... }
 */
import { ACPI_TABLE_BYTES, ACPI_TABLES } from "../core/limits";
import { log } from "../core/log";
import { acpiRootPointer, mmioRead8, mmioRead32 } from "./host";

/** Where to search for the root pointer if the loader passes none (section 5.2.5.1). */
const BIOS_AREA: u64 = 0xe0000;
const BIOS_AREA_END: u64 = 0x100000;
/** Address of the segment of the extended BIOS data area. */
const EBDA_SEGMENT: u64 = 0x40e;

/** "RSD ", "PTR " and the signatures of the tables, as little-endian words. */
const RSD_: u32 = 0x20445352;
const PTR_: u32 = 0x20525450;
const RSDT: u32 = 0x54445352;
const XSDT: u32 = 0x54445358;
const FACP: u32 = 0x50434146;
const DSDT: u32 = 0x54445344;
/** "_S5_". */
const S5__: u32 = 0x5f35535f;

const HEADER: u32 = 36;

/** The first revision of the FADT with valid IAPC_BOOT_ARCH flags, and the flag of an i8042. */
const BOOT_FLAGS_REVISION: u32 = 3;
const HAS_8042: u32 = 1 << 1;

/** Address spaces of a generic address (section 5.2.3.2). */
export const enum AddressSpace {
  Memory = 0,
  Port = 1,
  PciConfiguration = 2,
}

/** The values of the tables. An address, port or index of 0 means absent. */
export class Acpi {
  /** Revision of the FADT; 0 if there is no ACPI. */
  revision: u32 = 0;
  /** The line of the system control interrupt, and the ports of the PM1a events (4.8.3.1). */
  sciLine: u32 = 0;
  pm1aEvent: u32 = 0;
  pm1EventLength: u32 = 0;
  /** Whether the power button is a fixed feature, not a method of AML (section 4.8.2.2.1). */
  fixedPowerButton: bool = false;
  smiCommand: u32 = 0;
  acpiEnable: u32 = 0;
  pm1aControl: u32 = 0;
  pm1bControl: u32 = 0;
  /** Index of the century in CMOS memory (section 5.2.9, CENTURY). */
  centuryRegister: u32 = 0;
  resetSupported: bool = false;
  resetSpace: u32 = 0;
  resetAddress: u64 = 0;
  resetValue: u32 = 0;
  /** Whether the FADT says that there is no i8042 keyboard controller (section 5.2.9.3). */
  noKeyboardController: bool = false;
  /** Whether \_S5 exists; if so, the sleep types are valid even if 0. */
  canPowerOff: bool = false;
  /** The DSDT, if it is valid: its AML follows a header of 36 bytes. */
  dsdt: u64 = 0;
  sleepTypeA: u32 = 0;
  sleepTypeB: u32 = 0;
}

/** Finds and reads the tables, in about a millisecond. Without ACPI all fields are 0. */
export function findAcpi(): Acpi {
  const acpi = new Acpi();
  const root = findRoot();
  if (root == 0) return acpi;
  const fadt = findTable(root, FACP);
  if (fadt == 0) return acpi;
  readFadt(acpi, fadt);
  return acpi;
}

/** Returns the address of the first valid table with a signature, or 0. */
export function findAcpiTable(signature: u32): u64 {
  const root = findRoot();
  return root == 0 ? 0 : findTable(root, signature);
}

/** Returns the length in bytes of a valid table, with its header. */
export function tableBytes(address: u64): u32 {
  return mmioRead32(address + 4);
}

function read16(address: u64): u32 {
  return mmioRead8(address) | (mmioRead8(address + 1) << 8);
}

/** Reads a 64-bit physical address. Returns 0 if it is beyond 4 GiB. */
function readAddress(address: u64): u64 {
  return mmioRead32(address + 4) == 0 ? (mmioRead32(address) as u64) : 0;
}

function checksumOf(address: u64, length: u32): u32 {
  let sum: u32 = 0;
  for (let i: u32 = 0; i < length; i++) sum += mmioRead8(address + (i as u64));
  return sum & 255;
}

function findRoot(): u64 {
  const given = acpiRootPointer();
  if (given != 0 && isRoot(given)) return given;
  const ebda = (read16(EBDA_SEGMENT) as u64) << 4;
  if (ebda >= 0x400) {
    const found = scan(ebda, ebda + 1024);
    if (found != 0) return found;
  }
  return scan(BIOS_AREA, BIOS_AREA_END);
}

/** Searches a range; the root pointer is aligned to 16 bytes. */
function scan(from: u64, to: u64): u64 {
  for (let address = from; address < to; address += 16) if (isRoot(address)) return address;
  return 0;
}

function isRoot(address: u64): bool {
  if (mmioRead32(address) != RSD_ || mmioRead32(address + 4) != PTR_) return false;
  return checksumOf(address, 20) == 0;
}

/** Returns the length of a table, or 0 if its signature, length or checksum is wrong. */
function tableLength(address: u64, signature: u32): u32 {
  if (address == 0 || mmioRead32(address) != signature) return 0;
  const length = mmioRead32(address + 4);
  if (length < HEADER || length > ACPI_TABLE_BYTES) return 0;
  return checksumOf(address, length) == 0 ? length : 0;
}

/** As `findAcpiTable`. If every table with the signature is damaged, logs that. */
function findTable(root: u64, signature: u32): u64 {
  const extended = mmioRead8(root + 15) >= 2 ? readAddress(root + 24) : 0;
  let width: u32 = 8;
  let list = extended;
  let length = tableLength(list, XSDT);
  if (length == 0) {
    width = 4;
    list = mmioRead32(root + 16) as u64;
    length = tableLength(list, RSDT);
  }
  let damaged = false;
  for (let i: u32 = 0; i < ACPI_TABLES && HEADER + (i + 1) * width <= length; i++) {
    const entry = list + ((HEADER + i * width) as u64);
    const table = width == 8 ? readAddress(entry) : (mmioRead32(entry) as u64);
    if (tableLength(table, signature) != 0) return table;
    if (table != 0 && mmioRead32(table) == signature) damaged = true;
  }
  if (damaged) log(`acpi: the table ${signatureText(signature)} is damaged: it is not used`);
  return 0;
}

function signatureText(signature: u32): string {
  let text = "";
  for (let shift: u32 = 0; shift < 32; shift += 8) {
    text += String.fromCharCode((signature >>> shift) & 0x7f);
  }
  return text;
}

/** Reads the FADT (section 5.2.9). The DSDT's 64-bit address takes precedence if it is usable. */
function readFadt(acpi: Acpi, fadt: u64): void {
  const length = mmioRead32(fadt + 4);
  if (length < 116) return;
  acpi.revision = mmioRead8(fadt + 8);
  acpi.smiCommand = mmioRead32(fadt + 48);
  acpi.acpiEnable = mmioRead8(fadt + 52);
  acpi.sciLine = read16(fadt + 46);
  acpi.pm1aEvent = mmioRead32(fadt + 56);
  acpi.pm1EventLength = mmioRead8(fadt + 88);
  acpi.fixedPowerButton = ((mmioRead32(fadt + 112) >> 4) & 1) == 0;
  acpi.pm1aControl = mmioRead32(fadt + 64);
  acpi.pm1bControl = mmioRead32(fadt + 68);
  acpi.centuryRegister = mmioRead8(fadt + 108);
  if (acpi.revision >= BOOT_FLAGS_REVISION) {
    acpi.noKeyboardController = (mmioRead8(fadt + 109) & HAS_8042) == 0;
  }
  let dsdt = mmioRead32(fadt + 40) as u64;
  if (length >= 129) {
    acpi.resetSupported = ((mmioRead32(fadt + 112) >> 10) & 1) == 1;
    acpi.resetSpace = mmioRead8(fadt + 116);
    acpi.resetAddress = readAddress(fadt + 120);
    acpi.resetValue = mmioRead8(fadt + 128);
  }
  if (length >= 148) {
    const extended = readAddress(fadt + 140);
    if (extended != 0) dsdt = extended;
  }
  if (tableLength(dsdt, DSDT) == 0) return;
  acpi.dsdt = dsdt;
  readSleepTypes(acpi, dsdt);
}

/**
 * Searches for `Name (_S5_, Package {...})`: 08 [5c] "_S5_" 12 length count, then the two types
 * as ZeroOp, OneOp, OnesOp or BytePrefix byte (sections 20.2.5.1 and 20.2.5.4).
 */
function readSleepTypes(acpi: Acpi, dsdt: u64): void {
  const length = tableBytes(dsdt);
  if (length < HEADER + 12) return;
  let word: u32 = mmioRead32(dsdt + (HEADER as u64));
  for (let at: u32 = HEADER + 4; at + 8 < length; at++) {
    if (word == S5__ && mmioRead8(dsdt + (at as u64)) == 0x12 && isNamed(dsdt, at)) {
      // The two high bits of the length's first byte count its other bytes (section 20.2.4).
      const lead = mmioRead8(dsdt + ((at + 1) as u64)) >>> 6;
      const first = at + 3 + lead;
      const second = first + (mmioRead8(dsdt + (first as u64)) == 0x0a ? 2 : 1);
      if (second + 2 > length) return;
      acpi.sleepTypeA = smallInteger(dsdt + (first as u64));
      acpi.sleepTypeB = smallInteger(dsdt + (second as u64));
      acpi.canPowerOff = true;
      return;
    }
    word = (word >>> 8) | (mmioRead8(dsdt + (at as u64)) << 24);
  }
}

/** Reports whether a NameOp precedes the name that ends at `at`, with or without a root prefix. */
function isNamed(dsdt: u64, at: u32): bool {
  const before = mmioRead8(dsdt + ((at - 5) as u64));
  if (before == 0x08) return true;
  return before == 0x5c && mmioRead8(dsdt + ((at - 6) as u64)) == 0x08;
}

function smallInteger(address: u64): u32 {
  const operation = mmioRead8(address);
  if (operation == 0x0a) return mmioRead8(address + 1) & 7;
  return operation == 0x01 ? 1 : operation == 0xff ? 7 : 0;
}
