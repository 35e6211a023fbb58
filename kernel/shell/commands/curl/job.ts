/** The job of `curl`: one exchange, its output and its exit code. */
import { crc32 } from "../../../../core/crc32";
import { HttpClient } from "../../../../net/service/http/client/client";
import { HttpExchange } from "../../../../net/service/http/client/exchange";
import { HttpFailure } from "../../../../net/service/http/client/failure";
import { HttpRequest } from "../../../../net/service/http/client/request";
import { BodySink, CountingSink } from "../../../../net/service/http/message/body";
import { HttpHead } from "../../../../net/service/http/message/head";
import { EXIT_INTERRUPTED, EXIT_OK, Job, RUNNING } from "../../command";
import { Session } from "../../session";
import { CurlTraffic } from "./traffic";
import { Transfer, writeOut } from "./write-out";

/** curl's exit code for an HTTP error with -f. */
const EXIT_HTTP_ERROR: i32 = 22;

/** Prints the body, and with -i or -I the head before it. */
export class PrintingSink extends BodySink {
  crc: u32 = 0;
  /** Whether the body is not printed: with -f, if the status is an error. */
  private discards: bool = false;

  constructor(
    private readonly session: Session,
    private readonly withHead: bool,
    private readonly failOnError: bool,
  ) {
    super();
  }

  head(head: HttpHead): void {
    this.discards = this.failOnError && head.status >= 400;
    if (this.withHead) this.session.printBytes(head.pointer(0), head.length);
  }

  room(): u32 {
    return this.discards ? u32.MAX_VALUE : this.session.room();
  }

  data(pointer: usize, length: u32): bool {
    this.crc = crc32(this.crc, pointer, length);
    if (!this.discards) this.session.printBytes(pointer, length);
    return true;
  }
}

export class CurlJob extends Job {
  /** For -o null and -o /dev/null: counts and discards the body; otherwise null. */
  counted: CountingSink | null = null;
  /** `-o null` also prints a summary. */
  summarizes: bool = false;
  /** What -w prints. */
  format: string = "";
  printed: PrintingSink | null = null;
  withCrc: bool = false;
  failOnError: bool = false;
  silent: bool = false;
  private exchange: HttpExchange | null = null;

  constructor(
    private readonly session: Session,
    private readonly client: HttpClient,
    private readonly request: HttpRequest,
    private readonly traffic: CurlTraffic,
  ) {
    super();
  }

  poll(now: i64): i32 {
    let exchange = this.exchange;
    if (exchange == null) {
      exchange = this.client.request(this.request, now);
      this.exchange = exchange;
    }
    if (!exchange.done) return RUNNING;
    let code = exchange.failure as i32;
    let message = exchange.message;
    if (exchange.failure == HttpFailure.None) {
      this.printExtras(exchange);
      if (this.failOnError && exchange.status() >= 400) {
        code = EXIT_HTTP_ERROR;
        message = `The requested URL returned error: ${exchange.status()}`;
      }
    }
    if (code != EXIT_OK && !this.silent) this.session.error("curl", `(${code}) ${message}`);
    if (this.format != "") {
      const method = this.request.method;
      const transfer = new Transfer(exchange, this.traffic, method, code, message);
      this.session.print(writeOut(this.format, transfer));
    }
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

  cancel(): i32 {
    const exchange = this.exchange;
    if (exchange != null) exchange.cancel(this.session.now);
    return EXIT_INTERRUPTED;
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

function hexadecimal(value: u32): string {
  return value.toString(16).padStart(8, "0");
}
