/** Formats DHCP options as text for the command `dhcp` (RFC 2132, RFC 3397, RFC 3442). */
import { loadNet16, loadNet32 } from "../../../core/bytes";
import { formatHardware, formatIpv4 } from "../../wire/address";
import { DhcpOption } from "../../wire/dhcp-options";
import { readRoutes } from "./routes";
import { readSearchList, readText } from "./text";

/** The format of an option's data. */
const enum Form {
  Bytes = 0,
  Addresses,
  Seconds,
  Number,
  Text,
  Type,
  Domains,
  Routes,
  Client,
}

class KnownOption {
  constructor(
    readonly code: u32,
    readonly name: string,
    readonly form: Form,
  ) {}
}

const KNOWN: StaticArray<KnownOption> = [
  new KnownOption(1, "subnet mask", Form.Addresses),
  new KnownOption(2, "time offset", Form.Number),
  new KnownOption(3, "router", Form.Addresses),
  new KnownOption(4, "time server", Form.Addresses),
  new KnownOption(6, "DNS", Form.Addresses),
  new KnownOption(7, "log server", Form.Addresses),
  new KnownOption(12, "host name", Form.Text),
  new KnownOption(15, "domain", Form.Text),
  new KnownOption(17, "root path", Form.Text),
  new KnownOption(19, "IP forwarding", Form.Number),
  new KnownOption(23, "TTL", Form.Number),
  new KnownOption(26, "MTU", Form.Number),
  new KnownOption(28, "broadcast", Form.Addresses),
  new KnownOption(31, "router discovery", Form.Number),
  new KnownOption(33, "static routes", Form.Addresses),
  new KnownOption(42, "NTP", Form.Addresses),
  new KnownOption(43, "vendor", Form.Bytes),
  new KnownOption(44, "NetBIOS name server", Form.Addresses),
  new KnownOption(50, "requested address", Form.Addresses),
  new KnownOption(51, "lease time", Form.Seconds),
  new KnownOption(52, "overload", Form.Number),
  new KnownOption(53, "message type", Form.Type),
  new KnownOption(54, "server", Form.Addresses),
  new KnownOption(56, "message", Form.Text),
  new KnownOption(57, "maximum message size", Form.Number),
  new KnownOption(58, "T1", Form.Seconds),
  new KnownOption(59, "T2", Form.Seconds),
  new KnownOption(60, "vendor class", Form.Text),
  new KnownOption(61, "client", Form.Client),
  new KnownOption(66, "TFTP server", Form.Text),
  new KnownOption(67, "boot file", Form.Text),
  new KnownOption(69, "SMTP server", Form.Addresses),
  new KnownOption(77, "user class", Form.Text),
  new KnownOption(82, "relay agent", Form.Bytes),
  new KnownOption(100, "time zone", Form.Text),
  new KnownOption(101, "time zone name", Form.Text),
  new KnownOption(108, "IPv6 only preferred", Form.Seconds),
  new KnownOption(114, "captive portal", Form.Text),
  new KnownOption(116, "link-local addresses", Form.Number),
  new KnownOption(118, "subnet", Form.Addresses),
  new KnownOption(119, "search", Form.Domains),
  new KnownOption(120, "SIP server", Form.Bytes),
  new KnownOption(121, "classless routes", Form.Routes),
  new KnownOption(124, "vendor class by enterprise", Form.Bytes),
  new KnownOption(125, "vendor options by enterprise", Form.Bytes),
  new KnownOption(150, "TFTP server addresses", Form.Addresses),
  new KnownOption(245, "Azure WireServer", Form.Addresses),
  new KnownOption(249, "classless routes", Form.Routes),
  new KnownOption(252, "proxy configuration", Form.Text),
];

const TYPES: StaticArray<string> = [
  "none",
  "DISCOVER",
  "OFFER",
  "REQUEST",
  "DECLINE",
  "ACK",
  "NAK",
  "RELEASE",
  "INFORM",
];

function known(code: u32): KnownOption | null {
  for (let i = 0; i < KNOWN.length; i++) {
    if (KNOWN[i].code == code) return KNOWN[i];
  }
  return null;
}

/** Returns the name of an option: "subnet mask (1)", or "option 224". */
export function optionName(code: u32): string {
  const entry = known(code);
  return entry == null ? `option ${code.toString()}` : `${entry.name} (${code.toString()})`;
}

/** Returns an option's data as text; in hexadecimal if it is opaque, unknown or malformed. */
export function describeOption(option: DhcpOption): string {
  const entry = known(option.code);
  const data = option.data;
  const form = entry == null ? Form.Bytes : entry.form;
  const length = data.length;
  if (form == Form.Addresses && length > 0 && (length & 3) == 0) return addresses(data);
  if (form == Form.Seconds && length == 4) return seconds(loadNet32(changetype<usize>(data)));
  if (form == Form.Number && length <= 4 && length != 3 && length > 0) return numeral(data);
  if (form == Form.Text) return readText(data);
  if (form == Form.Type && length == 1 && data[0] <= 8) return TYPES[data[0]];
  if (form == Form.Domains) {
    const domains = readSearchList(data);
    if (domains.length > 0) return domains.join(" ");
  }
  if (form == Form.Routes) {
    const text = routes(data);
    if (text.length > 0) return text;
  }
  if (form == Form.Client && length == 7 && data[0] == 1) {
    const pointer = changetype<usize>(data);
    return formatHardware(
      ((loadNet16(pointer + 1) as u64) << 32) | (loadNet32(pointer + 3) as u64),
    );
  }
  return bytes(data);
}

function addresses(data: StaticArray<u8>): string {
  const list: Array<string> = [];
  for (let i = 0; i < data.length; i += 4) {
    list.push(formatIpv4(loadNet32(changetype<usize>(data) + i)));
  }
  return list.join(" ");
}

function seconds(value: u32): string {
  return value == 0xffffffff ? "infinite" : `${value.toString()} s`;
}

function numeral(data: StaticArray<u8>): string {
  let value: u32 = 0;
  for (let i = 0; i < data.length; i++) value = (value << 8) | (data[i] as u32);
  return value.toString();
}

function routes(data: StaticArray<u8>): string {
  const list = readRoutes(data, 64);
  let text = "";
  if (list == null) return text;
  for (let i = 0; i < list.length; i++) {
    const to = `${formatIpv4(list[i].destination)}/${list[i].prefix.toString()}`;
    text += `${i > 0 ? ", " : ""}${to} via ${formatIpv4(list[i].router)}`;
  }
  return text;
}

/** Returns the first 64 bytes in hexadecimal. */
function bytes(data: StaticArray<u8>): string {
  const shown = data.length < 64 ? data.length : 64;
  let text = "";
  for (let i = 0; i < shown; i++) {
    text += (i > 0 ? " " : "") + (data[i] < 16 ? "0" : "") + data[i].toString(16);
  }
  return data.length > shown ? `${text} ... (${data.length.toString()} bytes)` : text;
}
