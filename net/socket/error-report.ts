/**
 * An ICMP error about a packet that this host sent (RFC 792, RFC 1122 section 3.2.2), as sockets
 * are told of it. One object serves all errors: the packet path allocates nothing.
 */
import { IcmpError } from "../wire/icmp";
import { IpAddress } from "../wire/ip-address";
import { Endpoints } from "./endpoints";

export class ErrorReport {
  kind: IcmpError = IcmpError.HostUnreachable;
  /** With FragmentationNeeded: the next hop's MTU in bytes, or 0 if it was not named. */
  mtu: u32 = 0;
  /** TTL that the error arrived with. */
  ttl: u32 = 0;
  /** The addresses of the packet, seen from this host; the ports are left to its protocol. */
  readonly quoted: Endpoints = new Endpoints();
  /** Address of the first ICMP_QUOTE bytes, or more, of the packet's transport header. */
  pointer: usize = 0;
  reporterHigh: u64 = 0;
  reporterLow: u64 = 0;

  /** Who sent the error. */
  get reporter(): IpAddress {
    return IpAddress.at(changetype<usize>(this) + offsetof<ErrorReport>("reporterHigh"));
  }
}
