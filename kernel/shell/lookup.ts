/** Finds the addresses of a host that the user gave by name or by address. */

import { DnsError, DnsQuery } from "../../net/service/dns/query";
import { NetworkStack } from "../../net/service/stack";
import { Ipv4Address } from "../../net/wire/address";

export class Lookup {
  private readonly query: DnsQuery;

  constructor(
    readonly host: string,
    private readonly stack: NetworkStack,
    now: i64,
  ) {
    this.query = stack.dns.resolve(host, now);
  }

  /** Returns true once `address` and `failure` are valid. */
  poll(): bool {
    return this.query.done;
  }

  /** The addresses, the best first; none if `failure` is set. */
  get addresses(): Array<Ipv4Address> {
    return this.query.addresses;
  }

  /** The first address; 0 if there is none. */
  get address(): Ipv4Address {
    const addresses = this.query.addresses;
    return addresses.length > 0 ? addresses[0] : 0;
  }

  /** Why there is no address, in the words of gai_strerror(3) with details; "" if there is one. */
  get failure(): string {
    const query = this.query;
    if (query.addresses.length > 0) return "";
    if (query.error == DnsError.NameError) return "Name or service not known";
    if (query.error == DnsError.NoData) return "No address associated with hostname";
    const kind =
      query.error == DnsError.BadName
        ? "Name or service not known"
        : "Temporary failure in name resolution";
    return `${kind} (${query.failure()})`;
  }

  cancel(): void {
    this.stack.dns.cancel(this.query);
  }
}
