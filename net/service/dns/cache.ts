/**
 * The cache of answers (RFC 1035 section 7.4) and negative answers (RFC 2308). When it is full, the
 * expired entries are evicted, or else the least recently used one.
 */

import { DNS_CACHE_ENTRIES } from "../../../core/limits";
import { SECOND } from "../../../core/time";
import { Ipv4Address } from "../../wire/address";
import { DnsError } from "./failure";

/** Cap on the TTL of an answer, in seconds: a week (RFC 8767 section 4). */
const LONGEST_TTL: u32 = 7 * 24 * 3600;
/** Cap on the TTL of a negative answer, in seconds: three hours (RFC 2308 section 5). */
const LONGEST_DENIAL: u32 = 3 * 3600;

/** A cached answer, positive or negative. */
export class DnsCacheEntry {
  /** The cache's use counter at the last use; the least recently used entry has the smallest. */
  usedAt: u64 = 0;

  constructor(
    /** The queried name, in canonical form. */
    readonly name: string,
    readonly canonicalName: string,
    readonly addresses: Array<Ipv4Address>,
    /** None for a positive answer. */
    readonly error: DnsError,
    /** Microseconds since boot. */
    readonly expiresAt: i64,
  ) {}

  /** Returns the whole seconds until it expires; 0 if it has expired. */
  ttl(now: i64): u32 {
    return now >= this.expiresAt ? 0 : (((this.expiresAt - now) / SECOND) as u32);
  }
}

/** At most DNS_CACHE_ENTRIES entries, by name. */
export class DnsCache {
  hits: u64 = 0;
  misses: u64 = 0;
  private readonly entries: Map<string, DnsCacheEntry> = new Map();
  private uses: u64 = 0;

  /** Number of entries, expired ones included. */
  get count(): u32 {
    return this.entries.size as u32;
  }

  /**
   * Returns the unexpired entry of a name in canonical form, or null. Counts a hit or a miss, and
   * makes the entry the most recently used.
   */
  lookup(name: string, now: i64): DnsCacheEntry | null {
    if (this.entries.has(name)) {
      const entry = this.entries.get(name);
      if (now < entry.expiresAt) {
        entry.usedAt = ++this.uses;
        this.hits++;
        return entry;
      }
      this.entries.delete(name);
    }
    this.misses++;
    return null;
  }

  /**
   * Caches an answer for `ttl` seconds, but at most LONGEST_TTL or LONGEST_DENIAL; if `ttl` is 0,
   * does not cache it. Returns the seconds for which the answer is cached.
   */
  put(
    name: string,
    canonicalName: string,
    addresses: Array<Ipv4Address>,
    error: DnsError,
    ttl: u32,
    now: i64,
  ): u32 {
    if (ttl == 0) return 0;
    const limit = error == DnsError.None ? LONGEST_TTL : LONGEST_DENIAL;
    const seconds = ttl < limit ? ttl : limit;
    const expiresAt = now + (seconds as i64) * SECOND;
    if (!this.entries.has(name)) this.makeRoom(now);
    const entry = new DnsCacheEntry(name, canonicalName, addresses, error, expiresAt);
    entry.usedAt = ++this.uses;
    this.entries.set(name, entry);
    return seconds;
  }

  /** Drops all entries; the counters remain. */
  clear(): void {
    this.entries.clear();
  }

  /** If the cache is full, evicts all expired entries, or else the least recently used one. */
  private makeRoom(now: i64): void {
    if (this.entries.size < (DNS_CACHE_ENTRIES as i32)) return;
    const all = this.entries.values();
    let oldest = all[0];
    for (let i = 0; i < all.length; i++) {
      const entry = all[i];
      if (now >= entry.expiresAt) this.entries.delete(entry.name);
      if (entry.usedAt < oldest.usedAt) oldest = entry;
    }
    if (this.entries.size >= (DNS_CACHE_ENTRIES as i32)) this.entries.delete(oldest.name);
  }
}
