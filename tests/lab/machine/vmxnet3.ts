/**
 * A model of VMware's vmxnet3, revision 1, as QEMU has it. It checks its driver: a frame to send,
 * or its descriptor, that changes before it is sent, an address outside the kernel's memory, a
 * ring that is not aligned, or a frame that is not padded, fails the test.
 */
import type { BusDevice, Line } from "./bus.ts";
import type { VirtualClock } from "./clock.ts";
import type { Fault, NicModel } from "./nic-model.ts";

const [IMR, TXPROD] = [0x000, 0x600];
const [VRRS, UVRS, DSAL, CMD, MACL, MACH, ICR, ECR] = [
  0x00, 0x08, 0x10, 0x20, 0x28, 0x30, 0x38, 0x40,
];
const [ACTIVATE, QUIESCE, RESET] = [0xcafe0000, 0xcafe0001, 0xcafe0002];
const [GET_STATISTICS, GET_LINK] = [0xf00d0001, 0xf00d0002];
const MAGIC = 0xbabefee1;
const [EVENT_QUEUE, EVENT_LINK] = [1, 4];
/** Modes of the filter: own address, broadcasts. */
const [UNICAST, BROADCASTS] = [1, 4];
const TOP = 2 ** 31;
const [LAST, COMPLETE] = [1 << 12, 1 << 13];
/** The shortest frame without its FCS (IEEE 802.3 section 3.2.8). */
const SHORTEST = 60;

export interface Vmxnet3Options {
  mac?: number[];
  /** Nanoseconds until a frame has been sent; 0: within the write of TXPROD, as QEMU does. */
  sendTime?: number;
}

interface Bus {
  /** The memory itself, not a copy. */
  dmaView(address: number, length: number): Uint8Array;
}

/** A ring in memory, with the round's generation. */
interface Ring {
  base: number;
  size: number;
  next: number;
  generation: boolean;
}

export class Vmxnet3Model implements NicModel {
  readonly sent: Uint8Array[] = [];
  onSend: (frame: Uint8Array) => void = () => {};
  missed = 0;
  /** True: interrupts get lost. */
  mute = false;
  /** True: the device cannot be activated. */
  refuses = false;
  /** The revisions that it supports: bit 0 is revision 1. */
  revisions = 1;
  /** True: it wants to be told of new receive buffers. */
  wantsProducer = false;
  /** Whether it interrupts by messages instead of its line. */
  sendsMessages: () => boolean = () => false;
  readonly rings: BusDevice;
  readonly device: BusDevice;
  /** Number of writes to each register of BAR 0. */
  readonly writes = new Map<number, number>();
  private active = false;
  private linked = true;
  private sending = false;
  private masked = true;
  private pending = false;
  private asserted = false;
  private result = 0;
  private sharedAddress = 0;
  private readonly mac: number[];
  private transmit: Ring = { base: 0, size: 0, next: 0, generation: true };
  private transmitted: Ring = { ...this.transmit };
  private buffers: Ring = { ...this.transmit };
  private received: Ring = { ...this.transmit };
  /** Copies of what the driver handed over, by descriptor index. */
  private readonly owned = new Map<number, Buffer>();

  constructor(
    private readonly clock: VirtualClock,
    private readonly bus: Bus,
    private readonly line: Line,
    private readonly options: Vmxnet3Options = {},
  ) {
    this.mac = options.mac ?? [0x52, 0x54, 0, 0x12, 0x34, 0x56];
    this.rings = { read: () => 0, write: (offset, value) => this.writeRings(offset, value) };
    this.device = {
      read: (offset) => this.readDevice(offset),
      write: (offset, value) => this.writeDevice(offset, value),
    };
  }

  setLink(up: boolean): void {
    this.linked = up;
    this.raiseEvent(EVENT_LINK);
  }

  /** The device stops its receive queue, and says so. */
  stopQueue(): void {
    this.raiseEvent(EVENT_QUEUE);
  }

