/**
 * The device's side of a split virtqueue (VIRTIO 1.2, section 2.7). It checks the driver: a table
 * or buffer outside the kernel's memory, more available buffers than the queue has entries, an
 * index that leaves the table, or a notification of a queue that is not enabled, fails the test.
 */

const [NEXT, WRITE, INDIRECT] = [1, 2, 4];
const NO_INTERRUPT = 1;

interface Bus {
  /** The memory itself, not a copy. */
  dmaView(address: number, length: number): Uint8Array;
}

interface Part {
  /** The descriptor as the driver wrote it. */
  descriptor: Uint8Array;
  view: Uint8Array;
  writable: boolean;
}

/** A buffer that the driver made available. */
export interface Chain {
  id: number;
  parts: Part[];
}

export class DeviceQueue {
  /** Entries; the driver may make a queue of a modern device smaller. */
  size: number;
  enabled = false;
  table = 0;
  available = 0;
  used = 0;
  /** Whether VIRTIO_F_EVENT_IDX is negotiated. */
  eventIndex = false;
  notifications = 0;
  /** Where the device is in the available ring and in the used ring. */
  private taken = 0;
  private returned = 0;
  private signalled = 0;

  constructor(
    private readonly bus: Bus,
    readonly limit: number,
  ) {
    this.size = limit;
  }

  reset(): void {
    this.size = this.limit;
    this.enabled = false;
    [this.table, this.available, this.used] = [0, 0, 0];
    [this.taken, this.returned, this.signalled] = [0, 0, 0];
  }

  /** The layout that a legacy driver gives by one address (section 2.7.2). */
  setLegacyAddress(address: number): void {
    this.table = address;
    this.available = address + 16 * this.size;
    this.used = Math.ceil((this.available + 6 + 2 * this.size) / 4096) * 4096;
    this.enabled = address !== 0;
  }

  /** The buffers that the device could take now. */
  waiting(): number {
    if (!this.enabled) return 0;
    const count = (this.word(this.available + 2) - this.taken) & 0xffff;
    if (count > this.size) throw new Error(`virtio: ${count} buffers in a queue of ${this.size}`);
    return count;
  }

  /** Takes the oldest available buffer. */
  take(): Chain | undefined {
    if (this.waiting() === 0) return undefined;
    const id = this.word(this.available + 4 + 2 * (this.taken % this.size));
    this.taken = (this.taken + 1) & 0xffff;
    return { id, parts: this.parts(id) };
  }

  /** The next `count` available buffers, without taking them. */
  peek(count: number): Chain[] {
    return Array.from({ length: count }, (_, i) => {
      const id = this.word(this.available + 4 + 2 * (((this.taken + i) & 0xffff) % this.size));
      return { id, parts: this.parts(id) };
    });
  }

  /** Returns a buffer: writes an entry of the used ring, whatever it says. */
  give(id: number, length: number): void {
    const entry = this.bus.dmaView(this.used + 4 + 8 * (this.returned % this.size), 8);
    const view = new DataView(entry.buffer, entry.byteOffset, 8);
    view.setUint32(0, id, true);
    view.setUint32(4, length, true);
    this.moveIndex(1);
  }

  /** Moves the used ring's index, even without entries. */
  moveIndex(by: number): void {
    this.returned = (this.returned + by) & 0xffff;
    this.setWord(this.used + 2, this.returned);
  }

  /** Reports whether the driver wants an interrupt for what was returned since the last call. */
  wantsInterrupt(): boolean {
    const before = this.signalled;
    this.signalled = this.returned;
    if (before === this.returned) return false;
    if (!this.eventIndex) return (this.word(this.available) & NO_INTERRUPT) === 0;
    const event = this.word(this.available + 4 + 2 * this.size);
    return ((this.returned - event - 1) & 0xffff) < ((this.returned - before) & 0xffff);
  }

  /** Asks for a notification of the next available buffer, or for none. */
  wantNotification(wanted: boolean): void {
    if (!this.eventIndex) this.setWord(this.used, wanted ? 0 : 1);
    else if (wanted) this.setWord(this.used + 4 + 8 * this.size, this.taken);
  }

  notified(): void {
    if (!this.enabled) throw new Error("virtio: a notification of a queue that is not enabled");
    this.notifications++;
  }

  private parts(id: number): Part[] {
    const parts: Part[] = [];
    for (let at = id; ; ) {
      if (at >= this.size) throw new Error(`virtio: descriptor ${at} of ${this.size}`);
      if (parts.length > this.size) throw new Error("virtio: a chain of descriptors is a loop");
      const descriptor = this.bus.dmaView(this.table + 16 * at, 16);
      const view = new DataView(descriptor.buffer, descriptor.byteOffset, 16);
      const flags = view.getUint16(12, true);
      if (flags & INDIRECT) throw new Error("virtio: an indirect descriptor was not negotiated");
      const address = Number(view.getBigUint64(0, true));
      parts.push({
        descriptor: descriptor.slice(),
        view: this.bus.dmaView(address, view.getUint32(8, true)),
        writable: (flags & WRITE) !== 0,
      });
      if ((flags & NEXT) === 0) return parts;
      at = view.getUint16(14, true);
    }
  }

  private word(address: number): number {
    const bytes = this.bus.dmaView(address, 2);
    return bytes[0] | (bytes[1] << 8);
  }
  private setWord(address: number, value: number): void {
    this.bus.dmaView(address, 2).set([value & 255, value >> 8]);
  }
}

/** The bytes of a buffer that the device reads. */
export function bytesOf(chain: Chain): Uint8Array {
  return Buffer.concat(chain.parts.map(({ view }) => view));
}

/** Writes into a buffer; returns how many bytes fit. */
export function fill(chain: Chain, bytes: Uint8Array): number {
  let at = 0;
  for (const { view, writable } of chain.parts) {
    if (!writable) throw new Error("virtio: a buffer to write is not marked writable");
    const piece = bytes.subarray(at, at + view.length);
    view.set(piece);
    at += piece.length;
  }
  return at;
}
