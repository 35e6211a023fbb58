/** The `console=` parameters, in Linux's words (Documentation/admin-guide/serial-console.rst). */
import { parseDecimalText } from "../../core/text";

/** A 16550 divides 115,200 baud by an integer. */
const BAUD_BASE: i64 = 115_200;
const SLOWEST_BAUD: i64 = 50;
const OPTIONS: string = "ttyS0,";

/** Where the console's input comes from. */
export const enum ConsoleInput {
  /** Both, as no `console=` says anything. */
  Both,
  Serial,
  Keyboard,
}

/**
 * Where the console is: output goes to all that are named, and the last one takes input. Without
 * `console=`, the console is on the serial port and, until the first key arrives from there, on
 * the screen.
 */
export class ConsoleSettings {
  serial: bool = true;
  screen: bool = true;
  input: ConsoleInput = ConsoleInput.Both;
  /** The speed of the serial port. */
  baud: u32 = BAUD_BASE as u32;

  /** Applies the value of a `console=`. Returns "" or what is wrong. */
  set(value: string): string {
    const baud = value == "tty0" ? 0 : baudOf(value);
    if (value != "tty0" && baud == 0) {
      return "invalid console, expected tty0 or ttyS0[,BAUD] like ttyS0,115200n8";
    }
    if (this.input == ConsoleInput.Both) {
      this.serial = false;
      this.screen = false;
    }
    if (baud == 0) {
      this.screen = true;
      this.input = ConsoleInput.Keyboard;
    } else {
      this.serial = true;
      this.baud = baud;
      this.input = ConsoleInput.Serial;
    }
    return "";
  }
}

/** Returns the baud rate of `ttyS0`, `ttyS0,9600` or `ttyS0,9600n8`; 0 if it is invalid. */
function baudOf(value: string): u32 {
  if (value == "ttyS0") return BAUD_BASE as u32;
  if (!value.startsWith(OPTIONS)) return 0;
  const options = value.substring(OPTIONS.length);
  const digits = options.endsWith("n8") ? options.substring(0, options.length - 2) : options;
  const baud = parseDecimalText(digits);
  if (baud < SLOWEST_BAUD || baud > BAUD_BASE || BAUD_BASE % baud != 0) return 0;
  return baud as u32;
}
