/**
 * Keeps the clock correct in the background (SNTP, RFC 4330; RFC 5905): queries the configured
 * servers and applies the offset that most of them support, within limits, as the responses are
 * not authenticated.
 */
import { log } from "../../../core/log";
import { Pollable } from "../../../core/pollable";
import { Random } from "../../../core/random";
import { MINUTE, NEVER, SECOND } from "../../../core/time";
import { REAL_TIME_CLOCK, TimeOfDay } from "../../../core/time-of-day";
import { UdpTable } from "../../socket/udp";
import { DnsResolver } from "../dns/resolver";
import { NtpRound } from "./round";

/** The interval between rounds, and the first one after a failure, which then doubles. */
const INTERVAL: i64 = 1024 * SECOND;
const FIRST_RETRY: i64 = 64 * SECOND;
/** The first correction of a real-time clock may be a time zone; later ones are drift. */
const FIRST_STEP: i64 = 24 * 60 * MINUTE;
const LATER_STEP: i64 = 1000 * SECOND;

export class NtpClient extends Pollable {
  /** The network has set the clock at least once. */
  synchronised: bool = false;
  private servers: Array<string> = [];
  private round: NtpRound | null = null;
  private nextAt: i64 = NEVER;
  private retry: i64 = FIRST_RETRY;

  constructor(
    private readonly udp: UdpTable,
    private readonly dns: DnsResolver,
    private readonly random: Random,
    readonly time: TimeOfDay,
  ) {
    super();
  }

  /** Sets the servers to query in the background; a change starts a round at once. */
  setServers(servers: Array<string>, now: i64): void {
    if (servers.join(" ") == this.servers.join(" ")) return;
    this.servers = servers;
    this.nextAt = servers.length > 0 ? now : NEVER;
    this.retry = FIRST_RETRY;
    this.dormant = false;
  }

  serverNames(): Array<string> {
    return this.servers;
  }

  /** Starts a separate round; the caller polls it and applies its result with `take`. */
  ask(servers: Array<string>, now: i64): NtpRound {
    return new NtpRound(servers, this.udp, this.dns, this.random, this.time.floor(), now);
  }

  poll(now: i64): bool {
    let round = this.round;
    if (round == null) {
      this.dormant = this.nextAt == NEVER;
      if (now < this.nextAt) return false;
      round = this.ask(this.servers, now);
      this.round = round;
    }
    if (!round.poll(now)) return false;
    this.round = null;
    this.nextAt = now + this.conclude(round, now);
    return false;
  }

  pollAt(_now: i64): i64 {
    const round = this.round;
    return round == null ? this.nextAt : round.pollAt();
  }

  /** Returns the offset of the clock by a round's result, in microseconds. */
  error(round: NtpRound, now: i64): i64 {
    const chosen = round.chosen;
    if (chosen == null) return 0;
    return this.time.wallClock() < 0 ? 0 : chosen.offset + now - this.time.wallClock();
  }

  /** Sets the clock by a round's result, without a limit. */
  take(round: NtpRound, now: i64): void {
    const chosen = round.chosen;
    if (chosen == null) return;
    this.time.setWallClock(chosen.offset + now, `network time from ${round.source()}`);
    this.synchronised = true;
  }

  /** Applies a round's result. Returns the time until the next round. */
  private conclude(round: NtpRound, now: i64): i64 {
    if (round.chosen == null) return this.failed(round.failure);
    const error = this.error(round, now);
    if (abs(error) > this.bound()) {
      return this.failed(
        `${round.source()} would move the clock by ${error / SECOND} s: not taken`,
      );
    }
    if (!this.synchronised) log(`ntp: the clock was moved by ${error / 1000} ms`);
    this.take(round, now);
    this.retry = FIRST_RETRY;
    return INTERVAL;
  }

  private failed(reason: string): i64 {
    if (this.retry == FIRST_RETRY) log(`ntp: ${reason}`);
    const wait = this.retry;
    this.retry = min(this.retry * 2, INTERVAL);
    return wait;
  }

  /** Returns the largest correction accepted; a clock set to the build date has no limit. */
  private bound(): i64 {
    if (this.synchronised) return LATER_STEP;
    return this.time.wallClockSource() == REAL_TIME_CLOCK ? FIRST_STEP : i64.MAX_VALUE;
  }
}
