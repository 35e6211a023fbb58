/**
 * sock [tcp | udp]
 * sock bind|listen|accept|connect|send|recv|shutdown|close|set|get|info HANDLE ...
 *
 * The calls of the public API (docs/api.md), by hand or in a script. `sock tcp` and `sock udp` open
 * a socket and print its handle, the lowest free number from 1 on; `sock` lists the sockets. The
 * other forms have the names and the errors of the system calls:
 *
 *     bind H PORT                              connect H HOST PORT [-w SECONDS]
 *     listen H [BACKLOG]                       accept H [-w SECONDS]
 *     send H [-e] [-x] [-w SECONDS] [-d HOST:PORT] TEXT...
 *     recv H [-n BYTES] [-x] [-w SECONDS]      shutdown H [rd|wr|rdwr], close H
 *     set H OPTION VALUE, get H OPTION         info H
 *
 * `accept` prints the new handle and the peer. `send` sends TEXT without a line end and prints the
 * number of bytes: -e understands \n, \r, \t, \\ and \xHH, -x takes hexadecimal, -d names where a
 * datagram goes. `recv` prints what has arrived, up to BYTES, and of a datagram its sender and
 * length first; -x prints hexadecimal. `accept`, `connect`, `send` and `recv` wait, with -w at most
 * SECONDS. `close` waits if SO_LINGER says so. Options have their POSIX names and the units of
 * tcp(7); the value of TCP_CONGESTION is a name. `info` prints the line of `ss -i`.
 *
 * Exit codes: 0 success; 1 the call failed, end of data, or nothing in time; 2 wrong usage; 130
 * interrupted.
 */
import { SOCK_HANDLES, SOCK_RECEIVE_BYTES, TCP_BACKLOG } from "../../../core/limits";
import { parseDecimalText } from "../../../core/text";
import { NEVER } from "../../../core/time";
import {
  Shutdown,
  TcpSocket,
  tcpBind,
  tcpClose,
  tcpListen,
  tcpShutdown,
  tcpSocket,
  udpBind,
  udpClose,
  udpSend,
  udpSocket,
} from "../../../net/api";
import { SOCKET_OPTIONS } from "../../../net/service/socket-option";
import { NetworkStack } from "../../../net/service/stack";
import { TcpState } from "../../../net/socket/tcp/state";
import { UdpSocket } from "../../../net/socket/udp-socket";
import { Command, Job } from "../command";
import { Lookup } from "../lookup";
import { Options } from "../options";
import { Session } from "../session";
import { printable } from "../terminal/printable";
import { parseBytes } from "./sock/bytes";
import { Handle, Handles } from "./sock/handles";
import { AcceptJob, CloseJob, ConnectJob, ReceiveJob, SendJob, SendToJob } from "./sock/jobs";
import { optionNamed, optionNames, optionText, setOptionText } from "./sock/option-text";
import { describe } from "./sock/report";

const VERBS: StaticArray<string> = [
  "tcp",
  "udp",
  "bind",
  "listen",
  "accept",
  "connect",
  "send",
  "recv",
  "shutdown",
  "close",
  "set",
  "get",
  "info",
];
const DETAILS: StaticArray<string> = [
  "  tcp, udp                                opens a socket, prints its handle H",
  "  bind H PORT                             the port to listen on or to send from",
  "  listen H [BACKLOG]                      accepts connections",
  "  accept H [-w SECONDS]                   prints a handle, and the peer",
  "  connect H HOST PORT [-w SECONDS]        connects",
  "  send H [-e] [-x] [-d HOST:PORT] TEXT... -e: \\r \\n \\xHH, -x: hexadecimal",
  "  recv H [-n BYTES] [-x] [-w SECONDS]     prints what arrives",
  "  shutdown H [rd|wr|rdwr]                 ends sending (wr) or receiving (rd)",
  "  close H                                 closes, and frees the handle",
  "  set H OPTION VALUE, get H OPTION        options by POSIX names, TCP_INFO too",
  "  info H                                  the state, as ss -i shows it",
  "  -w limits how long accept, connect, send and recv wait.",
];
/** In the order of `Shutdown`. */
const SHUTDOWN_WORDS: StaticArray<string> = ["rd", "wr", "rdwr"];
const IN_USE: string = "Invalid argument, expected a socket that is not in use yet";
/** Seconds; the longest wait that can be asked for. */
const LONGEST_WAIT: i64 = 1_000_000;

