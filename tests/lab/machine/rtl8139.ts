/**
 * Models of Realtek's RTL8139C+ in C+ mode and RTL8168, after the datasheets. They check their
 * driver: a frame to send, or its descriptor, that changes before it is sent, an address outside
 * the kernel's memory, or a frame that is not padded, fails the test.
 */
import type { BusDevice, Line, Width } from "./bus.ts";
import type { VirtualClock } from "./clock.ts";
import type { Fault, NicModel } from "./nic-model.ts";

const [TNPDS, CR, IMR, ISR, TCR, RCR] = [0x20, 0x37, 0x3c, 0x3e, 0x40, 0x44];
const [MPC, CPCR, RDSAR] = [0x4c, 0xe0, 0xe4];
const [CR9346, PHYAR, RMS, MTPS, MISC] = [0x50, 0x60, 0xda, 0xec, 0xf0];
const [RST, RE, TE] = [0x10, 0x08, 0x04];
const [ROK, TOK, RDU, LINK] = [0x01, 0x04, 0x10, 0x20];
/** RCR: own address, broadcasts. */
const [APM, AB] = [1 << 1, 1 << 3];
const [OWN, EOR, FS, LS] = [2 ** 31, 2 ** 30, 2 ** 29, 2 ** 28];
const FCS = 4;

/** What differs between the chips. */
interface Chip {
  /** The register that starts the transmitter, and its value. */
  poll: number;
  /** The most descriptors of a ring. */
  longest: number;
  /** The bits of a length in a descriptor. */
  lengthBits: number;
  /** The register of the link's state, and its value if the link is up and if it is down. */
  link: [register: number, up: number, down: number];
}

const RTL8139: Chip = { poll: 0xd9, longest: 64, lengthBits: 0x1fff, link: [0x58, 0, 4] };
/** The link is up at 1,000 Mb/s in full duplex. */
const RTL8168: Chip = { poll: 0x38, longest: 1024, lengthBits: 0x3fff, link: [0x6c, 0x13, 0] };

/** The shortest frame without its FCS (IEEE 802.3 section 3.2.8). */
const SHORTEST = 60;

export interface Rtl8139Options {
  mac?: number[];
  /** Nanoseconds until a frame has been sent; 0: within the write of TPPoll, as QEMU does. */
  sendTime?: number;
}

interface Bus {
  /** The memory itself, not a copy. */
  dmaView(address: number, length: number): Uint8Array;
}

export class Rtl8139Model implements BusDevice, NicModel {
  readonly sent: Uint8Array[] = [];
  onSend: (frame: Uint8Array) => void = () => {};
  missed = 0;
  resets = 0;
  /** True: a reset never ends. */
  stuck = false;
  /** True: interrupts get lost. */
  mute = false;
  protected readonly bytes = new Uint8Array(256);
  protected readonly registers = new DataView(this.bytes.buffer);
  private linked = true;
  private sending = false;
  private nextReceive = 0;
  private nextSend = 0;
  /** Copies of what the driver handed over, by descriptor index. */
  private readonly owned = new Map<number, Buffer>();

  constructor(
    private readonly clock: VirtualClock,
    private readonly bus: Bus,
    private readonly line: Line,
    private readonly options: Rtl8139Options = {},
    private readonly chip = RTL8139,
  ) {
    this.bytes.set(options.mac ?? [0x52, 0x54, 0, 0x12, 0x34, 0x56]);
  }

  read(offset: number, width: Width): number {
    const [link, up, down] = this.chip.link;
    if (offset === link) return this.linked ? up : down;
    if (offset === CR && this.stuck) return RST;
    if (width === 1) return this.registers.getUint8(offset);
    return width === 2
      ? this.registers.getUint16(offset, true)
      : this.registers.getUint32(offset, true);
  }

  write(offset: number, value: number, width: Width): void {
    if (offset === CR) this.command(value);
    else if (offset === ISR) this.setWord(ISR, this.word(ISR) & ~value);
    else if (offset === MPC) this.registers.setUint32(MPC, 0, true);
    else if (offset === this.chip.poll) this.poll();
    else if ((offset === TCR || offset === RCR) && (this.bytes[CR] & (RE | TE)) !== (RE | TE)) {
      throw new Error("rtl8139: TCR or RCR is written while a direction is disabled");
    } else if (width === 1) this.registers.setUint8(offset, value);
    else if (width === 2) this.setWord(offset, value);
    else this.registers.setUint32(offset, value, true);
    this.updateLine();
  }

