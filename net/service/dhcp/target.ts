/** What a DHCP client (RFC 2131) requires of the interface that it configures. */
import { Ipv4Address } from "../../wire/address";
import { NetworkAddress } from "../settings";
import { Lease } from "./lease";

/** An interface that can be configured from a lease. */
export interface LeaseTarget {
  /** The interface's index, as passed to `UdpTable.process`. */
  device(): u32;
  /** The interface's name, for the log. */
  name(): string;
  /** The hardware address in the low 48 bits. */
  hardwareAddress(): u64;
  /** Returns the address for which INFORM requests options; null if the interface has none. */
  ownAddress(): NetworkAddress | null;
  /** Applies the address, routes, servers and MTU of `lease`, in place of the previous lease's. */
  configure(lease: Lease): void;
  /** Removes the address and routes of `lease` at once. */
  deconfigure(lease: Lease): void;
  /** Reports whether the interface still has the lease's address, which renewing requires. */
  holds(lease: Lease): bool;
  /** Starts to probe for an address conflict (RFC 5227 section 2.1.1). */
  probe(address: Ipv4Address): void;
  /** Reports whether another host has claimed the address since `probe`. */
  conflict(address: Ipv4Address): bool;
}
