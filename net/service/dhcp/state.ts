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
}

/** The states' names (RFC 2131 figure 5), in the order of `DhcpState`. */
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

/** Reports whether the client has sent a REQUEST and waits for the ACK. */
export function awaitsAck(state: DhcpState): bool {
  if (state == DhcpState.Requesting || state == DhcpState.Rebooting) return true;
  return state == DhcpState.Renewing || state == DhcpState.Rebinding;
}
