/**
 * The serial port: a 16550A (National Semiconductor PC16550D data sheet) with interrupts in both
 * directions, 8 data bits, no parity, 1 stop bit. The driver drops no received byte for lack of
 * room: when its ring is full, it lets the FIFO fill up and deasserts RTS to pause the peer.
 */
import { UART_RECEIVE_BYTES, UART_TRANSMIT_BYTES } from "../core/limits";
import { in8, interruptBarrier, out8 } from "../machine/host";
import { connect, InterruptHandler, InterruptKind } from "../machine/interrupts";
import { Trigger } from "../machine/trigger";
import { ByteRing } from "./byte-ring";

/** The first port of COM1 (`ttyS0`) and its interrupt line, the same on every PC. */
const COM1: u32 = 0x3f8;
const COM1_LINE: u32 = 4;

/** The rate of divisor 1, in bits per second. */
const FASTEST: u32 = 115_200;

// Register offsets (data sheet, table II).
const DATA: u32 = 0;
const DIVISOR_LOW: u32 = 0;
const INTERRUPT_ENABLE: u32 = 1;
const DIVISOR_HIGH: u32 = 1;
const INTERRUPT_ID: u32 = 2;
const FIFO_CONTROL: u32 = 2;
const LINE_CONTROL: u32 = 3;
const MODEM_CONTROL: u32 = 4;
const LINE_STATUS: u32 = 5;
const SCRATCH: u32 = 7;

const ENABLE_RECEIVE: u32 = 1 << 0;
const ENABLE_TRANSMIT: u32 = 1 << 1;
const ENABLE_LINE_STATUS: u32 = 1 << 2;
const NOTHING_PENDING: u32 = 1 << 0;
const CAUSE: u32 = 0x0f;
const CAUSE_THR_EMPTY: u32 = 0x02;
const HAS_FIFO: u32 = 0xc0;
/** FIFOs enabled and cleared, receive trigger at 8 bytes. */
const FIFO_SETUP: u32 = 0x87;
const EIGHT_BITS: u32 = 0x03;
const DIVISOR_ACCESS: u32 = 0x80;
const DTR: u32 = 1 << 0;
const RTS: u32 = 1 << 1;
/** Gates the interrupt on a PC. */
const OUT2: u32 = 1 << 3;

const DATA_READY: u32 = 1 << 0;
const OVERRUN: u32 = 1 << 1;
const PARITY: u32 = 1 << 2;
const FRAMING: u32 = 1 << 3;
const BREAK: u32 = 1 << 4;
const THR_EMPTY: u32 = 1 << 5;
const ALL_SENT: u32 = 1 << 6;

/** Causes handled in one interrupt; the rest raise another one. */
const CAUSES_AT_ONCE: u32 = 32;
/** Reads of the line status before a polled write gives up: 20 ms or more. */
const POLL_TRIES: u32 = 100_000;

/** A serial port. */
export class Uart implements InterruptHandler {
  /** Whether there is a port. Without one, all methods do nothing. */
  present: bool = false;
  /** Overrun errors: bytes were lost because the hardware FIFO was full. */
  overruns: u64 = 0;
  parityErrors: u64 = 0;
  framingErrors: u64 = 0;
  breaks: u64 = 0;
  interrupts: u64 = 0;
  private readonly received: ByteRing = new ByteRing(UART_RECEIVE_BYTES);
  private readonly unsent: ByteRing = new ByteRing(UART_TRANSMIT_BYTES);
  /** Bytes that an empty transmitter accepts at once: 16 with FIFOs, else 1. */
  private depth: u32 = 1;
  /** Whether the transmit interrupt is enabled. */
  private sending: bool = false;
  /** Whether the receive interrupt is disabled because the receive ring was full. */
  private throttled: bool = false;
  private interruptDriven: bool = false;

  constructor(private readonly base: u32 = COM1) {}

  /** Reports whether a 16550 supports the baud rate: 115,200 divided by an integer. */
  static isRate(baud: u32): bool {
    return baud != 0 && FASTEST % baud == 0 && FASTEST / baud <= 0xffff;
  }

  /**
   * Detects the port and sets its baud rate, leaving interrupts disabled; `writePolled` then works.
   * Returns false if there is no port. An unsupported rate becomes 115,200.
   */
  start(baud: u32): bool {
    out8(this.base + SCRATCH, 0x5a);
    const first = in8(this.base + SCRATCH);
    out8(this.base + SCRATCH, 0xa5);
    this.present = first == 0x5a && in8(this.base + SCRATCH) == 0xa5;
    if (!this.present) return false;
    const divisor = Uart.isRate(baud) ? FASTEST / baud : 1;
    out8(this.base + INTERRUPT_ENABLE, 0);
    out8(this.base + LINE_CONTROL, EIGHT_BITS | DIVISOR_ACCESS);
    out8(this.base + DIVISOR_LOW, divisor & 255);
    out8(this.base + DIVISOR_HIGH, divisor >>> 8);
    out8(this.base + LINE_CONTROL, EIGHT_BITS);
    out8(this.base + FIFO_CONTROL, FIFO_SETUP);
    this.depth = (in8(this.base + INTERRUPT_ID) & HAS_FIFO) == HAS_FIFO ? 16 : 1;
    out8(this.base + MODEM_CONTROL, DTR | RTS | OUT2);
    return true;
  }

