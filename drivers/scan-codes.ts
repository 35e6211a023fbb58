/**
 * Decodes scan code set 1 (IBM PS/2 Hardware Interface Technical Reference) of a keyboard with US
 * layout into the bytes that xterm sends for its keys.
 *
 *     code          a key goes down; with bit 7, it goes up
 *     e0 code       the same for a key that the first keyboards did not have
 *     e1 two codes  Pause
 */
import { KEY_SEQUENCE_BYTES } from "../core/limits";

const EXTENDED: u32 = 0xe0;
const PAUSE: u32 = 0xe1;
const UP: u32 = 0x80;
/** What the keyboard sends about itself, not about a key: from here on. */
const FIRST_REPLY: u32 = 0xe2;

const ESCAPE: u32 = 0x1b;
const ENTER: u32 = 0x1c;
const CONTROL: u32 = 0x1d;
const LEFT_SHIFT: u32 = 0x2a;
const SLASH: u32 = 0x35;
const RIGHT_SHIFT: u32 = 0x36;
const ALT: u32 = 0x38;
const CAPS_LOCK: u32 = 0x3a;
const NUM_LOCK: u32 = 0x45;
const FIRST_PAD: u32 = 0x47;
const LAST_PAD: u32 = 0x53;
const DELETE: u32 = 0x53;

/** The characters of the codes from 0 on, without and with Shift; a space stands for none. */
const PLAIN: string = " \x1b1234567890-=\x7f\tqwertyuiop[]\r asdfghjkl;'` \\zxcvbnm,./ *   ";
const SHIFTED: string = ' \x1b!@#$%^&*()_+\x7f\tQWERTYUIOP{}\r ASDFGHJKL:"~ |ZXCVBNM<>? *   ';
const SPACE_BAR: u32 = 0x39;
/** The keypad from FIRST_PAD on, with Num Lock; and the last bytes of cursor keys there. */
const PAD: string = "789-456+1230.";
const CURSOR: string = "HA  D C FB   ";

export class ScanCodes {
  private extended: bool = false;
  /** Codes to skip. */
  private skipped: u32 = 0;
  private leftShift: bool = false;
  private rightShift: bool = false;
  private leftControl: bool = false;
  private rightControl: bool = false;
  private leftAlt: bool = false;
  private rightAlt: bool = false;
  private capsLock: bool = false;
  private numLock: bool = true;
  private readonly bytes: StaticArray<u8> = new StaticArray<u8>(KEY_SEQUENCE_BYTES);
  private length: u32 = 0;
  private taken: u32 = 0;

  /** Removes and returns the next byte of the last key; -1 if there is none. */
  take(): i32 {
    return this.taken < this.length ? (this.bytes[this.taken++] as i32) : -1;
  }

  /** Decodes a code; the bytes of the last key must have been taken. */
  push(code: u32): void {
    this.length = 0;
    this.taken = 0;
    if (this.skipped > 0) {
      this.skipped--;
    } else if (code == PAUSE) {
      this.skipped = 2;
    } else if (code == EXTENDED) {
      this.extended = true;
    } else if (code < FIRST_REPLY) {
      const extended = this.extended;
      this.extended = false;
      const down = (code & UP) == 0;
      if (!this.modifier(code & ~UP, extended, down) && down) this.key(code, extended);
    }
  }

  /** Handles a key that changes others; returns false for another key. */
  private modifier(code: u32, extended: bool, down: bool): bool {
    switch (code) {
      case LEFT_SHIFT:
        // Keyboards wrap some extended keys in shifts that nobody has pressed.
        if (!extended) this.leftShift = down;
        return true;
      case RIGHT_SHIFT:
        if (!extended) this.rightShift = down;
        return true;
      case CONTROL:
        if (extended) this.rightControl = down;
        else this.leftControl = down;
        return true;
      case ALT:
        if (extended) this.rightAlt = down;
        else this.leftAlt = down;
        return true;
      case CAPS_LOCK:
        if (down) this.capsLock = !this.capsLock;
        return true;
      case NUM_LOCK:
        if (down) this.numLock = !this.numLock;
        return true;
      default:
        return false;
    }
  }

  private key(code: u32, extended: bool): void {
    if (code >= FIRST_PAD && code <= LAST_PAD) this.padKey(code, extended);
    else if (code == SPACE_BAR && !extended) this.character(0x20);
    else if (!extended || code == ENTER || code == SLASH) this.typed(code, extended);
  }

  private typed(code: u32, extended: bool): void {
    if (code >= (PLAIN.length as u32)) return;
    let shift: bool = (this.leftShift || this.rightShift) && !extended;
    const plain = PLAIN.charCodeAt(code) as u32;
    if (plain == 0x20) return;
    if (this.capsLock && plain >= 0x61 && plain <= 0x7a) shift = !shift;
    this.character(shift ? (SHIFTED.charCodeAt(code) as u32) : plain);
  }

  /** Sends a character: Control makes a control character, Alt puts ESC in front. */
  private character(plain: u32): void {
    const control = this.leftControl || this.rightControl;
    if ((this.leftAlt || this.rightAlt) && plain != ESCAPE) this.put(ESCAPE);
    const upper = plain >= 0x61 && plain <= 0x7a ? plain - 0x20 : plain;
    this.put(control && upper >= 0x40 && upper < 0x60 ? upper & 0x1f : plain);
  }

  /** The keypad, and the cursor keys beside it. */
  private padKey(code: u32, extended: bool): void {
    const index = code - FIRST_PAD;
    const digit = PAD.charCodeAt(index) as u32;
    if (!extended && (this.numLock || digit == 0x2b || digit == 0x2d)) {
      this.character(digit);
      return;
    }
    const last = CURSOR.charCodeAt(index) as u32;
    if (code == DELETE) this.sequence("[3~");
    else if (last != 0x20) this.cursorKey(last);
  }

  private cursorKey(last: u32): void {
    const letter = String.fromCharCode(last);
    if (this.leftControl || this.rightControl) this.sequence(`[1;5${letter}`);
    else this.sequence(this.leftAlt || this.rightAlt ? `[1;3${letter}` : `[${letter}`);
  }

  private sequence(text: string): void {
    this.put(ESCAPE);
    for (let i = 0; i < text.length; i++) this.put(text.charCodeAt(i));
  }

  private put(byte: u32): void {
    this.bytes[this.length++] = byte as u8;
  }
}
