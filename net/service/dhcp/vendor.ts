/**
 * Settings for this kernel in the vendor-specific information of a lease (RFC 2132 section 8.4),
 * which servers send to clients of the vendor class that this one names.
 *
 *     ├ code, 1 ┼ length, 1 ┼ data ┤ ...     1: URL of a file of settings   2: settings
 *
 * A suboption that is repeated continues. Servers may also send what is meant for other vendors.
 */
import { DhcpOptions, OPTION_VENDOR } from "../../wire/dhcp-options";
import { readUri } from "./text";

const PAD: u8 = 0;
const END: u8 = 255;
const URL: u8 = 1;
const SETTINGS: u8 = 2;

export class VendorSettings {
  private constructor(
    /** The URL in suboption 1, or "". */
    readonly url: string,
    /** The text of suboption 2; empty without one. */
    readonly settings: StaticArray<u8>,
  ) {}

  /** Returns what a lease has for this kernel, or null if that is nothing. */
  static of(options: DhcpOptions): VendorSettings | null {
    const data = options.find(OPTION_VENDOR);
    if (data == null) return null;
    const uri = readUri(collect(data, URL));
    // A backslash, which no URI has, begins an escape.
    const url = uri.includes("\\") ? "" : uri;
    let settings = collect(data, SETTINGS);
    if (!isSettings(settings)) settings = new StaticArray<u8>(0);
    return url == "" && settings.length == 0 ? null : new VendorSettings(url, settings);
  }
}

/** Reports whether data begins, after blanks, with a section or a comment, as settings do. */
function isSettings(data: StaticArray<u8>): bool {
  const text = String.UTF8.decodeUnsafe(changetype<usize>(data), data.length).trimStart();
  return text.startsWith("[") || text.startsWith("#") || text.startsWith(";");
}

/**
 * Returns the data of all suboptions with a code before the first that is cut off, without NULs at
 * the end (RFC 2132 section 2).
 */
function collect(data: StaticArray<u8>, code: u8): StaticArray<u8> {
  const found = new StaticArray<u8>(data.length);
  let length: i32 = 0;
  for (let at = 0; at + 1 < data.length && data[at] != END; ) {
    if (data[at] == PAD) {
      at++;
      continue;
    }
    const size: i32 = data[at + 1];
    if (at + 2 + size > data.length) break;
    for (let i = 0; data[at] == code && i < size; i++) found[length++] = data[at + 2 + i];
    at += 2 + size;
  }
  while (length > 0 && found[length - 1] == 0) length--;
  return found.slice<StaticArray<u8>>(0, length);
}
