/** The values that settings have, as people write them: addresses, names, numbers, yes and no. */
import { HOST_NAME_LENGTH } from "../../core/limits";
import { hexValue, isDigit, isLetter, parseDecimalText } from "../../core/text";
import { isUnicast, maskOf, NOT_AN_ADDRESS, parseIpv4 } from "../../net/wire/address";

const DNS_PORT: u32 = 53;
const LABEL_LENGTH: i32 = 63;

/** An own address and the length of its network's prefix. */
export class NetworkAddress {
  constructor(
    readonly address: u32,
    readonly prefix: u32,
  ) {}

  /** True for the address of another host in this network. */
  hasNeighbor(other: u32): bool {
    const inside = ((this.address ^ other) & maskOf(this.prefix)) == 0;
    return inside && other != this.address && new NetworkAddress(other, this.prefix).usable();
  }

  /** True when no bits are set behind the prefix. */
  isNetwork(): bool {
    return (this.address & ~maskOf(this.prefix)) == 0;
  }

  /** True for an address that a host in this network can have. */
  usable(): bool {
    if (!isUnicast(this.address) || this.prefix == 0) return false;
    const host = this.address & ~maskOf(this.prefix);
    return this.prefix > 30 || (host != 0 && host != ~maskOf(this.prefix));
  }
}

/** A name server; its port is 53 unless it was given: `10.0.2.2#5353`. */
export class NameServer {
  constructor(
    readonly address: u32,
    readonly port: u32,
  ) {}
}

/** `192.168.1.2/24`; null when it is no such thing or no host can have it. */
export function parseNetworkAddress(text: string): NetworkAddress | null {
  const network = parsePrefix(text);
  return network != null && network.usable() ? network : null;
}

/** `10.1.0.0/16`, any network; null when it is none. */
export function parsePrefix(text: string): NetworkAddress | null {
  const slash = text.indexOf("/");
  if (slash < 0) return null;
  const address = parseIpv4(text.substring(0, slash));
  const prefix = parseDecimalText(text.substring(slash + 1));
  if (address == NOT_AN_ADDRESS || prefix < 0 || prefix > 32) return null;
  return new NetworkAddress(address as u32, prefix as u32);
}

/** An address that one host can have, or 0. */
export function parseHostAddress(text: string): u32 {
  const address = parseIpv4(text);
  return address != NOT_AN_ADDRESS && isUnicast(address as u32) ? (address as u32) : 0;
}

/** `ADDRESS`, `ADDRESS#PORT` or systemd's `ADDRESS:PORT`; null when it is none. */
export function parseNameServer(text: string): NameServer | null {
  let mark = text.indexOf("#");
  if (mark < 0) mark = text.indexOf(":");
  const address = parseIpv4(mark < 0 ? text : text.substring(0, mark));
  const port = mark < 0 ? (DNS_PORT as i64) : parseDecimalText(text.substring(mark + 1));
  if (address == NOT_AN_ADDRESS || port < 1 || port > 65535) return null;
  // A name server on the loopback address is of no use, but every other host may be one.
  return isUnicast(address as u32) ? new NameServer(address as u32, port as u32) : null;
}

/** Six octets with colons or dashes, as the low 48 bits, or 0 when it is none. */
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
 * A host name of letters, digits and dashes (RFC 1123 section 2.1) whose last label is not all
 * digits: that would be an address.
 */
export function isHostName(text: string): bool {
  if (text.length == 0 || text.length > (HOST_NAME_LENGTH as i32)) return false;
  const labels = text.split(".");
  for (let i = 0; i < labels.length; i++) {
    if (!isLabel(labels[i])) return false;
  }
  return parseDecimalText(labels[labels.length - 1]) < 0 && !allDigits(labels[labels.length - 1]);
}

function isLabel(label: string): bool {
  if (label.length == 0 || label.length > LABEL_LENGTH) return false;
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

/** `net0`, `net1`, ... */
export function isInterfaceName(text: string): bool {
  return text.startsWith("net") && text.length <= 6 && parseDecimalText(text.substring(3)) >= 0;
}

/** 1 for yes, 0 for no as systemd writes them, -1 for anything else. */
export function parseBoolean(text: string): i32 {
  const yes: bool = text == "yes" || text == "true" || text == "on" || text == "1";
  if (yes) return 1;
  const no: bool = text == "no" || text == "false" || text == "off" || text == "0";
  return no ? 0 : -1;
}

/** The words of `text` that stand between blanks and tabs. */
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
