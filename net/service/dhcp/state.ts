/** The states of a DHCP client (RFC 2131 section 4.4, figure 5) and their names. */

export const enum DhcpState {
  /** Not started, stopped, or released. */
  Stopped = 0,
  /** Waiting to send the next DISCOVER. */
  Init,
  /** DISCOVER sent: waiting for an OFFER. */
  Selecting,
  /** REQUEST sent for an offer: waiting for the ACK. */
  Requesting,
  /** The link came back: confirming the lease. */
  Rebooting,
  /** The lease is valid; waiting to renew it. */
  Bound,
  /** After T1, or on command: renewing with the server that granted the lease. */
  Renewing,
  /** After T2: renewing with any server. */
  Rebinding,
  /** RELEASE is queued. */
  Releasing,
  /** INFORM sent for an address set by hand (section 4.4.3): waiting for the ACK. */
  Informing,
  /** Options for an address set by hand are in use. */
  Informed,
}

/** The names of the states in the order of `DhcpState`; RFC 2131 figure 5 has most of them. */
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
  "informing",
  "informed",
];

/** Reports whether the client requests or uses options for an address set by hand. */
export function isInform(state: DhcpState): bool {
  return state == DhcpState.Informing || state == DhcpState.Informed;
}
