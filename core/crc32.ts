/**
 * CRC-32 as in Ethernet, gzip and zip (ISO 3309, RFC 1952 section 8), eight bytes per round with
 * eight tables ("slicing by 8").
 */

/** The polynomial 0x04c11db7, bit-reversed. */
const POLYNOMIAL: u32 = 0xedb88320;

/** Table k, entry b: the effect of byte b followed by k zero bytes. Filled on first use. */
const tables = new StaticArray<u32>(8 * 256);

function fillTables(): void {
  for (let byte: u32 = 0; byte < 256; byte++) {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) {
      value = (value & 1) != 0 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
    }
    tables[byte] = value;
  }
  for (let i: u32 = 256; i < 8 * 256; i++) {
    const before = tables[i - 256];
    tables[i] = (before >>> 8) ^ tables[before & 255];
  }
}

/** Returns the entry of a table for the low byte of `value`. */
function lookUp(base: usize, table: u32, value: u32): u32 {
  return load<u32>(base + (((table << 8) | (value & 255)) << 2));
}

/**
 * Extends `crc` by `length` bytes at `pointer` and returns the new CRC. Start a stream with 0, the
 * CRC of no bytes.
 */
export function crc32(crc: u32, pointer: usize, length: u32): u32 {
  if (tables[1] == 0) fillTables();
  const base = changetype<usize>(tables);
  let value = ~crc;
  let at = pointer;
  const end = pointer + length;
  for (; at + 8 <= end; at += 8) {
    const low = load<u32>(at) ^ value;
    const high = load<u32>(at, 4);
    value =
      lookUp(base, 7, low) ^
      lookUp(base, 6, low >>> 8) ^
      lookUp(base, 5, low >>> 16) ^
      lookUp(base, 4, low >>> 24) ^
      lookUp(base, 3, high) ^
      lookUp(base, 2, high >>> 8) ^
      lookUp(base, 1, high >>> 16) ^
      lookUp(base, 0, high >>> 24);
  }
  for (; at < end; at++) value = (value >>> 8) ^ lookUp(base, 0, value ^ load<u8>(at));
  return ~value;
}
