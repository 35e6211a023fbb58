/**
 * CRC-32 as Ethernet, gzip and zip compute it (ISO 3309, RFC 1952 section 8), eight bytes a
 * round by eight tables ("slicing by 8").
 */

/** 0x04c11db7 with its bits reversed. */
const POLYNOMIAL: u32 = 0xedb88320;

/** Table k, byte b: what b changes when k more bytes follow it. Filled at the first use. */
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

/** The entry of table `table` for the low byte of `value`. */
function look(base: usize, table: u32, value: u32): u32 {
  return load<u32>(base + (((table << 8) | (value & 255)) << 2));
}

/**
 * The CRC of what `crc` is the CRC of, followed by `length` bytes at `pointer`.
 * The CRC of nothing is 0, so a stream starts with that.
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
      look(base, 7, low) ^
      look(base, 6, low >>> 8) ^
      look(base, 5, low >>> 16) ^
      look(base, 4, low >>> 24) ^
      look(base, 3, high) ^
      look(base, 2, high >>> 8) ^
      look(base, 1, high >>> 16) ^
      look(base, 0, high >>> 24);
  }
  for (; at < end; at++) value = (value >>> 8) ^ look(base, 0, value ^ load<u8>(at));
  return ~value;
}
