/** The job of `curl`: one exchange, its output and its exit code. */
import { crc32 } from "../../../../core/crc32";
import { HttpClient } from "../../../../net/service/http/client/client";
import { CookieJar } from "../../../../net/service/http/client/cookies";
import { HttpExchange } from "../../../../net/service/http/client/exchange";
import { HttpFailure } from "../../../../net/service/http/client/failure";
import { HttpRequest } from "../../../../net/service/http/client/request";
import { BodySink, CountingSink } from "../../../../net/service/http/message/body";
import { HttpHead } from "../../../../net/service/http/message/head";
import { EXIT_INTERRUPTED, EXIT_OK, Job, RUNNING } from "../../command";
import { NETWORK_PATIENCE } from "../../network-wait";
import { Session } from "../../session";
import { printableLines } from "../../terminal/printable";
import { Retries } from "./retry";
import { CurlTraffic } from "./traffic";
import { VerboseCurl } from "./verbose";
import { Transfer, writeOut } from "./write-out";

/** curl's exit code for an HTTP error with -f. */
const EXIT_HTTP_ERROR: i32 = 22;

/** A body with a zero byte in a piece that begins before this offset is binary, as in curl. */
const SAMPLE: u32 = 2000;
const BINARY: string = "Binary output can mess up your terminal (try: -o - or -o null)";

/** Prints the body, with -i or -I after the head. Refuses a binary body unless `anything`. */
export class PrintingSink extends BodySink {
  crc: u32 = 0;
  /** Whether the body was refused because it is binary. */
  binary: bool = false;
  /** Bytes of the body that have been searched for a zero. */
  private checked: u32 = 0;
  /** Whether the body is not printed: with -f, if the status is an error. */
  private discards: bool = false;

  constructor(
    private readonly session: Session,
    private readonly withHead: bool,
    private readonly failOnError: bool,
    private readonly anything: bool,
  ) {
    super();
  }

  head(head: HttpHead): void {
    this.crc = 0;
    this.checked = 0;
    this.discards = this.failOnError && head.status >= 400;
    if (this.withHead) this.session.printBytes(head.pointer(0), head.length);
  }

  room(): u32 {
    return this.discards ? u32.MAX_VALUE : this.session.room();
  }

  data(pointer: usize, length: u32): bool {
    this.crc = crc32(this.crc, pointer, length);
    if (this.discards) return true;
    if (this.checked < SAMPLE) {
      this.binary = !this.anything && hasZero(pointer, length);
      if (this.binary) return false;
      this.checked += length;
    }
    this.session.printBytes(pointer, length);
    return true;
  }
}

/** Discards the body, and prints heads for -D if there is a session. */
export class DiscardingSink extends CountingSink {
  constructor(
    private readonly session: Session | null,
    withCrc: bool,
  ) {
    super(withCrc);
  }

  head(head: HttpHead): void {
    super.head(head);
    const session = this.session;
    if (session != null) session.printBytes(head.pointer(0), head.length);
  }
}

export class CurlJob extends Job {
  /** For -o null and -o /dev/null: counts and discards the body; otherwise null. */
  counted: CountingSink | null = null;
  /** `-o null` also prints a summary. */
  summarizes: bool = false;
  /** The cookies that -c prints; null for none. */
  cookies: CookieJar | null = null;
  /** What -w prints. */
  format: string = "";
  /** The URL as it was typed. */
  url: string = "";
  printed: PrintingSink | null = null;
  withCrc: bool = false;
  failOnError: bool = false;
  /** Whether to print no errors (-s without -S), and no warnings (-s). */
  hidesErrors: bool = false;
  hidesWarnings: bool = false;
  private exchange: HttpExchange | null = null;
  private traffic: CurlTraffic = new CurlTraffic();
  /** When the next attempt starts. */
  private startsAt: i64 = 0;
  private readonly networkDeadline: i64;
  /** The time limit of an attempt. */
  private readonly timeout: i64;

  constructor(
    private readonly session: Session,
    private readonly client: HttpClient,
    private readonly request: HttpRequest,
    private readonly retries: Retries,
    private readonly verbose: bool,
  ) {
    super();
    this.timeout = request.timeout;
    const limit = request.timeout > 0 ? request.timeout : NETWORK_PATIENCE;
    this.networkDeadline = session.since + min(limit, NETWORK_PATIENCE);
  }