  setLink(up: boolean): void {
    this.linked = up;
    this.raise(LINK);
  }

  receive(frame: Uint8Array, fault: Fault = {}): boolean {
    if (!this.isReceiving() || !this.linked || !this.accepts(frame)) return false;
    const parts = fault.parts ?? [frame.length];
    let at = 0;
    for (const [i, size] of parts.entries()) {
      const last = i === parts.length - 1 && !fault.unfinished;
      const length = last ? (fault.length ?? frame.length + FCS) : size;
      const flags = (i === 0 ? FS : 0) + (last ? LS : 0) + (fault.errors ?? 0);
      if (!this.fill(frame.subarray(at, at + size), length, flags)) return false;
      at += size;
    }
    this.raise(ROK);
    return true;
  }

  /** Descriptors that the card may still fill. */
  freeReceive(): number {
    let count = 0;
    while (count < this.chip.longest && this.descriptor(RDSAR, count).getUint32(0, true) >= OWN)
      count++;
    return count;
  }

  protected reset(): void {
    this.resets++;
    this.owned.clear();
    this.sending = false;
    this.bytes.fill(0, 8);
  }
  protected isReceiving(): boolean {
    return (this.bytes[CR] & RE) !== 0;
  }
  /** Checks what must come before the command to enable both directions. */
  protected checkPrepared(): void {
    if ((this.word(CPCR) & 3) !== 3) throw new Error("rtl8139: enabled before C+ mode");
  }

  private command(value: number): void {
    if (value & RST) {
      this.reset();
      return;
    }
    this.checkPrepared();
    [this.nextReceive, this.nextSend] = [0, 0];
    this.bytes[CR] = value;
  }

  private accepts(frame: Uint8Array): boolean {
    const control = this.registers.getUint32(RCR, true);
    if (frame.subarray(0, 6).every((byte) => byte === 255)) return (control & AB) !== 0;
    const own = frame.subarray(0, 6).every((byte, i) => byte === this.bytes[i]);
    return own && (control & APM) !== 0;
  }

  private fill(data: Uint8Array, length: number, flags: number): boolean {
    const descriptor = this.descriptor(RDSAR, this.nextReceive);
    const command = descriptor.getUint32(0, true);
    if (command < OWN) {
      this.missed++;
      this.registers.setUint32(MPC, this.registers.getUint32(MPC, true) + 1, true);
      this.raise(RDU);
      return false;
    }
    const size = command & this.chip.lengthBits;
    const end = (command & EOR) !== 0;
    // The whole buffer must be the kernel's, even if only a part is used.
    this.buffer(descriptor, size).set(data.subarray(0, size));
    const status = (end ? EOR : 0) + flags + (length & this.chip.lengthBits);
    descriptor.setUint32(0, status, true);
    this.nextReceive = end ? 0 : this.nextReceive + 1;
    return true;
  }

  /** Starts to send what the driver has handed over. */
  private poll(): void {
    if ((this.bytes[CR] & TE) === 0) throw new Error("rtl8139: polls a disabled transmitter");
    if (this.options.sendTime) this.recordOwned();
    if (!this.sending) this.startSending();
  }

  private recordOwned(): void {
    for (let i = this.nextSend, count = 0; count < this.chip.longest; count++) {
      const descriptor = this.descriptor(TNPDS, i);
      const command = descriptor.getUint32(0, true);
      if (command < OWN) return;
      if (!this.owned.has(i)) this.owned.set(i, this.image(descriptor));
      i = command & EOR ? 0 : i + 1;
    }
  }

  private startSending(): void {
    const waiting = () => this.descriptor(TNPDS, this.nextSend).getUint32(0, true) >= OWN;
    if (!waiting()) return;
    const time = this.options.sendTime ?? 0;
    if (time === 0) {
      while (waiting()) this.sendOne();
      this.raise(TOK);
      return;
    }
    this.sending = true;
    this.clock.after(time, () => {
      if (!this.sending) return;
      this.sending = false;
      this.sendOne();
      this.raise(TOK);
      this.startSending();
    });
  }

