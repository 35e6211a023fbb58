/** A 16550A with its FIFOs, interrupt logic and the speed of its line. */
import type { BusDevice, Line } from "./bus.ts";
import type { Timer, VirtualClock } from "./clock.ts";

const FIFO = 16;
const TRIGGERS = [1, 4, 8, 14];
/** Characters kept for `endsWith`: more than a prompt has. */
const TAIL = 32;

export interface Typed {
  byte: number;
  /** Line status bits that come with the byte: break 0x10, framing 0x08, parity 0x04. */
  errors: number;
}

export class Uart16550 implements BusDevice {
  /** Bytes lost because the FIFO was full. */
  lost = 0;
  /** Whether typed bytes wait while the FIFO is full (as in QEMU) or RTS is off. */
  waits = false;
  private enable = 0;
  private lineControl = 0;
  private modemControl = 0;
  private scratch = 0;
  private divisor = 12;
  private fifoControl = 0;
  private readonly received: Typed[] = [];
  /** The output so far, as Latin-1, and its last characters. */
  private text = "";
  private tail = "";
  /** Bytes being sent: the first is in the shift register until `shifted`, others in the FIFO. */
  private readonly sending: number[] = [];
  private shifted = 0;
  private held = false;
  private overrun = false;
  private transmitPending = false;
  private timedOut = false;
  private timeout: Timer | undefined;
  private typing: Typed[] = [];
  /** Number of bytes in `typing` that have arrived. */
  private arrived = 0;
  private typist: Timer | undefined;

  constructor(
    private readonly clock: VirtualClock,
    private readonly interrupt: Line,
  ) {}

  /** The output up to now, as Latin-1. */
  get output(): string {
    this.settle();
    return this.text;
  }
  set output(text: string) {
    this.settle();
    this.text = text;
    this.tail = text.slice(-TAIL);
  }

  /** Reports quickly whether the output ends with `words`, which has at most TAIL characters. */
  endsWith(words: string): boolean {
    this.settle();
    return this.tail.endsWith(words);
  }

  /** Returns the nanoseconds per byte: start bit, eight bits, stop bit. */
  byteTime(): number {
    return (10e9 * this.divisor) / 115_200;
  }

  /** Returns the programmed divisor and line control. */
  settings(): { divisor: number; lineControl: number } {
    return { divisor: this.divisor, lineControl: this.lineControl };
  }

  /** Sends bytes to the receiver, at the line's speed. */
  type(bytes: Uint8Array | string, errors = 0): void {
    for (const byte of Buffer.from(bytes as Uint8Array)) this.typing.push({ byte, errors });
    this.typist ??= this.clock.after(this.byteTime(), () => this.arrive());
  }

  /** Stops the transmitter, as a receiver does that takes no bytes, or lets it go on. */
  hold(on: boolean): void {
    this.settle();
    if (this.held === on) return;
    this.held = on;
    if (on || this.sending.length === 0) return;
    this.shifted = this.clock.now + Math.ceil(this.byteTime());
    this.watch();
  }

  /** Reports whether typed bytes are still to arrive. */
  busy(): boolean {
    return this.typing.length > this.arrived;
  }

  read(offset: number): number {
    this.settle();
    const value = this.readRegister(offset);
    this.update();
    return value;
  }

  write(offset: number, value: number): void {
    this.settle();
    this.writeRegister(offset, value & 255);
    this.update();
  }

  private readRegister(offset: number): number {
    if (this.lineControl & 0x80 && offset < 2) return (this.divisor >> (8 * offset)) & 255;
    if (offset === 0) return this.takeReceived();
    if (offset === 1) return this.enable;
    if (offset === 2) return this.identify();
    if (offset === 3) return this.lineControl;
    if (offset === 4) return this.modemControl;
    if (offset === 5) return this.status();
    return offset === 7 ? this.scratch : 0;
  }

