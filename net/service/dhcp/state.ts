/** The states of a DHCP client (RFC 2131 section 4.4, figure 5) and their names. */

export const enum DhcpState {
  /** Not started, stopped, or released. */
  Stopped = 0,
  /** Waits before the next DISCOVER. */
  Init,
  /** DISCOVER was sent. */
  Selecting,
  /** An offer was accepted and REQUEST sent. */
  Requesting,
  /** The link came back: the lease is being confirmed. */
  Rebooting,
  Bound,
  /** After T1: asks the server that granted the lease. */
  Renewing,
  /** After T2: asks any server. */
  Rebinding,
  /** RELEASE waits to be sent. */
  Releasing,
}

/** In the order of `DhcpState`; the names of RFC 2131 figure 5. */
export const DHCP_STATE_NAMES: StaticArray<string> = [
  "stopped",
  "init",
  "selecting",
  "requesting",
  "rebooting",
  "bound",
  "renewing",
  "rebinding",
  "releasing",
];
