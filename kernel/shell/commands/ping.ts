/**
 * ping [-bDfq] [-c COUNT] [-I DEVICE|ADDRESS] [-i SECONDS] [-m MARK] [-Q TOS] [-s BYTES]
 *      [-t TTL] [-W SECONDS] [-w SECONDS] HOST
 *
 * Sends ICMP echo requests (RFC 792) and prints replies, errors and a summary, as ping(8) of
 * iputils does. -c stops after COUNT requests. -w stops after that many seconds or at the first
 * ICMP error; with both, ping also stops once COUNT replies have arrived. -W is the time to
 * wait after the last request if no reply has come. -q prints only the first line and the summary.
 * -f sends 100 requests a second, and implies -q.
 * -Q sets the octet with the DS field (RFC 2474), decimal or hexadecimal: 0xb8 is EF (RFC 3246). -m
 * marks the requests for routing rules (`ip rule`). -I sends them from an address of this host, or
 * through one device; a destination to which that device has no route is assumed to be on its link.
 * -b permits a broadcast address. -D prints the time of day before each reply, in seconds since
 * 1970. -n, -v and -4 are accepted and change nothing: addresses are always shown as numbers.
 *
 * Unlike iputils, ping sends 4 requests in `run=` or a script without -c and -w, an interval is at
 * least 2 ms, and -s may exceed the MTU (the packets are then fragmented), up to 65507 bytes. -f
 * prints no dots, and there is no IPv6.
 *
 * Exit codes: 0 a reply arrived, also after Ctrl-C; 1 no reply, or fewer than COUNT within -w; 2 an
 * unknown name, no route, or wrong usage; 130 interrupted before the first request.
 */
import { earlier, MILLISECOND, NEVER, SECOND } from "../../../core/time";
import { wallClock } from "../../../machine/clock";
import { NetworkStack } from "../../../net/service/stack";
import { ECHO_PAYLOAD, EchoSocket, NO_ERROR } from "../../../net/socket/echo-socket";
import { SOCKET_ERROR_WORDS, SocketError } from "../../../net/socket/error";
import { ANY_DEVICE, Path } from "../../../net/socket/path";
import {
  formatIpv4,
  Ipv4Address,
  isLoopback,
  NOT_AN_ADDRESS,
  parseIpv4,
  UNSPECIFIED,
} from "../../../net/wire/address";
import { HeldIpAddress } from "../../../net/wire/ip-address";
import { DEFAULT_TTL } from "../../../net/wire/ipv4";
import { parseMark } from "../../config/mark";
import {
  Command,
  EXIT_FAILURE,
  EXIT_INTERRUPTED,
  EXIT_OK,
  EXIT_USAGE,
  Job,
  RUNNING,
} from "../command";
import { Lookup } from "../lookup";
import { Options } from "../options";
import { Session } from "../session";
import { printable } from "../terminal/printable";
import { formatMilliseconds } from "../time-text";
import { DETAILS, OPTIONS } from "./ping/options";
import { RoundTrips } from "./ping/round-trips";

const LOOPBACK: string = "lo";
/** Bytes of the IPv4 and ICMP headers, which the first line adds to the size. */
const HEADERS: u32 = 20 + 8;
/** Microseconds to wait after the last request if no reply has come yet; as in iputils. */
const SILENCE: i64 = 10 * SECOND;
/** Requests sent in a script without -c and -w. */
const SCRIPTED_COUNT: i64 = 4;

/** In the order of `IcmpError`; the words of iputils' pr_icmph(). */
const ERROR_WORDS: StaticArray<string> = [
  "Destination Host Unreachable",
  "Destination Protocol Unreachable",
  "Destination Port Unreachable",
  "Frag needed",
  "Packet filtered",
  "Time to live exceeded",
  "Parameter problem",
];

