/** The registers of a virtio device on PCI (VIRTIO 1.2, section 4.1.4), modern and legacy. */
import type { BusDevice, Width } from "./bus.ts";
import type { LocalApic } from "./local-apic.ts";
import { MessageTable, msix } from "./messages.ts";
import { type FunctionOptions, PciFunction } from "./pci.ts";
import { NO_MESSAGE, VIRTIO_NETWORK, type VirtioModel } from "./virtio-model.ts";

/** Where the structures are in BAR 4, as in QEMU. */
const [COMMON, ISR, DEVICE, NOTIFY] = [0, 0x1000, 0x2000, 0x3000];
const [BAR, STRUCTURE, MULTIPLIER] = [0x4000, 0x1000, 4];
/** MSI-X: the BAR of the table, as in QEMU, its address, and its entries. */
const [TABLE_BAR, TABLE_ADDRESS, ENTRIES] = [1, 0xfebf8000, 3];
const LEGACY_BAR = 0x20;
const LEGACY_CONFIG = 20;

/** The interfaces of a device: `transitional` has both. */
export type VirtioInterface = "modern" | "legacy" | "transitional";

/** What configuration space says of an unusual or broken device. */
export interface PciOddities {
  interruptLine?: number;
  /** The factor from a queue's notification offset to bytes. */
  multiplier?: number;
  /** The addresses of BAR 4 and of BAR 0. */
  address?: number;
  ports?: number;
  /** A modern device has MSI-X if this is given, with `entries` messages. */
  apic?: LocalApic;
  entries?: number;
}

/** Returns the PCI function of a virtio device. */
export function virtioFunction(
  model: VirtioModel,
  kind: VirtioInterface,
  odd: PciOddities = {},
): PciFunction {
  const options: FunctionOptions = {
    vendor: 0x1af4,
    device: (kind === "modern" ? 0x1040 : 0x0fff) + model.kind,
    classCode: model.kind === VIRTIO_NETWORK ? 0x020000 : 0x010000,
    revision: kind === "modern" ? 1 : 0,
    interruptLine: odd.interruptLine ?? 11,
    interruptPin: 1,
    bars: {},
  };
  if (kind !== "modern") {
    const device = new LegacyRegisters(model);
    const address = odd.ports ?? 0xc000;
    options.bars = { 0: { address, size: LEGACY_BAR, io: true, device } };
  }
  if (kind !== "legacy") {
    const device = new ModernRegisters(model);
    const address = odd.address ?? 0xfebf0000;
    options.bars = { ...options.bars, 4: { address, size: BAR, wide: true, device } };
    options.capabilities = [
      capability(1, COMMON),
      capability(3, ISR),
      capability(4, DEVICE),
      [...capability(2, NOTIFY), ...bytes32(odd.multiplier ?? MULTIPLIER)],
    ];
  }
  if (!odd.apic || kind === "legacy") return new PciFunction(options);
  const entries = odd.entries ?? ENTRIES;
  const table = new MessageTable(odd.apic, () => card, entries);
  const bar = { address: TABLE_ADDRESS, size: 0x1000, device: table };
  options.bars = { ...options.bars, [TABLE_BAR]: bar };
  options.capabilities?.unshift(msix(entries, TABLE_BAR));
  model.messages = table;
  model.usableEntries = entries;
  const card = new PciFunction(options);
  return card;
}

/** A vendor-specific capability: its id, and the bytes after the link to the next. */
function capability(type: number, offset: number): number[] {
  const length = type === 2 ? 20 : 16;
  return [9, length, type, 4, 0, 0, 0, ...bytes32(offset), ...bytes32(STRUCTURE)];
}

function bytes32(value: number): number[] {
  return [value & 255, (value >> 8) & 255, (value >> 16) & 255, value >>> 24];
}

/** Reads `width` bytes of the device's own configuration. */
export function configuration(model: VirtioModel, offset: number, width: Width): number {
  if (width !== model.configWidth(offset)) {
    throw new Error(`virtio: ${width} bytes of the configuration are read at ${offset}`);
  }
  let value = 0;
  for (let i = width - 1; i >= 0; i--) value = value * 256 + (model.config[offset + i] ?? 0);
  return value;
}

