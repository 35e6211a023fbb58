/** Finds the transport of a virtio device on PCI. */
import { PciDevice } from "../pci/pci";
import { openLegacyPci } from "./legacy-pci";
import { openModernPci } from "./modern-pci";
import { Transport } from "./transport";

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
