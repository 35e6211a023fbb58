/**
 * MSI-X (PCI Local Bus specification 3.0, section 6.8.2): a table of messages in a memory BAR. A
 * driver tells its device which entry to use for which event.
 *
 *     Message address │ Upper address │ Message data │ Vector control     16 bytes an entry
 */
import { mmioWrite32 } from "../../machine/host";
import { messageAddress } from "../../machine/local-apic";
import { readConfig16, readConfig32, writeConfig16 } from "./config-space";
import { CAPABILITY_MSIX, MSIX_ENABLED, MSIX_MASKED, MSIX_SIZE } from "./msi";
import { PciDevice, REACH } from "./pci";

const CONTROL: u32 = 2;
const TABLE: u32 = 4;

/** The BAR of the table; the other bits are the offset. */
const TABLE_BAR: u32 = 7;

const ENTRY: u32 = 16;
const UPPER_ADDRESS: u32 = 4;
const DATA: u32 = 8;
const VECTOR_CONTROL: u32 = 12;
const MASKED: u32 = 1;

class MsixTable {
  constructor(
    private readonly pci: PciDevice,
    /** The offset of the capability. */
    private readonly at: u32,
    private readonly table: u64,
    readonly size: u32,
  ) {}

  /** Starts to use the table, with all of its entries masked. */
  enable(): void {
    const control = readConfig16(this.pci.address, this.at + CONTROL);
    writeConfig16(this.pci.address, this.at + CONTROL, control | MSIX_ENABLED | MSIX_MASKED);
    for (let entry: u32 = 0; entry < this.size; entry++) {
      mmioWrite32(this.table + entry * ENTRY + VECTOR_CONTROL, MASKED);
    }
    writeConfig16(this.pci.address, this.at + CONTROL, (control & ~MSIX_MASKED) | MSIX_ENABLED);
    this.pci.setLineEnabled(false);
  }

  /** Lets an entry send a vector to this processor. */
  set(entry: u32, vector: u32): void {
    const address = this.table + entry * ENTRY;
    mmioWrite32(address, messageAddress());
    mmioWrite32(address + UPPER_ADDRESS, 0);
    mmioWrite32(address + DATA, vector);
    mmioWrite32(address + VECTOR_CONTROL, 0);
  }

  /** Returns to the function's line. */
  disable(): void {
    const control = readConfig16(this.pci.address, this.at + CONTROL);
    writeConfig16(this.pci.address, this.at + CONTROL, control & ~MSIX_ENABLED);
    this.pci.setLineEnabled(true);
  }
}

/** Returns a function's table if it has one of at least `least` entries within reach, or null. */
export function findMsixTable(pci: PciDevice, least: u32): MsixTable | null {
  const at = pci.capability(CAPABILITY_MSIX);
  if (at == 0) return null;
  const size = (readConfig16(pci.address, at + CONTROL) & MSIX_SIZE) + 1;
  const place = readConfig32(pci.address, at + TABLE);
  const bar = pci.bar(place & TABLE_BAR);
  const offset = (place & ~TABLE_BAR) as u64;
  if (size < least || bar == null || bar.io || bar.address == 0) return null;
  if (offset + size * ENTRY > bar.size || bar.address + bar.size > REACH) return null;
  return new MsixTable(pci, at, bar.address + offset, size);
}