  /** Enables interrupts. Returns false without a port, or if its line has too many handlers. */
  connectInterrupt(line: u32 = COM1_LINE): bool {
    if (!this.present) return false;
    if (connect(line, this, Trigger.RisingEdge) == InterruptKind.None) return false;
    this.interruptDriven = true;
    this.sending = this.unsent.used() != 0;
    this.enableInterrupts();
    return true;
  }

  /**
   * Sends bytes by polling, for use before interrupts work. If the transmitter does not become
   * ready in time, the remaining bytes are lost.
   */
  writePolled(pointer: usize, length: u32): void {
    if (!this.present) return;
    for (let i: u32 = 0; i < length; i++) {
      for (let tries: u32 = 0; (in8(this.base + LINE_STATUS) & THR_EMPTY) == 0; tries++) {
        if (tries == POLL_TRIES) return;
      }
      out8(this.base + DATA, load<u8>(pointer + i));
    }
  }

  /** Queues bytes. Returns the number accepted, which is `length` if there is no port. */
  write(pointer: usize, length: u32): u32 {
    if (!this.present) return length;
    const taken = min(length, this.unsent.room());
    for (let i: u32 = 0; i < taken; i++) this.unsent.put(load<u8>(pointer + i));
    interruptBarrier();
    if (taken != 0 && this.interruptDriven && !this.sending) {
      this.sending = true;
      // With an empty transmitter this raises an interrupt at once.
      this.enableInterrupts();
    }
    return taken;
  }

  /** Removes and returns the oldest received byte; -1 if there is none. */
  read(): i32 {
    if (this.received.used() == 0) return -1;
    const byte = this.received.take();
    if (this.throttled && this.received.room() >= UART_RECEIVE_BYTES / 2) {
      this.throttled = false;
      out8(this.base + MODEM_CONTROL, DTR | RTS | OUT2);
      this.enableInterrupts();
    }
    return byte as i32;
  }

  /** Reports whether there are bytes to read. */
  readable(): bool {
    return this.received.used() != 0;
  }

  /** Bytes that `write` would accept now. */
  room(): u32 {
    return this.unsent.room();
  }

  /** Reports whether every byte written has left the shift register. */
  flushed(): bool {
    if (!this.present) return true;
    return this.unsent.used() == 0 && (in8(this.base + LINE_STATUS) & ALL_SENT) != 0;
  }

  interruptName(): string {
    return "ttyS0";
  }
  interrupt(): void {
    this.interrupts++;
    for (let i: u32 = 0; i < CAUSES_AT_ONCE; i++) {
      const cause = in8(this.base + INTERRUPT_ID) & CAUSE;
      if ((cause & NOTHING_PENDING) != 0) return;
      const status = in8(this.base + LINE_STATUS);
      this.receive(status);
      if ((status & THR_EMPTY) != 0 && (this.sending || cause == CAUSE_THR_EMPTY)) this.send();
    }
    // The line is edge-triggered: toggling the enable bits makes an edge for the remaining causes.
    out8(this.base + INTERRUPT_ENABLE, 0);
    this.enableInterrupts();
  }

  /** Moves bytes from the FIFO to the ring while there is room. */
  private receive(first: u32): void {
    let status = first;
    for (;;) {
      if ((status & (OVERRUN | PARITY | FRAMING | BREAK)) != 0) this.countErrors(status);
      if ((status & DATA_READY) == 0 || this.throttled) return;
      if (this.received.room() == 0) {
        this.throttled = true;
        out8(this.base + MODEM_CONTROL, DTR | OUT2);
        this.enableInterrupts();
        return;
      }
      const byte = in8(this.base + DATA) as u8;
      // Damaged bytes are dropped, and so is a break, which reads as a zero byte.
      if ((status & (BREAK | PARITY | FRAMING)) == 0) this.received.put(byte);
      status = in8(this.base + LINE_STATUS);
    }
  }

  private countErrors(status: u32): void {
    if ((status & OVERRUN) != 0) this.overruns++;
    if ((status & BREAK) != 0) this.breaks++;
    else {
      if ((status & PARITY) != 0) this.parityErrors++;
      if ((status & FRAMING) != 0) this.framingErrors++;
    }
  }

  /** Fills the empty transmitter, or disables its interrupt if there is nothing to send. */
  private send(): void {
    const count = min(this.depth, this.unsent.used());
    for (let i: u32 = 0; i < count; i++) out8(this.base + DATA, this.unsent.take());
    if (count == 0) {
      this.sending = false;
      this.enableInterrupts();
    }
  }

  private enableInterrupts(): void {
    let wanted = ENABLE_LINE_STATUS;
    if (!this.throttled) wanted |= ENABLE_RECEIVE;
    if (this.sending) wanted |= ENABLE_TRANSMIT;
    out8(this.base + INTERRUPT_ENABLE, wanted);
  }
}
