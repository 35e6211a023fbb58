/**
 * The serial port of a console: supplies the keys typed, and asserts that the output has no control
 * characters or escape sequences except the few that the line editor uses (ECMA-48).
 */
import { SerialPort } from "../../../kernel/shell/terminal/serial-port";

const BELL: u32 = 7;
const ESC: u32 = 0x1b;
/** Characters of the output that are kept. */
const KEPT: i32 = 200;

const enum Place {
  Text,
  /** After ESC. */
  Escape,
  /** After ESC [, in the parameters. */
  Sequence,
  /** After the first byte of U+0080 to U+00BF, which include the C1 controls. */
  Controls,
}

export class ScreenPort implements SerialPort {
  readonly typed: Array<u8> = [];
  /** The last KEPT characters of the output. */
  last: string = "";
  private place: Place = Place.Text;

  write(pointer: usize, length: u32): u32 {
    for (let i: u32 = 0; i < length; i++) this.place = this.next(load<u8>(pointer + i));
    this.last += String.UTF8.decodeUnsafe(pointer, length);
    if (this.last.length > KEPT) this.last = this.last.substring(this.last.length - KEPT);
    return length;
  }
  read(): i32 {
    return this.typed.length > 0 ? (this.typed.shift() as i32) : -1;
  }
  flushed(): bool {
    return true;
  }

  private next(byte: u32): Place {
    if (this.place == Place.Controls) assert(byte >= 0xa0, "C1 control in the output");
    if (this.place == Place.Escape) {
      assert(byte == 0x5b || byte == 0x37 || byte == 0x38, "unknown escape sequence");
      return byte == 0x5b ? Place.Sequence : Place.Text;
    }
    if (this.place == Place.Sequence) {
      if (byte >= 0x30 && byte <= 0x3b) return Place.Sequence;
      // A B C D and H move the cursor, J clears, n queries its position.
      const known = (byte >= 0x41 && byte <= 0x44) || byte == 0x48 || byte == 0x4a || byte == 0x6e;
      assert(known, "unknown escape sequence");
      return Place.Text;
    }
    if (byte == ESC) return Place.Escape;
    if (byte == 0xc2) return Place.Controls;
    const shown = byte >= 0x20 && byte != 0x7f;
    assert(shown || (byte >= BELL && byte <= 0x0a) || byte == 0x0d, "control in the output");
    return Place.Text;
  }
}
