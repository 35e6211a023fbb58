/**
 * iperf3 -c HOST [OPTION]... | -s [-1] [-D] [-p PORT] [-i SECONDS] | stop
 *
 * Measures the throughput of TCP to or from a server, with the protocol, the options and the report
 * of iperf3 3.12. -c runs a test with the server on HOST; -R makes the server send. -s serves in
 * the background: the command returns at once, `iperf3 stop` stops the server, and its report goes
 * to the kernel's log. One server runs at a time, and serves one test at a time.
 *
 * Unlike in iperf3, a server reports intervals only with -i, and logs nothing with -D; a client
 * with -n ends once everything that it sent was acknowledged, so that the server counts all of it.
 * There is no UDP and no SCTP, and the use of the processor is reported as 0.
 *
 * Exit codes: 0 success; 1 the test failed, the port is in use, -s while a server runs, or stop
 * while none does; 2 wrong usage (1 in iperf3); 130 interrupted.
 */
import { IPERF3_STREAMS } from "../../../core/limits";
import { parseDecimalText } from "../../../core/text";
import { SECOND } from "../../../core/time";
import { TcpConnector } from "../../../net/service/connector";
import { Iperf3Client, ServerAddress } from "../../../net/service/iperf3/client";
import {
  LONGEST_OMISSION,
  LONGEST_TEST,
  TestParameters,
} from "../../../net/service/iperf3/parameters";
import { Report, ReportSink } from "../../../net/service/iperf3/report";
import { IPERF3_PORT } from "../../../net/service/iperf3/states";
import { NetworkStack } from "../../../net/service/stack";
import { Iperf3Daemon, Iperf3Service } from "../../programs/iperf3";
import { Command, EXIT_FAILURE, EXIT_INTERRUPTED, EXIT_OK, Job, RUNNING } from "../command";
import { Lookup } from "../lookup";
import { Options } from "../options";
import { Session } from "../session";
import { printable } from "../terminal/printable";
import { parseTrafficClass } from "../traffic-class";

const OPTIONS: StaticArray<string> = [
  "c|client:",
  "s|server",
  "p|port:",
  "i|interval:",
  "1|one-off",
  "D|daemon",
  "t|time:",
  "n|bytes:",
  "b|bitrate:",
  "O|omit:",
  "P|parallel:",
  "R|reverse",
  "N|no-delay",
  "S|tos:",
];
const CLIENT_ONLY: StaticArray<string> = ["t", "n", "b", "O", "P", "R", "N", "S"];
const SERVER_ONLY: StaticArray<string> = ["1", "D"];
const DETAILS: StaticArray<string> = [
  "  -c HOST     runs a test with the server on HOST",
  "  -s          serves in the background; the report goes to the log (see dmesg)",
  "  -p PORT     the server's port (5201)",
  "  -i SECONDS  the time between reports (client: 1; server: 0, only at the end)",
  "  -t SECONDS  the time of the test (10)",
  "  -n BYTES    ends the test after BYTES instead; K, M and G are powers of 1024",
  "  -O SECONDS  leaves out this time at the start, before that of -t",
  "  -P N        the number of parallel connections, up to 128",
  "  -R          the server sends",
  "  -b RATE     limits each connection to RATE bits/s; K, M and G are powers of 1000",
  "  -N          disables Nagle's algorithm",
  "  -S TOS      sets the DS field of the data: ef, af21, cs1, lowdelay or a number",
  "  -1          stops the server after one test",
  "  -D          logs nothing",
];
/** The longest time between two reports, in seconds, as in iperf3. */
const LONGEST_INTERVAL: i64 = 60;

class Iperf3Job extends Job implements ReportSink {
  private client: Iperf3Client | null = null;

  constructor(
    private readonly session: Session,
    private readonly stack: NetworkStack,
    private readonly lookup: Lookup,
    private readonly port: u32,
    private readonly parameters: TestParameters,
    private readonly interval: i64,
  ) {
    super();
  }

  poll(now: i64): i32 {
    let client = this.client;
    if (client == null) {
      const lookup = this.lookup;
      if (!lookup.poll()) return RUNNING;
      if (lookup.failure != "") return this.fail(`unable to connect to server: ${lookup.failure}`);
      client = this.connect(lookup);
    }
    client.poll(now);
    if (!client.done) return RUNNING;
    if (client.failure != "") return this.fail(client.failure);
    this.session.printLine("");
    this.session.printLine("iperf Done.");
    return EXIT_OK;
  }

  pollAt(): i64 {
    const client = this.client;
    return client == null ? super.pollAt() : client.pollAt(this.session.now);
  }

  cancel(): i32 {
    const client = this.client;
    if (client == null) this.lookup.cancel();
    else client.cancel(this.session.now);
    this.session.error("iperf3", "interrupt - the client has terminated");
    return EXIT_INTERRUPTED;
  }

  reportLine(line: string): void {
    this.session.printLine(line);
  }

  private connect(lookup: Lookup): Iperf3Client {
    const stack = this.stack;
    const client = new Iperf3Client(
      new TcpConnector(stack.ip, stack.tls, false, false),
      stack.random,
      new ServerAddress(lookup.host, lookup.addresses, this.port),
      this.parameters,
      this.interval,
      new Report(this),
    );
    this.client = client;
    return client;
  }