  receive(frame: Uint8Array, fault: Fault = {}): boolean {
    if (!this.active || !this.linked || !this.accepts(frame)) return false;
    const descriptor = this.at(this.buffers);
    if (descriptor.getUint32(8, true) >= TOP !== this.buffers.generation) {
      this.missed++;
      return false;
    }
    const room = descriptor.getUint32(8, true) & 0x3fff;
    // The whole buffer must be the kernel's, even if only a part is used.
    this.bus.dmaView(Number(descriptor.getBigUint64(0, true)), room).set(frame.subarray(0, room));
    const whole = fault.unfinished ? 0x8000 : 0xc000;
    const index = fault.id ?? this.buffers.next;
    advance(this.buffers);
    const length = (fault.length ?? frame.length) & 0x3fff;
    this.complete(this.received, index | whole, length | (fault.errors ?? 0), 3);
    return true;
  }

  /** Passes over a receive descriptor, as the device may. */
  skip(): void {
    advance(this.buffers);
  }

  /** Reports a transmit descriptor as sent, whether it was or not. */
  completeSent(index: number): void {
    this.complete(this.transmitted, index, 0, 0);
  }

  private readDevice(offset: number): number {
    const [a, b, c, d, e, f] = this.mac;
    if (offset === VRRS || offset === UVRS) return this.revisions;
    if (offset === CMD) return this.result;
    if (offset === MACL) return (a | (b << 8) | (c << 16) | (d << 24)) >>> 0;
    if (offset === MACH) return e | (f << 8);
    if (offset !== ICR || !this.asserted) return 0;
    this.pending = false;
    this.updateLine();
    return 1;
  }

  private writeDevice(offset: number, value: number): void {
    if (offset === CMD) this.command(value >>> 0);
    else if (offset === DSAL) this.sharedAddress = value;
    else if (offset === ECR) {
      const shared = this.shared();
      shared.setUint32(696, shared.getUint32(696, true) & ~value, true);
    }
  }

  private writeRings(offset: number, value: number): void {
    this.writes.set(offset, (this.writes.get(offset) ?? 0) + 1);
    if (offset === IMR) {
      this.masked = value !== 0;
      this.updateLine();
    } else if (offset === TXPROD) {
      if (this.options.sendTime) this.recordOwned(value);
      if (!this.sending) this.startSending();
    }
  }

  private command(value: number): void {
    this.result = 0;
    if (value === ACTIVATE) this.activate();
    else if (value === GET_LINK) this.result = (1000 << 16) | (this.linked ? 1 : 0);
    else if (value === GET_STATISTICS) {
      this.queue(1).setBigUint64(152, BigInt(this.missed), true);
    } else if (value === QUIESCE || value === RESET) {
      this.active = false;
      this.sending = false;
      this.owned.clear();
      this.missed = 0;
      this.masked = true;
      this.pending = false;
      this.updateLine();
    }
  }

  private activate(): void {
    const shared = this.shared();
    const one = shared.getUint8(62) === 1 && shared.getUint8(63) === 1 && shared.getUint8(81) === 1;
    const good = shared.getUint32(0, true) === MAGIC && shared.getUint32(56, true) === 1500 && one;
    if (!good) throw new Error("vmxnet3: the shared memory is not filled in");
    this.result = this.refuses ? 1 : 0;
    this.active = !this.refuses;
    const [transmit, receive] = [this.queue(0), this.queue(1)];
    receive.setUint8(0, this.wantsProducer ? 1 : 0);
    this.transmit = ring(transmit, 16, 56);
    this.transmitted = ring(transmit, 32, 64);
    this.buffers = ring(receive, 16, 56);
    this.received = ring(receive, 32, 64);
  }

  private accepts(frame: Uint8Array): boolean {
    const mode = this.shared().getUint32(120, true);
    if (frame.subarray(0, 6).every((byte) => byte === 255)) return (mode & BROADCASTS) !== 0;
    return (mode & UNICAST) !== 0 && frame.subarray(0, 6).every((b, i) => b === this.mac[i]);
  }

  private recordOwned(end: number): void {
    for (let i = this.transmit.next; i !== end; i = (i + 1) % this.transmit.size) {
      if (!this.owned.has(i)) this.owned.set(i, this.image(this.at({ ...this.transmit, next: i })));
    }
  }

