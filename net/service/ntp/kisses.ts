/** When servers may be queried again after a kiss-o'-death packet (RFC 5905 section 7.4). */
import { log } from "../../../core/log";
import { earlier, NEVER, SECOND } from "../../../core/time";
import { NtpQuery } from "./query";

/** The interval after the first RATE; each further one doubles it, up to 2^17 s (36 hours). */
const FIRST_INTERVAL: i64 = 2048 * SECOND;
const LONGEST_INTERVAL: i64 = 131_072 * SECOND;

class Limit {
  /** The wait after a query; NEVER if the server must not be queried again. */
  interval: i64 = 0;
  dueAt: i64 = 0;

  constructor(readonly server: string) {}
}

/** Times are in microseconds since boot. */
export class NtpKisses {
  /** One for each server of `keep` that has sent a kiss. */
  private limits: Array<Limit> = [];

  /** Forgets all servers but these. */
  keep(servers: Array<string>): void {
    const kept: Array<Limit> = [];
    for (let i = 0; i < this.limits.length; i++) {
      if (servers.includes(this.limits[i].server)) kept.push(this.limits[i]);
    }
    this.limits = kept;
  }

  /** Returns the servers that may be queried now. */
  due(servers: Array<string>, now: i64): Array<string> {
    const due: Array<string> = [];
    for (let i = 0; i < servers.length; i++) {
      if (this.dueAt(servers[i]) <= now) due.push(servers[i]);
    }
    return due;
  }

  /** Returns when the first of the servers may be queried; NEVER if none may. */
  nextAt(servers: Array<string>): i64 {
    let at = NEVER;
    for (let i = 0; i < servers.length; i++) at = earlier(at, this.dueAt(servers[i]));
    return at;
  }

  /** Notes the kisses in the responses of a round that ends now. */
  note(queries: Array<NtpQuery>, now: i64): void {
    for (let i = 0; i < queries.length; i++) this.noteOne(queries[i], now);
  }

  private noteOne(query: NtpQuery, now: i64): void {
    const server = query.server.text;
    const kiss = query.kiss;
    let limit = this.find(server);
    const denied: bool = kiss == "DENY" || kiss == "RSTR";
    if (denied || kiss == "RATE") {
      if (limit == null) {
        limit = new Limit(server);
        this.limits.push(limit);
      }
      limit.interval = denied ? NEVER : slower(limit.interval);
      log(`ntp: ${server}: ${kiss} received, ${consequence(limit.interval)}`);
    }
    if (limit != null) limit.dueAt = limit.interval == NEVER ? NEVER : now + limit.interval;
  }

  private dueAt(server: string): i64 {
    const limit = this.find(server);
    return limit == null ? 0 : limit.dueAt;
  }

  private find(server: string): Limit | null {
    for (let i = 0; i < this.limits.length; i++) {
      if (this.limits[i].server == server) return this.limits[i];
    }
    return null;
  }
}

/** Returns the interval after another RATE. */
function slower(interval: i64): i64 {
  return interval == 0 ? FIRST_INTERVAL : min(2 * interval, LONGEST_INTERVAL);
}

function consequence(interval: i64): string {
  if (interval == NEVER) return "the server is not queried again";
  return `the server is queried every ${interval / SECOND} s`;
}