class PingJob extends Job {
  /** Requests to send or, with a deadline, replies to wait for; 0: no limit. */
  count: i64 = 0;
  /** Microseconds between two requests. */
  interval: i64 = SECOND;
  /** Microseconds to wait after the last request if no reply has come yet. */
  wait: i64 = SILENCE;
  /** Microseconds after which ping ends, whatever has been received; 0: never. */
  deadline: i64 = 0;
  /** Bytes of data in each request. */
  size: u32 = 56;
  trafficClass: u32 = 0;
  timeToLive: u32 = DEFAULT_TTL;
  stamped: bool = false;
  quiet: bool = false;
  broadcast: bool = false;
  mark: u32 = 0;
  /** The source address and the device of -I, and the device's name for the first line. */
  source: Ipv4Address = UNSPECIFIED;
  device: u32 = ANY_DEVICE;
  deviceName: string = "";
  private socket: EchoSocket | null = null;
  private sent: i64 = 0;
  private received: i64 = 0;
  private duplicates: i64 = 0;
  private errors: i64 = 0;
  /** Of the replies that carried a time. */
  private readonly trips: RoundTrips = new RoundTrips();
  private startedAt: i64 = 0;
  /** When the last request was sent. */
  private sentAt: i64 = 0;
  /** When to send the next request, or to give up after the last one. */
  private nextAt: i64 = 0;

  constructor(
    private readonly session: Session,
    private readonly stack: NetworkStack,
    private readonly lookup: Lookup,
  ) {
    super();
  }

  poll(now: i64): i32 {
    if (!this.lookup.poll()) return RUNNING;
    if (this.lookup.failure != "") {
      this.session.error("ping", `${this.lookup.host}: ${this.lookup.failure}`);
      return EXIT_USAGE;
    }
    let socket = this.socket;
    if (socket == null) {
      socket = this.stack.ip.echo.open();
      if (socket == null) {
        this.session.error("ping", "socket: No buffer space available");
        return EXIT_USAGE;
      }
      this.socket = socket;
      const path = this.prepare(socket);
      const ip = this.stack.ip;
      const astray: bool = this.deviceName == LOOPBACK && ip.interfaceOf(path) !== ip.loopback;
      if (astray) return this.unreachable(SocketError.NetworkUnreachable);
      if (path.source.isUnspecified) return this.unreachable(path.error);
      if (this.isBroadcast() && !this.broadcast) return this.refuseBroadcast();
      this.begin(now, path);
    }
    while (socket.receive()) this.show(socket);
    if (socket.withoutRoute > 0) return this.unreachable(socket.path.error);
    if (this.isOver(now)) return this.conclude();
    if (!this.allSent() && now >= this.nextAt) this.send(socket, now);
    return RUNNING;
  }

  /** Sets the socket's options, looks up its path to the destination and returns the path. */
  private prepare(socket: EchoSocket): Path {
    const path = socket.path;
    path.setMark(this.mark);
    path.trafficClass = this.trafficClass;
    path.timeToLive = this.timeToLive;
    socket.source = this.source;
    socket.device = this.device;
    socket.toward(HeldIpAddress.ofIpv4(this.lookup.address).view);
    this.stack.ip.lookUp(path);
    return path;
  }

  /** NEVER until the name is resolved, as the resolver has timers of its own. */
  pollAt(): i64 {
    if (this.socket == null) return NEVER;
    return this.deadline > 0 ? earlier(this.nextAt, this.endsAt()) : this.nextAt;
  }

  private endsAt(): i64 {
    return this.startedAt + this.deadline;
  }

  /** With a deadline, requests are sent until it passes, as iputils does. */
  private allSent(): bool {
    return this.deadline == 0 && this.count > 0 && this.sent >= this.count;
  }

  private isOver(now: i64): bool {
    if (this.deadline > 0) {
      const enough = this.count > 0 && this.received >= this.count;
      return now >= this.endsAt() || this.errors > 0 || enough;
    }
    return this.allSent() && (this.received + this.errors >= this.sent || now >= this.nextAt);
  }

  private isBroadcast(): bool {
    const interfaces = this.stack.ip.interfaces;
    for (let i = 0; i < interfaces.length; i++) {
      if (interfaces[i].ipv4.isBroadcast(this.lookup.address)) return true;
    }
    return false;
  }

