/**
 * The devices of the console as one port: the serial port, and the screen with a keyboard.
 *
 * Drawing is slow. Unless `console=` names the screen, output is drawn only until the first key
 * arrives from the serial port, for users without a serial line; a key from the keyboard makes the
 * screen follow again.
 */
import { Keyboard } from "../../../drivers/keyboard";
import { Uart } from "../../../drivers/uart";
import { screenPut } from "../../../machine/host";
import { ConsoleInput, ConsoleSettings } from "../../config/console-parameter";
import { SerialPort } from "./serial-port";

/** Ctrl-L, which shows the line being edited on an empty screen. */
const CLEAR_SCREEN: string = "\x0c";

export class ConsolePort implements SerialPort {
  private drawn: bool;
  /** Whether the last key was from the keyboard. */
  private atKeyboard: bool = false;
  /** Bytes that are read before others. */
  private ahead: string = "";

  /** `keyboard` is null without one; `columns` is the width of the screen, 0 without one. */
  constructor(
    private readonly uart: Uart,
    private readonly keyboard: Keyboard | null,
    private readonly settings: ConsoleSettings,
    private readonly columns: u32,
  ) {
    this.drawn = settings.screen;
  }

  write(pointer: usize, length: u32): u32 {
    const taken = this.settings.serial ? this.uart.write(pointer, length) : length;
    if (this.drawn) {
      for (let i: u32 = 0; i < taken; i++) screenPut(load<u8>(pointer + i));
    }
    return taken;
  }

  read(): i32 {
    const keyboard = this.keyboard;
    if (keyboard != null) {
      const typed = this.readKeyboard(keyboard);
      if (typed >= 0) return typed;
    }
    const byte = this.uart.read();
    return byte < 0 ? byte : this.fromSerial(byte);
  }

  flushed(): bool {
    return !this.settings.serial || this.uart.flushed();
  }

  private readKeyboard(keyboard: Keyboard): i32 {
    if (this.ahead.length == 0) {
      const typed = keyboard.read();
      if (typed < 0 || this.atKeyboard) return typed;
      this.turnToKeyboard(typed);
    }
    const byte = this.ahead.charCodeAt(0);
    this.ahead = this.ahead.substring(1);
    return byte;
  }

  /** Notes that a byte is from the serial port; returns it, or -1 if that takes no input. */
  private fromSerial(byte: i32): i32 {
    if (this.settings.input == ConsoleInput.Keyboard) {
      // A port that is not listened to must not stop its peer.
      while (this.uart.read() >= 0) {}
      return -1;
    }
    this.atKeyboard = false;
    if (this.settings.input == ConsoleInput.Both) this.drawn = false;
    return byte;
  }

  /** Starts to draw, and reports the screen's width as a terminal does that is asked for it. */
  private turnToKeyboard(first: i32): void {
    this.atKeyboard = true;
    const clear = this.drawn ? "" : CLEAR_SCREEN;
    this.drawn = true;
    this.ahead = `${clear}\x1b[1;${this.columns}R${String.fromCharCode(first)}`;
  }
}
