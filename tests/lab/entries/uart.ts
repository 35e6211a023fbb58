/** The serial port. */
import { Uart } from "../../../drivers/uart";
import { dispatch, initInterrupts } from "../../../machine/interrupts";

export { allocateBytes } from "./text";

const uart = new Uart();

export function start(baud: u32): bool {
  return uart.start(baud);
}
export function connect(): bool {
  initInterrupts();
  return uart.connectInterrupt();
}
export function isRate(baud: u32): bool {
  return Uart.isRate(baud);
}
export function write(pointer: usize, length: u32): u32 {
  return uart.write(pointer, length);
}
export function writePolled(pointer: usize, length: u32): void {
  uart.writePolled(pointer, length);
}
export function read(): i32 {
  return uart.read();
}
export function readable(): bool {
  return uart.readable();
}
export function room(): u32 {
  return uart.room();
}
export function flushed(): bool {
  return uart.flushed();
}
export function count(index: u32): u64 {
  if (index == 0) return uart.overruns;
  if (index == 1) return uart.breaks;
  if (index == 2) return uart.framingErrors;
  return index == 3 ? uart.parityErrors : uart.interrupts;
}
export function interrupt(vector: u32): void {
  dispatch(vector);
}
