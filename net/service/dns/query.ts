/** A query to the resolver, and its result. */
import { DnsError, errorWords } from "./failure";

export { DnsError } from "./failure";

export class DnsQuery {
  /** The other fields are valid. */
  done: bool = false;
  /** At least one if `error` is None. */
  addresses: Array<u32> = [];
  error: DnsError = DnsError.None;
  /** The name that the aliases lead to, escaped; "" until done, and if there is no answer. */
  canonicalName: string = "";
  /** Seconds that the answer remains valid. */
  ttl: u32 = 0;
  /** The name server that answered; 0 = none. */
  server: u32 = 0;
  fromCache: bool = false;
  /** Microseconds from the query to the answer. */
  elapsed: i64 = 0;
  /** What is wrong with the name, if `error` is BadName. */
  complaint: string = "";

  constructor(
    /** As the caller gave it. */
    readonly name: string,
    /** Microseconds since boot. */
    readonly askedAt: i64,
  ) {}

  /** Says why there is no address; "" if there is one, and until done. */
  failure(): string {
    return this.complaint != "" ? this.complaint : errorWords(this.error);
  }

  /** Completes the query. Called by the resolver. */
  finish(error: DnsError, now: i64): void {
    this.error = error;
    this.elapsed = now - this.askedAt;
    this.done = true;
  }
}
