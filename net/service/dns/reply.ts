/** The result of an exchange with a name server: a message or an error. */
import { StreamFailure } from "../stream/stream";
import { DnsError } from "./failure";

export class DnsReply {
  /** Whether the letters of the name came back in the case in which they were sent. */
  caseKept: bool = true;
  /** Why the connection to the server failed; None if it did not, or there was none. */
  failureKind: StreamFailure = StreamFailure.None;
  /** The same in words; "" if `error` is description enough. */
  detail: string = "";

  constructor(
    /** Empty if `error` is not None. */
    readonly message: StaticArray<u8>,
    readonly length: u32,
    readonly error: DnsError,
  ) {}

  static failed(error: DnsError): DnsReply {
    return new DnsReply([], 0, error);
  }

  get pointer(): usize {
    return changetype<usize>(this.message);
  }
}
