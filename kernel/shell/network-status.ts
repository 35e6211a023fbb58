/** What the shell has to know of the network, so that commands can wait for it. */

export interface NetworkStatus {
  /** Reports whether an interface that is up has an address. */
  configured(): bool;
  /** Why none has, such as "net0 has no link". */
  reason(): string;
  /** The machine's name; never empty. */
  hostname(): string;
  setHostname(name: string): void;
}
