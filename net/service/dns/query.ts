/** A query to the resolver, and its result. */
import { Ipv4Address } from "../../wire/address";
import { DnsError, errorWords } from "./failure";

export { DnsError } from "./failure";

/** Returned by `DnsResolver.resolve`; poll `done`. */
export class DnsQuery {
  /** Set once the other fields are valid. */
  done: bool = false;
  /** Empty unless `error` is None. */
  addresses: Array<Ipv4Address> = [];
  error: DnsError = DnsError.None;
  /** The name at the end of the aliases, escaped for printing; valid if `error` is None. */
  canonicalName: string = "";
  /** Seconds for which the answer is cached; 0 if it is not. */
  ttl: u32 = 0;
  /** The name server that answered; 0 if none did. */
  server: Ipv4Address = 0;
  fromCache: bool = false;
  /** Whether the answer was truncated and TCP failed, so that there may be more addresses. */
  truncated: bool = false;
  /** Microseconds from the query to the answer. */
  elapsed: i64 = 0;
  /** The names still to be queried; a short name is tried in each search domain. */
  candidates: Array<string> = [];
  /** Whether one of the earlier candidates exists but has no address. */
  exists: bool = false;
  /** Why the name is invalid, if `error` is BadName. */
  complaint: string = "";
  /** What went wrong, if `error` alone does not say; else "". */
  detail: string = "";

  constructor(
    /** As passed to `resolve`. */
    readonly name: string,
    /** Microseconds since boot. */
    readonly askedAt: i64,
  ) {}

  /** Returns why there is no address; "" if there is one, or if the query is not done. */
  failure(): string {
    if (this.complaint != "") return this.complaint;
    const words = errorWords(this.error);
    return this.detail == "" ? words : `${words}: ${this.detail}`;
  }

  /** Called by the resolver to complete the query. */
  finish(error: DnsError, now: i64): void {
    this.error = error;
    this.elapsed = now - this.askedAt;
    this.done = true;
  }
}
