/** The queries of a lookup, and what the lookup knows about their servers. */
import { earlier, NEVER } from "../../../core/time";
import { DnsExchange } from "./exchange";
import { DnsError } from "./failure";
import { ServerState } from "./server";

/** A server as one lookup sees it. */
export class Candidate {
  /** Why the lookup does not query it again, or None. */
  fault: DnsError = DnsError.None;
  /** Whether to omit EDNS and mixed case, because the server may drop queries with them. */
  plain: bool = false;
  /** Whether it has returned a name in another case. */
  caseLost: bool = false;

  constructor(readonly state: ServerState) {}
}

/** One query to one server. */
export class Attempt {
  /** Whether its time is up. It stays open for a late answer. */
  expired: bool = false;

  constructor(
    readonly exchange: DnsExchange,
    /** Index of the server in the order of the lookup. */
    readonly serverIndex: i32,
    /** Whether it repeats a query over TCP. */
    readonly stream: bool,
    /** How long to wait for the answer. */
    private readonly wait: i64,
  ) {}

  /** When its time is up. A reconnection restarts the wait. */
  get expiresAt(): i64 {
    return this.expired ? NEVER : this.exchange.since + this.wait;
  }

  /** Notes that the server did not answer in time. */
  expire(state: ServerState, now: i64): void {
    this.expired = true;
    if (this.exchange.sentAt >= 0) state.silent(now);
    else state.unreachable(now);
  }
}

/** The open queries of a lookup, the oldest first. */
export class Attempts {
  readonly open: Array<Attempt> = [];
  /** When this query ends, the next server is queried. The others only wait for late answers. */
  current: Attempt | null = null;

  /** Adds a query; with `current`, it becomes the current one. */
  add(attempt: Attempt, current: bool): void {
    this.open.push(attempt);
    if (current) this.current = attempt;
  }

  /** Closes a query. Returns true if it was the current one. */
  drop(attempt: Attempt): bool {
    const index = this.open.indexOf(attempt);
    if (index >= 0) this.open.splice(index, 1);
    attempt.exchange.close();
    if (this.current !== attempt) return false;
    this.current = null;
    return true;
  }

  /** Closes the oldest query with a socket, except the current one. Returns false if none. */
  dropOldest(): bool {
    for (let i = 0; i < this.open.length; i++) {
      const attempt = this.open[i];
      if (!attempt.exchange.usesSocket || attempt === this.current) continue;
      this.drop(attempt);
      return true;
    }
    return false;
  }

  close(): void {
    while (this.open.length > 0) this.drop(this.open[0]);
  }

  /** Returns when the next query expires. */
  pollAt(): i64 {
    let at = NEVER;
    for (let i = 0; i < this.open.length; i++) at = earlier(at, this.open[i].expiresAt);
    return at;
  }
}
