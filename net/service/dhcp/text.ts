/** Reads names and text from DHCP options (RFC 2132, RFC 3397), escaped for printing. */
import { escapeBytes } from "../../../core/escape";
import { DHCP_SEARCH_DOMAINS } from "../../../core/limits";
import { BAD_NAME, DnsName } from "../../wire/dns-name";
import { nameComplaint } from "../dns/name";

/** Returns a text option without trailing NULs, escaped; "" for null. */
export function readText(data: StaticArray<u8> | null): string {
  if (data == null) return "";
  let length = data.length;
  while (length > 0 && data[length - 1] == 0) length--;
  return escapeBytes(changetype<usize>(data), length as u32);
}

/** Returns option 12 if it is a valid host name, else "". */
export function readHostName(data: StaticArray<u8> | null): string {
  const name = readText(data);
  return nameComplaint(name) == "" ? name : "";
}

/**
 * Returns an option's text, escaped, if it is an http or https URI without blanks, else "". The URN
 * in option 114 that means "no captive portal" (RFC 8910 section 2) is neither.
 */
export function readUri(data: StaticArray<u8> | null): string {
  const uri = readText(data);
  const usable = uri.startsWith("https://") || uri.startsWith("http://");
  return usable && !uri.includes(" ") ? uri : "";
}

/**
 * Returns the domains of option 119, at most DHCP_SEARCH_DOMAINS; none if the option is malformed
 * (RFC 3397 section 2).
 */
export function readSearchList(data: StaticArray<u8> | null): Array<string> {
  const domains: Array<string> = [];
  if (data == null) return domains;
  const pointer = changetype<usize>(data);
  const length = data.length as u32;
  const name = new DnsName();
  let at: u32 = 0;
  while (at < length) {
    const after = name.read(pointer, length, at, 0);
    if (after == BAD_NAME) return [];
    at = after as u32;
    if (domains.length < DHCP_SEARCH_DOMAINS) domains.push(name.text());
  }
  return domains;
}
