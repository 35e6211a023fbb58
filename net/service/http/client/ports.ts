/** What the HTTP client needs of a resolver. */

/** A running query for a name's addresses. */
export interface NameAnswer {
  finished(): bool;
  /** The number of addresses found, best first; 0 if it failed. */
  addressCount(): u32;
  address(index: u32): u32;
  /** Says why there are none: "no such name". */
  failure(): string;
  /** Cancels the query. */
  cancel(): void;
}

export interface NameLookup {
  lookup(name: string, now: i64): NameAnswer;
}
