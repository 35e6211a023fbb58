/** Virtio's legacy PCI interface: registers in port space (VIRTIO 4.1.4.10). */
import { in8, in16, in32, out8, out16, out32 } from "../../machine/host";
import { PciDevice } from "../pci/pci";
import { Transport } from "./transport";

const DEVICE_FEATURES: u32 = 0;
const GUEST_FEATURES: u32 = 4;
const QUEUE_ADDRESS: u32 = 8;
const QUEUE_SIZE: u32 = 12;
const QUEUE_SELECT: u32 = 14;
const QUEUE_NOTIFY: u32 = 16;
const DEVICE_STATUS: u32 = 18;
const ISR_STATUS: u32 = 19;
/** The device's own configuration, as MSI-X is not enabled. */
const CONFIGURATION: u32 = 20;

/** The unit of queue addresses. */
const PAGE: u64 = 4096;

/** Returns the transport of a PCI function, or null if it has no registers in port space. */
export function openLegacyPci(pci: PciDevice): Transport | null {
  const bar = pci.bar(0);
  if (bar == null || !bar.io || bar.address == 0) return null;
  return new LegacyPci(bar.address as u32);
}

class LegacyPci extends Transport {
  constructor(private readonly base: u32) {
    super();
  }

  isModern(): bool {
    return false;
  }
  status(): u32 {
    return in8(this.base + DEVICE_STATUS);
  }
  setStatus(status: u32): void {
    out8(this.base + DEVICE_STATUS, status);
  }

  offeredFeatures(): u64 {
    return in32(this.base + DEVICE_FEATURES);
  }
  acceptFeatures(features: u64): void {
    out32(this.base + GUEST_FEATURES, features as u32);
  }

  /** A queue that already has an address is in use by someone else (VIRTIO 4.1.5.1.3). */
  queueLimit(index: u32): u32 {
    out16(this.base + QUEUE_SELECT, index);
    return in32(this.base + QUEUE_ADDRESS) == 0 ? in16(this.base + QUEUE_SIZE) : 0;
  }
  hasFixedSizes(): bool {
    return true;
  }

  enableQueue(index: u32, _size: u32, table: u64, _available: u64, _used: u64): bool {
    out16(this.base + QUEUE_SELECT, index);
    out32(this.base + QUEUE_ADDRESS, (table / PAGE) as u32);
    return true;
  }
  notify(index: u32): void {
    out16(this.base + QUEUE_NOTIFY, index);
  }

  interruptStatus(): u32 {
    return in8(this.base + ISR_STATUS);
  }
  generation(): u32 {
    return 0;
  }
  config8(offset: u32): u32 {
    return in8(this.base + CONFIGURATION + offset);
  }
  config16(offset: u32): u32 {
    return in16(this.base + CONFIGURATION + offset);
  }
  config32(offset: u32): u32 {
    return in32(this.base + CONFIGURATION + offset);
  }
}
