/**
 * A model of Realtek's RTL8139 without C+ mode, after its datasheet: one receive buffer, and four
 * transmit slots. It checks its driver: a frame that changes before it is sent or is not padded, an
 * address outside the kernel's memory, or a slot that is used twice, fails the test.
 */
import type { BusDevice, Line, Width } from "./bus.ts";
import type { VirtualClock } from "./clock.ts";
import type { Fault, NicModel } from "./nic-model.ts";
import type { Rtl8139Options } from "./rtl8139.ts";

const [TSD0, TSAD0, RBSTART, CR, CAPR, CBR] = [0x10, 0x20, 0x30, 0x37, 0x38, 0x3a];
const [IMR, ISR, TCR, RCR, MPC, MSR] = [0x3c, 0x3e, 0x40, 0x44, 0x4c, 0x58];
const [RST, RE, TE, BUFE] = [0x10, 0x08, 0x04, 0x01];
const [ROK, TOK, TER, RXOVW, LINK] = [0x01, 0x04, 0x08, 0x10, 0x20];
const [APM, AB, WRAP] = [1 << 1, 1 << 3, 1 << 7];
const [OWN, TOK_STATUS, ABORTED] = [1 << 13, 1 << 15, 1 << 30];
const [HEADER, FCS, SHORTEST] = [4, 4, 60];

interface Bus {
  /** The memory itself, not a copy. */
  dmaView(address: number, length: number): Uint8Array;
}

export class Rtl8139PlainModel implements BusDevice, NicModel {
  readonly sent: Uint8Array[] = [];
  onSend: (frame: Uint8Array) => void = () => {};
  missed = 0;
  resets = 0;
  /** True: a reset never ends. */
  stuck = false;
  /** True: interrupts get lost. */
  mute = false;
  /** True: the next frame is given up after too many collisions. */
  abort = false;
  private readonly bytes = new Uint8Array(256);
  private readonly registers = new DataView(this.bytes.buffer);
  private linked = true;
  private sending = false;
  private nextSlot = 0;
  /** The sizes and frames that the driver handed over, by slot. */
  private readonly owned = new Map<number, Buffer>();

  constructor(
    private readonly clock: VirtualClock,
    private readonly bus: Bus,
    private readonly line: Line,
    private readonly options: Rtl8139Options = {},
  ) {
    this.bytes.set(options.mac ?? [0x52, 0x54, 0, 0x12, 0x34, 0x56]);
    this.reset();
  }

  read(offset: number, width: Width): number {
    if (offset === MSR) return this.linked ? 0 : 4;
    if (offset === CR && this.stuck) return RST;
    if (offset === CR) return this.bytes[CR] | (this.unread() === 0 ? BUFE : 0);
    if (width === 1) return this.registers.getUint8(offset);
    return width === 2
      ? this.registers.getUint16(offset, true)
      : this.registers.getUint32(offset, true);
  }

