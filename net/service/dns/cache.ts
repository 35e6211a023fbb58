/**
 * The cache of answers (RFC 1035 section 7.4) and negative answers (RFC 2308). When it is full, the
 * least recently used entry is evicted.
 */
import { DNS_CACHE_ENTRIES } from "../../../core/limits";
import { SECOND } from "../../../core/time";
import { DnsError } from "./failure";

/** The longest time that an answer is cached, in seconds: a week (RFC 8767 section 4). */
export const LONGEST_TTL: u32 = 7 * 24 * 3600;
/** The longest time that a negative answer is cached: three hours (RFC 2308 section 5). */
export const LONGEST_DENIAL: u32 = 3 * 3600;

export class DnsCacheEntry {
  /** Counts uses of the cache; the entry with the smallest value is the least recently used. */
  usedAt: u64 = 0;

  constructor(
    /** In canonical form. */
    readonly name: string,
    readonly canonicalName: string,
    readonly addresses: Array<u32>,
    /** None, or the negative answer. */
    readonly error: DnsError,
    readonly expiresAt: i64,
  ) {}

  /** Returns the seconds that it remains valid. */
  ttl(now: i64): u32 {
    return now >= this.expiresAt ? 0 : (((this.expiresAt - now) / SECOND) as u32);
  }
}

export class DnsCache {
  hits: u64 = 0;
  misses: u64 = 0;
  private readonly entries: Map<string, DnsCacheEntry> = new Map();
  private uses: u64 = 0;

  get count(): u32 {
    return this.entries.size as u32;
  }

  /** Returns the valid entry of a name in canonical form, or null. */
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
   * Caches an answer for `ttl` seconds, up to the limits; 0: not at all. Returns the seconds for
   * which it was cached.
   */
  put(
    name: string,
    canonicalName: string,
    addresses: Array<u32>,
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

  clear(): void {
    this.entries.clear();
  }

  /** Evicts expired entries, or else the least recently used one. */
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
