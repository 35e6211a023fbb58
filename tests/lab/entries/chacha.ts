/** The ChaCha20 block function and the generator built on it. */
import { Generator } from "../../../core/generator";

export { chachaBlock } from "../../../core/chacha";
export { allocateBytes } from "./text";

export function generator(): Generator {
  return new Generator();
}
export function add(generator: Generator, value: u64): void {
  generator.add(value);
}
export function next32(generator: Generator): u32 {
  return generator.next32();
}
export function fill(generator: Generator, pointer: usize, length: u32): void {
  generator.fill(pointer, length);
}
