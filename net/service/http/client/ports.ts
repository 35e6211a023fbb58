/** The resolver as the HTTP client sees it. */
import { Ipv4Address } from "../../../wire/address";

/** A running query for a name's addresses. */
export interface NameAnswer {
  /** Reports whether the query is complete, successful or not. */
  finished(): bool;
  /** The number of addresses found; 0 if the query failed. */
  addressCount(): u32;
  /** Returns an address; the best has index 0. */
  address(index: u32): Ipv4Address;
  /** Returns why there are no addresses, such as "no name servers configured". */
  failure(): string;
  /** Cancels the query. */
  cancel(): void;
}

/** Starts queries. */
export interface NameLookup {
  lookup(name: string, now: i64): NameAnswer;
}
