/**
 * nc [-vz] [-T TOS] [-w SECONDS] HOST PORT | -u [-T TOS] HOST PORT | [-u] [-T TOS] -l [-p] PORT
 *
 * Connects to a port of HOST, or listens on PORT for one peer, and exchanges lines with it, with
 * the messages of nc(1) of Debian's netcat-openbsd. -z ends after connecting; -v reports the
 * connection, and with -l the port. -u sends each line as a datagram. -w limits the time to connect
 * and to have data acknowledged, and the time without data in either direction, after which nc ends
 * without a message. -T sets the DS field of what is sent (RFC 2474): `ef`, `af21`, `cs1`,
 * `lowdelay` or a number. -n is accepted and changes nothing.
 *
 * Unlike netcat-openbsd, nc prints errors and the peer of -l without -v, takes a single port, and
 * sends a line when Enter is typed. If HOST has several addresses, the next one is tried after
 * 250 ms (RFC 8305), and only the failure of all is printed. Ctrl-D ends the output (FIN); nc then
 * ends after two seconds without data. There are no -k and -s, and -p works only with -l.
 *
 * Exit codes: 0 success; 1 name not found, connection failed, or port in use; 2 wrong usage (1 in
 * netcat-openbsd); 130 interrupted.
 */
import { parseDecimalText } from "../../../core/text";
import { NetworkStack } from "../../../net/service/stack";
import { Command, Job } from "../command";
import { Lookup } from "../lookup";
import { Options } from "../options";
import { Session } from "../session";
import { printable } from "../terminal/printable";
import { parseTrafficClass } from "../traffic-class";
import { TcpClientJob, TcpServerJob } from "./nc/tcp";
import { UdpJob } from "./nc/udp";

const OPTIONS: StaticArray<string> = ["u", "l", "p:", "T:", "w:", "v", "z", "n"];
const DETAILS: StaticArray<string> = [
  "  -l          listens on PORT for one peer",
  "  -u          sends and receives datagrams: UDP",
  "  -z          ends after connecting",
  "  -v          reports the connection; with -l, the port too",
  "  -w SECONDS  limits the time to connect and the time without data",
  "  -T TOS      sets the DS field: ef, af21, cs1, lowdelay or a number",
];
/** Seconds; -w 0 means no limit. */
const LONGEST_WAIT: i64 = 1_000_000;

export class Nc extends Command {
  constructor(private readonly stack: NetworkStack) {
    super(
      "nc",
      "[OPTION]... HOST PORT | [OPTION]... -l [-p] PORT",
      "connects to a port or listens on one (Ctrl-D ends the input)",
      ["nc 10.0.2.2 8080", "nc -vz 10.0.2.2 443", "nc -l 9000", "nc -u 10.0.2.3 53"],
      true,
    );
  }

  protected details(): StaticArray<string> {
    return DETAILS;
  }

  /** Reports unknown options and missing operands before any wait. */
  beforeNetwork(words: Array<string>, session: Session): Job | null {
    const options = new Options(words, OPTIONS);
    options.expectOperands(options.has("l") ? 0 : 2, 2);
    return options.failure != "" ? this.wrongUsage(session, options.failure) : null;
  }

  start(words: Array<string>, session: Session): Job {
    const options = new Options(words, OPTIONS);
    const listens = options.has("l");
    const operands = options.operands;
    const named = options.has("p");
    // -p names the local port, which clients cannot choose here.
    if (named && !listens) return this.wrongUsage(session, "-p requires -l");
    const count = !listens ? 2 : named ? 0 : 1;
    options.expectOperands(count, count);
    const wait = options.seconds("w", 0, LONGEST_WAIT);
    if (options.failure != "") return this.wrongUsage(session, options.failure);
    if (wait > 0 && (listens || options.has("u"))) {
      return this.wrongUsage(session, "-w requires a TCP connection to HOST");
    }
    // UDP has no handshake, so -z could not tell whether the port is open.
    if (options.has("z") && (listens || options.has("u"))) {
      return this.wrongUsage(session, "-z requires a TCP connection to HOST");
    }
    const octet = parseTrafficClass(options.value("T", "0"));
    if (octet < 0) {
      return this.wrongUsage(session, `illegal tos value ${printable(options.value("T"))}`);
    }
    if (named) operands.push(options.value("p"));
    const text = operands[operands.length - 1];
    const port = parseDecimalText(text);
    if (port < 1 || port > 65535) {
      return this.wrongUsage(session, `port number invalid: ${printable(text)}`);
    }
    if (options.has("u")) {
      const job = this.startUdp(session, listens, operands[0], port as u32, octet);
      if (listens && options.has("v") && job instanceof UdpJob) {
        session.printLine(`Bound on 0.0.0.0 ${port}`);
        (job as UdpJob).verbose = true;
      }
      return job;
    }
    if (!listens) {
      const lookup = new Lookup(operands[0], this.stack, session.now);
      const job = new TcpClientJob(session, this.stack, lookup, port as u32, wait);
      job.scans = options.has("z");
      job.trafficClass = octet;
      job.verbose = options.has("v");
      return job;
    }
    // A backlog of one, as only one peer is accepted.
    const listener = this.stack.ip.tcp.listen(port as u32, 1);
    if (listener == null) return this.failed(session, `port ${port}: Address already in use`);
    const server = new TcpServerJob(session, listener);
    server.trafficClass = octet;
    server.verbose = options.has("v");
    if (server.verbose) session.printLine(`Listening on 0.0.0.0 ${port}`);
    return server;
  }

  /** Opens the socket: a client on a random port (RFC 6056), a listener on `port`. */
  private startUdp(
    session: Session,
    listens: bool,
    host: string,
    port: u32,
    trafficClass: u32,
  ): Job {
    const socket = this.stack.ip.udp.open(listens ? port : 0);
    if (socket == null) return this.failed(session, `port ${port}: Address already in use`);
    socket.path.trafficClass = trafficClass;
    let lookup: Lookup | null = null;
    if (!listens) lookup = new Lookup(host, this.stack, session.now);
    return new UdpJob(session, socket, lookup, port);
  }
}
