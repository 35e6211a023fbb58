/** The states of a DHCP client (RFC 2131 section 4.4, figure 5) and their names. */

export const enum DhcpState {
  /** Not started, stopped, or released. */
  Stopped = 0,
  /** Waits before the next DISCOVER. */
  Init,
  /** DISCOVER was sent. */
  Selecting,
  /** An offer was taken, REQUEST was sent. */
  Requesting,
  /** The link came back: the lease that is there is being asked for again. */
  Rebooting,
  Bound,
  /** After T1: asks the server that gave the lease. */
  Renewing,
  /** After T2: asks any server. */
  Rebinding,
  /** RELEASE is on its way out. */
  Releasing,
}

/** In the order of `DhcpState`, as RFC 2131 figure 5 names them. */
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
