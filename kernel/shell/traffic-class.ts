/** The names of nc(1) for values of the DS field (RFC 2474), such as those of RFC 2597. */
import { parseDecimalText, parseNumberText } from "../../core/text";

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
  return parseNumberText(name, 255) as i32;
}
