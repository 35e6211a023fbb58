/**
 * ntp [-q] [SERVER[#PORT]...]
 *
 * Queries time servers (SNTP, RFC 4330), by default the configured ones, and steps the clock to the
 * time that a majority of them agrees on. -q only queries. The option and the error messages are
 * those of ntpdate(8). `offset` is the correction of this clock, `delay` the round-trip time
 * without the time that the server took.
 *
 * Unlike ntpdate, ntp always steps the clock and never slews it. As NTP is not authenticated, the
 * clock is never set to a time before the kernel's source date. A server that disagrees with the
 * majority, or each server if there is no majority, is marked "rejected".
 *
 * Exit codes: 0 success; 1 no server is configured, none replied, or there is no majority; 2 wrong
 * usage; 130 interrupted.
 */
import { CalendarTime } from "../../../core/calendar";
import { NTP_SERVERS } from "../../../core/limits";
import { SECOND } from "../../../core/time";
import { NtpClient } from "../../../net/service/ntp/client";
import { NtpQuery, NtpServer } from "../../../net/service/ntp/query";
import { NtpRound } from "../../../net/service/ntp/round";
import { NetworkStack } from "../../../net/service/stack";
import { Command, EXIT_FAILURE, EXIT_INTERRUPTED, EXIT_OK, Job, RUNNING } from "../command";
import { Options } from "../options";
import { Session } from "../session";
import { printable } from "../terminal/printable";
import { formatMilliseconds } from "../time-text";

const OPTIONS: StaticArray<string> = ["q|query"];

class NtpJob extends Job {
  constructor(
    private readonly session: Session,
    private readonly client: NtpClient,
    private readonly round: NtpRound,
    private readonly queryOnly: bool,
  ) {
    super();
  }

  poll(now: i64): i32 {
    const round = this.round;
    if (!round.poll(now)) return RUNNING;
    const session = this.session;
    for (let i = 0; i < round.queries.length; i++) this.describe(round.queries[i], now);
    if (round.chosen == null) {
      session.error("ntp", `${round.failure}, clock not set`);
      return EXIT_FAILURE;
    }
    const moved = this.client.correction(round, now);
    if (this.queryOnly) return EXIT_OK;
    this.client.apply(round, now);
    const time = new CalendarTime(this.client.time.wallClock() / SECOND);
    session.printLine(`clock stepped by ${seconds(moved)} s: ${time}`);
    return EXIT_OK;
  }

  pollAt(): i64 {
    return this.round.pollAt();
  }

  cancel(): i32 {
    this.round.close();
    return EXIT_INTERRUPTED;
  }

  /** Prints a server's reply, or why there is none. */
  private describe(query: NtpQuery, now: i64): void {
    const name = printable(query.server.text);
    const sample = query.sample;
    if (sample == null) {
      this.session.printLine(`${name}: ${printable(query.failure)}`);
      return;
    }
    // The sample's offset is relative to the time since boot; print it relative to the clock.
    const off = sample.offset + now - this.client.time.wallClock();
    const delay = formatMilliseconds(sample.delay);
    const round = this.round;
    const chosen = round.chosen;
    const agrees = chosen != null && sample.allows(chosen.offset);
    const verdict = agrees ? "" : ", rejected";
    this.session.printLine(
      `${name}: stratum ${query.stratum}, offset ${seconds(off)} s, delay ${delay} ms${verdict}`,
    );
  }
}

export class Ntp extends Command {
  constructor(private readonly stack: NetworkStack) {
    super(
      "ntp",
      "[-q] [SERVER[#PORT]...]",
      "sets the clock from the given time servers, or else the configured ones (-q: only asks)",
      ["ntp pool.ntp.org", "ntp -q 10.0.2.2#1123"],
      true,
    );
  }

  /** Reports unknown options and too many servers before any wait. */
  beforeNetwork(words: Array<string>, session: Session): Job | null {
    const options = new Options(words, OPTIONS);
    options.expectOperands(0, NTP_SERVERS as i32);
    return options.failure != "" ? this.wrongUsage(session, options.failure) : null;
  }

  start(words: Array<string>, session: Session): Job {
    const options = new Options(words, OPTIONS);
    options.expectOperands(0, NTP_SERVERS as i32);
    if (options.failure != "") return this.wrongUsage(session, options.failure);
    const client = this.stack.ntp;
    const given = options.operands;
    for (let i = 0; i < given.length; i++) {
      if (new NtpServer(given[i]).valid()) continue;
      return this.wrongUsage(session, `invalid server '${printable(given[i])}'`);
    }
    const servers = given.length > 0 ? given : client.serverNames();
    if (servers.length == 0) {
      return this.failed(session, "no time server is configured (try: ntp SERVER)");
    }
    return new NtpJob(session, client, client.ask(servers, session.now), options.has("q"));
  }
}

/** "+3600.001234" */
function seconds(micros: i64): string {
  const size = abs(micros);
  const fraction = (size % SECOND).toString().padStart(6, "0");
  return `${micros < 0 ? "-" : "+"}${size / SECOND}.${fraction}`;
}
