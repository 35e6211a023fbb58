/** What the shell must know of the network, to let commands wait for it. */

export interface NetworkStatus {
  /** True while at least one interface has an address and may be used. */
  configured(): bool;
  /** Why none is, in words: "no network device was found". */
  reason(): string;
  /** What the machine calls itself; never empty. */
  hostname(): string;
  setHostname(name: string): void;
}
