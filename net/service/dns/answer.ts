/**
 * Parses the responses of name servers (RFC 1035 section 7.3). Of the answer section, only the
 * records on the chain from the queried name through its aliases to their addresses are used (RFC
 * 2181 section 5.4.1).
 */
import { DNS_ADDRESSES, DNS_ALIASES } from "../../../core/limits";
import { Ipv4Address, isUnicast } from "../../wire/address";
import {
  CLASS_IN,
  DnsCode,
  DnsHeader,
  DnsReader,
  TYPE_A,
  TYPE_CNAME,
  TYPE_NS,
  TYPE_OPT,
  TYPE_SOA,
} from "../../wire/dns";
import { isWithin } from "../../wire/dns-name";
import { DnsError, errorOfCode } from "./failure";

/** The upper bits of BADVERS, response code 16. */
const BAD_VERSION: u32 = 1;

export const enum AnswerKind {
  /** The result: `addresses` if `error` is None. */
  Final = 1,
  /** The chain ends with an alias: query `canonicalName` next. */
  Alias,
  /** The TC bit is set: query again over TCP. `addresses` has those that fitted. */
  Truncated,
}

/** An A or CNAME record of the answer section. */
class ChainRecord {
  constructor(
    readonly owner: string,
    /** The alias's target; "" for an A record. */
    readonly target: string,
    readonly address: Ipv4Address,
    readonly ttl: u32,
  ) {}
}

/** A parsed response. */
export class DnsAnswer {
  kind: AnswerKind = AnswerKind.Final;
  error: DnsError = DnsError.None;
  addresses: Array<Ipv4Address> = [];
  /** The name that the aliases lead to. */
  canonicalName: string = "";
  /** Number of aliases followed. */
  aliases: u32 = 0;
  /**
   * Whether there is neither an answer nor the SOA record of a negative answer. A working recursive
   * server sends one of them, so another server may know the answer.
   */
  lame: bool = false;
  /**
   * Seconds: the smallest TTL on the chain; for a negative answer the TTL of RFC 2308 section 5, or
   * 0 if there is none.
   */
  ttl: u32 = u32.MAX_VALUE;
  private readonly records: Array<ChainRecord> = [];
  /** Whether the message has an OPT record. */
  hasOpt: bool = false;
  /** Whether the server rejects the query's version of EDNS (BADVERS, RFC 6891 section 9). */
  badVersion: bool = false;
  /** Whether the authority section has an SOA record, and whether it has an NS record. */
  private sawSoa: bool = false;
  private sawServers: bool = false;
  /** Whether an SOA record is of a zone that contains the name. */
  private sawZone: bool = false;
  /** The TTL of a negative answer, from the zone's SOA record; 0 if there is none. */
  private denialTtl: u32 = 0;

  /**
   * Parses `length` bytes that `isResponse` accepted as the response to the query for the
   * addresses of `name`, which is in canonical form.
   */
  static read(message: usize, length: u32, name: string): DnsAnswer {
    const answer = new DnsAnswer();
    answer.canonicalName = name;
    answer.parse(new DnsReader(message, length), DnsHeader.at(message));
    return answer;
  }

  private parse(reader: DnsReader, header: DnsHeader): void {
    const code = errorOfCode(header.code);
    const fault = code != DnsError.None && code != DnsError.NameError;
    // Some servers send errors without the question.
    if (header.questions == 0 || !reader.readQuestion()) {
      this.fail(fault ? code : DnsError.BadAnswer);
      return;
    }
    const whole = this.readRecords(reader, header.answers);
    const ends = this.followAliases();
    if (whole) this.readRest(reader, header);
    if (header.truncated) {
      this.kind = AnswerKind.Truncated;
      if (ends) this.collectAddresses();
    } else if (fault) {
      this.fail(code);
    } else if (!whole || !ends) {
      this.fail(whole ? DnsError.AliasLoop : DnsError.BadAnswer);
    } else {
      this.conclude(header.code);
    }
  }

  private fail(error: DnsError): void {
    this.kind = AnswerKind.Final;
    this.error = error;
  }

