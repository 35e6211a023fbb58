/** The registers of a virtio device without PCI (VIRTIO 1.2, section 4.2), versions 1 and 2. */
import type { BusDevice, Width } from "./bus.ts";
import type { VirtioModel } from "./virtio-model.ts";
import { configuration } from "./virtio-pci.ts";

const ONES = 0xffffffffn;
/** The bytes that a device takes. */
export const MMIO_SIZE = 0x200;

export class MmioRegisters implements BusDevice {
  private deviceSelect = 0;
  private driverSelect = 0;
  private features = [0, 0];
  private queue = 0;
  private causes = 0;

  constructor(
    private readonly model: VirtioModel,
    private readonly version: number,
  ) {}

  read(offset: number, width: Width): number {
    const { model } = this;
    const queue = model.queues[this.queue];
    if (offset >= 0x100) return configuration(model, offset - 0x100, width);
    if (offset === 0x00) return 0x74726976;
    if (offset === 0x04) return this.version;
    if (offset === 0x08) return model.kind;
    if (offset === 0x10) {
      const all = this.version === 1 ? model.offered() & ONES : model.offered();
      return Number((all >> BigInt(32 * this.deviceSelect)) & ONES);
    }
    if (offset === 0x34) return queue?.limit ?? 0;
    if (offset === 0x40) return Math.floor((queue?.table ?? 0) / 4096);
    if (offset === 0x44) return queue?.enabled ? 1 : 0;
    if (offset === 0x60) return this.pending();
    return offset === 0x70 ? model.readStatus() : 0;
  }

  write(offset: number, value: number): void {
    const { model } = this;
    if (offset === 0x14) this.deviceSelect = value;
    else if (offset === 0x20) {
      this.features[this.driverSelect] = value >>> 0;
      model.accept(BigInt(this.features[0]) | (BigInt(this.features[1]) << 32n));
    } else if (offset === 0x24) this.driverSelect = value;
    else if (offset === 0x30) this.queue = value;
    else if (offset === 0x50) model.notify(value);
    else if (offset === 0x64) this.causes &= ~value;
    else if (offset === 0x70) {
      if (value === 0) this.features = [0, 0];
      model.writeStatus(value);
    } else this.writeQueue(offset, value >>> 0);
  }

  private writeQueue(offset: number, value: number): void {
    const queue = this.model.queues[this.queue];
    const legacy = this.version === 1;
    if (offset === 0x38) queue.size = value;
    else if (legacy && (offset === 0x28 || offset === 0x3c)) {
      if (value !== 4096) throw new Error(`virtio: a page or alignment of ${value} bytes`);
    } else if (legacy && offset === 0x40) queue.setLegacyAddress(value * 4096);
    else if (!legacy && offset === 0x44) queue.enabled = value === 1;
    else if (!legacy && offset === 0x80) queue.table = value;
    else if (!legacy && offset === 0x90) queue.available = value;
    else if (!legacy && offset === 0xa0) queue.used = value;
    else if (value !== 0) throw new Error(`virtio: ${value} written to ${offset}`);
  }

  /** Causes stay until they are acknowledged. */
  private pending(): number {
    this.causes |= this.model.readInterrupts();
    return this.causes;
  }
}
