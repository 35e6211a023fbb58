/**
 * ss [-t] [-u] [-l] [-i] [-o] [-n] | -s
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
 * Unlike ss(8), it shows connections and listeners together, and with -l only the listeners and the
 * UDP sockets without a peer. Connections in TIME-WAIT are counted in one line. There are no
 * filters. -a, -p and -4 are accepted and change nothing; addresses are never resolved, and there
 * are no processes.
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
/** Characters that the lines of one connection may take. */
const LINES: u32 = 1000;

/** Prints UDP sockets and listeners at once, and connections over several polls. */
class SsJob extends Job {
  /** Index of the next connection to print. If one ends in between, another may be skipped. */
  private next: u32 = 0;
  private readonly tcp: bool;
  private readonly listening: bool;

  constructor(
    private readonly session: Session,
    private readonly stack: NetworkStack,
    private readonly options: Options,
  ) {
    super();
    // Without -t and -u, both kinds are shown.
    const both = options.has("t") == options.has("u");
    this.tcp = both || options.has("t");
    this.listening = options.has("l");
    session.printLine(HEADING);
    if (both || options.has("u")) this.showUdp();
    if (this.tcp) this.showListeners();
  }

  poll(_now: i64): i32 {
    const table = this.stack.ip.tcp;
    if (!this.tcp || this.listening) return EXIT_OK;
    while (this.next < table.connectionCount()) {
      if (this.session.room() < LINES) return RUNNING;
      this.showConnection(table.connectionAt(this.next++));
    }
    const waiting = table.timeWaitCount();
    if (waiting > 0)
      this.session.printLine(`tcp   TIME-WAIT       0      0    ${waiting} connections`);
    return EXIT_OK;
  }

  private row(kind: string, state: string, inQueue: u32, outQueue: u32, rest: string): void {
    const queues = inQueue.toString().padStart(6) + " " + outQueue.toString().padStart(6);
    this.session.printLine(`${kind}   ${state.padEnd(10)} ${queues} ${rest}`);
  }

  private showUdp(): void {
    const table = this.stack.ip.udp;
    for (let i: u32 = 0; i < table.count; i++) {
      const socket = table.socketAt(i);
      const connected = socket.remotePort != 0;
      if (this.listening && connected) continue;
      const peer = connected ? endText(socket.remoteAddress, socket.remotePort) : endText(0, 0);
      const row = `${endText(0, socket.localPort)} ${peer}`;
      const inQueue = socket.received.bytes;
      this.row("udp", connected ? "ESTAB" : "UNCONN", inQueue, socket.queued.bytes, row);
    }
  }

  private showListeners(): void {
    const table = this.stack.ip.tcp;
    for (let i: u32 = 0; i < table.listenerCount(); i++) {
      const listener = table.listenerAt(i);
      const row = `${endText(0, listener.port)} ${endText(0, 0)}`;
      this.row("tcp", "LISTEN", listener.ready.count, listener.backlog, row);
    }
  }

  private showConnection(connection: TcpConnection): void {
    const ends = connection.endpoints;
    const local = endText(ends.localIpv4, ends.localPort);
    const remote = endText(ends.remoteIpv4, ends.remotePort);
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
      "[-t] [-u] [-l] [-i] [-o] [-n] | -s",
      "prints the sockets with their state and queues",
      ["ss", "ss -tio", "ss -ul"],
    );
  }

  start(words: Array<string>, session: Session): Job {
    const options = new Options(words, OPTIONS);
    options.expectOperands(0, 0);
    if (options.failure != "") return this.wrongUsage(session, options.failure);
    if (!options.has("s")) return new SsJob(session, this.stack, options);
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

/** Returns `ADDRESS:PORT`, right-aligned, with `*` for 0. */
function endText(address: Ipv4Address, port: u32): string {
  const host = address == 0 ? "*" : formatIpv4(address);
  return `${host}:${port == 0 ? "*" : port.toString()}`.padStart(21);
}