  /** Linux refuses connect() to a broadcast address with EACCES; iputils then prints this. */
  private refuseBroadcast(): i32 {
    this.session.error(
      "ping",
      "Do you want to ping broadcast? Then -b. If not, check your local firewall rules",
    );
    this.finish();
    return EXIT_USAGE;
  }

  cancel(): i32 {
    this.lookup.cancel();
    return this.socket != null ? this.conclude() : EXIT_INTERRUPTED;
  }

  private unreachable(error: SocketError): i32 {
    this.session.error("ping", `connect: ${SOCKET_ERROR_WORDS[error]}`);
    this.finish();
    return EXIT_USAGE;
  }

  private begin(now: i64, path: Path): void {
    const address = formatIpv4(this.lookup.address);
    const whole = this.size + HEADERS;
    this.startedAt = now;
    this.sentAt = now;
    this.nextAt = now;
    if (this.isBroadcast()) this.session.printLine("WARNING: pinging broadcast address");
    let from = "";
    if (this.source != UNSPECIFIED || this.deviceName != "") {
      from = `from ${formatIpv4(path.source.ipv4)} ${this.deviceName}: `;
    }
    const size = `${this.size}(${whole}) bytes of data.`;
    this.session.printLine(`PING ${this.lookup.host} (${address}) ${from}${size}`);
  }

  private send(socket: EchoSocket, now: i64): void {
    this.sent++;
    this.sentAt = now;
    socket.send(this.lookup.address, this.sent as u32, this.size, now);
    this.nextAt = now + (this.allSent() ? this.linger() : this.interval);
  }

  /** Microseconds to wait at the end; with replies, twice the longest trip, at least `interval`. */
  private linger(): i64 {
    return this.received > 0 ? max<i64>(2 * this.trips.most, this.interval) : this.wait;
  }

  /** Prints what has just been received: an ICMP error or a reply. */
  private show(socket: EchoSocket): void {
    const from = formatIpv4(socket.lastFrom);
    const sequence = socket.lastSequence;
    if (socket.lastError != NO_ERROR) {
      this.errors++;
      if (this.quiet) return;
      const words = ERROR_WORDS[socket.lastError];
      this.session.printLine(`${this.stamp(socket)}From ${from} icmp_seq=${sequence} ${words}`);
      return;
    }
    if (socket.lastDuplicate) this.duplicates++;
    else this.received++;
    let line = `${this.stamp(socket)}${socket.lastLength} bytes from ${from}: icmp_seq=${sequence}`;
    line += ` ttl=${socket.lastTtl}`;
    if (socket.lastSentAt >= 0) {
      const time = socket.lastArrival - socket.lastSentAt;
      this.trips.add(time);
      line += ` time=${formatMilliseconds(time)} ms`;
    }
    if (socket.lastDuplicate) line += " (DUP!)";
    if (!this.quiet) this.session.printLine(line);
  }

  /** Returns what -D prints before a line: the time of day at which the reply came. */
  private stamp(socket: EchoSocket): string {
    if (!this.stamped) return "";
    const time = wallClock() - this.session.now + socket.lastArrival;
    return `[${time / SECOND}.${(time % SECOND).toString().padStart(6, "0")}] `;
  }

  /** Closes the socket and prints the summary. Returns the exit code. */
  private conclude(): i32 {
    this.finish();
    const lost = this.sent - this.received;
    const percent = this.sent > 0 ? (lost * 100) / this.sent : 0;
    const again = this.duplicates > 0 ? `, +${this.duplicates} duplicates` : "";
    const failed = this.errors > 0 ? `, +${this.errors} errors` : "";
    // As in iputils, up to the last request.
    const time = (this.sentAt - this.startedAt) / MILLISECOND;
    this.session.printLine(`\n--- ${this.lookup.host} ping statistics ---`);
    this.session.printLine(
      `${this.sent} packets transmitted, ${this.received} received${again}${failed}, ` +
        `${percent}% packet loss, time ${time}ms`,
    );
    const trips = this.trips.text();
    if (trips != "") this.session.printLine(trips);
    if (this.deadline > 0 && this.received < this.count) return EXIT_FAILURE;
    return this.received > 0 ? EXIT_OK : EXIT_FAILURE;
  }

