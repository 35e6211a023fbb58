/**
 * The stub resolver (RFC 1035, RFC 1123 section 6.1.3): resolves names with a hosts table, a cache
 * and recursive servers. Nothing blocks: a query is an object that reports when it is done.
 */
import { DNS_LOOKUPS, DNS_SEARCH_DOMAINS, DNS_SOCKETS } from "../../../core/limits";
import { Pollable } from "../../../core/pollable";
import { Random } from "../../../core/random";
import { earlier } from "../../../core/time";
import { UdpTable } from "../../socket/udp";
import { NOT_AN_ADDRESS, parseIpv4 } from "../../wire/address";
import { NameServer } from "../settings";
import { Connector } from "../stream/connector";
import { DnsCache, DnsCacheEntry } from "./cache";
import { DnsTransport } from "./exchange";
import { DnsError, isServerFault } from "./failure";
import { HostsTable } from "./hosts";
import { DnsLookup } from "./lookup";
import { canonicalName, nameComplaint } from "./name";
import { DnsProbes } from "./probe";
import { DnsQuery } from "./query";
import { ServerList } from "./server";

/** Seconds for which a server failure is cached (RFC 9520 section 3.2: at least 1). */
const FAILURE_TTL: u32 = 1;

/** Resolves names to IPv4 addresses; at most DNS_LOOKUPS names at a time. */
export class DnsResolver extends Pollable {
  readonly hosts: HostsTable = new HostsTable();
  readonly cache: DnsCache = new DnsCache();
  /** Number of lookups that queried a server. */
  lookupsStarted: u64 = 0;
  /** The servers, and what is remembered about each. */
  readonly servers: ServerList = new ServerList();
  /** Also for queries that bypass the resolver (`dig`). */
  readonly transport!: DnsTransport;
  private readonly probes!: DnsProbes;
  private lookups: Array<DnsLookup> = [];
  /** The search domains, in canonical form. */
  private searchDomains: Array<string> = [];

  constructor(
    udp: UdpTable,
    random: Random,
    /** For queries over TCP and TLS. */
    connector: Connector,
  ) {
    super();
    this.transport = new DnsTransport(this, udp, random, connector);
    this.probes = new DnsProbes(this.transport, this.servers);
  }

  /** Sets the servers; ignores those after the first DNS_SERVERS. A change clears the cache. */
  setServers(servers: Array<NameServer>): void {
    if (!this.servers.set(servers)) return;
    this.cache.clear();
    this.transport.pool.clear();
  }

  /** Sets the domains in which short names are searched for, at most DNS_SEARCH_DOMAINS. */
  setSearchDomains(domains: Array<string>): void {
    const list: Array<string> = [];
    for (let i = 0; i < domains.length && list.length < DNS_SEARCH_DOMAINS; i++) {
      const domain = canonicalName(domains[i]);
      if (nameComplaint(domain) == "" && !list.includes(domain)) list.push(domain);
    }
    this.searchDomains = list;
  }

  /**
   * Starts a query at `now`, in microseconds since boot. It is done on return if `name` is an IPv4
   * address, is invalid, is in the hosts table or the cache, or if no server can be queried.
   */
  resolve(name: string, now: i64): DnsQuery {
    const query = new DnsQuery(name, now);
    if (this.answerAtOnce(query, now)) return query;
    query.candidates = this.candidatesOf(name);
    this.advance(query, now);
    return query;
  }

  /** Returns the cache entry of a name, positive or negative, or null. Sends nothing. */
  cached(name: string, now: i64): DnsCacheEntry | null {
    return this.cache.lookup(canonicalName(name), now);
  }

  /** Closes the idle connections to name servers. */
  closeIdle(): void {
    this.transport.pool.clear();
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
    this.probes.poll(now);
    const pool = this.transport.pool;
    pool.poll(now);
    this.dormant = this.lookups.length == 0 && this.probes.idle && pool.count == 0;
    return false;
  }

  pollAt(_now: i64): i64 {
    let at = earlier(this.probes.pollAt(), this.transport.pool.pollAt());
    for (let i = 0; i < this.lookups.length; i++) {
      at = earlier(at, this.lookups[i].pollAt());
    }
    return at;
  }

