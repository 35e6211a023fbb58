/**
 * A model of Intel's 8254x, registers and descriptors, after its Software Developer's Manual. It
 * checks its driver: a frame to send, or its descriptor, that changes before it is sent, an address
 * outside the kernel's memory, or a frame that is not padded, fails the test.
 */
import type { BusDevice, Line } from "./bus.ts";
import type { VirtualClock } from "./clock.ts";
import { Eeprom } from "./eeprom.ts";
import type { Fault, NicModel } from "./nic-model.ts";

const CTRL = 0x0000;
const STATUS = 0x0008;
const EECD = 0x0010;
const EERD = 0x0014;
const ICR = 0x00c0;
const ITR = 0x00c4;
const ICS = 0x00c8;
const IMS = 0x00d0;
const IMC = 0x00d8;
const RCTL = 0x0100;
const TCTL = 0x0400;
const [RDBAL, RDLEN, RDH, RDT] = [0x2800, 0x2808, 0x2810, 0x2818];
const [TDBAL, TDLEN, TDH, TDT, TXDCTL] = [0x3800, 0x3808, 0x3810, 0x3818, 0x3828];
const MPC = 0x4010;
const [STATISTICS, STATISTICS_END] = [0x4000, 0x4128];
const MTA = 0x5200;
const [RAL0, RAH0] = [0x5400, 0x5404];

const [TXDW, TXQE, LSC, RXDMT0, RXO, RXT0] = [0x01, 0x02, 0x04, 0x10, 0x40, 0x80];
const [EN, SBP, UPE, MPE, LPE, BAM] = [1 << 1, 1 << 2, 1 << 3, 1 << 4, 1 << 5, 1 << 15];
const [DD, EOP] = [1, 2];
const [CMD_EOP, CMD_RS] = [1, 8];
/** The shortest frame without its FCS (IEEE 802.3 section 3.2.8). */
const SHORTEST = 60;
/** The sizes of the register window and of a receive buffer. */
const [SPACE, BUFFER] = [0x20000, 2048];

/** CTRL and STATUS: no new DMA, and DMA is possible. */
const [MASTER_DISABLE, MASTER_ENABLED] = [1 << 2, 1 << 19];
/** A bit of TXDCTL that an 82574 needs. */
const TXDCTL_NEEDED = 1 << 22;

export interface E1000Options {
  mac?: number[];
  /** As an 82574 instead of an 8254x. */
  is82574?: boolean;
  /** As on the 82544: no EERD, so the EEPROM is read bit by bit. */
  bitEeprom?: boolean;
  /** False: reset does not fill RAL0, so the EEPROM must be read. */
  loadsAddress?: boolean;
  /** Nanoseconds until a frame has been sent; 0: within the write of TDT, as QEMU does. */
  sendTime?: number;
  /** As in QEMU: reset and reading statistics clear nothing; writing RCTL delays reception 1 s. */
  qemu?: boolean;
}

interface Bus {
  /** The memory itself, not a copy. */
  dmaView(address: number, length: number): Uint8Array;
}

export class E1000Model implements BusDevice, NicModel {
  readonly sent: Uint8Array[] = [];
  onSend: (frame: Uint8Array) => void = () => {};
  /** Number of writes to each register, by offset. */
  readonly writes = new Map<number, number>();
  missed = 0;
  resets = 0;
  /** True: interrupts get lost. */
  mute = false;
  private readonly registers = new Uint32Array(SPACE / 4);
  private readonly mac: number[];
  private readonly eeprom: Eeprom;
  private linked = true;
  private deafUntil = 0;
  private waiting: { frame: Uint8Array; fault: Fault }[] = [];
  private sending = false;
  /** Copies of what the driver handed over, by descriptor index. */
  private readonly owned = new Map<number, { descriptor: Uint8Array; data: Uint8Array }>();
  private lastInterrupt = Number.NEGATIVE_INFINITY;
  private throttled = false;

