/** PCI configuration space by mechanism 1: functions, bridges, base address registers. */
import type { AddressSpace, BusDevice, Width } from "./bus.ts";

export interface BarOptions {
  address: number;
  size: number;
  io?: boolean;
  wide?: boolean;
  prefetchable?: boolean;
  device?: BusDevice;
}

export interface FunctionOptions {
  vendor: number;
  device: number;
  /** Class, subclass and programming interface. */
  classCode: number;
  revision?: number;
  subsystem?: number;
  multiFunction?: boolean;
  interruptLine?: number;
  interruptPin?: number;
  /** By register index. */
  bars?: Record<number, BarOptions>;
  /** Ids of the capabilities, from 0x40 on; or their bytes, without the link to the next. */
  capabilities?: (number | number[])[];
  /** The command register as firmware left it. */
  command?: number;
}

interface Decoder {
  base: number;
  size: number;
  device: BusDevice;
}

/** One function's 256 bytes. */
export class PciFunction {
  readonly bytes = new Uint8Array(256);
  readonly view = new DataView(this.bytes.buffer);
  /** The bus behind it, if it is a bridge. */
  secondary: number | undefined;
  private readonly masks = new Map<number, number>();
  private readonly bars: Record<number, BarOptions>;

  constructor(options: FunctionOptions) {
    const { view } = this;
    view.setUint16(0, options.vendor, true);
    view.setUint16(2, options.device, true);
    view.setUint16(4, options.command ?? 0, true);
    view.setUint32(8, ((options.classCode << 8) | (options.revision ?? 0)) >>> 0, true);
    this.bytes[0x0e] = options.multiFunction ? 0x80 : 0;
    view.setUint32(0x2c, options.subsystem ?? 0, true);
    this.bytes[0x3c] = options.interruptLine ?? 0;
    this.bytes[0x3d] = options.interruptPin ?? 0;
    this.bars = options.bars ?? {};
    for (const [index, bar] of Object.entries(this.bars)) this.addBar(Number(index), bar);
    this.addCapabilities(options.capabilities ?? []);
  }

  private addCapabilities(capabilities: (number | number[])[]): void {
    if (capabilities.length === 0) return;
    this.view.setUint16(6, 0x10, true);
    let [link, at] = [0x34, 0x40];
    for (const each of capabilities) {
      const [id, ...rest] = [each].flat();
      this.bytes[link] = at;
      this.bytes[at] = id;
      this.bytes.set(rest, at + 2);
      link = at + 1;
      at += Math.max(8, Math.ceil((2 + rest.length) / 4) * 4);
    }
  }

  /** A bridge to another bus. */
  static bridge(secondary: number, subordinate: number): PciFunction {
    const bridge = new PciFunction({ vendor: 0x1b36, device: 1, classCode: 0x060400 });
    bridge.bytes[0x0e] = 1;
    bridge.bytes[0x19] = secondary;
    bridge.bytes[0x1a] = subordinate;
    bridge.secondary = secondary;
    return bridge;
  }

  /** Returns the offset of the first capability with an id, or 0. */
  capability(id: number): number {
    for (let at = this.bytes[0x34]; at !== 0; at = this.bytes[at + 1]) {
      if (this.bytes[at] === id) return at;
    }
    return 0;
  }

  get command(): number {
    return this.view.getUint16(4, true);
  }

  read(offset: number, width: Width): number {
    if (width === 1) return this.bytes[offset];
    return width === 2 ? this.view.getUint16(offset, true) : this.view.getUint32(offset, true);
  }

  write(offset: number, value: number, width: Width): void {
    const mask = this.masks.get(offset & 0xfc);
    if (mask !== undefined) {
      const old = this.view.getUint32(offset & 0xfc, true);
      this.view.setUint32(offset & 0xfc, ((value & mask) | (old & ~mask)) >>> 0, true);
    } else if (offset === 4 && width === 2) this.view.setUint16(4, value & 0x407, true);
    else if (offset >= 0x10 && offset < 0x28) return;
    else if (width === 1) this.bytes[offset] = value;
    else if (width === 2) this.view.setUint16(offset, value, true);
    else this.view.setUint32(offset, value, true);
  }

