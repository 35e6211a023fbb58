/**
 * Virtio over MMIO (VIRTIO 4.2), versions 1 (legacy) and 2. Such devices cannot be discovered: the
 * kernel command line names them, in the syntax of Linux's virtio_mmio driver, or ACPI describes
 * them, or they are where QEMU's microvm puts them.
 *
 *     virtio_mmio.device=4K@0xd0000000:5     size, address, interrupt line
 */
import { VIRTIO_MMIO_DEVICES } from "../../core/limits";
import { findAcpiVirtio } from "../../machine/acpi-virtio";
import { commandLine } from "../../machine/boot";
import { mmioRead8, mmioRead16, mmioRead32, mmioWrite32 } from "../../machine/host";
import { Trigger } from "../../machine/trigger";
import { Attachment } from "../attachment";
import { Transport } from "./transport";

const PARAMETER: string = "virtio_mmio.device=";
/** Where QEMU's microvm puts its devices, one every SLOT bytes. */
const MICROVM: u64 = 0xfeb0_0000;
const SLOT: u64 = 0x200;
const NO_LINE: u32 = 255;
const FOUR_GIB: u64 = 1 << 32;

// Registers (VIRTIO 4.2.2; those of version 1: 4.2.4).
const MAGIC: u32 = 0x000;
const VERSION: u32 = 0x004;
const DEVICE_ID: u32 = 0x008;
const DEVICE_FEATURES: u32 = 0x010;
const DEVICE_FEATURES_SELECT: u32 = 0x014;
const DRIVER_FEATURES: u32 = 0x020;
const DRIVER_FEATURES_SELECT: u32 = 0x024;
const GUEST_PAGE_SIZE: u32 = 0x028;
const QUEUE_SELECT: u32 = 0x030;
const QUEUE_SIZE_LARGEST: u32 = 0x034;
const QUEUE_SIZE: u32 = 0x038;
const QUEUE_ALIGNMENT: u32 = 0x03c;
const QUEUE_PAGE: u32 = 0x040;
const QUEUE_READY: u32 = 0x044;
const QUEUE_NOTIFY: u32 = 0x050;
const INTERRUPT_STATUS: u32 = 0x060;
const INTERRUPT_ACKNOWLEDGE: u32 = 0x064;
const STATUS: u32 = 0x070;
const QUEUE_TABLE: u32 = 0x080;
const QUEUE_AVAILABLE: u32 = 0x090;
const QUEUE_USED: u32 = 0x0a0;
const CONFIG_GENERATION: u32 = 0x0fc;
const CONFIGURATION: u32 = 0x100;

/** "virt" */
const MAGIC_VALUE: u32 = 0x7472_6976;
const PAGE: u32 = 4096;

/** Where a device may be; `kind` tells whether one is. */
class MmioSlot extends Attachment {
  constructor(
    readonly base: u64,
    line: u32,
    trigger: Trigger,
  ) {
    super(line, trigger);
  }

  place(): string {
    return `virtio-mmio ${this.base.toString(16)}`;
  }
  /** Nothing to disable: the reset has ended all DMA. */
  disableMaster(): void {}

  /** The device ID (VIRTIO 5), or 0 if there is no device. */
  kind(): u32 {
    if (mmioRead32(this.base + MAGIC) != MAGIC_VALUE) return 0;
    const version = mmioRead32(this.base + VERSION);
    return version == 1 || version == 2 ? mmioRead32(this.base + DEVICE_ID) : 0;
  }

  open(): Transport {
    return new MmioTransport(this.base, mmioRead32(this.base + VERSION) == 2);
  }
}

/**
 * Returns the slots that the command line names. If it names none and `probes` is true, as on a
 * machine without PCI, returns those that ACPI describes; if it describes none either, those of
 * QEMU's microvm, whose interrupt lines are then unknown. A slot may be empty.
 */
