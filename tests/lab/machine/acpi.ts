/** Writes ACPI tables to a machine's low memory, as firmware does. */
import type { Machine } from "./machine.ts";

export interface AcpiOptions {
  /** Address of the RSDP. */
  root?: number;
  /** Uses an XSDT and the FADT's X_DSDT; otherwise an RSDT and the FADT's DSDT. */
  extended?: boolean;
  /** The entries of the MADT; by default, an IO-APIC, and line 0 on its input 2. */
  madt?: number[];
  /** The AML of the DSDT, without the table's header. */
  code?: number[];
  smiCommand?: number;
  acpiEnable?: number;
  pm1aControl?: number;
  /** The ports of the PM1a events, 4 bytes, and the line of the system control interrupt. */
  pm1aEvent?: number;
  sciLine?: number;
  /** The power button is a method of AML. */
  buttonMethod?: boolean;
  pm1bControl?: number;
  /** The CMOS register of the century; 0: none. */
  century?: number;
  /**
   * The reset register, only if `extended`: address space (0 memory, 1 I/O port), address, and the
   * value to write.
   */
  reset?: { space: number; address: number; value: number };
}

/**
 * Returns the AML of Name (\_S5, Package (4) {type, type, 0, 0}) between two unrelated names. Each
 * of `types` is an encoded integer: [1] or [0x0a, 5].
 */
export function sleepPackage(...types: number[][]): number[] {
  const body = [4, ...types.flat(), 0, 0];
  return [
    ...[0x08, ...Buffer.from("FOO_"), 0x0a, 0x05],
    ...[0x08, ...Buffer.from("_S5_"), 0x12, body.length + 1, ...body],
    ...[0x08, ...Buffer.from("BAR_"), 0x0a, 0x07],
  ];
}

const DSDT = 0xe1000;
const FADT = 0xe2000;
/** The physical address of the MADT. */
export const MADT = 0xe3000;
const LIST = 0xe4000;

/** Writes the tables. Returns the address of the RSDP. */
export function addAcpi(machine: Machine, options: AcpiOptions = {}): number {
  const { root = 0xf5a30, extended = false } = options;
  const { bytes } = machine.low;
  const code = options.code ?? sleepPackage([0x0a, 0x05], [0x01]);
  writeTable(bytes, DSDT, "DSDT", Buffer.from(code));
  writeTable(bytes, FADT, "FACP", fadt(options, extended));
  const entries = options.madt ?? [...ioApicEntry(0xfec00000, 0), ...overrideEntry(0, 2, 0)];
  writeTable(bytes, MADT, "APIC", Buffer.from([...bytes32(0xfee00000), ...bytes32(1), ...entries]));
  const width = extended ? 8 : 4;
  const list = Buffer.alloc(2 * width);
  list.writeUInt32LE(MADT, 0);
  list.writeUInt32LE(FADT, width);
  writeTable(bytes, LIST, extended ? "XSDT" : "RSDT", list);
  const pointer = Buffer.alloc(36);
  pointer.write("RSD PTR ", 0);
  pointer[15] = extended ? 2 : 0;
  pointer.writeUInt32LE(extended ? 0 : LIST, 16);
  pointer.writeUInt32LE(36, 20);
  pointer.writeUInt32LE(extended ? LIST : 0, 24);
  pointer[8] = checksum(pointer.subarray(0, 20));
  bytes.set(pointer, root);
  return root;
}

/** An entry of the MADT for an IO-APIC, whose first input has the global number `first`. */
export function ioApicEntry(address: number, first: number): number[] {
  return [1, 12, 0, 0, ...bytes32(address), ...bytes32(first)];
}
/** An entry of the MADT: an ISA line's global number, and the flags of its polarity and trigger. */
export function overrideEntry(line: number, global: number, flags: number): number[] {
  return [2, 10, 0, line, ...bytes32(global), flags, 0];
}

/**
 * Returns the AML of a virtio device without PCI as QEMU's microvm has it: `Device (VR00)` with
 * _HID, _UID, _CCA and _CRS. The flags are those of an Extended Interrupt descriptor.
 */
export function virtioDevice(base: number, length: number, line: number, flags = 1): number[] {
  const memory = [0x86, 9, 0, 1, ...bytes32(base), ...bytes32(length)];
  const interrupt = [0x89, 6, 0, flags, 1, ...bytes32(line)];
  const resources = [...memory, ...interrupt, 0x79, 0];
  const buffer = [0x11, resources.length + 3, 0x0a, resources.length, ...resources];
  const name = (text: string, value: number[]) => [0x08, ...Buffer.from(text), ...value];
  return [
    ...[0x5b, 0x82, 0x41, 0x05, ...Buffer.from("VR00")],
    ...name("_HID", [0x0d, ...Buffer.from("LNRO0005"), 0]),
    ...name("_UID", [0]),
    ...name("_CCA", [1]),
    ...name("_CRS", buffer),
  ];
}

function bytes32(value: number): number[] {
  return [value & 255, (value >> 8) & 255, (value >> 16) & 255, value >>> 24];
}

function fadt(options: AcpiOptions, extended: boolean): Buffer {
  const table = Buffer.alloc(extended ? 232 : 80);
  // Offsets as in the specification, minus the 36-byte header.
  table.writeUInt32LE(extended ? 0 : DSDT, 40 - 36);
  table.writeUInt32LE(options.smiCommand ?? 0, 48 - 36);
  table[52 - 36] = options.acpiEnable ?? 0;
  table.writeUInt16LE(options.sciLine ?? 0, 46 - 36);
  table.writeUInt32LE(options.pm1aEvent ?? 0, 56 - 36);
  table[88 - 36] = options.pm1aEvent ? 4 : 0;
  if (options.buttonMethod) table.writeUInt32LE(1 << 4, 112 - 36);
  table.writeUInt32LE(options.pm1aControl ?? 0x604, 64 - 36);
  table.writeUInt32LE(options.pm1bControl ?? 0, 68 - 36);
  table[108 - 36] = options.century ?? 0;
  if (!extended) return table;
  table.writeUInt32LE(DSDT, 140 - 36);
  if (options.reset) {
    table.writeUInt32LE((1 << 10) | table.readUInt32LE(112 - 36), 112 - 36);
    table[116 - 36] = options.reset.space;
    table.writeUInt32LE(options.reset.address, 120 - 36);
    table[128 - 36] = options.reset.value;
  }
  return table;
}

function writeTable(memory: Uint8Array, at: number, signature: string, body: Uint8Array): void {
  const table = Buffer.alloc(36 + body.length);
  table.write(signature, 0);
  table.writeUInt32LE(table.length, 4);
  table[8] = 1;
  table.set(body, 36);
  table[9] = checksum(table);
  memory.set(table, at);
}

/** Returns the byte that makes the sum 0 modulo 256. */
function checksum(bytes: Uint8Array): number {
  return -bytes.reduce((sum, byte) => sum + byte, 0) & 255;
}
