/**
 * Enumerates the PCI functions with their base addresses and capabilities (PCI Local Bus
 * specification 3.0, chapter 6; PCI-to-PCI Bridge Architecture specification 1.2, chapter 3). Scans
 * bus 0, the buses of other host bridges, and the buses behind bridges.
 */
import { PCI_FUNCTIONS } from "../../core/limits";
import { connectMessage, InterruptHandler, InterruptKind } from "../../machine/interrupts";
import { messageAddress } from "../../machine/local-apic";
import { Trigger } from "../../machine/trigger";
import { Attachment } from "../attachment";
import {
  COMMAND_IO,
  COMMAND_MASTER,
  COMMAND_MEMORY,
  COMMAND_NO_INTX,
  PCI_BAR,
  PCI_BUS_NUMBERS,
  PCI_CAPABILITIES,
  PCI_CLASS,
  PCI_COMMAND,
  PCI_HEADER,
  PCI_ID,
  PCI_INTERRUPT,
  PCI_SUBSYSTEM,
  pciAddress,
  readConfig8,
  readConfig16,
  readConfig32,
  STATUS_CAPABILITIES,
  writeConfig16,
  writeConfig32,
} from "./config-space";
import { CAPABILITY_MSI, disableMessages, enableMsi } from "./msi";
import { className, deviceName } from "./names";

const BUSES: u32 = 256;
const DEVICES: u32 = 32;
const FUNCTIONS: u32 = 8;
/** Capabilities that fit in 192 bytes; a longer list must be a loop. */
const CAPABILITY_LIMIT: i32 = 48;

/** Addresses from here on cannot be accessed (machine/host.ts). */
export const REACH: u64 = 1 << 46;
const MULTI_FUNCTION: u32 = 0x80;
const HEADER_NORMAL: u32 = 0;
const HEADER_BRIDGE: u32 = 1;
const HEADER_CARDBUS: u32 = 2;
const CLASS_BRIDGE_HOST: u32 = 0x0600;

/** A base address register, or a pair that holds a 64-bit address. */
export class PciBar {
  constructor(
    /** 0 to 5. */
    readonly index: u32,
    readonly address: u64,
    /** In bytes; a power of two. */
    readonly size: u64,
    /** In port space rather than memory space. */
    readonly io: bool,
    /** 64 bits. */
    readonly wide: bool,
    readonly prefetchable: bool,
  ) {}
}

/** An entry of the capability list. */
class PciCapability {
  constructor(
    readonly id: u32,
    readonly offset: u32,
  ) {}
}

/** One function of one device. */
export class PciDevice extends Attachment {
  readonly vendor: u32;
  readonly device: u32;
  /** Class in bits 23..16, subclass in 15..8, programming interface in 7..0. */
  readonly classCode: u32;
  readonly revision: u32;
  readonly headerType: u32;
  subsystemVendor: u32 = 0;
  subsystemDevice: u32 = 0;
  /** 1 is INTA, 4 is INTD, 0 is none. */
  readonly interruptPin: u32;
  readonly bars: Array<PciBar> = [];
  readonly capabilities: Array<PciCapability> = [];

  constructor(readonly address: u32) {
    super(readConfig8(address, PCI_INTERRUPT), Trigger.LevelLow);
    const id = readConfig32(address, PCI_ID);
    this.vendor = id & 0xffff;
    this.device = id >>> 16;
    const word = readConfig32(address, PCI_CLASS);
    this.classCode = word >>> 8;
    this.revision = word & 255;
    this.headerType = readConfig8(address, PCI_HEADER + 2) & ~MULTI_FUNCTION;
    this.interruptPin = readConfig8(address, PCI_INTERRUPT + 1);
    if (this.headerType == HEADER_NORMAL) {
      const subsystem = readConfig32(address, PCI_SUBSYSTEM);
      this.subsystemVendor = subsystem & 0xffff;
      this.subsystemDevice = subsystem >>> 16;
    }
    this.readBars();
    this.readCapabilities();
  }

  get bus(): u32 {
    return this.address >>> 16;
  }
  get slot(): u32 {
    return (this.address >>> 11) & 31;
  }
  get func(): u32 {
    return (this.address >>> 8) & 7;
  }