export class Sock extends Command {
  private readonly handles: Handles = new Handles();

  constructor(private readonly stack: NetworkStack) {
    super("sock", "[VERB [HANDLE] ...]", "calls the socket API", [
      "sock tcp",
      "sock connect 1 10.0.2.2 80",
      "sock set 1 TCP_NODELAY 1",
      "sock info 1",
    ]);
  }

  protected details(): StaticArray<string> {
    return DETAILS;
  }

  complete(words: Array<string>): Array<string> {
    const all: Array<string> = [];
    if (words.length == 0) for (let i = 0; i < VERBS.length; i++) all.push(VERBS[i]);
    if (words.length == 2 && (words[0] == "set" || words[0] == "get")) {
      for (let i = 0; i < SOCKET_OPTIONS.length; i++) all.push(SOCKET_OPTIONS[i].name);
    }
    return all;
  }

  start(words: Array<string>, session: Session): Job {
    if (words.length == 0) return this.list(session);
    const verb = words[0];
    if (!VERBS.includes(verb)) {
      const verbs = VERBS.join(", ");
      return this.wrongUsage(session, `${printable(verb)}: unknown verb, expected ${verbs}`);
    }
    if (verb == "tcp" || verb == "udp") return this.open(verb == "tcp", words, session);
    const text = words.length > 1 ? words[1] : "";
    const handle = this.handles.find(parseDecimalText(text));
    if (handle == null) {
      const what = text == "" ? "a handle is missing" : `${printable(text)}: no such socket`;
      return this.wrongUsage(session, `${verb}: ${what}, expected a handle that sock lists`);
    }
    const rest = words.slice(2);
    if (verb == "set" || verb == "get") return this.option(verb, handle, rest, session);
    if (verb == "send") return this.send(handle, rest, session);
    if (verb == "recv") return this.receive(handle, rest, session);
    if (verb == "connect") return this.connect(handle, rest, session);
    return this.simple(verb, handle, rest, session);
  }

  /** The verbs with at most one operand. */
  private simple(verb: string, handle: Handle, rest: Array<string>, session: Session): Job {
    const options = new Options(rest, verb == "accept" ? ["w:"] : []);
    const operand = verb == "bind" ? 1 : 0;
    options.expectOperands(operand, verb == "listen" || verb == "shutdown" ? 1 : operand);
    const deadline = deadlineOf(options, session);
    if (options.failure != "") return this.wrongUsage(session, `${verb}: ${options.failure}`);
    const word = options.operands.length > 0 ? options.operands[0] : "";
    if (verb == "bind") return this.bind(handle, word, session);
    if (verb == "listen") return this.listen(handle, word, session);
    if (verb == "accept") return this.accept(handle, deadline, session);
    if (verb == "shutdown") return this.shutDown(handle, word, session);
    if (verb == "info") {
      session.printLine(describe(handle, true));
      return this.done();
    }
    return this.close(handle, session);
  }

  private option(verb: string, handle: Handle, rest: Array<string>, session: Session): Job {
    const sets = verb == "set";
    if (rest.length != (sets ? 2 : 1)) {
      return this.wrongUsage(session, `${verb}: expected an option${sets ? " and a value" : ""}`);
    }
    if (!sets && rest[0] == "TCP_INFO" && handle.tcp != null) {
      session.printLine(describe(handle, true));
      return this.done();
    }
    const option = optionNamed(handle, rest[0]);
    if (option < 0) {
      const names = optionNames(handle);
      return this.failed(session, `${printable(rest[0])}: no such option, expected ${names}`);
    }
    const problem = sets ? setOptionText(handle, option, rest[1]) : "";
    if (problem != "") return this.failed(session, problem);
    if (!sets) session.printLine(optionText(handle, option));
    return this.done();
  }