  private finish(): void {
    const socket = this.socket;
    if (socket != null) socket.close();
    this.socket = null;
  }
}

export class Ping extends Command {
  constructor(private readonly stack: NetworkStack) {
    super(
      "ping",
      "[OPTION]... HOST",
      "sends ICMP echo requests to a host and times the replies",
      ["ping 10.0.2.2", "ping -c 3 mainnet.era.zksync.io"],
      true,
    );
  }

  protected details(): StaticArray<string> {
    return DETAILS;
  }

  /** Starts at once if an option is unknown, or HOST is missing or a loopback address. */
  beforeNetwork(words: Array<string>, session: Session): Job | null {
    const options = new Options(words, OPTIONS);
    options.expectOperands(1, 1);
    const wrong: bool = options.failure != "";
    const address = wrong ? NOT_AN_ADDRESS : parseIpv4(options.operands[0]);
    const own: bool = address != NOT_AN_ADDRESS && isLoopback(address as u32);
    return wrong || own ? this.start(words, session) : null;
  }

  start(words: Array<string>, session: Session): Job {
    const options = new Options(words, OPTIONS);
    const count = options.number("c", 0, 1, 1_000_000_000);
    const interval = options.seconds("i", options.has("f") ? 10 * MILLISECOND : SECOND, 3600);
    const wait = options.seconds("W", SILENCE, 3600);
    const deadline = options.seconds("w", 0, 86400);
    const size = options.number("s", 56, 0, ECHO_PAYLOAD as i64);
    const timeToLive = options.number("t", DEFAULT_TTL, 1, 255);
    const mark = parseMark(options.value("m", "0"));
    if (mark < 0) options.failure = `invalid argument: '${printable(options.value("m"))}'`;
    options.expectOperands(1, 1, "usage error: Destination address required");
    const octet = parseMark(options.value("Q", "0"));
    if (octet < 0) options.failure = `bad TOS value: ${printable(options.value("Q"))}`;
    else if (octet > 255) {
      const reason = "the decimal value of TOS bits must be in range 0-255";
      options.failure = `${reason}: ${octet}`;
    }
    if (options.failure != "") return this.wrongUsage(session, options.failure);
    const job = new PingJob(
      session,
      this.stack,
      new Lookup(options.operands[0], this.stack, session.now),
    );
    const endless = count == 0 && deadline == 0;
    job.count = endless && session.scripted ? SCRIPTED_COUNT : count;
    job.deadline = deadline;
    job.broadcast = options.has("b");
    job.interval = max<i64>(interval, 2 * MILLISECOND);
    job.wait = wait > 0 ? wait : SILENCE;
    job.size = size as u32;
    job.trafficClass = octet as u32;
    job.timeToLive = timeToLive as u32;
    job.stamped = options.has("D");
    job.quiet = options.has("q") || options.has("f");
    job.mark = mark as u32;
    const origins = options.values("I");
    for (let i = 0; i < origins.length; i++) {
      const problem = this.sendFrom(job, origins[i]);
      if (problem == "") continue;
      session.error(this.name, problem);
      return this.done(EXIT_USAGE);
    }
    return job;
  }

  /** Applies -I. Returns an error in the words of iputils, or "". */
  private sendFrom(job: PingJob, origin: string): string {
    const ip = this.stack.ip;
    const address = parseIpv4(origin);
    if (address != NOT_AN_ADDRESS) {
      job.source = address as u32;
      const own: bool = ip.owns(job.source) || isLoopback(job.source);
      return own ? "" : "bind: Cannot assign requested address";
    }
    const iface = origin == LOOPBACK ? ip.loopback : ip.interfaceNamed(origin);
    if (iface == null) return `SO_BINDTODEVICE ${printable(origin)}: No such device`;
    job.device = iface.index;
    job.deviceName = iface.name;
    return "";
  }
}
