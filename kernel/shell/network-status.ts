/** What the shell must know of the network, to let commands wait for it. */

export interface NetworkStatus {
  /** True while at least one interface has an address and may be used. */
  configured(): bool;
  /** Why none is, in words: "no network card was found", "no answer from a DHCP server". */
  reason(): string;
}
