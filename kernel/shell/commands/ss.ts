/**
 * ss [-t] [-u] [-a] [-l] [-i] [-o] [-n] [FILTER] | -s
 *
 * Prints the sockets with their state and queues, in the columns of ss(8) of iproute2. Recv-Q is
 * the number of bytes that no program has read yet, Send-Q the number that the peer has not
 * acknowledged, or with UDP that have not been sent; for a listener: connections waiting to be
 * accepted, and the backlog. -o adds the timer that expires next, and -i a line with TCP's state:
 * the fields of ss(8) in its order and units, as far as they exist here. Times are in ms. cwnd,
 * ssthresh, unacked, lost and the like count segments. Rates are in bits per second, without a unit
 * after -n. Most fields that are 0 are left out. delivery_rate is that of the last round trip. -s
 * prints only how many sockets there are.
 *
 * Without -a and -l, only connections are shown; -a adds listeners, UDP sockets without a peer and
 * TIME-WAIT, -l shows only the first two. With only -t or -u there is no column Netid. FILTER
 * selects by state, addresses and ports: ss/filter.ts.
 *
 * Unlike ss(8), connections in TIME-WAIT are counted in one line. -p and -4 are accepted and change
 * nothing; addresses are never resolved, and there are no processes.
 *
 * Exit codes: 0 success; 2 wrong usage (255 in ss(8)).
 */
import { NetworkStack } from "../../../net/service/stack";
import { TcpConnection } from "../../../net/socket/tcp/connection";
import { TCP_STATE_NAMES, TcpState } from "../../../net/socket/tcp/state";
import { formatIpv4, Ipv4Address } from "../../../net/wire/address";
import { Command, EXIT_OK, Job, RUNNING } from "../command";
import { connectionDetails, timerText } from "../connection-details";
import { Options } from "../options";
import { Session } from "../session";
import { SocketFilter } from "./ss/filter";

const OPTIONS: StaticArray<string> = [
  "t|tcp",
  "u|udp",
  "l|listening",
  "i|info",
  "o|options",
  "a|all",
  "n|numeric",
  "p|processes",
  "4|ipv4",
  "s|summary",
];
const HEADING: string =
  "Netid State      Recv-Q Send-Q    Local Address:Port     Peer Address:Port";
/** Characters of the column Netid. */
const NETID: i32 = 6;
/** Characters that the lines of one connection may take. */
const LINES: u32 = 1000;

/** Prints UDP sockets and listeners at once, and connections over several polls. */
class SsJob extends Job {
  /** Index of the next connection to print. If one ends in between, another may be skipped. */
  private next: u32 = 0;
  private readonly tcp: bool;
  /** Whether TCP and UDP are shown, so that each line says which it is. */
  private readonly both: bool;

  constructor(
    private readonly session: Session,
    private readonly stack: NetworkStack,
    private readonly options: Options,
    private readonly filter: SocketFilter,
  ) {
    super();
    // Without -t and -u, both kinds are shown.
    const both = options.has("t") == options.has("u");
    this.tcp = both || options.has("t");
    this.both = both;
    session.printLine(both ? HEADING : HEADING.substring(NETID));
    if (both || options.has("u")) this.showUdp();
    if (this.tcp) this.showListeners();
  }

  poll(_now: i64): i32 {
    const table = this.stack.ip.tcp;
    if (!this.tcp) return EXIT_OK;
    while (this.next < table.connectionCount()) {
      if (this.session.room() < LINES) return RUNNING;
      this.showConnection(table.connectionAt(this.next++));
    }
    const waiting = table.timeWaitCount();
    if (waiting > 0 && this.filter.admits(TcpState.TimeWait, 0, 0, 0, 0)) {
      this.row("tcp", "TIME-WAIT", 0, 0, `   ${waiting} connections`);
    }
    return EXIT_OK;
  }

  private row(kind: string, state: string, inQueue: u32, outQueue: u32, rest: string): void {
    const queues = inQueue.toString().padStart(6) + " " + outQueue.toString().padStart(6);
    this.session.printLine(`${this.both ? `${kind}   ` : ""}${state.padEnd(10)} ${queues} ${rest}`);
  }

