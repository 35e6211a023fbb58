/**
 * A question as it is sent, and the test for its response (RFC 5452 section 9.1). The letters of
 * the name can be in random case. A server repeats them; a forger would have to guess them
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
  /** The message id, 16 bits. */
  readonly id: u32;
  /** The length of the message at `pointer`. */
  readonly length: u32;
  /** The length of the encoded name. */
  private readonly nameLength: u32;
  private readonly message: StaticArray<u8> = new StaticArray<u8>(DNS_QUERY_BYTES as i32);

  constructor(
    random: Random,
    /** The name in canonical form, "" for the root; the message may have it in mixed case. */
    readonly name: string,
    readonly type: u32,
    /** Whether it has an OPT record (RFC 6891). */
    readonly edns: bool,
    /** Whether the letters are in random case. */
    readonly mixedCase: bool,
  ) {
    this.id = random.next32() & 0xffff;
    const pointer = changetype<usize>(this.message);
    const length = emitDnsQuery(pointer, this.id, name, type);
    this.nameLength = length - DNS_HEADER - TYPE_AND_CLASS;
    if (mixedCase) mixCase(random, pointer + DNS_HEADER, this.nameLength);
    this.length = edns ? emitOpt(pointer, length) : length;
  }

  get pointer(): usize {
    return changetype<usize>(this.message);
  }

  /** Clears the RD bit, so that the server does not query other servers. */
  clearRecursion(): void {
    storeNet16(this.pointer + 2, 0);
  }

  /** Reports whether a message is a response to this question, ignoring the case of the name. */
  matches(message: usize, length: u32): bool {
    return isResponse(message, length, this.id, this.name, this.type);
  }

  /** Reports whether a matching response has the name, if any, in the case in which it was sent. */
  keepsCase(message: usize): bool {
    if (DnsHeader.at(message).questions == 0) return true;
    const sent = this.pointer + DNS_HEADER;
    return memory.compare(message + DNS_HEADER, sent, this.nameLength) == 0;
  }
}

/** Reports whether a message is the response to a question; the name "" is the root. */
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
  const expected = name == "" ? "." : name;
  return reader.type == type && reader.class_ == CLASS_IN && reader.name == expected;
}

/** Flips the case of each letter at random. Length bytes are below 0x40, so not letters. */
function mixCase(random: Random, pointer: usize, length: u32): void {
  let bits: u32 = 0;
  for (let i: u32 = 0; i < length; i++) {
    if ((i & 31) == 0) bits = random.next32();
    const byte = load<u8>(pointer + i) as u32;
    if (isLetter(byte) && ((bits >>> (i & 31)) & 1) != 0) store<u8>(pointer + i, byte ^ 0x20);
  }
}
