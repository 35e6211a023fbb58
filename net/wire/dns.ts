/**
 * DNS messages (RFC 1035 section 4), as far as a client that resolves addresses needs them. See
 * net/wire/dns-name.ts for the names in them.
 *
 *      0    2       4         6         8         10        12
 *     ┌────┬───────┬─────────┬─────────┬─────────┬─────────┬───────────┬─────────┬─ ─
 *     │ id │ flags │ qdcount │ ancount │ nscount │ arcount │ questions │ answers │ ...
 *     └────┴───────┴─────────┴─────────┴─────────┴─────────┴───────────┴─────────┴─ ─
 *     question = ├ name ├ type 2 ├ class 2 ┤
 *     record   = ├ name ├ type 2 ├ class 2 ├ ttl 4 ├ length 2 ├ data ┤
 */

import { loadNet16, loadNet32, storeNet16 } from "../../core/bytes";
import { HOST_NAME_LENGTH } from "../../core/limits";
import { BAD_NAME, DnsName, emitDnsName } from "./dns-name";

export const DNS_PORT: u32 = 53;
/** The port of DNS over TLS (RFC 7858 section 3.1). */
export const DNS_TLS_PORT: u32 = 853;
export const DNS_HEADER: u32 = 12;
/** Bytes of an OPT record without options (RFC 6891 section 6.1.2). */
const OPT_RECORD: u32 = 11;
/** Bytes of the longest query: header, name, type, class, OPT record. */
export const DNS_QUERY_BYTES: u32 = DNS_HEADER + 255 + 4 + OPT_RECORD;
/**
 * The UDP payload that OPT announces: a response of this size is not fragmented on any usual path
 * (DNS Flag Day 2020).
 */
const EDNS_PAYLOAD: u32 = 1232;

export const TYPE_A: u32 = 1;
export const TYPE_NS: u32 = 2;
export const TYPE_CNAME: u32 = 5;
export const TYPE_SOA: u32 = 6;
export const TYPE_OPT: u32 = 41;
export const CLASS_IN: u32 = 1;

/** Response codes (RFC 1035 section 4.1.1). */
export const enum DnsCode {
  None = 0,
  FormatError = 1,
  ServerFailure = 2,
  NameError = 3,
  NotImplemented = 4,
  Refused = 5,
}

@unmanaged
export class DnsHeader {
  static at(pointer: usize): DnsHeader {
    return changetype<DnsHeader>(pointer);
  }
  get id(): u32 {
    return loadNet16(changetype<usize>(this));
  }
  get flags(): u32 {
    return loadNet16(changetype<usize>(this) + 2);
  }
  get response(): bool {
    return (this.flags & 0x8000) != 0;
  }
  get operation(): u32 {
    return (this.flags >>> 11) & 15;
  }
  get truncated(): bool {
    return (this.flags & 0x0200) != 0;
  }
  get code(): u32 {
    return this.flags & 15;
  }
  get questions(): u32 {
    return loadNet16(changetype<usize>(this) + 4);
  }
  get answers(): u32 {
    return loadNet16(changetype<usize>(this) + 6);
  }
  get authorities(): u32 {
    return loadNet16(changetype<usize>(this) + 8);
  }
  get additionals(): u32 {
    return loadNet16(changetype<usize>(this) + 10);
  }
}

/**
 * The gate for messages: accepts any whole header. `DnsReader` checks what follows, item by item.
 */
export function parseDns(length: u32): bool {
  return length >= DNS_HEADER;
}

/**
 * Writes a recursive query for `name` (see `emitDnsName`; at most 253 characters) to `pointer`,
 * which has room for DNS_QUERY_BYTES. Returns the number of bytes written.
 */
export function emitDnsQuery(pointer: usize, id: u32, name: string, type: u32): u32 {
  assert(<u32>name.length <= HOST_NAME_LENGTH, "the name is too long");
  memory.fill(pointer, 0, DNS_HEADER);
  storeNet16(pointer, id);
  storeNet16(pointer + 2, 0x0100);
  storeNet16(pointer + 4, 1);
  const end = DNS_HEADER + emitDnsName(pointer + DNS_HEADER, name);
  storeNet16(pointer + end, type);
  storeNet16(pointer + end + 2, CLASS_IN);
  return end + 4;
}

/**
 * Appends an OPT record (RFC 6891) to a query of `length` bytes at `pointer`; returns its new
 * length.
 *
 *     ├ root 1 ├ type 41 ├ payload 2 ├ extended code 1 ├ version 1 ├ flags 2 ├ length 2 ┤
 */
