/** Finds the transport of a virtio device on PCI. */
import { PciDevice } from "../pci/pci";
import { openLegacyPci } from "./legacy-pci";
import { openModernPci } from "./modern-pci";
import { Transport } from "./transport";

/**
 * Enables a PCI function and returns its transport: a device that has both interfaces is used by
 * the modern one, if that is within reach. `configBytes` is the length of its configuration that
 * the driver reads. Returns null if neither interface is usable.
 */
export function openPci(pci: PciDevice, configBytes: u32): Transport | null {
  pci.enable();
  const modern = openModernPci(pci, configBytes);
  return modern != null ? modern : openLegacyPci(pci);
}
