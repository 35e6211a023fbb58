/**
 * The console's wire: the serial port, and beside it the screen until somebody types. A screen
 * shows boot text to who has no serial line; drawing there forever would cost too much time.
 */
import { Uart } from "../../../drivers/uart";
import { screenPut } from "../../../machine/host";
import { Wire } from "./terminal";

export class SerialWire implements Wire {
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
