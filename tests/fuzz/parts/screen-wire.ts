/**
 * The wire of a console: what is typed, and a check that nothing reaches the terminal that it would
 * obey but the few sequences of the line editor (ECMA-48).
 */
import { Wire } from "../../../kernel/shell/terminal/terminal";

const BELL: u32 = 7;
const ESC: u32 = 0x1b;
/** What the last characters are kept for. */
const KEPT: i32 = 200;

const enum Place {
  Text,
  /** Behind ESC. */
  Escape,
  /** Behind ESC [, in the parameters. */
  Sequence,
  /** Behind the first byte of U+0080 to U+00BF: the C1 controls are among them. */
  Controls,
}

export class ScreenWire implements Wire {
  readonly typed: Array<u8> = [];
  /** The last characters that were written. */
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
    if (this.place == Place.Controls) assert(byte >= 0xa0, "a C1 control is written");
    if (this.place == Place.Escape) {
      assert(byte == 0x5b || byte == 0x37 || byte == 0x38, "a strange escape sequence");
      return byte == 0x5b ? Place.Sequence : Place.Text;
    }
    if (this.place == Place.Sequence) {
      if (byte >= 0x30 && byte <= 0x3b) return Place.Sequence;
      // A B C D move, H J clear, n asks.
      const known = (byte >= 0x41 && byte <= 0x44) || byte == 0x48 || byte == 0x4a || byte == 0x6e;
      assert(known, "a strange escape sequence");
      return Place.Text;
    }
    if (byte == ESC) return Place.Escape;
    if (byte == 0xc2) return Place.Controls;
    const shown = byte >= 0x20 && byte != 0x7f;
    assert(shown || (byte >= BELL && byte <= 0x0a) || byte == 0x0d, "a control is written");
    return Place.Text;
  }
}
