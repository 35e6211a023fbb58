/**
 * PCI configuration space by mechanism 1 (PCI Local Bus specification 3.0, section 3.2.2.3.2), and
 * the registers of its header (chapter 6).
 */
import { in32, out16, out32 } from "../../machine/host";

const ADDRESS: u32 = 0xcf8;
const DATA: u32 = 0xcfc;
const ENABLE: u32 = 0x8000_0000;

// Offsets of dwords in the header. The header type, for one, is the byte at PCI_HEADER + 2.
export const PCI_ID: u32 = 0x00;
export const PCI_COMMAND: u32 = 0x04;
export const PCI_CLASS: u32 = 0x08;
export const PCI_HEADER: u32 = 0x0c;
export const PCI_BAR: u32 = 0x10;
export const PCI_BUS_NUMBERS: u32 = 0x18;
export const PCI_SUBSYSTEM: u32 = 0x2c;
export const PCI_CAPABILITIES: u32 = 0x34;
export const PCI_INTERRUPT: u32 = 0x3c;

// Bits of the command and status registers, which share a dword (sections 6.2.2, 6.2.3).
export const COMMAND_IO: u32 = 1 << 0;
export const COMMAND_MEMORY: u32 = 1 << 1;
export const COMMAND_MASTER: u32 = 1 << 2;
export const COMMAND_NO_INTX: u32 = 1 << 10;
export const STATUS_CAPABILITIES: u32 = 1 << 20;

/** Returns the address of a function: bus in bits 23..16, device in 15..11, function in 10..8. */
export function pciAddress(bus: u32, device: u32, func: u32): u32 {
  return (bus << 16) | (device << 11) | (func << 8);
}

/** Reads the aligned dword that contains `offset`. */
export function readConfig32(address: u32, offset: u32): u32 {
  out32(ADDRESS, ENABLE | address | (offset & 0xfc));
  return in32(DATA);
}

/** Reads 16 bits at an even `offset`. */
export function readConfig16(address: u32, offset: u32): u32 {
  return (readConfig32(address, offset) >>> ((offset & 2) << 3)) & 0xffff;
}

/** Reads 8 bits. */
export function readConfig8(address: u32, offset: u32): u32 {
  return (readConfig32(address, offset) >>> ((offset & 3) << 3)) & 0xff;
}

/** Writes 32 bits at an aligned `offset`. */
export function writeConfig32(address: u32, offset: u32, value: u32): void {
  out32(ADDRESS, ENABLE | address | (offset & 0xfc));
  out32(DATA, value);
}

/** Writes 16 bits at an even `offset`. */
export function writeConfig16(address: u32, offset: u32, value: u32): void {
  out32(ADDRESS, ENABLE | address | (offset & 0xfc));
  out16(DATA + (offset & 2), value);
}
