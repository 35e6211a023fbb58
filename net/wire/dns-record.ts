/**
 * Formats the data of DNS records as text, in the presentation format of master files (RFC 1035
 * section 5.1 and the RFC of each type). Data of types not listed in `dataText`, and malformed
 * data, are shown in the form of RFC 3597 section 5: `\# LENGTH HEX`.
 */
import { loadNet16, loadNet32 } from "../../core/bytes";
import { escapeBytes } from "../../core/escape";
import { parseDecimalText } from "../../core/text";
import { TextBuilder } from "../../core/text-builder";
import { formatIpv4 } from "./address";
import { DNS_HEADER, TYPE_A, TYPE_CNAME, TYPE_NS, TYPE_OPT, TYPE_SOA } from "./dns";
import { BAD_NAME, DnsName } from "./dns-name";

export const TYPE_PTR: u32 = 12;
export const TYPE_MX: u32 = 15;
export const TYPE_TXT: u32 = 16;
export const TYPE_AAAA: u32 = 28;
export const TYPE_SRV: u32 = 33;
export const TYPE_ANY: u32 = 255;
const TYPE_CAA: u32 = 257;

const TYPES: StaticArray<u32> = [
  TYPE_A,
  TYPE_NS,
  TYPE_CNAME,
  TYPE_SOA,
  TYPE_PTR,
  TYPE_MX,
  TYPE_TXT,
  TYPE_AAAA,
  TYPE_SRV,
  TYPE_OPT,
  TYPE_ANY,
  TYPE_CAA,
];
/** Their mnemonics, in the order of `TYPES`. */
const NAMES: StaticArray<string> = [
  "A",
  "NS",
  "CNAME",
  "SOA",
  "PTR",
  "MX",
  "TXT",
  "AAAA",
  "SRV",
  "OPT",
  "ANY",
  "CAA",
];

/** Returns the mnemonic of a type, or TYPE and its number (RFC 3597 section 5). */
export function typeName(type: u32): string {
  const index = TYPES.indexOf(type);
  return index < 0 ? `TYPE${type}` : NAMES[index];
}

/** Returns the type of a mnemonic or of `TYPEn` (RFC 3597), in any case; 0 if unknown. */
export function typeOf(text: string): u32 {
  const name = text.toUpperCase();
  const index = NAMES.indexOf(name);
  if (index >= 0) return TYPES[index];
  const number = name.startsWith("TYPE") ? parseDecimalText(name.substring(4)) : -1;
  return number > 0 && number <= 0xffff ? (number as u32) : 0;
}

/** Reads the parts of one record's data, in order. */
class DataReader {
  /** False after a part was malformed or did not fit the data. */
  good: bool = true;
  private readonly names: DnsName = new DnsName(true);

  constructor(
    private readonly message: usize,
    private readonly size: u32,
    private at: u32,
    private readonly end: u32,
  ) {}

  get left(): u32 {
    return this.end - this.at;
  }

  short(): u32 {
    const at = this.take(2);
    return this.good ? loadNet16(at) : 0;
  }

  word(): u32 {
    const at = this.take(4);
    return this.good ? loadNet32(at) : 0;
  }

  byte(): u32 {
    const at = this.take(1);
    return this.good ? (load<u8>(at) as u32) : 0;
  }

  /** Reads a domain name; returns it with the final dot. */
  name(): string {
    const after = this.names.read(this.message, this.size, this.at, DNS_HEADER);
    this.good = this.good && after != BAD_NAME && (after as u32) <= this.end;
    if (!this.good) return "";
    this.at = after as u32;
    return absolute(this.names.text());
  }

  /** Reads a length byte and that many characters; returns them in quotes. */
  text(): string {
    const length = this.byte();
    return this.quotedBytes(length);
  }

  quotedBytes(length: u32): string {
    const at = this.take(length);
    return this.good ? quoted(at, length) : "";
  }

  address(): string {
    const at = this.take(4);
    return this.good ? formatIpv4(loadNet32(at)) : "";
  }

  address6(): string {
    const at = this.take(16);
    return this.good ? formatIpv6(at) : "";
  }

  private take(length: u32): usize {
    const at = this.message + this.at;
    this.good = this.good && length <= this.left;
    if (this.good) this.at += length;
    return at;
  }
}

/** Formats a record's data: `length` bytes at `offset` of a message of `size` bytes. */
export function recordText(message: usize, size: u32, type: u32, offset: u32, length: u32): string {
  const data = new DataReader(message, size, offset, offset + length);
  const text = dataText(data, type);
  return data.good && data.left == 0 && text != "" ? text : unknownText(message + offset, length);
}

function dataText(data: DataReader, type: u32): string {
  switch (type) {
    case TYPE_A:
      return data.address();
    case TYPE_AAAA:
      return data.address6();
    case TYPE_NS:
    case TYPE_CNAME:
    case TYPE_PTR:
      return data.name();
    case TYPE_MX:
      return `${data.short()} ${data.name()}`;
    case TYPE_SRV:
      return `${data.short()} ${data.short()} ${data.short()} ${data.name()}`;
    case TYPE_SOA: {
      const names = `${data.name()} ${data.name()}`;
      const times = `${data.word()} ${data.word()} ${data.word()} ${data.word()}`;
      return `${names} ${times} ${data.word()}`;
    }
    case TYPE_TXT:
      return texts(data);
    case TYPE_CAA: {
      const flags = data.byte();
      const tag = data.text();
      return `${flags} ${tag.substring(1, tag.length - 1)} ${data.quotedBytes(data.left)}`;
    }
    default:
      return "";
  }
}

function texts(data: DataReader): string {
  const text = new TextBuilder();
  while (data.good && data.left > 0) {
    if (text.length > 0) text.addUnit(0x20);
    text.add(data.text());
  }
  return text.toString();
}

/** Returns a name with the final dot that makes it absolute. */
export function absolute(name: string): string {
  return name == "." ? name : name + ".";
}

function quoted(pointer: usize, length: u32): string {
  return '"' + escapeBytes(pointer, length).split('"').join('\\"') + '"';
}

function unknownText(pointer: usize, length: u32): string {
  const text = new TextBuilder();
  for (let i: u32 = 0; i < length; i++) text.addHex(load<u8>(pointer + i), 2);
  const bytes = text.toString().toUpperCase();
  return length == 0 ? "\\# 0" : `\\# ${length} ${bytes}`;
}

/** Returns an IPv6 address in the form of RFC 5952. */
function formatIpv6(pointer: usize): string {
  let start: u32 = 8;
  let longest: u32 = 1;
  for (let i: u32 = 0; i < 8; i++) {
    let zeros: u32 = 0;
    while (i + zeros < 8 && loadNet16(pointer + ((i + zeros) << 1)) == 0) zeros++;
    if (zeros > longest) {
      start = i;
      longest = zeros;
    }
  }
  let text = "";
  for (let i: u32 = 0; i < 8; i++) {
    if (i == start) {
      text += "::";
      i += longest - 1;
    } else {
      if (text != "" && !text.endsWith(":")) text += ":";
      text += loadNet16(pointer + (i << 1)).toString(16);
    }
  }
  return text;
}