export function mmioSlots(probes: bool): Array<MmioSlot> {
  const slots: Array<MmioSlot> = [];
  const words = commandLine().split(" ");
  for (let i = 0; i < words.length && slots.length < VIRTIO_MMIO_DEVICES; i++) {
    if (!words[i].startsWith(PARAMETER)) continue;
    const slot = parseSlot(words[i].substring(PARAMETER.length));
    if (slot != null) slots.push(slot);
  }
  if (slots.length > 0 || !probes) return slots;
  const described = findAcpiVirtio();
  for (let i = 0; i < described.length; i++) {
    const one = described[i];
    if (one.length >= SLOT && isPlace(one.base)) {
      slots.push(new MmioSlot(one.base, one.line, one.trigger));
    }
  }
  if (slots.length > 0) return slots;
  for (let i = 0; i < VIRTIO_MMIO_DEVICES; i++) {
    slots.push(new MmioSlot(MICROVM + SLOT * (i as u64), NO_LINE, Trigger.LevelHigh));
  }
  return slots;
}

/** Parses `SIZE@ADDRESS:LINE[:ID]`; returns null if it makes no sense. */
function parseSlot(text: string): MmioSlot | null {
  const parts = text.split(":");
  const at = parts[0].indexOf("@");
  if (parts.length < 2 || at < 0) return null;
  const address = parts[0].substring(at + 1);
  const base = (
    address.startsWith("0x") ? U64.parseInt(address, 16) : U64.parseInt(address)
  ) as u64;
  const line = U32.parseInt(parts[1]) as u32;
  return isPlace(base) ? new MmioSlot(base, line, Trigger.LevelHigh) : null;
}

/** Reports whether registers can be at an address. */
function isPlace(base: u64): bool {
  return base != 0 && (base & 3) == 0 && base + SLOT <= FOUR_GIB;
}

class MmioTransport extends Transport {
  constructor(
    private readonly base: u64,
    private readonly modern: bool,
  ) {
    super();
  }

  isModern(): bool {
    return this.modern;
  }
  status(): u32 {
    return this.read(STATUS);
  }
  setStatus(status: u32): void {
    this.write(STATUS, status);
  }

  offeredFeatures(): u64 {
    this.write(DEVICE_FEATURES_SELECT, 0);
    const low = this.read(DEVICE_FEATURES) as u64;
    this.write(DEVICE_FEATURES_SELECT, 1);
    return low | ((this.read(DEVICE_FEATURES) as u64) << 32);
  }
  acceptFeatures(features: u64): void {
    this.write(DRIVER_FEATURES_SELECT, 0);
    this.write(DRIVER_FEATURES, features as u32);
    this.write(DRIVER_FEATURES_SELECT, 1);
    this.write(DRIVER_FEATURES, (features >> 32) as u32);
  }

  queueLimit(index: u32): u32 {
    this.write(QUEUE_SELECT, index);
    return this.read(QUEUE_SIZE_LARGEST);
  }
  hasFixedSizes(): bool {
    return false;
  }
  /** See VIRTIO 4.2.3.2; for version 1, 4.2.4. */
  enableQueue(index: u32, size: u32, table: u64, available: u64, used: u64): bool {
    if (!this.modern) this.write(GUEST_PAGE_SIZE, PAGE);
    this.write(QUEUE_SELECT, index);
    this.write(QUEUE_SIZE, size);
    if (this.modern) {
      this.write64(QUEUE_TABLE, table);
      this.write64(QUEUE_AVAILABLE, available);
      this.write64(QUEUE_USED, used);
      this.write(QUEUE_READY, 1);
    } else {
      this.write(QUEUE_ALIGNMENT, PAGE);
      this.write(QUEUE_PAGE, (table / PAGE) as u32);
    }
    return true;
  }
  notify(index: u32): void {
    this.write(QUEUE_NOTIFY, index);
  }

  interruptStatus(): u32 {
    const causes = this.read(INTERRUPT_STATUS);
    if (causes != 0) this.write(INTERRUPT_ACKNOWLEDGE, causes);
    return causes;
  }
  generation(): u32 {
    return this.modern ? this.read(CONFIG_GENERATION) : 0;
  }
  config8(offset: u32): u32 {
    return mmioRead8(this.base + CONFIGURATION + offset);
  }
  config16(offset: u32): u32 {
    return mmioRead16(this.base + CONFIGURATION + offset);
  }
  config32(offset: u32): u32 {
    return mmioRead32(this.base + CONFIGURATION + offset);
  }

  private read(register: u32): u32 {
    return mmioRead32(this.base + register);
  }
  private write(register: u32, value: u32): void {
    mmioWrite32(this.base + register, value);
  }
  private write64(register: u32, value: u64): void {
    this.write(register, value as u32);
    this.write(register + 4, (value >> 32) as u32);
  }
}
