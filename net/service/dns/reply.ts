/** What an exchange with a name server ends with: a message, or the reason why there is none. */
import { DnsHeader, DnsReader, TYPE_OPT } from "../../wire/dns";
import { DnsError } from "./failure";

/** The version of EDNS is not supported (RFC 6891 section 9): code 16, whose low bits are 0. */
const BAD_VERSION: u32 = 1;

export class DnsReply {
  /** Whether the letters of the name came back in the case in which they were sent. */
  caseKept: bool = true;
  /** The message has an OPT record. */
  hasOpt: bool = false;
  /** The upper eight bits of the response code (RFC 6891 section 6.1.3). */
  extendedCode: u32 = 0;
  /** What went wrong, if `error` alone does not say; else "". */
  detail: string = "";
  /** Bytes of UDP payload that its OPT record announces. */
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

  /** Reports whether the server rejects EDNS. */
  badVersion(): bool {
    return this.extendedCode == BAD_VERSION && DnsHeader.at(this.pointer).answers == 0;
  }

  /** Looks for the OPT record; malformed messages are left to those who read the rest. */
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