  /** `00:03.0`. */
  location(): string {
    return `${hex(this.bus, 2)}:${hex(this.slot, 2)}.${this.func.toString()}`;
  }
  place(): string {
    return `pci ${this.location()}`;
  }
  /** `8086:100e`. */
  idText(): string {
    return `${hex(this.vendor, 4)}:${hex(this.device, 4)}`;
  }
  /** The name of its class, such as `Ethernet controller`. */
  className(): string {
    return className(this.classCode);
  }
  /** Its name, or "" if unknown. */
  name(): string {
    return deviceName(this.vendor, this.device);
  }

  /** Returns base address register `index` (0 to 5), or null. */
  bar(index: u32): PciBar | null {
    for (let i = 0; i < this.bars.length; i++) {
      if (this.bars[i].index == index) return this.bars[i];
    }
    return null;
  }
  /**
   * Returns the address of the registers behind BAR `index`, or 0 if there are none within reach,
   * or fewer than `least` bytes.
   */
  window(index: u32, least: u64): u64 {
    const bar = this.bar(index);
    if (bar == null || bar.io || bar.size < least || bar.address + bar.size > REACH) return 0;
    return bar.address;
  }
  /** Returns the offset of the first capability with an id, or 0. */
  capability(id: u32): u32 {
    for (let i = 0; i < this.capabilities.length; i++) {
      if (this.capabilities[i].id == id) return this.capabilities[i].offset;
    }
    return 0;
  }

  /** Enables address decoding, bus mastering and INTx, and no messages. */
  enable(): void {
    for (let i = 0; i < this.capabilities.length; i++) {
      disableMessages(this.address, this.capabilities[i].id, this.capabilities[i].offset);
    }
    const command = readConfig16(this.address, PCI_COMMAND) & ~COMMAND_NO_INTX;
    writeConfig16(
      this.address,
      PCI_COMMAND,
      command | COMMAND_IO | COMMAND_MEMORY | COMMAND_MASTER,
    );
  }
  /** Connects the interrupt by a message if the function has MSI, otherwise by its line. */
  connectInterrupt(handler: InterruptHandler): bool {
    const at = this.capability(CAPABILITY_MSI);
    const vector = at == 0 ? 0 : connectMessage(handler, InterruptKind.Msi);
    if (vector == 0) return super.connectInterrupt(handler);
    this.interruptKind = InterruptKind.Msi;
    this.interruptNumber = vector;
    enableMsi(this.address, at, messageAddress(), vector);
    this.setLineEnabled(false);
    return true;
  }
  /** Lets the function use its INTx line, or forbids it (6.2.2). */
  setLineEnabled(on: bool): void {
    const command = readConfig16(this.address, PCI_COMMAND);
    const changed = on ? command & ~COMMAND_NO_INTX : command | COMMAND_NO_INTX;
    writeConfig16(this.address, PCI_COMMAND, changed);
  }
  /** Disables bus mastering: the device can no longer write to memory. */
  disableMaster(): void {
    const command = readConfig16(this.address, PCI_COMMAND);
    writeConfig16(this.address, PCI_COMMAND, command & ~COMMAND_MASTER);
  }

  /** Reads the base addresses; finds sizes by writing ones (6.2.5.1), with decoding disabled. */
  private readBars(): void {
    const count: u32 =
      this.headerType == HEADER_NORMAL ? 6 : this.headerType == HEADER_BRIDGE ? 2 : 0;
    // A host bridge must keep decoding.
    if (count == 0 || this.classCode >>> 8 == CLASS_BRIDGE_HOST) return;
    const command = readConfig16(this.address, PCI_COMMAND);
    writeConfig16(this.address, PCI_COMMAND, command & ~(COMMAND_IO | COMMAND_MEMORY));
    for (let i: u32 = 0; i < count; i++) if (this.readBar(i, count)) i++;
    writeConfig16(this.address, PCI_COMMAND, command);
  }

