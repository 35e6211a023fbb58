/**
 * Keeps the clock correct in the background (SNTP, RFC 4330; RFC 5905): queries the configured
 * servers and steps the clock by the offset on which the majority agrees. Because responses are not
 * authenticated, the step is limited. Servers that refuse are left alone (kisses.ts).
 */
import { log } from "../../../core/log";
import { Pollable } from "../../../core/pollable";
import { Random } from "../../../core/random";
import { MINUTE, NEVER, SECOND } from "../../../core/time";
import { REAL_TIME_CLOCK, TimeOfDay } from "../../../core/time-of-day";
import { UdpTable } from "../../socket/udp";
import { DnsResolver } from "../dns/resolver";
import { NtpKisses } from "./kisses";
import { NtpRound } from "./round";

/** The interval between rounds, and the wait after a failure, which doubles up to the interval. */
const INTERVAL: i64 = 1024 * SECOND;
const FIRST_RETRY: i64 = 64 * SECOND;
/** Largest steps: the first may correct an RTC set to local time; later ones correct only drift. */
const FIRST_STEP: i64 = 24 * 60 * MINUTE;
const LATER_STEP: i64 = 1000 * SECOND;

/** The NTP client. Times are in microseconds since boot. */
export class NtpClient extends Pollable {
  /** Whether the clock has been set from the network at least once. */
  synchronised: bool = false;
  private servers: Array<string> = [];
  private round: NtpRound | null = null;
  private nextAt: i64 = NEVER;
  private retry: i64 = FIRST_RETRY;
  private readonly kisses: NtpKisses = new NtpKisses();

  constructor(
    private readonly udp: UdpTable,
    private readonly dns: DnsResolver,
    private readonly random: Random,
    readonly time: TimeOfDay,
  ) {
    super();
  }

  /** Sets the servers to query regularly: `HOST` or `HOST#PORT`. A change starts a round. */
  setServers(servers: Array<string>, now: i64): void {
    if (servers.join(" ") == this.servers.join(" ")) return;
    const round = this.round;
    if (round != null) round.close();
    this.round = null;
    this.servers = servers;
    this.kisses.keep(servers);
    this.nextAt = servers.length > 0 ? now : NEVER;
    this.retry = FIRST_RETRY;
    this.dormant = false;
  }

  /** Returns the servers as set. */
  serverNames(): Array<string> {
    return this.servers;
  }

  /** Starts a separate round; the caller polls it and may use its result with `apply`. */
  ask(servers: Array<string>, now: i64): NtpRound {
    return new NtpRound(servers, this.udp, this.dns, this.random, this.time.floor(), now);
  }

  poll(now: i64): bool {
    let round = this.round;
    if (round == null) {
      this.dormant = this.nextAt == NEVER;
      if (now < this.nextAt) return false;
      const due = this.kisses.due(this.servers, now);
      if (due.length == 0) {
        this.nextAt = this.kisses.nextAt(this.servers);
        return false;
      }
      round = this.ask(due, now);
      this.round = round;
    }
    if (!round.poll(now)) return false;
    this.round = null;
    this.kisses.note(round.queries, now);
    this.nextAt = now + this.conclude(round, now);
    return false;
  }

  pollAt(_now: i64): i64 {
    const round = this.round;
    return round == null ? this.nextAt : round.pollAt();
  }

  /**
   * Returns the correction of the clock according to a round, in microseconds; 0 if the round
   * failed or the time of day is unknown.
   */
  correction(round: NtpRound, now: i64): i64 {
    const chosen = round.chosen;
    if (chosen == null) return 0;
    return this.time.wallClock() < 0 ? 0 : chosen.offset + now - this.time.wallClock();
  }

  /** Sets the clock from a round's result, with no limit on the step. Ignores a failed round. */
  apply(round: NtpRound, now: i64): void {
    const chosen = round.chosen;
    if (chosen == null) return;
    this.time.setWallClock(chosen.offset + now, `network time from ${round.source()}`);
    this.synchronised = true;
  }

  /** Applies a round's result if the step is within the limit. Returns the wait for a new round. */
  private conclude(round: NtpRound, now: i64): i64 {
    if (round.chosen == null) return this.failed(round.failure);
    const correction = this.correction(round, now);
    const limit = this.limit();
    if (abs(correction) > limit) {
      const offset = `offset ${correction / SECOND} s`;
      return this.failed(`${round.source()}: ${offset} exceeds ${limit / SECOND} s, ignored`);
    }
    if (!this.synchronised) log(`ntp: clock stepped by ${correction / 1000} ms`);
    this.apply(round, now);
    this.retry = FIRST_RETRY;
    return INTERVAL;
  }

  /** Logs only the first of consecutive failures. Returns the wait for a new round. */
  private failed(reason: string): i64 {
    if (this.retry == FIRST_RETRY) log(`ntp: ${reason}`);
    const wait = this.retry;
    this.retry = min(this.retry * 2, INTERVAL);
    return wait;
  }

  /** Returns the largest step accepted; a clock set to the source date may step any distance. */
  private limit(): i64 {
    if (this.synchronised) return LATER_STEP;
    return this.time.wallClockSource() == REAL_TIME_CLOCK ? FIRST_STEP : i64.MAX_VALUE;
  }
}
