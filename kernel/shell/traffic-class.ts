/** The names of nc(1) for values of the DS field (RFC 2474), such as those of RFC 2597. */
import { hexValue, parseDecimalText } from "../../core/text";

const NAMES: StaticArray<string> = [
  "critical",
  "inetcontrol",
  "lowcost",
  "lowdelay",
  "netcontrol",
  "reliability",
  "throughput",
  "ef",
  "va",
  "le",
];
/** In the order of NAMES. */
const OCTETS: StaticArray<u8> = [0xa0, 0xc0, 0x02, 0x10, 0xe0, 0x04, 0x08, 0xb8, 0xb0, 0x04];

/**
 * Parses a name (`ef`, `af21`, `cs6`, `lowdelay`) or a number, decimal or hexadecimal. Returns the
 * octet with the DS field, or -1 if it is invalid.
 */
export function parseTrafficClass(text: string): i32 {
  const name = text.toLowerCase();
  for (let i = 0; i < NAMES.length; i++) {
    if (NAMES[i] == name) return OCTETS[i];
  }
  const digits = name.substring(2);
  const number = parseDecimalText(digits) as i32;
  if (name.startsWith("cs") && digits.length == 1)
    return number >= 0 && number < 8 ? number << 5 : -1;
  if (name.startsWith("af") && digits.length == 2) {
    const level = number / 10;
    const drop = number % 10;
    const known: bool = level >= 1 && level <= 4 && drop >= 1 && drop <= 3;
    return known ? (level << 5) | (drop << 3) : -1;
  }
  return parseOctet(name);
}

/** Parses 0 to 255, decimal or hexadecimal (0xb8). Returns -1 if it is invalid. */
function parseOctet(text: string): i32 {
  if (text.startsWith("0x")) {
    const digits = text.substring(2);
    if (digits.length < 1 || digits.length > 2) return -1;
    let value = 0;
    for (let i = 0; i < digits.length; i++) {
      const digit = hexValue(digits.charCodeAt(i));
      if (digit < 0) return -1;
      value = value * 16 + digit;
    }
    return value;
  }
  const value = parseDecimalText(text);
  return value > 255 ? -1 : (value as i32);
}