  constructor(
    private readonly clock: VirtualClock,
    private readonly bus: Bus,
    private readonly line: Line,
    protected readonly options: E1000Options = {},
  ) {
    this.mac = options.mac ?? [0x52, 0x54, 0, 0x12, 0x34, 0x56];
    this.eeprom = new Eeprom(this.mac);
    this.reset();
  }

  get(register: number): number {
    return this.registers[register >>> 2];
  }
  set(register: number, value: number): void {
    this.registers[register >>> 2] = value;
  }
  writeCount(register: number): number {
    return this.writes.get(register) ?? 0;
  }

  setLink(up: boolean): void {
    this.linked = up;
    this.set(STATUS, up ? this.get(STATUS) | 2 : this.get(STATUS) & ~2);
    this.raise(LSC);
  }

  receive(frame: Uint8Array, fault: Fault = {}): boolean {
    if ((this.get(RCTL) & EN) === 0 || !this.linked) return false;
    if (this.clock.now < this.deafUntil) {
      this.waiting.push({ frame, fault });
      return true;
    }
    const faulty = fault.errors !== undefined || fault.parts !== undefined;
    if (!faulty && frame.length > 1518 && (this.get(RCTL) & LPE) === 0) return false;
    if (!this.accepts(frame)) return false;
    const parts = fault.parts ?? [frame.length];
    if (this.freeReceive() < parts.length) {
      this.missed++;
      this.set(MPC, this.get(MPC) + 1);
      this.raise(RXO);
      return false;
    }
    let offset = 0;
    parts.forEach((size, i) => {
      const last = i === parts.length - 1;
      const data = frame.subarray(offset, offset + size);
      offset += size;
      const end = last && !fault.unfinished;
      this.fill(data, last ? (fault.length ?? data.length) : BUFFER, end, fault.errors ?? 0);
    });
    const low = this.freeReceive() <= this.ringSize(RDLEN) >> (((this.get(RCTL) >> 8) & 3) + 1);
    this.raise(RXT0 | (low ? RXDMT0 : 0));
    return true;
  }

  /** Descriptors that the controller may still fill. */
  freeReceive(): number {
    const size = this.ringSize(RDLEN);
    return size === 0 ? 0 : (this.get(RDT) - this.get(RDH) + size) % size;
  }

  read(offset: number): number {
    if (offset === ICR) return this.readCauses();
    if (offset === EECD) return this.eeprom.readLines();
    const value = this.get(offset);
    if (offset === STATUS && this.onExpress) {
      return this.get(CTRL) & MASTER_DISABLE ? value : value | MASTER_ENABLED;
    }
    const counted = offset >= STATISTICS && offset < STATISTICS_END;
    if (counted && !this.options.qemu) this.set(offset, 0);
    return value;
  }

  write(offset: number, value: number): void {
    this.writes.set(offset, this.writeCount(offset) + 1);
    if (offset === CTRL) this.control(value);
    else if (offset === IMS) this.setMask(this.get(IMS) | value);
    else if (offset === IMC) this.setMask(this.get(IMS) & ~value);
    else if (offset === ICS) this.raise(value);
    else if (offset === ICR) this.set(ICR, this.get(ICR) & ~value);
    else if (offset === EECD) this.eeprom.writeLines(value);
    else if (offset === EERD) this.set(EERD, this.readEeprom(value));
    else if (offset === STATUS) return;
    else this.set(offset, value);
    if (offset === RCTL) this.receiveControl();
    if (offset === RDT) this.checkTail(RDLEN, value);
    if (offset === TDT) {
      this.checkTail(TDLEN, value);
      this.recordOwned();
    }
    if (offset === TDT || offset === TCTL) this.startSending();
  }

  /** An 82574 keeps the causes while some are enabled but none of these is raised. */
  private readCauses(): number {
    const causes = this.get(ICR);
    const keeps = this.options.is82574 && this.get(IMS) !== 0 && (causes & this.get(IMS)) === 0;
    if (!keeps) this.set(ICR, 0);
    this.updateLine();
    return causes;
  }