  private showUdp(): void {
    const table = this.stack.ip.udp;
    for (let i: u32 = 0; i < table.count; i++) {
      const socket = table.socketAt(i);
      const connected = socket.remotePort != 0;
      const remote = connected ? socket.remoteAddress : 0;
      const state = connected ? TcpState.Established : TcpState.Closed;
      const port = socket.localPort;
      if (!this.filter.admits(state, 0, port, remote, socket.remotePort)) continue;
      const interfaces = this.stack.ip.interfaces;
      const bound = socket.device < (interfaces.length as u32);
      const device = bound ? `%${interfaces[socket.device].name}` : "";
      const row = `${endText(0, port, device)} ${endText(remote, socket.remotePort)}`;
      const inQueue = socket.received.bytes;
      this.row("udp", connected ? "ESTAB" : "UNCONN", inQueue, socket.queued.bytes, row);
    }
  }

  private showListeners(): void {
    const table = this.stack.ip.tcp;
    for (let i: u32 = 0; i < table.listenerCount(); i++) {
      const listener = table.listenerAt(i);
      if (!this.filter.admits(TcpState.Listen, 0, listener.port, 0, 0)) continue;
      const row = `${endText(0, listener.port)} ${endText(0, 0)}`;
      this.row("tcp", "LISTEN", listener.ready.count, listener.backlog, row);
    }
  }

  private showConnection(connection: TcpConnection): void {
    const ends = connection.endpoints;
    const from = ends.localIpv4;
    const to = ends.remoteIpv4;
    if (!this.filter.admits(connection.state, from, ends.localPort, to, ends.remotePort)) return;
    const local = endText(from, ends.localPort);
    const remote = endText(to, ends.remotePort);
    const state = TCP_STATE_NAMES[connection.state];
    const outQueue = connection.unacknowledged();
    const timer = this.options.has("o") ? timerText(connection) : "";
    this.row("tcp", state, connection.readable(), outQueue, `${local} ${remote}${timer}`);
    if (!this.options.has("i")) return;
    this.session.printLine(`\t${connectionDetails(connection, this.options.has("n"))}`);
  }
}

export class Ss extends Command {
  constructor(private readonly stack: NetworkStack) {
    super(
      "ss",
      "[-t] [-u] [-a] [-l] [-i] [-o] [-n] [FILTER] | -s",
      "prints the sockets with their state and queues",
      ["ss -a", "ss -tio", "ss -ul", "ss state established dport = :443"],
    );
  }

  start(words: Array<string>, session: Session): Job {
    const options = new Options(words, OPTIONS);
    if (options.failure != "") return this.wrongUsage(session, options.failure);
    const filter = new SocketFilter(options);
    if (filter.failure != "") return this.wrongUsage(session, filter.failure);
    if (!options.has("s")) return new SsJob(session, this.stack, options, filter);
    this.summarize(session);
    return this.done();
  }

  /** Prints the numbers of sockets, as ss(8) does. */
  private summarize(session: Session): void {
    const tcp = this.stack.ip.tcp;
    const udp = this.stack.ip.udp.count;
    let established = 0;
    const count = tcp.connectionCount();
    for (let i: u32 = 0; i < count; i++) {
      if (tcp.connectionAt(i).state == TcpState.Established) established++;
    }
    const waiting = tcp.timeWaitCount();
    const open = count + tcp.listenerCount();
    session.printLine(`Total: ${open + udp}`);
    const closed = `closed ${waiting}, orphaned ${tcp.orphanCount()}, timewait ${waiting}`;
    session.printLine(`TCP:   ${open + waiting} (estab ${established}, ${closed})`);
    session.printLine("");
    session.printLine("Transport Total     IP        IPv6");
    session.printLine(countsRow("UDP", udp));
    session.printLine(countsRow("TCP", open));
    session.printLine(countsRow("INET", open + udp));
  }
}

function countsRow(name: string, count: u32): string {
  const text = count.toString().padEnd(9);
  return `${name}\t  ${text} ${text} 0`;
}

/** Returns `ADDRESS[%DEVICE]:PORT`, right-aligned, with `*` for 0. */
function endText(address: Ipv4Address, port: u32, device: string = ""): string {
  const host = (address == 0 ? "*" : formatIpv4(address)) + device;
  return `${host}:${port == 0 ? "*" : port.toString()}`.padStart(21);
}
