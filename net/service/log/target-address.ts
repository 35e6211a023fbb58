/** Finds the address of the host to which the log is sent. */
import { Ipv4Address } from "../../wire/address";
import { DnsQuery } from "../dns/query";
import { DnsResolver } from "../dns/resolver";

export class TargetAddress {
  /** Why the last lookup found no address, or "". */
  failure: string = "";
  private query: DnsQuery | null = null;
  /** Failures to reach the host: after each, the next of its addresses is used. */
  private failures: i32 = 0;

  constructor(
    private readonly dns: DnsResolver,
    /** A name or an address. */
    private readonly host: string,
  ) {}

  /** Whether a lookup is running; the resolver then causes the next turn. */
  get running(): bool {
    return this.query != null;
  }

  /** Looks the host up. Returns an address; 0 while the lookup runs, or with `failure` set. */
  poll(now: i64): Ipv4Address {
    this.failure = "";
    let query = this.query;
    if (query == null) {
      query = this.dns.resolve(this.host, now);
      this.query = query;
    }
    if (!query.done) return 0;
    this.query = null;
    const addresses = query.addresses;
    if (addresses.length > 0) return addresses[this.failures % addresses.length];
    this.failure = query.failure();
    return 0;
  }

  /** Notes that the host could not be reached at the address returned last. */
  unreachable(): void {
    this.failures++;
  }
}
