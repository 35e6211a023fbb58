/**
 * The keyboard of a PC: an i8042 controller (IBM PS/2 Hardware Interface Technical Reference) with
 * its interrupt on line 1. The controller translates to scan code set 1, which scan-codes.ts
 * decodes into the bytes that a terminal would send.
 */
import { KEYBOARD_BYTES } from "../core/limits";
import { in8, out8 } from "../machine/host";
import { connect, InterruptHandler, InterruptKind } from "../machine/interrupts";
import { Trigger } from "../machine/trigger";
import { ByteRing } from "./byte-ring";
import { ScanCodes } from "./scan-codes";

const DATA: u32 = 0x60;
/** Status when read, command when written. */
const COMMAND: u32 = 0x64;
const LINE: u32 = 1;

/** Bits of the status. */
const OUTPUT_FULL: u32 = 1 << 0;
const INPUT_FULL: u32 = 1 << 1;
/** The byte is from the second port, a mouse. */
const FROM_MOUSE: u32 = 1 << 5;
/** What a bus without a device reads. */
const NOTHING: u32 = 0xff;

/** Commands of the controller. */
const READ_SETTINGS: u32 = 0x20;
const WRITE_SETTINGS: u32 = 0x60;
const DISABLE_MOUSE: u32 = 0xa7;
const DISABLE_KEYBOARD: u32 = 0xad;
const ENABLE_KEYBOARD: u32 = 0xae;
/** Bits of its settings. */
const KEYBOARD_INTERRUPT: u32 = 1 << 0;
const MOUSE_INTERRUPT: u32 = 1 << 1;
const KEYBOARD_OFF: u32 = 1 << 4;
const TRANSLATION: u32 = 1 << 6;
/** A command of the keyboard. */
const ENABLE_SCANNING: u32 = 0xf4;

/** Reads of the status before a wait gives up: 20 ms or more. */
const TRIES: u32 = 20_000;
/** Bytes that a controller may have kept from before, and those handled in an interrupt. */
const FLUSHED: u32 = 64;

/** A keyboard. Without one, nothing is ever read from it. */
export class Keyboard implements InterruptHandler {
  private readonly received: ByteRing = new ByteRing(KEYBOARD_BYTES);
  private readonly decoder: ScanCodes = new ScanCodes();

  /** Sets up controller and keyboard, in at most 0.2 s. Returns false if there is no controller. */
  start(): bool {
    if (in8(COMMAND) == NOTHING) return false;
    if (!this.command(DISABLE_KEYBOARD) || !this.command(DISABLE_MOUSE)) return false;
    this.flush();
    if (!this.command(READ_SETTINGS)) return false;
    const settings = this.answer();
    if (settings < 0) return false;
    const off = MOUSE_INTERRUPT | KEYBOARD_OFF;
    const wanted = ((settings as u32) & ~off) | KEYBOARD_INTERRUPT | TRANSLATION;
    if (!this.command(WRITE_SETTINGS) || !this.send(wanted)) return false;
    if (!this.command(ENABLE_KEYBOARD)) return false;
    // It scans since its reset as a rule, and there may be none yet: the reply does not matter.
    this.send(ENABLE_SCANNING);
    this.answer();
    return connect(LINE, this, Trigger.RisingEdge) != InterruptKind.None;
  }

  /** Removes and returns the next byte that was typed; -1 if there is none. */
  read(): i32 {
    let byte = this.decoder.take();
    while (byte < 0 && this.received.used() != 0) {
      this.decoder.push(this.received.take());
      byte = this.decoder.take();
    }
    return byte;
  }

  interruptName(): string {
    return "i8042";
  }
  interrupt(): void {
    for (let i: u32 = 0; i < FLUSHED; i++) {
      const status = in8(COMMAND);
      if ((status & OUTPUT_FULL) == 0) return;
      const byte = in8(DATA) as u8;
      if ((status & FROM_MOUSE) == 0 && this.received.room() != 0) this.received.put(byte);
    }
  }

  private command(code: u32): bool {
    if (!this.ready()) return false;
    out8(COMMAND, code);
    return true;
  }

  private send(byte: u32): bool {
    if (!this.ready()) return false;
    out8(DATA, byte);
    return true;
  }

  /** Waits until the controller accepts a byte. */
  private ready(): bool {
    for (let i: u32 = 0; i < TRIES; i++) if ((in8(COMMAND) & INPUT_FULL) == 0) return true;
    return false;
  }

  /** Waits for a byte; returns -1 if none comes. */
  private answer(): i32 {
    for (let i: u32 = 0; i < TRIES; i++) {
      if ((in8(COMMAND) & OUTPUT_FULL) != 0) return in8(DATA);
    }
    return -1;
  }

  private flush(): void {
    for (let i: u32 = 0; i < FLUSHED && (in8(COMMAND) & OUTPUT_FULL) != 0; i++) in8(DATA);
  }
}
