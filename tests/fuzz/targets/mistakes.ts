/**
 * Not a target, but a test of the fuzzers: the first byte, a to k, chooses a bug, and each must be
 * found (tests/fuzz/fuzz.test.ts).
 */
import { FencedPool, fenced } from "../parts/fences";

const pool = new FencedPool();
/** State that the next input must not see. */
let visits: u32 = 0;

function loadsEndlessly(pointer: usize): u32 {
  let sum: u32 = 0;
  while (load<u8>(pointer) != 0) sum += load<u8>(pointer);
  return sum;
}

function overflow(depth: u32): u32 {
  return (overflow(depth + 1) % (depth | 1)) ^ depth;
}

export function mistakes(pointer: usize, length: u32): void {
  if (length == 0) return;
  const kind: u32 = load<u8>(pointer);
  let read: u32 = 0;
  if (kind == 0x61) read = load<u32>(4);
  if (kind == 0x62) read = load<u8>(pointer + length);
  if (kind == 0x63) read = load<u8>(fenced(pointer, length) + length);
  if (kind == 0x64) read = load<u8>(pool.received(pointer, length)!.end);
  if (kind == 0x65) assert(false, "an assertion failed");
  if (kind == 0x66) read = loadsEndlessly(pointer);
  if (kind == 0x67) read = overflow(1);
  if (kind == 0x68) read = load<u8>((memory.size() as usize) << 16);
  if (kind == 0x69) memory.copy(pointer, pointer + 1, length);
  if (kind == 0x6a) new StaticArray<u8>(200 << 20);
  if (kind == 0x6b) store<u8>(pool.allocate()!.storage + 2048, 1);
  assert(visits++ == 0 && read < 0xffffffff, "state of an earlier input");
}
