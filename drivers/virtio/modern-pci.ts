/**
 * Virtio over PCI (VIRTIO 4.1.4): the structures that vendor-specific capabilities locate in memory
 * BARs.
 */
import {
  mmioRead8,
  mmioRead16,
  mmioRead32,
  mmioWrite8,
  mmioWrite16,
  mmioWrite32,
} from "../../machine/host";
import {
  connectMessage,
  disconnectMessage,
  InterruptHandler,
  InterruptKind,
} from "../../machine/interrupts";
import { readConfig8, readConfig32 } from "../pci/config-space";
import { findMsixTable } from "../pci/msi-x";
import { PciDevice, REACH } from "../pci/pci";
import { Transport } from "./transport";

const CAPABILITY_VENDOR: u32 = 0x09;
// Fields of the capability (VIRTIO 4.1.4).
const CAPABILITY_TYPE: u32 = 3;
const CAPABILITY_BAR: u32 = 4;
const CAPABILITY_OFFSET: u32 = 8;
const CAPABILITY_SIZE: u32 = 12;
const CAPABILITY_MULTIPLIER: u32 = 16;

// Types of structures, with the bytes that this driver accesses.
const COMMON: u32 = 1;
const COMMON_SIZE: u32 = 56;
const NOTIFY: u32 = 2;
const NOTIFY_SIZE: u32 = 2;
const ISR: u32 = 3;
const ISR_SIZE: u32 = 1;
const DEVICE: u32 = 4;

// The common configuration (VIRTIO 4.1.4.3).
const DEVICE_FEATURE_SELECT: u32 = 0;
const DEVICE_FEATURE: u32 = 4;
const DRIVER_FEATURE_SELECT: u32 = 8;
const DRIVER_FEATURE: u32 = 12;
const CONFIG_MESSAGE: u32 = 16;
const DEVICE_STATUS: u32 = 20;
const CONFIG_GENERATION: u32 = 21;
const QUEUE_SELECT: u32 = 22;
const QUEUE_SIZE: u32 = 24;
const QUEUE_MESSAGE: u32 = 26;
const QUEUE_ENABLE: u32 = 28;
const QUEUE_NOTIFY_OFFSET: u32 = 30;
const QUEUE_TABLE: u32 = 32;
const QUEUE_AVAILABLE: u32 = 40;
const QUEUE_USED: u32 = 48;

/** Entries of the MSI-X table; NO_MESSAGE is what a device returns if it cannot use one. */
const CONFIGURATION_ENTRY: u32 = 0;
const QUEUES_ENTRY: u32 = 1;
const ENTRIES: u32 = 2;
const NO_MESSAGE: u32 = 0xffff;

/** Queues whose notification addresses are kept. */
const QUEUES: u32 = 2;

/** A structure in a BAR. */
class Structure {
  constructor(
    readonly address: u64,
    readonly size: u32,
    /** The offset of its capability in configuration space. */
    readonly capability: u32,
  ) {}
}

/** Returns the first usable structure of a type, at least `least` bytes long, or null. */
function find(pci: PciDevice, type: u32, least: u32): Structure | null {
  for (let i = 0; i < pci.capabilities.length; i++) {
    const at = pci.capabilities[i].offset;
    if (pci.capabilities[i].id != CAPABILITY_VENDOR) continue;
    if (readConfig8(pci.address, at + CAPABILITY_TYPE) != type) continue;
    const bar = pci.bar(readConfig8(pci.address, at + CAPABILITY_BAR));
    const offset = readConfig32(pci.address, at + CAPABILITY_OFFSET) as u64;
    const size = readConfig32(pci.address, at + CAPABILITY_SIZE);
    if (bar == null || bar.io || bar.address == 0 || size < least) continue;
    if (offset + size > bar.size || bar.address + bar.size > REACH) continue;
    return new Structure(bar.address + offset, size, at);
  }
  return null;
}

/** Returns the transport of a PCI function, or null if it has no structures within reach. */
export function openModernPci(pci: PciDevice, configBytes: u32): Transport | null {
  const common = find(pci, COMMON, COMMON_SIZE);
  const notify = find(pci, NOTIFY, NOTIFY_SIZE);
  const isr = find(pci, ISR, ISR_SIZE);
  const device = configBytes > 0 ? find(pci, DEVICE, configBytes) : common;
  if (common == null || notify == null || isr == null || device == null) return null;
  const multiplier = readConfig32(pci.address, notify.capability + CAPABILITY_MULTIPLIER);
  return new ModernPci(pci, common.address, isr.address, device.address, notify, multiplier);
}

class ModernPci extends Transport {
  /** The address of each queue's notification register. */
  private readonly notifyAddresses: StaticArray<u64> = new StaticArray<u64>(QUEUES);

  constructor(
    private readonly pci: PciDevice,
    private readonly common: u64,
    private readonly isr: u64,
    private readonly device: u64,
    private readonly notifications: Structure,
    private readonly multiplier: u32,
  ) {
    super();
  }

