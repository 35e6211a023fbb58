/** Which replies a DHCP client accepts in which state (RFC 2131 sections 3.1 and 4.4). */
import { Ipv4Address } from "../../wire/address";
import { DhcpType } from "../../wire/dhcp";
import { Lease } from "./lease";
import { DhcpState } from "./state";

/** Returns the type of the reply, other than a NAK, that is expected in a state; 0 for none. */
export function expectedReply(state: DhcpState): u32 {
  switch (state) {
    case DhcpState.Selecting:
      return DhcpType.Offer;
    case DhcpState.Requesting:
    case DhcpState.Rebooting:
    case DhcpState.Renewing:
    case DhcpState.Rebinding:
    case DhcpState.Informing:
      return DhcpType.Ack;
    default:
      return 0;
  }
}

/**
 * Reports whether to accept the lease of the expected reply, given the lease in use and the offer
 * requested. After an OFFER, only the address must be the same: behind an anycast relay, several
 * servers answer. A renewal by another server must keep the address.
 */
export function isAcceptable(
  state: DhcpState,
  granted: Lease,
  lease: Lease | null,
  offer: Lease | null,
): bool {
  if (state == DhcpState.Requesting) return offer != null && offer.address == granted.address;
  if (state != DhcpState.Renewing || lease == null) return true;
  return lease.address == granted.address || lease.server == granted.server;
}

/** Reports whether a NAK from `server` counts, given the lease in use and the offer requested. */
export function isNakValid(
  state: DhcpState,
  server: Ipv4Address,
  lease: Lease | null,
  offer: Lease | null,
): bool {
  if (state == DhcpState.Requesting) return offer != null && offer.server == server;
  if (state == DhcpState.Renewing) return lease != null && lease.server == server;
  return state == DhcpState.Rebooting || state == DhcpState.Rebinding;
}