  /** Collects the addresses and aliases of the answer section. Returns false if malformed. */
  private readRecords(reader: DnsReader, count: u32): bool {
    for (let i: u32 = 0; i < count; i++) {
      if (!reader.readRecord()) return false;
      if (reader.class_ != CLASS_IN) continue;
      // RFC 2181 section 8: a TTL with its top bit set counts as 0.
      const ttl = (reader.ttl as i32) < 0 ? 0 : reader.ttl;
      if (reader.type == TYPE_A) {
        const address = reader.address();
        if (address < 0) return false;
        this.records.push(new ChainRecord(reader.name, "", address as u32, ttl));
      } else if (reader.type == TYPE_CNAME) {
        const target = reader.target();
        if (target == "") return false;
        this.records.push(new ChainRecord(reader.name, target, 0, ttl));
      }
    }
    return true;
  }

  private conclude(code: u32): void {
    if (code == DnsCode.NameError) {
      this.fail(DnsError.NameError);
      this.ttl = this.denialTtl;
      return;
    }
    const found = this.collectAddresses();
    if (this.addresses.length > 0) {
      this.kind = AnswerKind.Final;
    } else if (found) {
      this.fail(DnsError.Unusable);
      this.ttl = 0;
    } else {
      if (this.denialTtl == 0 && this.aliases > 0) {
        this.kind = AnswerKind.Alias;
        return;
      }
      this.lame = !this.sawSoa;
      this.fail(this.lame && this.sawServers ? DnsError.Lame : DnsError.NoData);
      this.ttl = this.denialTtl;
    }
  }

  /** Follows the aliases. Returns false if there are more than DNS_ALIASES. */
  private followAliases(): bool {
    let record = this.aliasOf(this.canonicalName);
    while (record != null) {
      if (++this.aliases > DNS_ALIASES) return false;
      this.canonicalName = record.target;
      if (record.ttl < this.ttl) this.ttl = record.ttl;
      record = this.aliasOf(this.canonicalName);
    }
    return true;
  }

  private aliasOf(name: string): ChainRecord | null {
    for (let i = 0; i < this.records.length; i++) {
      const record = this.records[i];
      if (record.target != "" && record.owner == name) return record;
    }
    return null;
  }

  /**
   * Collects the addresses of `canonicalName`, at most DNS_ADDRESSES. Returns true if it has any A
   * record, usable or not.
   */
  private collectAddresses(): bool {
    let found = false;
    for (let i = 0; i < this.records.length; i++) {
      const record = this.records[i];
      if (record.target != "" || record.owner != this.canonicalName) continue;
      found = true;
      // A loopback or multicast address in a response may be a DNS rebinding attack.
      if (!isUnicast(record.address) || this.addresses.includes(record.address)) continue;
      if (this.addresses.length == (DNS_ADDRESSES as i32)) continue;
      this.addresses.push(record.address);
      if (record.ttl < this.ttl) this.ttl = record.ttl;
    }
    return found;
  }

  /** Reads the authority and additional sections. Stops at a malformed record, without an error. */
  private readRest(reader: DnsReader, header: DnsHeader): void {
    for (let i: u32 = 0; i < header.authorities; i++) {
      if (!reader.readRecord()) return;
      if (reader.class_ == CLASS_IN) this.takeAuthority(reader);
    }
    for (let i: u32 = 0; i < header.additionals; i++) {
      if (!reader.readRecord()) return;
      if (reader.type != TYPE_OPT) continue;
      this.hasOpt = true;
      // The header has the lower four bits of the code (RFC 6891 section 6.1.3).
      const badVersion = reader.ttl >>> 24 == BAD_VERSION && header.code == 0;
      this.badVersion = badVersion && header.answers == 0;
    }
  }

  /** Notes an SOA or NS record. The first SOA of a zone that contains the name sets `denialTtl`. */
  private takeAuthority(reader: DnsReader): void {
    if (reader.type == TYPE_NS) this.sawServers = true;
    if (reader.type != TYPE_SOA) return;
    this.sawSoa = true;
    const minimum = reader.minimum();
    if (this.sawZone || minimum < 0 || !isWithin(this.canonicalName, reader.name)) return;
    this.sawZone = true;
    const ttl = (minimum as u32) < reader.ttl ? (minimum as u32) : reader.ttl;
    this.denialTtl = (ttl as i32) < 0 ? 0 : min(ttl, this.ttl);
  }
}