  isModern(): bool {
    return true;
  }
  status(): u32 {
    return mmioRead8(this.common + DEVICE_STATUS);
  }
  setStatus(status: u32): void {
    mmioWrite8(this.common + DEVICE_STATUS, status);
  }

  offeredFeatures(): u64 {
    mmioWrite32(this.common + DEVICE_FEATURE_SELECT, 0);
    const low = mmioRead32(this.common + DEVICE_FEATURE) as u64;
    mmioWrite32(this.common + DEVICE_FEATURE_SELECT, 1);
    return low | ((mmioRead32(this.common + DEVICE_FEATURE) as u64) << 32);
  }
  acceptFeatures(features: u64): void {
    mmioWrite32(this.common + DRIVER_FEATURE_SELECT, 0);
    mmioWrite32(this.common + DRIVER_FEATURE, features as u32);
    mmioWrite32(this.common + DRIVER_FEATURE_SELECT, 1);
    mmioWrite32(this.common + DRIVER_FEATURE, (features >> 32) as u32);
  }

  queueLimit(index: u32): u32 {
    mmioWrite16(this.common + QUEUE_SELECT, index);
    return mmioRead16(this.common + QUEUE_SIZE);
  }
  hasFixedSizes(): bool {
    return false;
  }

  /** See VIRTIO 4.1.5.1.3; for the address of notifications, 4.1.4.4. */
  enableQueue(index: u32, size: u32, table: u64, available: u64, used: u64): bool {
    mmioWrite16(this.common + QUEUE_SELECT, index);
    const offset = mmioRead16(this.common + QUEUE_NOTIFY_OFFSET) as u64;
    const end = offset * this.multiplier + NOTIFY_SIZE;
    if (end > this.notifications.size) return false;
    this.notifyAddresses[index] = this.notifications.address + end - NOTIFY_SIZE;
    if (this.usesMessages && !this.mapQueue(index)) return false;
    mmioWrite16(this.common + QUEUE_SIZE, size);
    this.write64(QUEUE_TABLE, table);
    this.write64(QUEUE_AVAILABLE, available);
    this.write64(QUEUE_USED, used);
    mmioWrite16(this.common + QUEUE_ENABLE, 1);
    return true;
  }
  notify(index: u32): void {
    mmioWrite16(this.notifyAddresses[index], index);
  }

  interruptStatus(): u32 {
    return mmioRead8(this.isr);
  }
  generation(): u32 {
    return mmioRead8(this.common + CONFIG_GENERATION);
  }
  config8(offset: u32): u32 {
    return mmioRead8(this.device + offset);
  }
  config16(offset: u32): u32 {
    return mmioRead16(this.device + offset);
  }
  config32(offset: u32): u32 {
    return mmioRead32(this.device + offset);
  }

  /** Configures MSI-X with an entry for the configuration and one for all queues. */
  connectMessages(queues: InterruptHandler, configuration: InterruptHandler): bool {
    const table = findMsixTable(this.pci, ENTRIES);
    if (table == null) return false;
    const first = connectMessage(configuration, InterruptKind.MsiX);
    const second = first == 0 ? 0 : connectMessage(queues, InterruptKind.MsiX);
    if (second != 0) {
      table.enable();
      table.set(CONFIGURATION_ENTRY, first);
      table.set(QUEUES_ENTRY, second);
      if (this.enableConfigurationMessage() && this.mapAllQueues()) {
        this.usesMessages = true;
        this.pci.interruptKind = InterruptKind.MsiX;
        this.pci.interruptNumber = second;
        return true;
      }
      mmioWrite16(this.common + CONFIG_MESSAGE, NO_MESSAGE);
      table.disable();
      disconnectMessage(second);
    }
    if (first != 0) disconnectMessage(first);
    return false;
  }

  enableConfigurationMessage(): bool {
    mmioWrite16(this.common + CONFIG_MESSAGE, CONFIGURATION_ENTRY);
    return mmioRead16(this.common + CONFIG_MESSAGE) == CONFIGURATION_ENTRY;
  }

  /** Maps a queue to its entry (VIRTIO 4.1.5.1.2) and selects it. Returns false if that fails. */
  private mapQueue(index: u32): bool {
    mmioWrite16(this.common + QUEUE_SELECT, index);
    mmioWrite16(this.common + QUEUE_MESSAGE, QUEUES_ENTRY);
    return mmioRead16(this.common + QUEUE_MESSAGE) == QUEUES_ENTRY;
  }

  private mapAllQueues(): bool {
    for (let index: u32 = 0; index < QUEUES; index++) if (!this.mapQueue(index)) return false;
    return true;
  }

  private write64(register: u32, value: u64): void {
    mmioWrite32(this.common + register, value as u32);
    mmioWrite32(this.common + register + 4, (value >> 32) as u32);
  }
}