  private writeRegister(offset: number, value: number): void {
    if (this.lineControl & 0x80 && offset < 2) {
      const other = this.divisor & (0xff << (8 - 8 * offset));
      this.divisor = other | (value << (8 * offset));
    } else if (offset === 0) this.send(value);
    else if (offset === 1) {
      // When enabled with nothing to send, the transmitter interrupts at once.
      if (value & ~this.enable & 2 && this.sending.length === 0) this.transmitPending = true;
      this.enable = value & 15;
    } else if (offset === 2) {
      this.fifoControl = value;
      if (value & 2) this.received.length = 0;
    } else if (offset === 3) this.lineControl = value;
    else if (offset === 4) this.modemControl = value;
    else if (offset === 7) this.scratch = value;
  }

  private takeReceived(): number {
    this.timedOut = false;
    this.startTimeout();
    return this.received.shift()?.byte ?? 0;
  }

  /** Returns the line status, and clears its overrun bit and the errors of the next byte. */
  private status(): number {
    let status = this.overrun ? 2 : 0;
    this.overrun = false;
    const first = this.received[0];
    if (first) {
      status |= 1 | first.errors;
      first.errors = 0;
    }
    if (this.sending.length === 0) status |= 0x60;
    else if (this.sending.length === 1) status |= 0x20;
    return status;
  }

  private pending(): number {
    if (this.enable & 4 && (this.overrun || this.received[0]?.errors)) return 6;
    if (this.enable & 1) {
      if (this.received.length >= TRIGGERS[this.fifoControl >> 6]) return 4;
      if (this.timedOut && this.received.length > 0) return 12;
    }
    return this.enable & 2 && this.transmitPending ? 2 : 1;
  }

  private identify(): number {
    const cause = this.pending();
    if (cause === 2) this.transmitPending = false;
    return cause | (this.fifoControl & 1 ? 0xc0 : 0);
  }

  private send(byte: number): void {
    if (this.sending.length > FIFO) throw new Error("16550: the transmit FIFO overflowed");
    this.sending.push(byte);
    this.transmitPending = false;
    if (this.sending.length > 1) return;
    this.shifted = this.clock.now + Math.ceil(this.byteTime());
    this.watch();
  }

  /** Moves the bytes that have been shifted out by now to the output. */
  private settle(): void {
    const { sending, clock } = this;
    if (this.held || sending.length === 0 || this.shifted > clock.now) return;
    const time = Math.ceil(this.byteTime());
    const count = Math.min(sending.length, 1 + Math.floor((clock.now - this.shifted) / time));
    this.shifted += count * time;
    const sent = String.fromCharCode(...sending.splice(0, count));
    this.text += sent;
    this.tail = (this.tail + sent).slice(-TAIL);
    // The FIFO is empty; at most one byte is left, in the shift register.
    if (sending.length <= 1) this.transmitPending = true;
  }

  /** Schedules updates for when the FIFO and the shift register become empty. */
  private watch(): void {
    const { sending, clock } = this;
    const more = Math.max(0, sending.length - 2) * Math.ceil(this.byteTime());
    clock.after(this.shifted + more - clock.now, () => {
      this.settle();
      if (sending.length > 0 && !this.held) this.watch();
      this.update();
    });
  }

  private arrive(): void {
    const full = this.received.length >= FIFO;
    const stopped = this.waits && (full || (this.modemControl & 2) === 0);
    if (!stopped) {
      const typed = this.typing[this.arrived++];
      if (full) {
        this.overrun = true;
        this.lost++;
      } else this.received.push({ ...typed });
      this.startTimeout();
    }
    const more = this.busy();
    if (!more) {
      this.typing = [];
      this.arrived = 0;
    }
    this.typist = more ? this.clock.after(this.byteTime(), () => this.arrive()) : undefined;
    this.update();
  }

  private startTimeout(): void {
    this.clock.cancel(this.timeout);
    this.timeout = this.clock.after(4 * this.byteTime(), () => {
      this.timedOut = true;
      this.update();
    });
  }

  private update(): void {
    this.interrupt((this.modemControl & 8) !== 0 && this.pending() !== 1);
  }
}
