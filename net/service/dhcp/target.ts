/** What a DHCP client (RFC 2131) asks of the interface that it configures: a seam for tests. */
import { Lease } from "./lease";

export interface LeaseTarget {
  /** The interface's index, as `UdpTable.process` is told it. */
  device(): u32;
  /** The interface's name, for the log. */
  name(): string;
  hardwareAddress(): u64;
  /**
   * Takes address, routes, name servers and MTU of `lease` into use, instead of those of the
   * lease before it.
   */
  configure(lease: Lease): void;
  /** Stops using the lease at once: nothing leaves from its address any more. */
  deconfigure(lease: Lease): void;
  /** False once the lease's address was taken away by hand: a renewal could not be received. */
  holds(lease: Lease): bool;
  /** Begins to ask the link who else has the address (RFC 5227 section 2.1.1). Does not wait. */
  probe(address: u32): void;
  /** True once another host was heard that has the address, since `probe`. */
  conflict(address: u32): bool;
}