  private sendOne(): void {
    const index = this.nextSend;
    const descriptor = this.descriptor(TNPDS, index);
    const before = this.owned.get(index);
    if (before && Buffer.compare(before, this.image(descriptor)) !== 0) {
      throw new Error(`rtl8139: descriptor ${index} or its frame changed before it was sent`);
    }
    this.owned.delete(index);
    const command = descriptor.getUint32(0, true);
    if ((command & FS) === 0 || (command & LS) === 0) throw new Error("rtl8139: a part of a frame");
    const frame = this.buffer(descriptor, command & 0xffff).slice();
    if (frame.length < SHORTEST) {
      throw new Error(`rtl8139: a frame of ${frame.length} bytes is not padded`);
    }
    this.sent.push(frame);
    this.onSend(frame);
    descriptor.setUint32(0, command - OWN, true);
    this.nextSend = command & EOR ? 0 : index + 1;
  }

  private descriptor(register: number, index: number): DataView {
    const base = this.registers.getUint32(register, true);
    if (base % 256 !== 0) throw new Error("rtl8139: a ring does not begin on a 256-byte boundary");
    if (index >= this.chip.longest) throw new Error("rtl8139: a ring without an end");
    const { buffer, byteOffset } = this.bus.dmaView(base + 16 * index, 16);
    return new DataView(buffer, byteOffset, 16);
  }

  private buffer(descriptor: DataView, length: number): Uint8Array {
    return this.bus.dmaView(Number(descriptor.getBigUint64(8, true)), length);
  }

  /** What the driver may not change while the card owns a descriptor. */
  private image(descriptor: DataView): Buffer {
    const own = new Uint8Array(descriptor.buffer, descriptor.byteOffset, 16);
    return Buffer.concat([own, this.buffer(descriptor, descriptor.getUint32(0, true) & 0xffff)]);
  }

  protected word(offset: number): number {
    return this.registers.getUint16(offset, true);
  }
  private setWord(offset: number, value: number): void {
    this.registers.setUint16(offset, value, true);
  }

  private raise(causes: number): void {
    this.setWord(ISR, this.word(ISR) | causes);
    this.updateLine();
  }

  private updateLine(): void {
    if (!this.mute) this.line((this.word(ISR) & this.word(IMR)) !== 0);
  }
}

export interface Rtl8168Options extends Rtl8139Options {
  /** The version of the chip, in bits 20 to 30 of TCR; the default is that of an RTL8168G. */
  version?: number;
  /** The PHY was powered down by another system. */
  asleep?: boolean;
}

const VERSION_G = 0x4c0;

export class Rtl8168Model extends Rtl8139Model {
  /** The PHY's basic control register. */
  phyControl: number;
  private readonly version: number;

  constructor(clock: VirtualClock, bus: Bus, line: Line, options: Rtl8168Options = {}) {
    super(clock, bus, line, options, RTL8168);
    this.version = options.version ?? VERSION_G;
    this.phyControl = options.asleep ? 0x1800 : 0x1000;
    this.registers.setUint32(MISC, this.version >= VERSION_G ? 1 << 19 : 0, true);
  }

  read(offset: number, width: Width): number {
    const value = super.read(offset, width);
    return offset === TCR ? (value | (this.version << 20)) >>> 0 : value;
  }

  write(offset: number, value: number, width: Width): void {
    if ((offset === MTPS || offset === RMS) && this.bytes[CR9346] !== 0xc0) {
      throw new Error("rtl8168: a configuration register is written while it is locked");
    }
    if (offset === PHYAR) this.accessPhy(value);
    else super.write(offset, value, width);
  }

  /** What a reset does not change: the PHY, and what holds the receiver back. */
  protected reset(): void {
    const misc = this.registers.getUint32(MISC, true);
    super.reset();
    this.registers.setUint32(MISC, misc, true);
  }

  protected isReceiving(): boolean {
    const gated = this.registers.getUint32(MISC, true) & (1 << 19);
    const awake = (this.phyControl & 0x800) === 0;
    return super.isReceiving() && !gated && awake && this.word(RMS) >= 1518 + FCS;
  }

  protected checkPrepared(): void {
    super.checkPrepared();
    if (this.word(CPCR) & 0x60) throw new Error("rtl8168: checks sums or removes tags");
    if (this.bytes[CR9346] !== 0) throw new Error("rtl8168: the configuration is not locked");
  }

  private accessPhy(value: number): void {
    if (this.version >= VERSION_G) throw new Error("rtl8168: a later chip has no PHYAR");
    if (((value >>> 16) & 31) !== 0) throw new Error("rtl8168: not the basic control register");
    if (value >>> 31) this.phyControl = value & 0xffff & ~0x200;
    // The flag changes when the access is done: at once.
    const done = value >>> 31 ? value & 0x7fff_ffff : 2 ** 31 + this.phyControl;
    this.registers.setUint32(PHYAR, done, true);
  }
}
