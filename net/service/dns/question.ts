/**
 * A question as it is sent, and what counts as its response (RFC 5452 section 9.1). The letters of
 * the name are sent in random case, which a server repeats and a forger has to guess
 * (draft-vixie-dnsext-dns0x20).
 */

import { storeNet16 } from "../../../core/bytes";
import { Random } from "../../../core/random";
import { isLetter } from "../../../core/text";
import {
  CLASS_IN,
  DNS_HEADER,
  DNS_QUERY_BYTES,
  DnsCode,
  DnsHeader,
  DnsReader,
  emitDnsQuery,
  emitOpt,
  parseDns,
} from "../../wire/dns";

/** Bytes of type and class. */
const TYPE_AND_CLASS: u32 = 4;

/** One question with its id, and the message that carries it. */
export class DnsQuestion {
  /** 16 bits. */
  readonly id: u32;
  /** Bytes of the message at `pointer`. */
  readonly length: u32;
  /** Bytes of the name. */
  private readonly nameLength: u32;
  private readonly message: StaticArray<u8> = new StaticArray<u8>(DNS_QUERY_BYTES as i32);

  constructor(
    random: Random,
    /** In canonical form. */
    readonly name: string,
    readonly type: u32,
    /** Whether it has an OPT record (RFC 6891). */
    readonly edns: bool,
    /** Whether the letters are in random case. */
    readonly mixed: bool,
  ) {
    this.id = random.next32() & 0xffff;
    const pointer = changetype<usize>(this.message);
    const length = emitDnsQuery(pointer, this.id, name, type);
    this.nameLength = length - DNS_HEADER - TYPE_AND_CLASS;
    if (mixed) mixCase(random, pointer + DNS_HEADER, this.nameLength);
    this.length = edns ? emitOpt(pointer, length) : length;
  }

  get pointer(): usize {
    return changetype<usize>(this.message);
  }

  /** Clears the RD bit: asks what the server itself knows. */
  clearRecursion(): void {
    storeNet16(this.pointer + 2, 0);
  }

  /** Reports whether a message is a response to this question, whatever the case of its letters. */
  matches(message: usize, length: u32): bool {
    return isResponse(message, length, this.id, this.name, this.type);
  }

  /** Reports whether a response that matches repeats the letters as they were sent. */
  keepsCase(message: usize): bool {
    if (DnsHeader.at(message).questions == 0) return true;
    const own = this.pointer + DNS_HEADER;
    return memory.compare(message + DNS_HEADER, own, this.nameLength) == 0;
  }
}

/** Reports whether a message is the response to query `id` for `type` records of `name`. */
export function isResponse(message: usize, length: u32, id: u32, name: string, type: u32): bool {
  if (!parseDns(length)) return false;
  const header = DnsHeader.at(message);
  if (header.id != id || !header.response || header.operation != 0) return false;
  // Some servers send errors without the question; port and id match.
  if (header.questions == 0) {
    return header.code != DnsCode.None && header.code != DnsCode.NameError;
  }
  const reader = new DnsReader(message, length);
  if (header.questions != 1 || !reader.readQuestion()) return false;
  return reader.type == type && reader.class_ == CLASS_IN && reader.name == name;
}

/** Flips the case of each letter at random. Length bytes are below 0x40 and remain. */
function mixCase(random: Random, pointer: usize, length: u32): void {
  let bits: u32 = 0;
  for (let i: u32 = 0; i < length; i++) {
    if ((i & 31) == 0) bits = random.next32();
    const byte = load<u8>(pointer + i) as u32;
    if (isLetter(byte) && ((bits >>> (i & 31)) & 1) != 0) store<u8>(pointer + i, byte ^ 0x20);
  }
}
