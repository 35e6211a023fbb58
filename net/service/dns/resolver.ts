/**
 * The stub resolver (RFC 1035, RFC 1123 section 6.1.3): resolves names with a hosts table, a cache
 * and recursive servers. Nothing blocks: a query is an object that reports when it is done.
 */
import { DNS_LOOKUPS, DNS_SERVERS } from "../../../core/limits";
import { Pollable } from "../../../core/pollable";
import { Random } from "../../../core/random";
import { earlier, NEVER } from "../../../core/time";
import { UdpTable } from "../../socket/udp";
import { NOT_AN_ADDRESS, parseIpv4 } from "../../wire/address";
import { NameServer } from "../settings";
import { Connector } from "../stream/connector";
import { DnsCache, DnsCacheEntry } from "./cache";
import { DnsError, isServerFault } from "./failure";
import { HostsTable } from "./hosts";
import { DnsLookup } from "./lookup";
import { canonicalName, nameComplaint } from "./name";
import { DnsQuery } from "./query";

/** Seconds for which a server failure is cached (RFC 9520 section 3.2: at least 1). */
const FAILURE_TTL: u32 = 1;

/** Resolves names to IPv4 addresses; at most DNS_LOOKUPS names at a time. */
export class DnsResolver extends Pollable {
  readonly hosts: HostsTable = new HostsTable();
  readonly cache: DnsCache = new DnsCache();
  /** Number of lookups that queried a server. */
  lookupsStarted: u64 = 0;
  private known: Array<NameServer> = [];
  private lookups: Array<DnsLookup> = [];

  constructor(
    private readonly udp: UdpTable,
    private readonly random: Random,
    /** For responses that do not fit a datagram. */
    private readonly connector: Connector,
  ) {
    super();
  }

  /** Sets the servers, at most DNS_SERVERS; the rest is ignored. A change clears the cache. */
  setServers(servers: Array<NameServer>): void {
    const list = servers.slice(0, DNS_SERVERS as i32);
    let same = list.length == this.known.length;
    for (let i = 0; same && i < list.length; i++) {
      const other = this.known[i];
      same = list[i].address == other.address && list[i].port == other.port;
    }
    if (same) return;
    this.known = list;
    this.cache.clear();
  }

  /**
   * Starts a query at `now`, in microseconds since boot. It is done on return if `name` is an IPv4
   * address, is invalid, or is in the hosts table or the cache.
   */
  resolve(name: string, now: i64): DnsQuery {
    const query = new DnsQuery(name, now);
    if (this.answerAtOnce(query, now)) return query;
    const canonical = canonicalName(name);
    let lookup = this.running(canonical);
    if (lookup == null) {
      if (this.known.length == 0 || this.lookups.length >= (DNS_LOOKUPS as i32)) {
        query.finish(this.known.length == 0 ? DnsError.NoServers : DnsError.NoResources, now);
        return query;
      }
      lookup = new DnsLookup(canonical, this.known, this.udp, this.random, this.connector, now);
      this.lookupsStarted++;
      this.lookups.push(lookup);
      this.dormant = false;
    }
    lookup.queries.push(query);
    return query;
  }

  /** Returns the cache entry of a name, positive or negative, or null. Sends nothing. */
  cached(name: string, now: i64): DnsCacheEntry | null {
    return this.cache.lookup(canonicalName(name), now);
  }

  /** Completes a query with the error Cancelled; a query that is done is unaffected. */
  cancel(query: DnsQuery): void {
    if (query.done) return;
    for (let i = 0; i < this.lookups.length; i++) {
      const lookup = this.lookups[i];
      const index = lookup.queries.indexOf(query);
      if (index < 0) continue;
      lookup.queries.splice(index, 1);
      if (lookup.queries.length == 0) {
        lookup.close();
        this.lookups.splice(i, 1);
      }
      break;
    }
    query.finish(DnsError.Cancelled, query.askedAt);
  }

  /** Called once a turn, after the interfaces. */
  poll(now: i64): bool {
    for (let i = this.lookups.length - 1; i >= 0; i--) {
      const lookup = this.lookups[i];
      lookup.poll(now);
      if (!lookup.done) continue;
      this.lookups.splice(i, 1);
      this.conclude(lookup, now);
    }
    this.dormant = this.lookups.length == 0;
    return false;
  }

  pollAt(_now: i64): i64 {
    let at = NEVER;
    for (let i = 0; i < this.lookups.length; i++) {
      const lookup = this.lookups[i];
      at = earlier(at, lookup.done ? 0 : lookup.pollAt);
    }
    return at;
  }

  /** Completes a query that needs no server. Returns false if one must be queried. */
  private answerAtOnce(query: DnsQuery, now: i64): bool {
    const literal = parseIpv4(query.name);
    if (literal != NOT_AN_ADDRESS) {
      query.addresses.push(literal as u32);
      query.canonicalName = query.name;
      query.finish(DnsError.None, now);
      return true;
    }
    query.complaint = nameComplaint(query.name);
    if (query.complaint != "") {
      query.finish(DnsError.BadName, now);
      return true;
    }
    const canonical = canonicalName(query.name);
    const own = this.hosts.lookup(canonical);
    if (own.length > 0) {
      query.addresses = own;
      query.canonicalName = canonical;
      query.finish(DnsError.None, now);
      return true;
    }
    const entry = this.cache.lookup(canonical, now);
    if (entry == null) return false;
    query.fromCache = true;
    query.addresses = entry.addresses.slice(0);
    query.canonicalName = entry.canonicalName;
    query.ttl = entry.ttl(now);
    query.finish(entry.error, now);
    return true;
  }

  /** Returns the lookup in progress for a name in canonical form, or null. */
  private running(name: string): DnsLookup | null {
    for (let i = 0; i < this.lookups.length; i++) {
      if (this.lookups[i].name == name && !this.lookups[i].done) return this.lookups[i];
    }
    return null;
  }

  /** Caches the result of a lookup and completes its queries. */
  private conclude(lookup: DnsLookup, now: i64): void {
    const error = lookup.error;
    const addresses = lookup.addresses;
    let ttl: u32 = 0;
    if (error == DnsError.None || error == DnsError.NameError || error == DnsError.NoData) {
      ttl = lookup.ttl;
    } else if (isServerFault(error) && error < DnsError.PortUnreachable) {
      ttl = FAILURE_TTL;
    }
    ttl = this.cache.put(lookup.name, lookup.canonicalName, addresses, error, ttl, now);
    for (let i = 0; i < lookup.queries.length; i++) {
      const query = lookup.queries[i];
      query.addresses = addresses.slice(0);
      query.canonicalName = error == DnsError.None ? lookup.canonicalName : "";
      query.ttl = ttl;
      query.server = lookup.answeredBy;
      query.finish(error, now);
    }
  }
}
