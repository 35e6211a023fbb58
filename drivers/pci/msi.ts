/**
 * Message-signaled interrupts of a PCI function: the MSI capability (PCI Local Bus specification
 * 3.0, section 6.8.1). The function writes its message, a vector, to the address of a local APIC.
 */
import { readConfig16, writeConfig16, writeConfig32 } from "./config-space";

/** The ids of the two capabilities (PCI Code and ID Assignment specification 1.11, section 2). */
export const CAPABILITY_MSI: u32 = 0x05;
export const CAPABILITY_MSIX: u32 = 0x11;

// Offsets in the capability; with a 64-bit address, the last two are 4 higher.
const CONTROL: u32 = 2;
const ADDRESS: u32 = 4;
const UPPER_ADDRESS: u32 = 8;
const DATA: u32 = 8;
const MASK: u32 = 12;

// Message control. ENABLED_MESSAGES holds the base-2 logarithm of the number of messages.
const ENABLED: u32 = 1 << 0;
const ENABLED_MESSAGES: u32 = 7 << 4;
const WIDE: u32 = 1 << 7;
const MASKABLE: u32 = 1 << 8;
/** The control of MSI-X (section 6.8.2.3): the number of entries less 1, all masked, enabled. */
export const MSIX_SIZE: u32 = 0x7ff;
export const MSIX_MASKED: u32 = 1 << 14;
export const MSIX_ENABLED: u32 = 1 << 15;

/**
 * Enables one message of the function at `address`, with its capability at `at`: it writes `vector`
 * to the physical address `target`.
 */
export function enableMsi(address: u32, at: u32, target: u32, vector: u32): void {
  const control = readConfig16(address, at + CONTROL) & ~(ENABLED | ENABLED_MESSAGES);
  const wide = (control & WIDE) != 0;
  writeConfig32(address, at + ADDRESS, target);
  if (wide) writeConfig32(address, at + UPPER_ADDRESS, 0);
  writeConfig16(address, at + DATA + (wide ? 4 : 0), vector);
  if ((control & MASKABLE) != 0) writeConfig32(address, at + MASK + (wide ? 4 : 0), 0);
  writeConfig16(address, at + CONTROL, control | ENABLED);
}

/** Stops messages that firmware may have enabled, by either capability, so that INTx is used. */
export function disableMessages(address: u32, id: u32, at: u32): void {
  const enabled = id == CAPABILITY_MSI ? ENABLED : id == CAPABILITY_MSIX ? MSIX_ENABLED : 0;
  if (enabled == 0) return;
  const control = readConfig16(address, at + CONTROL);
  if ((control & enabled) != 0) writeConfig16(address, at + CONTROL, control & ~enabled);
}

/** Describes either capability as lspci does, such as `Enable+ Count=1/1 Maskable- 64bit+`. */
export function describeMessages(address: u32, id: u32, at: u32): string {
  const control = readConfig16(address, at + CONTROL);
  if (id == CAPABILITY_MSIX) {
    const enabled = sign(control & MSIX_ENABLED);
    const masked = sign(control & MSIX_MASKED);
    return `Enable${enabled} Count=${(control & MSIX_SIZE) + 1} Masked${masked}`;
  }
  const count = `${1 << ((control >>> 4) & 7)}/${1 << ((control >>> 1) & 7)}`;
  const flags = `Maskable${sign(control & MASKABLE)} 64bit${sign(control & WIDE)}`;
  return `Enable${sign(control & ENABLED)} Count=${count} ${flags}`;
}

function sign(bit: u32): string {
  return bit != 0 ? "+" : "-";
}