  private control(value: number): void {
    if (value & (1 << 26)) {
      this.resets++;
      if (this.onExpress && (this.get(CTRL) & MASTER_DISABLE) === 0) {
        throw new Error("e1000: a reset while DMA is enabled");
      }
      if (!this.options.qemu) this.reset();
    } else this.set(CTRL, value);
  }

  /** Whether the card is on PCI Express. */
  protected get onExpress(): boolean {
    return this.options.is82574 ?? false;
  }

  protected reset(): void {
    this.registers.fill(0);
    this.owned.clear();
    this.sending = false;
    this.set(STATUS, (this.linked ? 2 : 0) | (2 << 6) | 1);
    if (this.options.loadsAddress ?? true) {
      const [a, b, c, d, e, f] = this.mac;
      this.set(RAL0, a | (b << 8) | (c << 16) | (d << 24));
      this.set(RAH0, e | (f << 8) | 0x80000000);
    }
    this.line(false);
  }

  private receiveControl(): void {
    if (!this.options.qemu) return;
    this.deafUntil = this.clock.now + 1e9;
    this.clock.after(1e9, () => {
      if (this.clock.now < this.deafUntil) return;
      for (const { frame, fault } of this.waiting.splice(0)) this.receive(frame, fault);
    });
  }

  private readEeprom(value: number): number {
    return this.options.bitEeprom ? 0 : this.eeprom.read(value, this.options.is82574);
  }

  private checkTail(lengthRegister: number, value: number): void {
    if (value >= this.ringSize(lengthRegister)) throw new Error(`e1000: tail ${value} too large`);
  }

  private ringSize(lengthRegister: number): number {
    const length = this.get(lengthRegister);
    if (length % 128 !== 0) throw new Error("e1000: a ring's length is not a multiple of 128");
    return length / 16;
  }

  private descriptorAddress(baseRegister: number, index: number): number {
    const base = this.get(baseRegister) + this.get(baseRegister + 4) * 2 ** 32;
    if (base % 16 !== 0) throw new Error("e1000: a ring does not begin on a 16-byte boundary");
    return base + 16 * index;
  }

  /** SDM 3.2.1 and 13.5: exact match, broadcast, multicast table. */
  private accepts(frame: Uint8Array): boolean {
    const control = this.get(RCTL);
    if (control & SBP) throw new Error("e1000: RCTL.SBP is set, so bad frames would be stored");
    const low = word(frame, 0);
    const high = frame[4] | (frame[5] << 8);
    if (low === 0xffffffff && high === 0xffff) return (control & (BAM | MPE)) !== 0;
    if (low & 1) {
      const hash = high >> 4;
      const word = this.get(MTA + 4 * (hash >> 5));
      return (control & MPE) !== 0 || ((word >>> (hash & 31)) & 1) !== 0;
    }
    const own = this.get(RAL0) === low && this.get(RAH0) === (high | 0x80000000) >>> 0;
    return (control & UPE) !== 0 || own;
  }

  private fill(data: Uint8Array, length: number, end: boolean, errors: number): void {
    const index = this.get(RDH);
    const address = this.descriptorAddress(RDBAL, index);
    const descriptor = this.bus.dmaView(address, 16);
    if (this.isDone(descriptor)) throw new Error("e1000: a descriptor to fill is marked as done");
    if ((this.get(RCTL) >> 16) & 3) throw new Error("e1000: buffers are not 2048 bytes");
    // The whole buffer must be the kernel's, even if only a part is used.
    this.bus.dmaView(bufferAddress(descriptor), BUFFER).set(data);
    this.describe(descriptor, length, end, errors);
    this.set(RDH, (index + 1) % this.ringSize(RDLEN));
  }