  /** Base addresses that are decoded now: those enabled in the command register. */
  decoded(io: boolean): Decoder[] {
    if ((this.command & (io ? 1 : 2)) === 0) return [];
    return Object.entries(this.bars).flatMap(([index, bar]) => {
      if (!bar.device || (bar.io ?? false) !== io) return [];
      const offset = 0x10 + 4 * Number(index);
      const base = (this.view.getUint32(offset, true) & (io ? ~3 : ~15)) >>> 0;
      return [{ base, size: bar.size, device: bar.device }];
    });
  }

  private addBar(index: number, bar: BarOptions): void {
    const offset = 0x10 + 4 * index;
    const flags = bar.io ? 1 : (bar.wide ? 4 : 0) | (bar.prefetchable ? 8 : 0);
    const low = bar.address % 2 ** 32;
    this.view.setUint32(offset, (low | flags) >>> 0, true);
    // A size of 4 GiB or more leaves no writable bit in the low half.
    this.masks.set(offset, bar.size >= 2 ** 32 ? 0 : (-bar.size & (bar.io ? ~3 : ~15)) >>> 0);
    if (!bar.wide) return;
    this.view.setUint32(offset + 4, Math.floor(bar.address / 2 ** 32), true);
    const high = bar.size >= 2 ** 32 ? -Math.floor(bar.size / 2 ** 32) >>> 0 : 0xffffffff;
    this.masks.set(offset + 4, high);
  }
}

/** The ports 0xcf8 to 0xcff and all functions behind them. */
export class PciBus implements BusDevice {
  /** The number of reads and writes of configuration space. */
  accesses = 0;
  private address = 0;
  private readonly functions = new Map<number, PciFunction>();
  /** Changes with every configuration write. */
  private version = 0;

  add(bus: number, slot: number, func: number, device: PciFunction): PciFunction {
    this.functions.set((bus << 16) | (slot << 11) | (func << 8), device);
    return device;
  }

  read(offset: number, width: Width): number {
    if (offset < 4) return this.address;
    this.accesses++;
    const found = this.selected();
    const ones = width === 4 ? 0xffffffff : width === 2 ? 0xffff : 0xff;
    return found ? found.read((this.address & 0xfc) + offset - 4, width) : ones;
  }

  write(offset: number, value: number, width: Width): void {
    if (offset < 4) this.address = value;
    else {
      this.accesses++;
      this.version++;
      this.selected()?.write((this.address & 0xfc) + offset - 4, value, width);
    }
  }

  /** Returns an address space of what functions decode at each access, `behind` for all else. */
  space(io: boolean, behind: AddressSpace): BusDevice {
    let decoders: Decoder[] = [];
    let known = -1;
    const find = (address: number) => {
      if (known !== this.version) {
        decoders = [...this.functions.values()].flatMap((device) => device.decoded(io));
        known = this.version;
      }
      for (const decoder of decoders) {
        if (address >= decoder.base && address < decoder.base + decoder.size) return decoder;
      }
      return undefined;
    };
    return {
      read: (address, width) => {
        const hit = find(address);
        return hit ? hit.device.read(address - hit.base, width) : behind.read(address, width);
      },
      write: (address, value, width) => {
        const hit = find(address);
        if (hit) hit.device.write(address - hit.base, value, width);
        else behind.write(address, value, width);
      },
    };
  }

  /** Returns the function that the address register selects, if bridges lead to its bus. */
  private selected(): PciFunction | undefined {
    if ((this.address & 0x80000000) === 0) return undefined;
    const key = this.address & 0xffff00;
    const bus = key >> 16;
    const reachable = bus === 0 || [...this.functions.values()].some((f) => f.secondary === bus);
    return reachable ? this.functions.get(key) : undefined;
  }
}
