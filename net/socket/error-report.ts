/**
 * An ICMP error about a packet that this host sent (RFC 792, RFC 1122 section 3.2.2), as it is
 * reported to sockets. If the next hop did not answer ARP, this host itself reports
 * HostUnreachable. One object serves all errors, so that the packet path allocates nothing.
 */
import { IcmpError } from "../wire/icmp";
import { IpAddress } from "../wire/ip-address";
import { Endpoints } from "./endpoints";

export class ErrorReport {
  kind: IcmpError = IcmpError.HostUnreachable;
  /** For FragmentationNeeded, the next hop's MTU in bytes, or 0 if the router did not report it. */
  mtu: u32 = 0;
  /** The TTL with which the error arrived. */
  ttl: u32 = 0;
  /** The addresses of the packet, as seen from this host. TCP and UDP set the ports. */
  readonly quoted: Endpoints = new Endpoints();
  /** Address of the packet's transport header, of which only the first 8 bytes must be there. */
  pointer: usize = 0;
  reporterHigh: u64 = 0;
  reporterLow: u64 = 0;

  /** The address that sent the error. */
  get reporter(): IpAddress {
    return IpAddress.at(changetype<usize>(this) + offsetof<ErrorReport>("reporterHigh"));
  }
}
