/** Devices as the machine sees them: handlers of accesses to ports or memory addresses. */

export type Width = 1 | 2 | 4;

/** Handles accesses at addresses relative to its base. */
export interface BusDevice {
  read(offset: number, width: Width): number;
  write(offset: number, value: number, width: Width): void;
}

/** An interrupt input of the interrupt controller. */
export type Line = (level: boolean) => void;

interface Range {
  base: number;
  size: number;
  device: BusDevice;
}

/** Addresses below this, which include all ports, are looked up fast. */
const LOW = 0x10000;

/** An address space. Unclaimed addresses read as ones and ignore writes. */
export class AddressSpace {
  private ranges: Range[] = [];
  /** 1 + the index of the device at a port or another low address, once looked up. */
  private readonly found = new Uint8Array(LOW);

  add(base: number, size: number, device: BusDevice): void {
    // The latest device wins: a reset register lies inside PCI's ports.
    this.ranges.unshift({ base, size, device });
    this.found.fill(0);
  }

  remove(device: BusDevice): void {
    this.ranges = this.ranges.filter((range) => range.device !== device);
    this.found.fill(0);
  }

  read(address: number, width: Width): number {
    const range = this.find(address);
    if (!range) return width === 4 ? 0xffffffff : width === 2 ? 0xffff : 0xff;
    return range.device.read(address - range.base, width) >>> 0;
  }

  write(address: number, value: number, width: Width): void {
    const range = this.find(address);
    range?.device.write(address - range.base, value >>> 0, width);
  }

  private find(address: number): Range | undefined {
    const known = address < LOW ? this.found[address] : 0;
    if (known !== 0) return this.ranges[known - 1];
    const index = this.ranges.findIndex(
      ({ base, size }) => address >= base && address < base + size,
    );
    if (address < LOW) this.found[address] = index + 1;
    return this.ranges[index];
  }
}

/** Plain memory, for firmware tables and the like. */
export class Ram implements BusDevice {
  readonly bytes: Uint8Array;
  private readonly view: DataView;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
    this.view = new DataView(this.bytes.buffer);
  }

  read(offset: number, width: Width): number {
    if (width === 1) return this.view.getUint8(offset);
    return width === 2 ? this.view.getUint16(offset, true) : this.view.getUint32(offset, true);
  }

  write(offset: number, value: number, width: Width): void {
    if (width === 1) this.view.setUint8(offset, value & 255);
    else if (width === 2) this.view.setUint16(offset, value & 0xffff, true);
    else this.view.setUint32(offset, value, true);
  }
}
