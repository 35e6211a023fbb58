/** Parses the values of settings: addresses, names, booleans. */
import { HOST_NAME_LENGTH } from "../../core/limits";
import { hexValue, isDigit, isLetter, parseDecimalText } from "../../core/text";
import { Ipv4Address, isUnicast, NOT_AN_ADDRESS, parseIpv4 } from "../../net/wire/address";
import { DNS_LABEL_BYTES } from "../../net/wire/dns-name";

/** Maximum number of characters that an error message quotes of a line. */
const SHORTENED: i32 = 80;
/** How the message for an unknown key begins. */
const UNKNOWN_KEY: string = "unknown key in section";

export const LARGEST_METRIC: i64 = u32.MAX_VALUE;
export const BAD_METRIC: string = `invalid metric, expected 0 to ${LARGEST_METRIC}`;
export const BAD_GATEWAY: string = "invalid address, expected ADDRESS like 192.168.1.1 or _dhcp4";
export const BAD_BOOLEAN: string = "invalid value, expected yes or no";

/** Parses a unicast address. Returns 0 for anything else. */
export function parseHostAddress(text: string): Ipv4Address {
  const address = parseIpv4(text);
  return address != NOT_AN_ADDRESS && isUnicast(address as u32) ? (address as u32) : 0;
}

/** Parses six hex octets with colons or dashes into the low 48 bits. Returns 0 on an error. */
export function parseHardware(text: string): u64 {
  if (text.length != 17) return 0;
  let address: u64 = 0;
  for (let i = 0; i < 17; i += 3) {
    const high = hexValue(text.charCodeAt(i));
    const low = hexValue(text.charCodeAt(i + 1));
    if (high < 0 || low < 0) return 0;
    if (i < 15 && text.charAt(i + 2) != ":" && text.charAt(i + 2) != "-") return 0;
    address = (address << 8) | ((high << 4) | low);
  }
  return address;
}

/**
 * Reports whether text is a host name of letters, digits, dashes and dots (RFC 1123 section 2.1).
 * The last label must not be a number, so that a name cannot be taken for an address.
 */
export function isHostName(text: string): bool {
  if (text.length == 0 || text.length > (HOST_NAME_LENGTH as i32)) return false;
  const labels = text.split(".");
  for (let i = 0; i < labels.length; i++) {
    if (!isLabel(labels[i])) return false;
  }
  return !allDigits(labels[labels.length - 1]);
}

function isLabel(label: string): bool {
  if (label.length == 0 || label.length > (DNS_LABEL_BYTES as i32)) return false;
  for (let i = 0; i < label.length; i++) {
    const unit: u32 = label.charCodeAt(i);
    if (!isLetter(unit) && !isDigit(unit) && unit != 0x2d) return false;
  }
  return !label.startsWith("-") && !label.endsWith("-");
}

function allDigits(text: string): bool {
  for (let i = 0; i < text.length; i++) {
    if (!isDigit(text.charCodeAt(i))) return false;
  }
  return true;
}

/** Reports whether text is `net0`, `net1`, ... */
export function isInterfaceName(text: string): bool {
  return text.startsWith("net") && text.length <= 6 && parseDecimalText(text.substring(3)) >= 0;
}

/** Reports whether text can be a device's name in Linux: `eth0`, `eth0.100` (IFNAMSIZ is 16). */
export function isDeviceName(text: string): bool {
  if (text.length == 0 || text.length > 15) return false;
  for (let i = 0; i < text.length; i++) {
    const unit: u32 = text.charCodeAt(i);
    const mark: bool = unit == 0x2d || unit == 0x2e || unit == 0x5f;
    if (!isLetter(unit) && !isDigit(unit) && !mark) return false;
  }
  return isLetter(text.charCodeAt(0));
}

/** Parses a boolean as systemd.syntax(7) defines it. Returns 1, 0, or -1 on an error. */
export function parseBoolean(text: string): i32 {
  const yes: bool = text == "yes" || text == "true" || text == "on" || text == "1";
  if (yes) return 1;
  const no: bool = text == "no" || text == "false" || text == "off" || text == "0";
  return no ? 0 : -1;
}

/** Splits `text` into words at blanks and control characters. */
export function splitBlanks(text: string): Array<string> {
  const words: Array<string> = [];
  let start = 0;
  for (let i = 0; i <= text.length; i++) {
    if (i < text.length && text.charCodeAt(i) > 0x20) continue;
    if (i > start) words.push(text.substring(start, i));
    start = i + 1;
  }
  return words;
}

/** Returns `text` for an error message, cut after 80 characters. */
export function shortened(text: string): string {
  return text.length > SHORTENED ? `${text.substring(0, SHORTENED)}...` : text;
}

/** Parses a number of bytes, which may end in K for 1024. Returns -1 if it is not 0 to `most`. */
export function parseBytes(text: string, most: i64): i64 {
  const kilo = text.endsWith("K");
  const number = parseDecimalText(kilo ? text.substring(0, text.length - 1) : text);
  if (number < 0 || number > most) return -1;
  const bytes = kilo ? number * 1024 : number;
  return bytes > most ? -1 : bytes;
}

/** Reports whether `problem` is that the section does not have the key. */
export function isUnknownKey(problem: string): bool {
  return problem.startsWith(UNKNOWN_KEY);
}

/** Returns the message for a key that the section does not have. */
export function unknownKey(section: string, expected: string): string {
  return `${UNKNOWN_KEY} [${section}], expected ${expected}`;
}