  private list(session: Session): Job {
    for (let i = 1; i <= SOCK_HANDLES; i++) {
      const handle = this.handles.find(i);
      if (handle != null) session.printLine(`${i} ${describe(handle, false)}`);
    }
    return this.done();
  }

  private open(tcp: bool, words: Array<string>, session: Session): Job {
    if (words.length > 1) return this.wrongUsage(session, `extra operand '${printable(words[1])}'`);
    if (this.handles.full) {
      return this.failed(session, "too many sockets, expected one to be closed first");
    }
    let stream: TcpSocket | null = null;
    let datagrams: UdpSocket | null = null;
    if (tcp) stream = tcpSocket();
    else datagrams = udpSocket();
    if (stream == null && datagrams == null) {
      return this.failed(session, "No buffer space available");
    }
    const handle = this.handles.add(stream, datagrams)!;
    session.printLine(`${handle.number}`);
    return this.done();
  }

  private bind(handle: Handle, word: string, session: Session): Job {
    const port = parseDecimalText(word);
    if (port < 1 || port > 65535) {
      return this.wrongUsage(session, `${printable(word)}: invalid port, expected 1 to 65535`);
    }
    const udp = handle.udp;
    if (udp != null) {
      const bound = udpBind(udp, port as u32);
      if (bound == null) return this.failed(session, "Address already in use");
      handle.udp = bound;
      return this.done();
    }
    const tcp = handle.tcp!;
    if (!isUnused(tcp)) return this.failed(session, IN_USE);
    tcpBind(tcp, port as u32);
    return this.done();
  }

  private listen(handle: Handle, word: string, session: Session): Job {
    const backlog = word == "" ? (TCP_BACKLOG as i64) : parseDecimalText(word);
    if (backlog < 1 || backlog > i32.MAX_VALUE) {
      return this.wrongUsage(session, `${printable(word)}: invalid backlog, expected 1 or more`);
    }
    const tcp = handle.tcp;
    if (tcp == null) return this.failed(session, "Operation not supported, expected a TCP socket");
    if (!isUnused(tcp)) return this.failed(session, IN_USE);
    if (tcp.port == 0) return this.failed(session, "Destination address required, expected bind");
    if (!tcpListen(tcp, backlog as u32)) return this.failed(session, "Address already in use");
    return this.done();
  }

  private accept(handle: Handle, deadline: i64, session: Session): Job {
    const tcp = handle.tcp;
    if (tcp == null || tcp.listener == null) {
      return this.failed(session, "Invalid argument, expected a listening socket");
    }
    return new AcceptJob(session, deadline, tcp, this.handles);
  }

  private connect(handle: Handle, rest: Array<string>, session: Session): Job {
    const options = new Options(rest, ["w:"]);
    options.expectOperands(2, 2);
    const deadline = deadlineOf(options, session);
    if (options.failure != "") return this.wrongUsage(session, `connect: ${options.failure}`);
    const word = options.operands[1];
    const port = parseDecimalText(word);
    if (port < 1 || port > 65535) {
      return this.wrongUsage(session, `${printable(word)}: invalid port, expected 1 to 65535`);
    }
    const tcp = handle.tcp;
    if (tcp != null && !isUnused(tcp)) {
      return this.failed(session, "Transport endpoint is already connected");
    }
    const lookup = new Lookup(options.operands[0], this.stack, session.now);
    return new ConnectJob(session, deadline, handle, lookup, port as u32);
  }

