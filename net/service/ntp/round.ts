/** Queries several servers at once and chooses the time on which the majority agrees. */
import { NTP_SERVERS } from "../../../core/limits";
import { Random } from "../../../core/random";
import { UdpTable } from "../../socket/udp";
import { DnsResolver } from "../dns/resolver";
import { NtpQuery, NtpServer, queriesPollAt } from "./query";
import { chooseSample, NtpSample } from "./sample";

/** One round of queries, to at most NTP_SERVERS servers. */
export class NtpRound {
  /** Set once the other fields are valid. */
  done: bool = false;
  /** One query for each valid server, in the order of the servers. */
  readonly queries: Array<NtpQuery> = [];
  /** The chosen sample, or null if the round failed. */
  chosen: NtpSample | null = null;
  /** Why the round failed, or "". */
  failure: string = "";

  /** Skips malformed servers. `floor`: microseconds since 1970; earlier times are rejected. */
  constructor(
    servers: Array<string>,
    udp: UdpTable,
    dns: DnsResolver,
    random: Random,
    floor: i64,
    now: i64,
  ) {
    for (let i = 0; i < servers.length && i < (NTP_SERVERS as i32); i++) {
      const server = new NtpServer(servers[i]);
      if (server.valid()) this.queries.push(new NtpQuery(server, udp, dns, random, floor, now));
    }
  }

  /** Polls the queries. Returns true once the round is done. */
  poll(now: i64): bool {
    if (this.done) return true;
    let waiting = false;
    for (let i = 0; i < this.queries.length; i++) {
      this.queries[i].poll(now);
      if (!this.queries[i].done) waiting = true;
    }
    if (!waiting) this.conclude();
    return this.done;
  }

  /** Returns when to poll next if nothing arrives first. */
  pollAt(): i64 {
    return queriesPollAt(this.queries);
  }

  /** Abandons the round. */
  close(): void {
    for (let i = 0; i < this.queries.length; i++) this.queries[i].close();
    this.done = true;
  }

  private conclude(): void {
    this.done = true;
    const samples: Array<NtpSample> = [];
    for (let i = 0; i < this.queries.length; i++) {
      const sample = this.queries[i].sample;
      if (sample != null) samples.push(sample);
    }
    this.chosen = chooseSample(samples);
    if (samples.length == 0) this.failure = "no server suitable for synchronization found";
    else if (this.chosen == null) this.failure = "can't synchronise: no majority";
  }

  /** Returns the server whose sample was chosen. Call only if there is one. */
  source(): string {
    for (let i = 0; i < this.queries.length; i++) {
      if (this.queries[i].sample == this.chosen) return this.queries[i].server.text;
    }
    return "";
  }
}
