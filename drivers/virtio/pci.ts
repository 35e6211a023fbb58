/** Recognizes virtio devices on PCI, and finds their transport. */
import { PciDevice } from "../pci/pci";
import { openLegacyPci } from "./legacy-pci";
import { openModernPci } from "./modern-pci";
import { Transport } from "./transport";

/** The vendor of all virtio devices, and the device ID of a modern one of type 0 (VIRTIO 4.1.2). */
const VIRTIO: u32 = 0x1af4;
const MODERN: u32 = 0x1040;

/**
 * Reports whether a PCI function is a virtio device with the device ID `kind`, modern or
 * transitional; `transitional` is the PCI device ID of the latter.
 */
export function isVirtio(pci: PciDevice, kind: u32, transitional: u32): bool {
  return pci.vendor == VIRTIO && (pci.device == transitional || pci.device == MODERN + kind);
}

/**
 * Enables a PCI function and returns its transport: the modern interface if it has one within
 * reach, otherwise the legacy one, or null if neither is usable. `configBytes` is how much of the
 * device's configuration the driver reads.
 */
export function openPci(pci: PciDevice, configBytes: u32): Transport | null {
  pci.enable();
  const modern = openModernPci(pci, configBytes);
  return modern != null ? modern : openLegacyPci(pci);
}
