/**
 * Loads and stores in network byte order (big-endian, RFC 1700) at any address, aligned or not.
 */

/** Loads 16 bits. */
export function loadNet16(pointer: usize): u32 {
  return bswap<u16>(load<u16>(pointer));
}

/** Loads 32 bits. */
export function loadNet32(pointer: usize): u32 {
  return bswap<u32>(load<u32>(pointer));
}

/** Stores the low 16 bits of `value`. */
export function storeNet16(pointer: usize, value: u32): void {
  store<u16>(pointer, bswap<u16>(value as u16));
}

/** Stores 32 bits. */
export function storeNet32(pointer: usize, value: u32): void {
  store<u32>(pointer, bswap<u32>(value));
}

/** Loads a hardware address: six bytes as the low 48 bits of a u64. */
export function loadNet48(pointer: usize): u64 {
  return ((loadNet16(pointer) as u64) << 32) | (loadNet32(pointer + 2) as u64);
}

/** Stores a hardware address: the low 48 bits of `value`. */
export function storeNet48(pointer: usize, value: u64): void {
  storeNet16(pointer, (value >> 32) as u32);
  storeNet32(pointer + 2, value as u32);
}