  private fail(reason: string): i32 {
    this.session.error("iperf3", `error - ${reason}`);
    return EXIT_FAILURE;
  }
}

export class Iperf3 extends Command {
  constructor(
    private readonly stack: NetworkStack,
    private readonly daemon: Iperf3Daemon,
  ) {
    super(
      "iperf3",
      "-c HOST [OPTION]... | -s [OPTION]... | stop",
      "measures the throughput of TCP",
      ["iperf3 -c 10.0.2.2", "iperf3 -c 10.0.2.2 -R -P 4 -t 5", "iperf3 -s", "iperf3 stop"],
      true,
    );
  }

  protected details(): StaticArray<string> {
    return DETAILS;
  }

  /** Only a client waits for the network, and not if its options cannot be parsed. */
  beforeNetwork(words: Array<string>, session: Session): Job | null {
    const options = new Options(words, OPTIONS);
    return options.has("c") && options.failure == "" ? null : this.start(words, session);
  }

  start(words: Array<string>, session: Session): Job {
    const options = new Options(words, OPTIONS);
    const operands = options.operands;
    if (options.failure == "" && words.length == 1 && operands.length == 1) {
      if (operands[0] == "stop") {
        return this.daemon.stop() ? this.done() : this.failed(session, "not running");
      }
    }
    options.expectOperands(0, 0);
    const serves = options.has("s");
    const otherwise: i64 = serves ? 0 : SECOND;
    const interval = options.seconds("i", otherwise, LONGEST_INTERVAL);
    const port = options.number("p", IPERF3_PORT, 1, 65535) as u32;
    if (options.failure != "") return this.wrongUsage(session, options.failure);
    const fault = roleFault(options);
    if (fault != "") return this.badParameters(session, fault);
    if (interval > 0 && interval < SECOND / 10) {
      return this.badParameters(session, "invalid report interval (min = 0.1, max = 60 seconds)");
    }
    if (serves) return this.serve(session, options, port, interval);
    const parameters = new TestParameters();
    const wrong = readTest(options, parameters);
    if (wrong != "") return this.badParameters(session, wrong);
    const lookup = new Lookup(options.value("c"), this.stack, session.now);
    return new Iperf3Job(session, this.stack, lookup, port, parameters, interval);
  }

  complete(words: Array<string>): Array<string> {
    return words.length == 0 ? ["stop"] : [];
  }

  private badParameters(session: Session, reason: string): Job {
    return this.wrongUsage(session, `parameter error - ${reason}`);
  }

  private serve(session: Session, options: Options, port: u32, interval: i64): Job {
    const service = new Iperf3Service();
    service.interval = interval;
    service.once = options.has("1");
    service.quiet = options.has("D");
    if (this.daemon.running) {
      return this.failed(session, "already running (try: iperf3 stop)");
    }
    if (!this.daemon.start(port, service)) {
      return this.failed(session, `port ${port}: Address already in use`);
    }
    if (!service.quiet) session.printLine(`Server listening on ${port}`);
    return this.done();
  }
}

/** Returns what is wrong with the choice between client and server, in iperf3's words, or "". */
function roleFault(options: Options): string {
  const serves = options.has("s");
  if (serves && options.has("c")) return "cannot be both server and client";
  if (!serves && !options.has("c")) return "must either be a client (-c) or server (-s)";
  const foreign = options.givenOf(serves ? CLIENT_ONLY : SERVER_ONLY);
  if (foreign.length == 0) return "";
  return `some option you are trying to set is ${serves ? "client" : "server"} only`;
}

/** Reads the options of a test. Returns what is wrong, or "". */
function readTest(options: Options, to: TestParameters): string {
  if (options.has("t") && options.has("n")) {
    return "only one test end condition (-t, -n) may be specified";
  }
  to.seconds = options.has("n") ? 0 : options.number("t", 10, 1, LONGEST_TEST);
  to.omitSeconds = options.number("O", 0, 0, LONGEST_OMISSION);
  to.streams = options.number("P", 1, 1, IPERF3_STREAMS) as u32;
  to.reverse = options.has("R");
  to.noDelay = options.has("N");
  if (options.failure != "") return options.failure;
  const bytes = parseAmount(options.value("n", "0"), 1024);
  if (bytes < 0 || (bytes == 0 && options.has("n"))) {
    return `invalid argument: '${printable(options.value("n"))}'`;
  }
  const rate = parseAmount(options.value("b", "0"), 1000);
  if (rate < 0) return `invalid argument: '${printable(options.value("b"))}'`;
  const octet = parseTrafficClass(options.value("S", "0"));
  if (octet < 0) return `invalid argument: '${printable(options.value("S"))}'`;
  to.bytes = bytes;
  to.rate = rate;
  to.trafficClass = octet;
  return "";
}

/** Parses "64", "10K", "2M" or "1g" with powers of `base`. Returns -1 if it is invalid. */
function parseAmount(text: string, base: i64): i64 {
  const last = text.length - 1;
  const power = last < 0 ? -1 : "kmgt".indexOf(text.charAt(last).toLowerCase());
  const value = parseDecimalText(power < 0 ? text : text.substring(0, last));
  let scale: i64 = 1;
  for (let i = 0; i <= power; i++) scale *= base;
  return value < 0 || value > i64.MAX_VALUE / scale ? -1 : value * scale;
}
