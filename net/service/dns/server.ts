/**
 * What the resolver remembers about a name server: whether it answers, how fast, and which features
 * it lacks (EDNS, names in mixed case, TCP). Servers are queried in the configured order, but slow
 * ones after fast ones, and dead ones last. Slow and dead servers are probed with copies of real
 * questions, first after five seconds and then at growing intervals. A server that answers a probe
 * fast returns to its place.
 */
import { DNS_SERVERS } from "../../../core/limits";
import { MILLISECOND, SECOND } from "../../../core/time";
import { NameServer } from "../settings";

/** The wait before the first probe of a slow or dead server; it doubles with every probe. */
const FIRST_PROBE: i64 = 5 * SECOND;
const LONGEST_PROBE: i64 = 5 * 60 * SECOND;
/** A server that takes longer to answer is queried after the faster ones. */
const SLOW: i64 = 500 * MILLISECOND;
/** How long a feature is not used with a server after it has failed. */
const FEATURE_MEMORY: i64 = 60 * 60 * SECOND;
/** The same for TCP; shorter, because the cause is more often the network than the server. */
const STREAM_MEMORY: i64 = 5 * 60 * SECOND;

/** The order of preference. */
const enum Rank {
  Fast = 0,
  Slow,
  Dead,
}

/** One server and what is remembered about it. All times are in microseconds since boot. */
export class ServerState {
  /** Whether it did not answer the last question in time, or could not be reached. */
  dead: bool = false;
  /**
   * Smoothed time from question to answer (RFC 6298 section 2), without connecting; 0 if unknown.
   */
  rtt: i64 = 0;
  answers: u64 = 0;
  /** Questions that were sent and not answered in time. */
  silences: u64 = 0;
  /** When to probe it, unless it is fast. */
  probeAt: i64 = 0;
  private probeWait: i64 = FIRST_PROBE;
  /** Whether it has answered a question with EDNS. */
  private ednsSeen: bool = false;
  /** Until when each feature is avoided. */
  private ednsOffUntil: i64 = 0;
  private mixedOffUntil: i64 = 0;
  private streamOffUntil: i64 = 0;

  constructor(readonly server: NameServer) {}

  rank(): i32 {
    if (this.dead) return Rank.Dead;
    return this.rtt > SLOW ? Rank.Slow : Rank.Fast;
  }

  usesEdns(now: i64): bool {
    return now >= this.ednsOffUntil;
  }
  usesMixedCase(now: i64): bool {
    return now >= this.mixedOffUntil;
  }
  usesStreams(now: i64): bool {
    return now >= this.streamOffUntil;
  }
  /** Reports whether its silence may mean that it drops questions with EDNS or mixed case. */
  mayDropExtensions(): bool {
    return !this.ednsSeen;
  }

  /** Notes that the server answered, at `now`, a question sent at `sentAt`. */
  answered(sentAt: i64, now: i64, withEdns: bool): void {
    const time = max<i64>(now - sentAt, 1);
    const before = this.rank();
    this.answers++;
    this.dead = false;
    if (withEdns) this.ednsSeen = true;
    // A slow server is rarely queried, so a single fast answer counts.
    if (this.rtt == 0 || (this.rtt > SLOW && time <= SLOW)) this.rtt = time;
    else this.rtt = max<i64>((7 * this.rtt + time) / 8, 1);
    if (this.rank() == Rank.Fast) this.probeWait = FIRST_PROBE;
    else if (before == Rank.Fast) this.probeAt = now + this.probeWait;
  }

  /** Notes that the server did not answer a question in time. */
  silent(now: i64): void {
    this.silences++;
    this.unreachable(now);
  }

  /** Notes that no question could be sent to the server, or that its port is closed. */
  unreachable(now: i64): void {
    if (this.dead) return;
    this.dead = true;
    this.probeAt = now + this.probeWait;
  }

  /** Notes that a probe is sent; the wait for the next one is twice as long. */
  probed(now: i64): void {
    this.probeWait = min(this.probeWait * 2, LONGEST_PROBE);
    this.probeAt = now + this.probeWait;
  }

  ednsFailed(now: i64): void {
    this.ednsOffUntil = now + FEATURE_MEMORY;
  }
  mixedCaseFailed(now: i64): void {
    this.mixedOffUntil = now + FEATURE_MEMORY;
  }
  streamFailed(now: i64): void {
    this.streamOffUntil = now + STREAM_MEMORY;
  }
}

/** The configured servers. */
export class ServerList {
  /** The servers in the configured order. */
  states: Array<ServerState> = [];

  /** Replaces the servers; those that remain keep their state. Returns true if any changed. */
  set(servers: Array<NameServer>): bool {
    const count = min(servers.length, DNS_SERVERS as i32);
    const states: Array<ServerState> = [];
    let same = count == this.states.length;
    for (let i = 0; i < count; i++) {
      const known = this.of(servers[i]);
      states.push(known == null ? new ServerState(servers[i]) : known);
      same = same && known != null && this.states[i] === known;
    }
    if (!same) this.states = states;
    return !same;
  }

  /** Returns the state of a server, or null if it is not in the list. */
  of(server: NameServer): ServerState | null {
    for (let i = 0; i < this.states.length; i++) {
      if (this.states[i].server.equals(server)) return this.states[i];
    }
    return null;
  }

  /** Returns the servers in the order in which to query them. */
  order(): Array<ServerState> {
    const ordered: Array<ServerState> = [];
    for (let rank: i32 = Rank.Fast; rank <= Rank.Dead; rank++) {
      for (let i = 0; i < this.states.length; i++) {
        if (this.states[i].rank() == rank) ordered.push(this.states[i]);
      }
    }
    return ordered;
  }

  /** Returns a slow or dead server that is due for a probe, or null. */
  dueForProbe(now: i64): ServerState | null {
    for (let i = 0; i < this.states.length; i++) {
      const state = this.states[i];
      if (state.rank() != Rank.Fast && now >= state.probeAt) return state;
    }
    return null;
  }
}
