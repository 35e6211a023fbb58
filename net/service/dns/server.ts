/**
 * What the resolver remembers of a name server: whether it answers, how fast, and what it cannot
 * do (EDNS, letters in random case, TCP). Servers are asked in the configured order, but slow ones
 * after fast ones, and silent ones last. A silent server is probed with a copy of a real question,
 * after five seconds and then ever more rarely, and is back in its place once it answers.
 */
import { DNS_SERVERS } from "../../../core/limits";
import { MILLISECOND, SECOND } from "../../../core/time";
import { NameServer } from "../settings";

/** Until the first probe of a silent server; doubles with every silence. */
const FIRST_PROBE: i64 = 5 * SECOND;
const LONGEST_PROBE: i64 = 5 * 60 * SECOND;
/** A server that takes longer is asked after a faster one. */
const SLOW: i64 = 500 * MILLISECOND;
/** How long a server is believed to lack a feature. */
const FEATURE_MEMORY: i64 = 60 * 60 * SECOND;
/** The same for TCP, which rather fails with the network. */
const STREAM_MEMORY: i64 = 5 * 60 * SECOND;

/** The order of preference. */
const enum Rank {
  Fast = 0,
  Slow,
  Dead,
}

/** One server and the memory of it. All times are in microseconds since boot. */
export class ServerState {
  /** It did not answer the last question in time, or its port is closed. */
  dead: bool = false;
  /** Smoothed time to an answer (RFC 6298 section 2); 0: not known. */
  rtt: i64 = 0;
  answers: u64 = 0;
  silences: u64 = 0;
  /** When to probe it, if it is dead. */
  probeAt: i64 = 0;
  private probeWait: i64 = FIRST_PROBE;
  /** It has answered a question with EDNS. */
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
  /** Whether silence may mean that it drops questions with EDNS or mixed letters. */
  maybeAncient(): bool {
    return !this.ednsSeen;
  }

  /** It answered, `time` after it was asked. */
  answered(time: i64, withEdns: bool): void {
    this.answers++;
    this.dead = false;
    this.probeWait = FIRST_PROBE;
    if (withEdns) this.ednsSeen = true;
    this.rtt = this.rtt == 0 ? max<i64>(time, 1) : max<i64>((7 * this.rtt + time) / 8, 1);
  }

  /** It did not answer in time, or its port is closed. */
  silent(now: i64): void {
    this.silences++;
    if (this.dead) return;
    this.dead = true;
    this.probeAt = now + this.probeWait;
  }

  /** A probe is sent: the next follows after twice the time. */
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
  /** In the configured order. */
  states: Array<ServerState> = [];

  /** Replaces the servers; keeps the memory of those that remain. False: nothing changed. */
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

  /** Returns the memory of a server, or null if it is not in use. */
  of(server: NameServer): ServerState | null {
    for (let i = 0; i < this.states.length; i++) {
      if (this.states[i].server.equals(server)) return this.states[i];
    }
    return null;
  }

  /** Returns the servers in the order in which to ask them. */
  order(): Array<ServerState> {
    const ordered: Array<ServerState> = [];
    for (let rank: i32 = Rank.Fast; rank <= Rank.Dead; rank++) {
      for (let i = 0; i < this.states.length; i++) {
        if (this.states[i].rank() == rank) ordered.push(this.states[i]);
      }
    }
    return ordered;
  }

  /** Returns a dead server that is due for a probe, or null. */
  dueForProbe(now: i64): ServerState | null {
    for (let i = 0; i < this.states.length; i++) {
      const state = this.states[i];
      if (state.dead && now >= state.probeAt) return state;
    }
    return null;
  }
}