  poll(now: i64): i32 {
    const exchange = this.exchange;
    if (exchange == null) return this.begin(now);
    return exchange.done ? this.ended(exchange, now) : RUNNING;
  }

  /** Returns when the next attempt starts or the wait for the network ends. */
  pollAt(): i64 {
    if (this.exchange != null) return super.pollAt();
    if (!this.session.network.awaited()) return this.startsAt;
    return max(this.startsAt, this.networkDeadline);
  }

  cancel(): i32 {
    const exchange = this.exchange;
    if (exchange != null) exchange.cancel(this.session.now);
    return EXIT_INTERRUPTED;
  }

  /** Starts an attempt as soon as it is time and there is a network. */
  private begin(now: i64): i32 {
    if (now < this.startsAt) return RUNNING;
    const network = this.session.network;
    const request = this.request;
    if (network.awaited()) {
      if (now < this.networkDeadline) return RUNNING;
      request.error = `network is not configured: ${network.reason()}`;
    } else if (this.timeout > 0) {
      // The wait for the network counts for the first attempt. 0 would mean no limit.
      const waited = this.startsAt == 0 ? now - this.session.since : 0;
      request.timeout = max<i64>(this.timeout - waited, 1);
    }
    this.traffic = this.verbose ? new VerboseCurl(this.session) : new CurlTraffic();
    request.watcher = this.traffic;
    const exchange = this.client.request(request, now);
    this.exchange = exchange;
    return exchange.done ? this.ended(exchange, now) : RUNNING;
  }

  private ended(exchange: HttpExchange, now: i64): i32 {
    let code = exchange.failure as i32;
    let message = exchange.message;
    if (exchange.failure == HttpFailure.None) {
      this.printExtras(exchange);
      if (this.failOnError && exchange.status() >= 400) {
        code = EXIT_HTTP_ERROR;
        message = `The requested URL returned error: ${exchange.status()}`;
      }
    } else if (message.startsWith("network is not configured")) {
      // The limit of -m ended the wait, if it was shorter than the usual one.
      const limited = now - this.session.since < NETWORK_PATIENCE;
      code = limited ? (HttpFailure.TimedOut as i32) : (HttpFailure.Connect as i32);
      message = limited ? `Operation timed out: ${message}` : message;
    }
    const printed = this.printed;
    if (printed != null && printed.binary) message = BINARY;
    if (code != EXIT_OK && !this.hidesErrors) this.session.error("curl", `(${code}) ${message}`);
    const wait = this.retries.next(exchange, code, now);
    const warning = this.retries.warning;
    if (warning != "" && !this.hidesWarnings) this.session.error("curl", `Warning: ${warning}`);
    if (wait >= 0) {
      this.startsAt = now + wait;
      this.exchange = null;
      return RUNNING;
    }
    if (this.format != "") {
      const transfer = new Transfer(exchange, this.traffic, this.url, code, message);
      this.session.print(writeOut(this.format, transfer));
    }
    const cookies = this.cookies;
    if (cookies != null) this.session.print(printableLines(cookies.toString()));
    return code;
  }

  private printExtras(exchange: HttpExchange): void {
    if (this.summarizes) this.summarize(exchange);
    const printed = this.printed;
    if (printed != null && this.withCrc) {
      this.session.terminal.freshLine();
      this.session.printLine(`crc32 ${hexadecimal(printed.crc)}`);
    }
  }

  private summarize(exchange: HttpExchange): void {
    const micros = max<i64>(exchange.times.finished - exchange.times.started, 1);
    const sent = exchange.bodySent();
    // Bytes per microsecond are megabytes per second.
    const tenths = ((exchange.bodyBytes + sent) * 10) / (micros as u64);
    const seconds = `${micros / 1_000_000}.${(micros % 1_000_000).toString().padStart(6, "0")}`;
    let line = `HTTP ${exchange.status()}, ${exchange.bodyBytes} bytes`;
    if (sent > 0) line += `, ${sent} bytes sent`;
    line += `, ${seconds} s, ${tenths / 10}.${tenths % 10} MB/s`;
    const counted = this.counted;
    if (counted != null && this.withCrc) line += `, crc32 ${hexadecimal(counted.crc)}`;
    this.session.printLine(line);
  }
}

function hasZero(pointer: usize, length: u32): bool {
  for (let i: u32 = 0; i < length; i++) if (load<u8>(pointer + i) == 0) return true;
  return false;
}

function hexadecimal(value: u32): string {
  return value.toString(16).padStart(8, "0");
}