  /**
   * Returns the names to query, in canonical form. A name without a dot is first tried in each
   * search domain, as with `ndots:1` in resolv.conf(5); a trailing dot prevents that.
   */
  candidatesOf(name: string): Array<string> {
    const canonical = canonicalName(name);
    const candidates: Array<string> = [];
    if (!name.includes(".")) {
      for (let i = 0; i < this.searchDomains.length; i++) {
        const full = `${canonical}.${this.searchDomains[i]}`;
        if (nameComplaint(full) == "") candidates.push(full);
      }
    }
    candidates.push(canonical);
    return candidates;
  }

  /** Answers from the cache, or starts a lookup for the next candidate. */
  private advance(query: DnsQuery, now: i64): void {
    while (query.candidates.length > 0) {
      const name = query.candidates.shift();
      const entry = this.cache.lookup(name, now);
      if (entry == null) {
        this.lookUp(query, name, now);
        return;
      }
      if (mayTryAnother(query, entry.error)) continue;
      query.fromCache = true;
      query.addresses = entry.addresses.slice(0);
      query.canonicalName = entry.canonicalName;
      query.ttl = entry.ttl(now);
      query.finish(finalError(query, entry.error), now);
      return;
    }
  }

  /** Joins the lookup for a name in canonical form, or starts it. */
  private lookUp(query: DnsQuery, name: string, now: i64): void {
    let lookup = this.running(name);
    if (lookup == null) {
      const servers = this.servers.order();
      if (servers.length == 0 || this.lookups.length >= (DNS_LOOKUPS as i32)) {
        query.finish(servers.length == 0 ? DnsError.NoServers : DnsError.NoResources, now);
        return;
      }
      this.probes.sendDue(name, servers[0], now);
      this.makeRoom();
      lookup = new DnsLookup(name, servers, this.transport, this.probes, now);
      this.lookupsStarted++;
      this.lookups.push(lookup);
      this.dormant = false;
    }
    lookup.queries.push(query);
  }

  /**
   * If all sockets are in use, closes a probe, or else the oldest query of the lookup with the most
   * queries. There are enough sockets for one query of every lookup.
   */
  private makeRoom(): void {
    if (this.transport.sockets < DNS_SOCKETS || this.probes.dropOldest()) return;
    let most: DnsLookup | null = null;
    for (let i = 0; i < this.lookups.length; i++) {
      const count = this.lookups[i].attempts.open.length;
      if (most == null || count > most.attempts.open.length) most = this.lookups[i];
    }
    if (most != null) most.attempts.dropOldest();
  }

  /** Completes a query that needs neither the cache nor a server; returns false for any other. */
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
    const addresses = this.hosts.lookup(canonical);
    if (addresses.length > 0) {
      query.addresses = addresses;
      query.canonicalName = canonical;
      query.finish(DnsError.None, now);
      return true;
    }
    return false;
  }

  /** Returns the lookup in progress for a name in canonical form, or null. */
  private running(name: string): DnsLookup | null {
    for (let i = 0; i < this.lookups.length; i++) {
      if (this.lookups[i].name == name && !this.lookups[i].done) return this.lookups[i];
    }
    return null;
  }

  /** Caches the result of a lookup. Completes its queries, or tries their next candidates. */
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
      if (mayTryAnother(query, error)) {
        this.advance(query, now);
        continue;
      }
      query.addresses = addresses.slice(0);
      query.canonicalName = error == DnsError.None ? lookup.canonicalName : "";
      query.ttl = ttl;
      query.server = lookup.answeredBy;
      query.truncated = lookup.truncated;
      query.detail = lookup.detail;
      query.finish(finalError(query, error), now);
    }
  }
}

/** Reports whether to try the next candidate after `error`. Notes that a name exists (NoData). */
function mayTryAnother(query: DnsQuery, error: DnsError): bool {
  if (query.candidates.length == 0) return false;
  if (error == DnsError.NoData) query.exists = true;
  return (
    error == DnsError.NameError ||
    error == DnsError.NoData ||
    error == DnsError.ServerFailure ||
    error == DnsError.Refused
  );
}

/** Returns NoData instead of NameError if an earlier candidate exists; else `error`. */
function finalError(query: DnsQuery, error: DnsError): DnsError {
  return error == DnsError.NameError && query.exists ? DnsError.NoData : error;
}
