/** From a host as a user typed it, a name or an address, to an address. */
import { DnsQuery } from "../../net/service/dns/query";
import { NetworkStack } from "../../net/service/stack";

export class Lookup {
  private readonly query: DnsQuery;

  constructor(
    readonly host: string,
    private readonly stack: NetworkStack,
    now: i64,
  ) {
    this.query = stack.dns.resolve(host, now);
  }

  /** True once `address` or `failure` has its value. */
  poll(): bool {
    return this.query.done;
  }

  /** The first address; 0 when there is none. */
  get address(): u32 {
    const addresses = this.query.addresses;
    return addresses.length > 0 ? addresses[0] : 0;
  }

  /** Why there is no address, in words; "" when there is one. */
  get failure(): string {
    return this.query.addresses.length > 0 ? "" : this.query.failure();
  }

  cancel(): void {
    this.stack.dns.cancel(this.query);
  }
}