  private startSending(): void {
    const time = this.options.sendTime ?? 0;
    if (!this.active || !this.waiting()) return;
    if (time === 0) {
      while (this.waiting()) this.sendOne();
      return;
    }
    this.sending = true;
    this.clock.after(time, () => {
      if (!this.sending) return;
      this.sending = false;
      this.sendOne();
      this.startSending();
    });
  }

  /** Reports whether the next transmit descriptor has been handed over. */
  private waiting(): boolean {
    const word = this.at(this.transmit).getUint32(8, true);
    return ((word >> 14) & 1) === (this.transmit.generation ? 1 : 0);
  }

  private sendOne(): void {
    const index = this.transmit.next;
    const descriptor = this.at(this.transmit);
    const before = this.owned.get(index);
    if (before && Buffer.compare(before, this.image(descriptor)) !== 0) {
      throw new Error(`vmxnet3: descriptor ${index} or its frame changed before it was sent`);
    }
    this.owned.delete(index);
    const flags = descriptor.getUint32(12, true);
    if (flags !== (LAST | COMPLETE)) throw new Error("vmxnet3: a part of a frame, or an offload");
    const frame = this.frame(descriptor).slice();
    if (frame.length < SHORTEST) {
      throw new Error(`vmxnet3: a frame of ${frame.length} bytes is not padded`);
    }
    this.sent.push(frame);
    this.onSend(frame);
    advance(this.transmit);
    this.completeSent(index);
  }

  private frame(descriptor: DataView): Uint8Array {
    const length = descriptor.getUint32(8, true) & 0x3fff;
    return this.bus.dmaView(Number(descriptor.getBigUint64(0, true)), length);
  }

  /** What the driver may not change while the device owns a descriptor. */
  private image(descriptor: DataView): Buffer {
    const own = new Uint8Array(descriptor.buffer, descriptor.byteOffset, 16);
    return Buffer.concat([own, this.frame(descriptor)]);
  }

  /** Writes a completion: words 0 and 2, and the type in word 3. */
  private complete(to: Ring, first: number, third: number, type: number): void {
    const entry = this.at(to);
    entry.setUint32(0, first >>> 0, true);
    entry.setUint32(8, third >>> 0, true);
    entry.setUint32(12, (to.generation ? TOP : 0) + (type << 24), true);
    advance(to);
    this.pending = true;
    this.updateLine();
  }

  private at({ base, next }: Ring): DataView {
    return this.view(base + 16 * next, 16);
  }

  private shared(): DataView {
    return this.view(this.sharedAddress, 768);
  }

  /** The description of the transmit (0) or receive (1) queue. */
  private queue(index: number): DataView {
    const base = Number(this.shared().getBigUint64(40, true));
    return this.view(base + 256 * index, 256);
  }

  private view(address: number, length: number): DataView {
    const { buffer, byteOffset } = this.bus.dmaView(address, length);
    return new DataView(buffer, byteOffset, length);
  }

  private raiseEvent(event: number): void {
    if (!this.active) return;
    const shared = this.shared();
    shared.setUint32(696, shared.getUint32(696, true) | event, true);
    this.pending = true;
    this.updateLine();
  }

  /** An interrupt that is masked stays pending, and one that is not asserts the line. */
  private updateLine(): void {
    if (this.sendsMessages()) {
      if (!this.pending || this.masked) return;
      this.pending = false;
      if (this.mute) return;
      this.line(true);
      this.line(false);
      return;
    }
    if (this.asserted && !this.pending) this.asserted = false;
    else if (this.pending && !this.masked) this.asserted = true;
    if (!this.mute) this.line(this.asserted);
  }
}

function ring(queue: DataView, address: number, entries: number): Ring {
  const base = Number(queue.getBigUint64(address, true));
  const size = queue.getUint32(entries, true);
  if (base % 512 !== 0) throw new Error("vmxnet3: a ring is not aligned");
  if (size === 0 || size % 32 !== 0 || size > 4096) throw new Error(`vmxnet3: ${size} entries`);
  return { base, size, next: 0, generation: true };
}

function advance(to: Ring): void {
  to.next = (to.next + 1) % to.size;
  if (to.next === 0) to.generation = !to.generation;
}
