/** One question of a user to the resolver, and what came of it. */
import { DnsError, errorWords } from "./failure";

export { DnsError } from "./failure";

export class DnsQuery {
  /** True once the rest is filled in. */
  done: bool = false;
  /** At least one when `error` is None. */
  addresses: Array<u32> = [];
  error: DnsError = DnsError.None;
  /** The name at the end of the aliases, escaped; "" until done, or when there is no answer. */
  canonicalName: string = "";
  /** Seconds for which the answer may still be used. */
  ttl: u32 = 0;
  /** The name server that answered, 0 = none did. */
  server: u32 = 0;
  fromCache: bool = false;
  /** Microseconds from the question to the answer. */
  elapsed: i64 = 0;
  /** What is wrong with the name, for DnsError.BadName. */
  complaint: string = "";

  constructor(
    /** As the user gave it. */
    readonly name: string,
    /** When it was asked. */
    readonly askedAt: i64,
  ) {}

  /** Why there is no address, in words; "" when there is one or none was found out yet. */
  failure(): string {
    return this.complaint != "" ? this.complaint : errorWords(this.error);
  }

  /** Ends it; called by the resolver. */
  finish(error: DnsError, now: i64): void {
    this.error = error;
    this.elapsed = now - this.askedAt;
    this.done = true;
  }
}
