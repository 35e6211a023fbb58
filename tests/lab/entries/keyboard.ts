/** The keyboard. */
import { Keyboard } from "../../../drivers/keyboard";
import { dispatch, initInterrupts } from "../../../machine/interrupts";

const keyboard = new Keyboard();

export function start(): bool {
  initInterrupts();
  return keyboard.start();
}
export function read(): i32 {
  return keyboard.read();
}
export function interrupt(vector: u32): void {
  dispatch(vector);
}
