/** What the HTTP client needs from the rest of the stack: names and connections. */
import { Stream } from "../../stream/stream";

/** A question for a name's addresses, on its way. */
export interface NameAnswer {
  finished(): bool;
  /** Addresses found, best first; none when it failed. */
  addressCount(): u32;
  address(index: u32): u32;
  /** Why there are none: "no such name". */
  failure(): string;
  /** Nobody waits for it any more. */
  cancel(): void;
}

export interface NameLookup {
  lookup(name: string, now: i64): NameAnswer;
}

export interface Connector {
  /**
   * Begins to open a stream to `address`:`port`, through TLS for `host` where `secure`; null
   * when that cannot even begin, and then `refusal` says why.
   */
  open(host: string, address: u32, port: u32, secure: bool, now: i64): Stream | null;
  /** Why the last `open` answered null. */
  refusal(): string;
}
