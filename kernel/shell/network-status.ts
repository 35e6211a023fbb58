/** The network as the shell sees it, so that commands can wait for its configuration. */

export interface NetworkStatus {
  /** Reports whether an interface that is up has an address. */
  configured(): bool;
  /** Reports whether it is not configured yet, but a DHCP server may still do so. */
  awaited(): bool;
  /** Returns why it is not configured, such as "net0 has no link". */
  reason(): string;
  /** Returns the machine's name, which is never empty. */
  hostname(): string;
  setHostname(name: string): void;
}