  protected isDone(descriptor: Uint8Array): boolean {
    return (descriptor[12] & DD) !== 0;
  }
  protected describe(descriptor: Uint8Array, length: number, end: boolean, errors: number): void {
    descriptor[8] = length;
    descriptor[9] = length >> 8;
    descriptor[12] = DD | (end ? EOP : 0);
    descriptor[13] = errors;
  }

  /** Records what the descriptors from head to tail hold. */
  private recordOwned(): void {
    // A frame sent within the write of TDT cannot change before it is sent.
    if (!this.options.sendTime) return;
    const size = this.ringSize(TDLEN);
    for (let i = this.get(TDH); i !== this.get(TDT); i = (i + 1) % size) {
      if (this.owned.has(i)) continue;
      const { descriptor, data } = this.given(i);
      this.owned.set(i, { descriptor: descriptor.slice(), data: data.slice() });
    }
  }

  /** A descriptor to send and its frame, in the kernel's memory. */
  protected given(index: number): { descriptor: Uint8Array; data: Uint8Array } {
    const descriptor = this.bus.dmaView(this.descriptorAddress(TDBAL, index), 16);
    const length = descriptor[8] | (descriptor[9] << 8);
    if (length < SHORTEST) throw new Error(`e1000: a frame of ${length} bytes is not padded`);
    return { descriptor, data: this.bus.dmaView(bufferAddress(descriptor), length) };
  }

  private startSending(): void {
    if (this.sending || (this.get(TCTL) & EN) === 0) return;
    if (this.get(TDH) === this.get(TDT)) return;
    if (this.options.is82574 && (this.get(TXDCTL) & TXDCTL_NEEDED) === 0) {
      throw new Error("82574: bit 22 of TXDCTL is not set");
    }
    const time = this.options.sendTime ?? 0;
    if (time === 0) {
      while (this.get(TDH) !== this.get(TDT)) this.sendOne();
      this.raise(TXQE);
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

  private sendOne(): void {
    const index = this.get(TDH);
    const { descriptor, data } = this.given(index);
    if (this.options.sendTime) {
      const before = this.owned.get(index);
      if (!before || !same(before.descriptor, descriptor) || !same(before.data, data)) {
        throw new Error(`e1000: descriptor ${index} or its frame changed before it was sent`);
      }
      this.owned.delete(index);
    }
    const command = descriptor[11];
    if ((command & CMD_EOP) === 0) throw new Error("e1000: frames in parts are not modelled");
    const frame = data.slice();
    this.sent.push(frame);
    this.onSend(frame);
    if (command & CMD_RS) descriptor[12] = DD;
    this.set(TDH, (index + 1) % this.ringSize(TDLEN));
    if (command & CMD_RS) this.raise(TXDW);
  }

  private setMask(mask: number): void {
    this.set(IMS, mask);
    this.updateLine();
  }

  private raise(causes: number): void {
    this.set(ICR, this.get(ICR) | causes);
    this.updateLine();
  }

  /** The minimum nanoseconds between two interrupts. */
  protected throttle(): number {
    return this.get(ITR) * 256;
  }
  protected interrupts(): boolean {
    return !this.mute && (this.get(ICR) & this.get(IMS)) !== 0;
  }

  private updateLine(): void {
    const wanted = this.interrupts();
    if (!wanted || this.throttled) {
      if (!wanted) this.line(false);
      return;
    }
    const earliest = this.lastInterrupt + this.throttle();
    if (this.clock.now >= earliest) {
      this.lastInterrupt = this.clock.now;
      this.line(true);
      return;
    }
    this.throttled = true;
    this.clock.after(earliest - this.clock.now, () => {
      this.throttled = false;
      this.updateLine();
    });
  }
}

/** The address of a descriptor's frame. */
function bufferAddress(descriptor: Uint8Array): number {
  return word(descriptor, 0) + word(descriptor, 4) * 2 ** 32;
}

/** Reads a little-endian 32-bit word. */
function word(bytes: Uint8Array, at: number): number {
  return (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0;
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