class ModernRegisters implements BusDevice {
  private deviceSelect = 0;
  private driverSelect = 0;
  private features = [0, 0];
  private queue = 0;

  constructor(private readonly model: VirtioModel) {}

  read(offset: number, width: Width): number {
    const { model } = this;
    if (offset >= NOTIFY) return 0;
    if (offset >= DEVICE) return configuration(model, offset - DEVICE, width);
    if (offset >= ISR) return model.readInterrupts();
    return this.readCommon(offset - COMMON);
  }

  write(offset: number, value: number, width: Width): void {
    if (offset >= NOTIFY) {
      const index = (offset - NOTIFY) / MULTIPLIER;
      if (index !== value || width !== 2) throw new Error("virtio: a wrong notification");
      this.model.notify(index);
    } else if (offset < ISR) this.writeCommon(offset - COMMON, value);
  }

  private readCommon(offset: number): number {
    const queue = this.model.queues[this.queue];
    if (offset === 4)
      return Number((this.model.offered() >> BigInt(32 * this.deviceSelect)) & ONES);
    if (offset === 18) return this.model.queues.length;
    if (offset === 20) return this.model.readStatus();
    if (offset === 24) return queue?.size ?? 0;
    if (offset === 26) return this.model.entries.queues[this.queue] ?? NO_MESSAGE;
    if (offset === 28) return queue?.enabled ? 1 : 0;
    return offset === 30 ? this.queue : 0;
  }

  private writeCommon(offset: number, value: number): void {
    const { model } = this;
    if (offset === 0) this.deviceSelect = value;
    else if (offset === 8) this.driverSelect = value;
    else if (offset === 12) {
      this.features[this.driverSelect] = value;
      model.accept(BigInt(this.features[0]) | (BigInt(this.features[1]) << 32n));
    } else if (offset === 16) model.entries.configuration = this.usable(value);
    else if (offset === 20) {
      if (value === 0) this.features = [0, 0];
      model.writeStatus(value);
    } else if (offset === 22) this.queue = value;
    else this.writeQueue(offset, value);
  }

  /** An entry that the device cannot use reads as none (section 4.1.5.1.2.1). */
  private usable(entry: number): number {
    return entry < this.model.usableEntries ? entry : NO_MESSAGE;
  }

  private writeQueue(offset: number, value: number): void {
    const queue = this.model.queues[this.queue];
    if (offset === 24) {
      if (value > queue.limit || value & (value - 1)) throw new Error("virtio: a bad queue size");
      queue.size = value;
    } else if (offset === 26) this.model.entries.queues[this.queue] = this.usable(value);
    else if (offset === 28) queue.enabled = value === 1;
    else if (offset === 32) queue.table = value;
    else if (offset === 40) queue.available = value;
    else if (offset === 48) queue.used = value;
    else if (value !== 0) throw new Error(`virtio: ${value} written to ${offset}`);
  }
}

const ONES = 0xffffffffn;

class LegacyRegisters implements BusDevice {
  private queue = 0;

  constructor(private readonly model: VirtioModel) {}

  read(offset: number, width: Width): number {
    const { model } = this;
    const queue = model.queues[this.queue];
    if (offset >= LEGACY_CONFIG) return configuration(model, offset - LEGACY_CONFIG, width);
    if (offset === 0) return Number(model.offered() & ONES);
    if (offset === 8) return Math.floor((queue?.table ?? 0) / 4096);
    if (offset === 12) return queue?.size ?? 0;
    if (offset === 18) return model.readStatus();
    return offset === 19 ? model.readInterrupts() : 0;
  }

  write(offset: number, value: number): void {
    const { model } = this;
    if (offset === 4) model.accept(BigInt(value));
    else if (offset === 8) model.queues[this.queue].setLegacyAddress(value * 4096);
    else if (offset === 14) this.queue = value;
    else if (offset === 16) model.notify(value);
    else if (offset === 18) model.writeStatus(value);
    else throw new Error(`virtio: ${value} written to legacy register ${offset}`);
  }
}
