/** The result of an exchange with a name server: a message or an error. */
import { DnsHeader, DnsReader, TYPE_OPT } from "../../wire/dns";
import { DnsError } from "./failure";

/** The upper bits of BADVERS, code 16: the EDNS version is not supported (RFC 6891 section 9). */
const BAD_VERSION: u32 = 1;

export class DnsReply {
  /** Whether the letters of the name came back in the case in which they were sent. */
  caseKept: bool = true;
  /** Whether the message has an OPT record. */
  hasOpt: bool = false;
  /** The upper eight bits of the response code (RFC 6891 section 6.1.3). */
  extendedCode: u32 = 0;
  /** What went wrong, if `error` alone does not say; else "". */
  detail: string = "";
  /** The UDP payload size in the OPT record, in bytes. */
  payload: u32 = 0;

  constructor(
    /** Empty if `error` is not None. */
    readonly message: StaticArray<u8>,
    readonly length: u32,
    readonly error: DnsError,
  ) {
    if (length > 0) this.readOpt();
  }

  static failed(error: DnsError): DnsReply {
    return new DnsReply([], 0, error);
  }

  get pointer(): usize {
    return changetype<usize>(this.message);
  }

  /** Reports whether the server rejects the query's version of EDNS. */
  badVersion(): bool {
    return this.extendedCode == BAD_VERSION && DnsHeader.at(this.pointer).answers == 0;
  }

  /** Looks for the OPT record. Stops without an error at a malformed record. */
  private readOpt(): void {
    const header = DnsHeader.at(this.pointer);
    const reader = new DnsReader(this.pointer, this.length);
    for (let i: u32 = 0; i < header.questions; i++) {
      if (!reader.readQuestion()) return;
    }
    const count = header.answers + header.authorities + header.additionals;
    for (let i: u32 = 0; i < count; i++) {
      if (!reader.readRecord()) return;
      if (reader.type != TYPE_OPT) continue;
      this.hasOpt = true;
      this.extendedCode = reader.ttl >>> 24;
      this.payload = reader.class_;
      return;
    }
  }
}