  private send(handle: Handle, rest: Array<string>, session: Session): Job {
    const options = new Options(rest, ["e", "x", "d:", "w:"]);
    const deadline = deadlineOf(options, session);
    if (options.failure != "") return this.wrongUsage(session, `send: ${options.failure}`);
    const text = options.operands.join(" ");
    const bytes = parseBytes(text, options.has("x"), options.has("e"));
    if (bytes == null) {
      const form = options.has("x")
        ? "pairs of hexadecimal digits"
        : "\\n, \\r, \\t, \\\\ or \\xHH";
      return this.wrongUsage(session, `send: invalid text, expected ${form}`);
    }
    const tcp = handle.tcp;
    if (tcp == null) return this.sendDatagram(handle, bytes, options, deadline, session);
    if (options.has("d")) return this.failed(session, "-d requires a UDP socket");
    if (tcp.connection == null) {
      return this.failed(session, "Transport endpoint is not connected");
    }
    return new SendJob(session, deadline, tcp, bytes);
  }

  private sendDatagram(
    handle: Handle,
    bytes: Uint8Array,
    options: Options,
    deadline: i64,
    session: Session,
  ): Job {
    const udp = handle.udp!;
    if (!options.has("d")) {
      if (udp.remotePort == 0) {
        return this.failed(session, "Destination address required, expected connect or -d");
      }
      if (!udpSend(udp, bytes, udp.remoteAddress, udp.remotePort)) {
        return this.failed(session, "Message too long");
      }
      session.printLine(`${bytes.length}`);
      return this.done();
    }
    const to = options.value("d");
    const colon = to.lastIndexOf(":");
    const port = parseDecimalText(to.substring(colon + 1));
    if (colon < 1 || port < 1 || port > 65535) {
      return this.wrongUsage(session, `${printable(to)}: invalid end, expected HOST:PORT`);
    }
    const lookup = new Lookup(to.substring(0, colon), this.stack, session.now);
    return new SendToJob(session, deadline, udp, bytes, lookup, port as u32);
  }

  private receive(handle: Handle, rest: Array<string>, session: Session): Job {
    const options = new Options(rest, ["n:", "x", "w:"]);
    options.expectOperands(0, 0);
    const most = options.number("n", SOCK_RECEIVE_BYTES, 1, SOCK_RECEIVE_BYTES) as u32;
    const deadline = deadlineOf(options, session);
    if (options.failure != "") return this.wrongUsage(session, `recv: ${options.failure}`);
    const tcp = handle.tcp;
    if (tcp != null && tcp.connection == null) {
      return this.failed(session, "Transport endpoint is not connected");
    }
    return new ReceiveJob(session, deadline, handle, most, options.has("x"));
  }

  private shutDown(handle: Handle, word: string, session: Session): Job {
    const how = word == "" ? (Shutdown.Write as i32) : SHUTDOWN_WORDS.indexOf(word);
    if (how < 0) {
      const expected = SHUTDOWN_WORDS.join(", ");
      return this.wrongUsage(session, `${printable(word)}: unknown, expected one of ${expected}`);
    }
    const tcp = handle.tcp;
    if (tcp == null || tcp.connection == null) {
      return this.failed(session, "Transport endpoint is not connected");
    }
    tcpShutdown(tcp, how as Shutdown);
    return this.done();
  }

  private close(handle: Handle, session: Session): Job {
    this.handles.remove(handle);
    const udp = handle.udp;
    if (udp != null) {
      udpClose(udp);
      return this.done();
    }
    const tcp = handle.tcp!;
    const linger = tcp.options.linger;
    if (linger > 0 && tcp.connection != null) return new CloseJob(tcp, session.now + linger);
    tcpClose(tcp);
    return this.done();
  }
}

/** Reports whether a socket is not in use, and releases a connection that is over. */
function isUnused(socket: TcpSocket): bool {
  if (socket.state() != TcpState.Closed) return false;
  tcpClose(socket);
  return true;
}

/** Returns when to stop waiting: `-w SECONDS` from now, or NEVER. */
function deadlineOf(options: Options, session: Session): i64 {
  if (!options.has("w")) return NEVER;
  return session.now + options.seconds("w", 0, LONGEST_WAIT);
}
