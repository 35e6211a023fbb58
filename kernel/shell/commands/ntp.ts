/** `ntp`: asks time servers and sets the clock by what they agree on. */
import { CalendarTime } from "../../../core/calendar";
import { NTP_SERVERS } from "../../../core/limits";
import { SECOND } from "../../../core/time";
import { NtpClient } from "../../../net/service/ntp/client";
import { NtpQuery, NtpServer } from "../../../net/service/ntp/query";
import { NtpRound } from "../../../net/service/ntp/round";
import { NetworkStack } from "../../../net/service/stack";
import { Command, EXIT_FAILURE, EXIT_INTERRUPTED, EXIT_OK, Job, RUNNING } from "../command";
import { formatMilliseconds } from "../duration";
import { Options } from "../options";
import { printable } from "../printable";
import { Shell } from "../shell";

const OPTIONS: StaticArray<string> = ["q|query"];

class NtpJob extends Job {
  constructor(
    private readonly shell: Shell,
    private readonly client: NtpClient,
    private readonly round: NtpRound,
    private readonly queryOnly: bool,
  ) {
    super();
  }

  poll(now: i64): i32 {
    const round = this.round;
    if (!round.poll(now)) return RUNNING;
    const shell = this.shell;
    for (let i = 0; i < round.queries.length; i++) this.describe(round.queries[i], now);
    if (round.chosen == null) {
      shell.error("ntp", `${round.failure}, the clock stays as it is`);
      return EXIT_FAILURE;
    }
    const moved = this.client.error(round, now);
    if (this.queryOnly) return EXIT_OK;
    this.client.take(round, now);
    const time = new CalendarTime(this.client.time.wallClock() / SECOND);
    shell.printLine(`the clock was moved by ${seconds(moved)} s: ${time}`);
    return EXIT_OK;
  }

  pollAt(): i64 {
    return this.round.pollAt();
  }

  cancel(): i32 {
    this.round.close();
    return EXIT_INTERRUPTED;
  }

  private describe(query: NtpQuery, now: i64): void {
    const name = printable(query.server.text);
    const sample = query.sample;
    if (sample == null) {
      this.shell.printLine(`${name}: ${printable(query.failure)}`);
      return;
    }
    const off = sample.offset + now - this.client.time.wallClock();
    const delay = formatMilliseconds(sample.delay);
    const round = this.round;
    const chosen = round.chosen;
    const agrees = chosen != null && sample.allows(chosen.offset);
    const verdict = agrees ? "" : ", it is not believed";
    this.shell.printLine(
      `${name}: stratum ${query.stratum}, offset ${seconds(off)} s, delay ${delay} ms${verdict}`,
    );
  }
}

export class Ntp extends Command {
  constructor(private readonly stack: NetworkStack) {
    super(
      "ntp",
      "[-q] [SERVER[#PORT]...]",
      "sets the clock by time servers, the configured ones or these (-q: only asks)",
      ["ntp pool.ntp.org", "ntp -q 10.0.2.2#1123"],
      true,
    );
  }

  start(words: Array<string>, shell: Shell): Job {
    const options = new Options(words, OPTIONS);
    options.expectOperands(0, NTP_SERVERS as i32);
    if (options.failure != "") return shell.wrongUsage(this, options.failure);
    const client = this.stack.ntp;
    const given = options.operands;
    for (let i = 0; i < given.length; i++) {
      if (new NtpServer(given[i]).valid()) continue;
      return shell.wrongUsage(this, `${printable(given[i])} is no server with a port`);
    }
    const servers = given.length > 0 ? given : client.serverNames();
    if (servers.length == 0) {
      return shell.failed(this, "no time server is configured, expected ntp SERVER");
    }
    return new NtpJob(shell, client, client.ask(servers, shell.now), options.has("q"));
  }
}

/** "+3600.001234" */
function seconds(micros: i64): string {
  const size = abs(micros);
  const fraction = (size % SECOND).toString().padStart(6, "0");
  return `${micros < 0 ? "-" : "+"}${size / SECOND}.${fraction}`;
}
