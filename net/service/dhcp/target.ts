/** What a DHCP client (RFC 2131) needs of the interface that it configures. */
import { Lease } from "./lease";

export interface LeaseTarget {
  /** The interface's index, as passed to `UdpTable.process`. */
  device(): u32;
  /** The interface's name, for the log. */
  name(): string;
  hardwareAddress(): u64;
  /** Applies the address, routes, name servers and MTU of `lease`, in place of the last lease's. */
  configure(lease: Lease): void;
  /** Stops using the lease at once: nothing is sent from its address. */
  deconfigure(lease: Lease): void;
  /** Reports whether the interface still has the lease's address, as renewing requires. */
  holds(lease: Lease): bool;
  /** Starts to probe for an address conflict (RFC 5227 section 2.1.1). */
  probe(address: u32): void;
  /** Reports whether another host has claimed the address since `probe`. */
  conflict(address: u32): bool;
}
