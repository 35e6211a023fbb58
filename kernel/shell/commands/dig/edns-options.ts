/** Prints the options of an OPT record (RFC 6891 section 6.1.2) as dig(1) of BIND 9.18 does. */
import { loadNet16 } from "../../../../core/bytes";
import { escapeBytes } from "../../../../core/escape";
import { TextBuilder } from "../../../../core/text-builder";
import { DnsOpt } from "../../../../net/wire/dns";
import { Session } from "../../session";

/** The option with an extended error (RFC 8914 section 2). */
const OPTION_EDE: u32 = 15;
/** Bytes of an option's code and length. */
const OPTION_HEADER: u32 = 4;
/** The extended errors, by number (RFC 8914 section 4). */
const ERRORS: StaticArray<string> = [
  "Other",
  "Unsupported DNSKEY Algorithm",
  "Unsupported DS Digest Type",
  "Stale Answer",
  "Forged Answer",
  "DNSSEC Indeterminate",
  "DNSSEC Bogus",
  "Signature Expired",
  "Signature Not Yet Valid",
  "DNSKEY Missing",
  "RRSIGs Missing",
  "No Zone Key Bit Set",
  "NSEC Missing",
  "Cached Error",
  "Not Ready",
  "Blocked",
  "Censored",
  "Filtered",
  "Prohibited",
  "Stale NXDOMAIN Answer",
  "Not Authoritative",
  "Not Supported",
  "No Reachable Authority",
  "Network Error",
  "Invalid Data",
];

/** Prints a line for each option; stops without an error at a malformed one. */
export function printEdnsOptions(session: Session, opt: DnsOpt): void {
  let at = opt.options;
  let left = opt.optionsLength;
  while (left >= OPTION_HEADER) {
    const code = loadNet16(at);
    const length = loadNet16(at + 2);
    if (length > left - OPTION_HEADER) return;
    const data = at + OPTION_HEADER;
    session.printLine(code == OPTION_EDE ? errorLine(data, length) : otherLine(code, data, length));
    at += OPTION_HEADER + length;
    left -= OPTION_HEADER + length;
  }
}

function errorLine(data: usize, length: u32): string {
  if (length < 2) return otherLine(OPTION_EDE, data, length);
  const code = loadNet16(data);
  const words = code < (ERRORS.length as u32) ? ` (${ERRORS[code]})` : "";
  const text = length > 2 ? `: (${escapeBytes(data + 2, length - 2)})` : "";
  return `; EDE: ${code}${words}${text}`;
}

function otherLine(code: u32, data: usize, length: u32): string {
  const text = new TextBuilder();
  text.add(`; OPT=${code}:`);
  for (let i: u32 = 0; i < length; i++) {
    text.addUnit(0x20);
    text.addHex(load<u8>(data + i), 2);
  }
  return text.toString();
}
