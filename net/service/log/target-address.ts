/** Finds the addresses of the host to which the log is sent. */
import { Ipv4Address } from "../../wire/address";
import { DnsQuery } from "../dns/query";
import { DnsResolver } from "../dns/resolver";

export class TargetAddress {
  /** Why the last lookup found no address, or "". */
  failure: string = "";
  private query: DnsQuery | null = null;

  constructor(
    private readonly dns: DnsResolver,
    /** A name or an address. */
    private readonly host: string,
  ) {}

  /** Whether a lookup is running; the resolver then causes the next turn. */
  get running(): bool {
    return this.query != null;
  }

  /** Looks the host up. Returns null while the lookup runs, or with `failure` set. */
  poll(now: i64): Array<Ipv4Address> | null {
    this.failure = "";
    let query = this.query;
    if (query == null) {
      query = this.dns.resolve(this.host, now);
      this.query = query;
    }
    if (!query.done) return null;
    this.query = null;
    if (query.addresses.length > 0) return query.addresses;
    this.failure = query.failure();
    return null;
  }
}