  write(offset: number, value: number, width: Width): void {
    const enabled = (this.bytes[CR] & (RE | TE)) === (RE | TE);
    if (offset === CR) this.command(value);
    else if (offset === ISR) this.setWord(ISR, this.word(ISR) & ~value);
    else if (offset === MPC) this.registers.setUint32(MPC, 0, true);
    else if (offset >= TSD0 && offset < TSAD0) this.start((offset - TSD0) / 4, value);
    else if ((offset === TCR || offset === RCR) && !enabled) {
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
    if ((this.bytes[CR] & RE) === 0 || !this.linked || !this.accepts(frame)) return false;
    if ((this.dword(RCR) & WRAP) === 0) throw new Error("rtl8139: frames in two parts");
    const whole = frame.length + FCS;
    const size = this.size();
    if (size - this.unread() <= whole + 2 * HEADER) {
      this.missed++;
      this.registers.setUint32(MPC, this.dword(MPC) + 1, true);
      this.raise(RXOVW);
      return false;
    }
    const at = this.word(CBR);
    const header = new DataView(new ArrayBuffer(HEADER));
    header.setUint16(0, fault.errors ?? 1, true);
    header.setUint16(2, fault.length ?? whole, true);
    const data = Buffer.concat([new Uint8Array(header.buffer), frame, new Uint8Array(FCS)]);
    this.bus.dmaView(this.dword(RBSTART) + at, data.length).set(data);
    this.setWord(CBR, ((at + data.length + 3) & ~3) % size);
    this.raise(ROK);
    return true;
  }

  private command(value: number): void {
    if (value & RST) {
      this.resets++;
      this.reset();
      return;
    }
    this.bytes[CR] = value;
  }

  private reset(): void {
    this.owned.clear();
    this.sending = false;
    this.nextSlot = 0;
    this.bytes.fill(0, 8);
    for (let slot = 0; slot < 4; slot++) this.registers.setUint32(TSD0 + 4 * slot, OWN, true);
    this.setWord(CAPR, 0xfff0);
  }

  private size(): number {
    return 8192 << ((this.dword(RCR) >> 11) & 3);
  }
  /** Bytes that the driver has not read. */
  private unread(): number {
    return (this.word(CBR) - this.word(CAPR) - 16 + 2 ** 17) % this.size();
  }

  private accepts(frame: Uint8Array): boolean {
    const control = this.dword(RCR);
    if (frame.subarray(0, 6).every((byte) => byte === 255)) return (control & AB) !== 0;
    const own = frame.subarray(0, 6).every((byte, i) => byte === this.bytes[i]);
    return own && (control & APM) !== 0;
  }

  /** Begins to send the frame of a slot. */
  private start(slot: number, value: number): void {
    if ((this.bytes[CR] & TE) === 0) throw new Error("rtl8139: sends while it is disabled");
    if (this.owned.has(slot)) throw new Error(`rtl8139: slot ${slot} is still in use`);
    if (value & OWN) throw new Error("rtl8139: a slot is given to the driver");
    this.registers.setUint32(TSD0 + 4 * slot, value, true);
    this.owned.set(slot, Buffer.from(this.frame(slot)));
    if (!this.sending) this.sendNext();
  }

  private sendNext(): void {
    if (!this.owned.has(this.nextSlot)) return;
    const time = this.options.sendTime ?? 0;
    if (time === 0) {
      this.sendOne();
      return;
    }
    this.sending = true;
    this.clock.after(time, () => {
      if (!this.sending) return;
      this.sending = false;
      if (this.sendOne()) this.sendNext();
    });
  }

  /** Returns false if the frame is given up, whereupon the transmitter stands still. */
  private sendOne(): boolean {
    const slot = this.nextSlot;
    const frame = this.frame(slot);
    const before = this.owned.get(slot);
    if (!before || Buffer.compare(before, frame) !== 0) {
      throw new Error(`rtl8139: the frame of slot ${slot} changed before it was sent`);
    }
    const status = this.dword(TSD0 + 4 * slot);
    if (this.abort) {
      this.abort = false;
      this.registers.setUint32(TSD0 + 4 * slot, (status | OWN | ABORTED) >>> 0, true);
      this.raise(TER);
      return false;
    }
    this.registers.setUint32(TSD0 + 4 * slot, (status | OWN | TOK_STATUS) >>> 0, true);
    this.owned.delete(slot);
    this.nextSlot = (slot + 1) % 4;
    this.sent.push(frame.slice());
    this.onSend(frame.slice());
    this.raise(TOK);
    return true;
  }

  /** The frame of a slot, in the kernel's memory. */
  private frame(slot: number): Uint8Array {
    const address = this.dword(TSAD0 + 4 * slot);
    const length = this.dword(TSD0 + 4 * slot) & 0x1fff;
    if (address % 4 !== 0) throw new Error("rtl8139: a slot is not on a 4-byte boundary");
    if (length < SHORTEST) throw new Error(`rtl8139: a frame of ${length} bytes is not padded`);
    return this.bus.dmaView(address, length);
  }

  private word(offset: number): number {
    return this.registers.getUint16(offset, true);
  }
  private dword(offset: number): number {
    return this.registers.getUint32(offset, true);
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
