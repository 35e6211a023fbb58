/**
 * The virtio devices without PCI that ACPI's DSDT describes, on QEMU's microvm and in other
 * microVMs. AML is not interpreted: each device is recognised by a fixed pattern of bytes (ACPI
 * specification 6.5, sections 6.4.3.4 and 6.4.3.6).
 *
 *     "LNRO0005" ... 86 09 00 rw, base, length (Memory32Fixed)
 *                    89 06 00 flags 01, number (Extended Interrupt)
 */
import { ACPI_TABLE_BYTES, VIRTIO_MMIO_DEVICES } from "../core/limits";
import { findAcpi } from "./acpi";
import { mmioRead8, mmioRead32 } from "./host";
import { TRIGGER_ACTIVE_LOW, Trigger } from "./trigger";

const HEADER: u32 = 36;
/** "LNRO" and "0005": the hardware id. */
const LNRO: u32 = 0x4f52_4e4c;
const N0005: u32 = 0x3530_3030;
/** The resources end within this many bytes after the id. */
const REACH: u32 = 96;

/** The descriptors: Memory32Fixed, then Extended Interrupt with one number. */
const MEMORY: u32 = 0x0009_86;
const MEMORY_SIZE: u32 = 12;
const INTERRUPT: u32 = 0x0006_89;
const INTERRUPT_SIZE: u32 = 9;
// Flags of an interrupt.
const EDGE: u32 = 1 << 1;
const ACTIVE_LOW: u32 = 1 << 2;

class AcpiVirtio {
  constructor(
    readonly base: u64,
    readonly length: u32,
    readonly line: u32,
    readonly trigger: Trigger,
  ) {}
}

/** Returns the devices in the order of the table, at most VIRTIO_MMIO_DEVICES. */
export function findAcpiVirtio(): Array<AcpiVirtio> {
  const found: Array<AcpiVirtio> = [];
  const dsdt = findAcpi().dsdt;
  if (dsdt == 0) return found;
  const length = min<u32>(mmioRead32(dsdt + 4), ACPI_TABLE_BYTES);
  for (let at = HEADER; at + 8 <= length && found.length < VIRTIO_MMIO_DEVICES; at++) {
    if (mmioRead8(dsdt + at) != (LNRO & 255) || mmioRead32(dsdt + at) != LNRO) continue;
    if (mmioRead32(dsdt + at + 4) != N0005) continue;
    const end = min<u32>(length, at + REACH);
    const device = readResources(dsdt, at + 8, end);
    if (device != null) found.push(device);
  }
  return found;
}

/** Returns the first memory and interrupt within a range, which follow each other, or null. */
function readResources(dsdt: u64, from: u32, end: u32): AcpiVirtio | null {
  for (let at = from; at + MEMORY_SIZE + INTERRUPT_SIZE <= end; at++) {
    const memory = dsdt + at;
    const interrupt = memory + MEMORY_SIZE;
    if ((mmioRead32(memory) & 0xff_ffff) != MEMORY) continue;
    if ((mmioRead32(interrupt) & 0xff_ffff) != INTERRUPT || mmioRead8(interrupt + 4) != 1) continue;
    const flags = mmioRead8(interrupt + 3);
    let trigger: u32 = (flags & EDGE) != 0 ? Trigger.RisingEdge : Trigger.LevelHigh;
    if ((flags & ACTIVE_LOW) != 0) trigger |= TRIGGER_ACTIVE_LOW;
    const line = mmioRead32(interrupt + 5);
    return new AcpiVirtio(mmioRead32(memory + 4), mmioRead32(memory + 8), line, trigger);
  }
  return null;
}
