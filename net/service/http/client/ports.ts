/** What the HTTP client needs of a resolver. */

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