  /** Returns true if the register is 64 bits wide, so that it uses the next one too. */
  private readBar(index: u32, count: u32): bool {
    const low = readConfig32(this.address, PCI_BAR + 4 * index);
    const io = (low & 1) == 1;
    const wide = !io && (low & 6) == 4 && index + 1 < count;
    const flags: u32 = io ? 3 : 15;
    let address = (low & ~flags) as u64;
    // The upper 16 bits of an I/O register may be hardwired to 0: treat them as ones.
    let mask = (this.probeBar(index, low) & ~flags) as u64;
    if (io && mask != 0) mask |= 0xffff_0000;
    if (wide) {
      const high = readConfig32(this.address, PCI_BAR + 4 * (index + 1));
      address |= (high as u64) << 32;
      mask |= (this.probeBar(index + 1, high) as u64) << 32;
    } else if (mask != 0) mask |= 0xffff_ffff_0000_0000;
    if (mask != 0) {
      // The lowest writable bit is the size.
      const size = mask & (~mask + 1);
      this.bars.push(new PciBar(index, address, size, io, wide, !io && (low & 8) != 0));
    }
    return wide;
  }

  private probeBar(index: u32, value: u32): u32 {
    writeConfig32(this.address, PCI_BAR + 4 * index, 0xffff_ffff);
    const mask = readConfig32(this.address, PCI_BAR + 4 * index);
    writeConfig32(this.address, PCI_BAR + 4 * index, value);
    return mask;
  }

  private readCapabilities(): void {
    if ((readConfig32(this.address, PCI_COMMAND) & STATUS_CAPABILITIES) == 0) return;
    if (this.headerType >= HEADER_CARDBUS) return;
    let offset = readConfig8(this.address, PCI_CAPABILITIES) & 0xfc;
    while (offset >= 0x40 && this.capabilities.length < CAPABILITY_LIMIT) {
      const word = readConfig16(this.address, offset);
      this.capabilities.push(new PciCapability(word & 255, offset));
      offset = (word >>> 8) & 0xfc;
    }
  }
}

/** Returns the functions of the machine, at most PCI_FUNCTIONS, by bus, device and function. */
export function scanPci(): Array<PciDevice> {
  const found: Array<PciDevice> = [];
  const seen = new StaticArray<bool>(BUSES);
  scanBus(0, seen, found);
  // With several host bridges, function n of device 0 is the host bridge of bus n.
  if (isMultiFunction(pciAddress(0, 0, 0))) {
    for (let func: u32 = 1; func < FUNCTIONS; func++) {
      const address = pciAddress(0, 0, func);
      if (!exists(address) || readConfig16(address, PCI_CLASS + 2) != CLASS_BRIDGE_HOST) continue;
      scanBus(func, seen, found);
    }
  }
  sort(found);
  return found;
}

/** Sorts by address, because the scan finds functions behind a bridge before those next to it. */
function sort(devices: Array<PciDevice>): void {
  for (let i = 1; i < devices.length; i++) {
    const device = devices[i];
    let at = i;
    for (; at > 0 && devices[at - 1].address > device.address; at--) devices[at] = devices[at - 1];
    devices[at] = device;
  }
}

function exists(address: u32): bool {
  const vendor = readConfig32(address, PCI_ID) & 0xffff;
  return vendor != 0xffff && vendor != 0;
}

function isMultiFunction(address: u32): bool {
  return exists(address) && (readConfig8(address, PCI_HEADER + 2) & MULTI_FUNCTION) != 0;
}

function scanBus(bus: u32, seen: StaticArray<bool>, found: Array<PciDevice>): void {
  if (seen[bus]) return;
  seen[bus] = true;
  for (let slot: u32 = 0; slot < DEVICES; slot++) {
    if (!exists(pciAddress(bus, slot, 0))) continue;
    const count = isMultiFunction(pciAddress(bus, slot, 0)) ? FUNCTIONS : 1;
    for (let func: u32 = 0; func < count; func++) {
      const address = pciAddress(bus, slot, func);
      if (!exists(address) || found.length >= PCI_FUNCTIONS) continue;
      const device = new PciDevice(address);
      found.push(device);
      if (device.headerType != HEADER_BRIDGE) continue;
      const secondary = (readConfig32(address, PCI_BUS_NUMBERS) >>> 8) & 255;
      // 0 means that firmware has not configured the bridge.
      if (secondary != 0) scanBus(secondary, seen, found);
    }
  }
}

function hex(value: u32, digits: i32): string {
  return value.toString(16).padStart(digits, "0");
}