export function emitOpt(pointer: usize, length: u32): u32 {
  const at = pointer + length;
  memory.fill(at, 0, OPT_RECORD);
  storeNet16(at + 1, TYPE_OPT);
  storeNet16(at + 3, EDNS_PAYLOAD);
  storeNet16(pointer + 10, 1);
  return length + OPT_RECORD;
}

/** An OPT record (RFC 6891 section 6.1.3). */
export class DnsOpt {
  constructor(
    /** The largest UDP payload that the sender accepts, in bytes. */
    readonly payload: u32,
    private readonly ttl: u32,
    /** The address and the length of its options, which lie within the message. */
    readonly options: usize,
    readonly optionsLength: u32,
  ) {}

  /** The upper eight bits of the response code. */
  get extendedCode(): u32 {
    return this.ttl >>> 24;
  }
  get version(): u32 {
    return (this.ttl >>> 16) & 255;
  }
  /** The bit DO, and 15 reserved ones. */
  get flags(): u32 {
    return this.ttl & 0xffff;
  }

  /**
   * Returns the OPT record of a message that passed `parseDns`; null if there is none before the
   * first malformed record.
   */
  static find(message: usize, length: u32): DnsOpt | null {
    const header = DnsHeader.at(message);
    const reader = new DnsReader(message, length);
    for (let i: u32 = 0; i < header.questions; i++) {
      if (!reader.readQuestion()) return null;
    }
    const count = header.answers + header.authorities + header.additionals;
    for (let i: u32 = 0; i < count && reader.readRecord(); i++) {
      if (reader.type != TYPE_OPT) continue;
      const options = message + reader.dataOffset;
      return new DnsOpt(reader.class_, reader.ttl, options, reader.dataLength);
    }
    return null;
  }
}

/** Reads the questions and records of a message that passed `parseDns`, in order. */
export class DnsReader {
  /** The owner name of the last question or record read. */
  name: string = "";
  type: u32 = 0;
  class_: u32 = 0;
  ttl: u32 = 0;
  /** Offset and length of the last record's data, which lies within the message. */
  dataOffset: u32 = 0;
  dataLength: u32 = 0;
  private offset: u32 = DNS_HEADER;
  private readonly names: DnsName;

  /** With `keepCase`, names keep the case of their letters and are not in canonical form. */
  constructor(
    private readonly message: usize,
    private readonly length: u32,
    keepCase: bool = false,
  ) {
    this.names = new DnsName(keepCase);
  }

  /** Reads the next question; returns false if it is malformed or truncated. */
  readQuestion(): bool {
    if (!this.readName(this.offset)) return false;
    if (this.offset + 4 > this.length) return false;
    const at = this.message + this.offset;
    this.type = loadNet16(at);
    this.class_ = loadNet16(at + 2);
    this.offset += 4;
    return true;
  }

  /** Reads the next record; returns false if it is malformed or truncated. */
  readRecord(): bool {
    if (!this.readName(this.offset)) return false;
    if (this.offset + 10 > this.length) return false;
    const at = this.message + this.offset;
    this.type = loadNet16(at);
    this.class_ = loadNet16(at + 2);
    this.ttl = loadNet32(at + 4);
    this.dataLength = loadNet16(at + 8);
    this.dataOffset = this.offset + 10;
    this.offset = this.dataOffset + this.dataLength;
    return this.offset <= this.length;
  }

  /** Returns the address in an A record, or -1 if its data are not 4 bytes. */
  address(): i64 {
    if (this.dataLength != 4) return -1;
    return loadNet32(this.message + this.dataOffset) as i64;
  }

  /** Returns the target in a CNAME record, or "" if its data are not exactly one name. */
  target(): string {
    const after = this.names.read(this.message, this.length, this.dataOffset, DNS_HEADER);
    return after == ((this.dataOffset + this.dataLength) as i32) ? this.names.text() : "";
  }

  /** Returns the MINIMUM field of an SOA record (RFC 2308), or -1 if its data are too short. */
  minimum(): i64 {
    if (this.dataLength < 22) return -1;
    return loadNet32(this.message + this.dataOffset + this.dataLength - 4) as i64;
  }

  private readName(offset: u32): bool {
    const after = this.names.read(this.message, this.length, offset, DNS_HEADER);
    if (after == BAD_NAME) return false;
    this.offset = after as u32;
    this.name = this.names.text();
    return true;
  }
}
