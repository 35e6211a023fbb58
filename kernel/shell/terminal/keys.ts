/**
 * Decodes bytes from the terminal into keys: control characters (ECMA-48 C0), the sequences that
 * VT100 and xterm send for cursor and editing keys, and UTF-8 characters.
 */
import { KEY_SEQUENCE_BYTES } from "../../../core/limits";
import { INCOMPLETE, REPLACEMENT, Utf8Decoder } from "../../../core/utf8";

export const enum Key {
  None = 0,
  /** A character: `KeyDecoder.point` */
  Character,
  Enter,
  Tab,
  Interrupt,
  EndOfInput,
  Backspace,
  Delete,
  Left,
  Right,
  Up,
  Down,
  Home,
  End,
  WordLeft,
  WordRight,
  KillToEnd,
  KillToStart,
  KillWord,
  KillWordRight,
  Yank,
  /** Ctrl-R: searches older lines for the text typed before and after it. */
  Search,
  ClearScreen,
  /** The cursor position, the reply to ESC [ 6 n: `KeyDecoder.column`. */
  CursorReport,
}

const enum State {
  Ground,
  Escape,
  /** ESC [ parameters */
  Csi,
  /** ESC O */
  Ss3,
}

export class KeyDecoder {
  /** The code point of a Key.Character. */
  point: u32 = 0;
  /** The column of a Key.CursorReport, from 1. */
  column: u32 = 0;
  /** Whether an escape sequence has arrived, which shows that the terminal understands them. */
  sawEscape: bool = false;
  private state: State = State.Ground;
  private readonly utf8: Utf8Decoder = new Utf8Decoder();
  private first: u32 = 0;
  private parameter: u32 = 0;
  private length: u32 = 0;

  /** Decodes a byte. Returns the key that it completes, or Key.None. */
  push(byte: u32): Key {
    if (byte < 0x20 || this.state == State.Ground) {
      this.state = byte == 0x1b ? State.Escape : State.Ground;
      return byte < 0x20 || byte == 0x7f ? controlKey(byte) : this.character(byte);
    }
    const state = this.state;
    if (state == State.Escape && (byte == 0x5b || byte == 0x4f)) {
      this.state = byte == 0x5b ? State.Csi : State.Ss3;
      this.first = 0;
      this.parameter = 0;
      this.length = 0;
      return Key.None;
    }
    if (state == State.Csi && byte < 0x40) {
      this.parameterByte(byte);
      return Key.None;
    }
    this.state = State.Ground;
    if (state == State.Escape) return altKey(byte);
    this.sawEscape = true;
    return this.sequenceKey(byte);
  }

  private character(byte: u32): Key {
    const point = this.utf8.push(byte);
    if (point == INCOMPLETE) return Key.None;
    // C1 controls are not text.
    this.point = point >= 0x80 && point < 0xa0 ? REPLACEMENT : point;
    return Key.Character;
  }

  private parameterByte(byte: u32): void {
    if (++this.length > KEY_SEQUENCE_BYTES) this.state = State.Ground;
    if (byte >= 0x30 && byte <= 0x39) {
      if (this.parameter < 1000) this.parameter = this.parameter * 10 + (byte - 0x30);
    } else if (byte == 0x3b) {
      this.first = this.parameter;
      this.parameter = 0;
    }
  }

  /** Returns the key of a sequence by its last byte. Ctrl and Alt make Left and Right word keys. */
  private sequenceKey(byte: u32): Key {
    const modified = this.parameter == 3 || this.parameter == 5;
    switch (byte) {
      case 0x41: // A
        return Key.Up;
      case 0x42: // B
        return Key.Down;
      case 0x43: // C
        return modified ? Key.WordRight : Key.Right;
      case 0x44: // D
        return modified ? Key.WordLeft : Key.Left;
      case 0x46: // F
        return Key.End;
      case 0x48: // H
        return Key.Home;
      case 0x52: // R
        this.column = this.parameter;
        return Key.CursorReport;
      case 0x7e: // ~
        return this.editingKey();
      default:
        return Key.None;
    }
  }

  /** ESC [ N ~ */
  private editingKey(): Key {
    const number = this.first != 0 ? this.first : this.parameter;
    if (number == 1 || number == 7) return Key.Home;
    if (number == 4 || number == 8) return Key.End;
    return number == 3 ? Key.Delete : Key.None;
  }
}

function controlKey(byte: u32): Key {
  switch (byte) {
    case 0x01: // Ctrl-A
      return Key.Home;
    case 0x02: // Ctrl-B
      return Key.Left;
    case 0x03: // Ctrl-C
      return Key.Interrupt;
    case 0x04: // Ctrl-D
      return Key.EndOfInput;
    case 0x05: // Ctrl-E
      return Key.End;
    case 0x06: // Ctrl-F
      return Key.Right;
    case 0x08: // Ctrl-H
    case 0x7f:
      return Key.Backspace;
    case 0x09:
      return Key.Tab;
    case 0x0a:
      return Key.Enter;
    case 0x0b: // Ctrl-K
      return Key.KillToEnd;
    case 0x0c: // Ctrl-L
      return Key.ClearScreen;
    case 0x0e: // Ctrl-N
      return Key.Down;
    case 0x10: // Ctrl-P
      return Key.Up;
    case 0x12: // Ctrl-R
      return Key.Search;
    case 0x15: // Ctrl-U
      return Key.KillToStart;
    case 0x17: // Ctrl-W
      return Key.KillWord;
    case 0x19: // Ctrl-Y
      return Key.Yank;
    default:
      return Key.None;
  }
}

/** Returns the key of ESC and a character, as Alt sends them. */
function altKey(byte: u32): Key {
  switch (byte) {
    case 0x62: // b
      return Key.WordLeft;
    case 0x66: // f
      return Key.WordRight;
    case 0x64: // d
      return Key.KillWordRight;
    case 0x7f:
      return Key.KillWord;
    default:
      return Key.None;
  }
}
