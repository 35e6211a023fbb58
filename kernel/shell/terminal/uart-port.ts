/**
 * The serial port of the console. Until the first key arrives, output is also drawn on the screen,
 * for users without a serial line. Drawing is slow, so it stops then.
 */
import { Uart } from "../../../drivers/uart";
import { screenPut } from "../../../machine/host";
import { SerialPort } from "./serial-port";

export class UartPort implements SerialPort {
  private mirrored: bool = true;

  constructor(private readonly uart: Uart) {}

  write(pointer: usize, length: u32): u32 {
    const taken = this.uart.write(pointer, length);
    if (this.mirrored) {
      for (let i: u32 = 0; i < taken; i++) screenPut(load<u8>(pointer + i));
    }
    return taken;
  }

  read(): i32 {
    const byte = this.uart.read();
    if (byte >= 0) this.mirrored = false;
    return byte;
  }

  flushed(): bool {
    return this.uart.flushed();
  }
}
