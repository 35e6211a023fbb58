/** The serial port as the terminal sees it: bytes in both directions, without waiting. */

export interface SerialPort {
  /** Queues up to `length` bytes. Returns how many there was room for. */
  write(pointer: usize, length: u32): u32;
  /** The oldest byte received, or -1. */
  read(): i32;
  /** Reports whether every byte written has left the machine. */
  flushed(): bool;
}
