/** The serial port as the terminal sees it: bytes in both directions, without waiting. */

export interface SerialPort {
  /** Queues up to `length` bytes. Returns the number of bytes queued. */
  write(pointer: usize, length: u32): u32;
  /** Removes and returns the oldest byte received, or returns -1. */
  read(): i32;
  /** Reports whether every byte written has left the machine. */
  flushed(): bool;
}
