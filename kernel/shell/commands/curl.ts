/**
 * curl [OPTION]... URL
 *
 * One HTTP or HTTPS request, with the options, exit codes and error messages of curl 7.88. It
 * differs because there are no files: -o takes only `null`, which counts the body and prints a
 * summary line; -d takes text or @bytes:N, N bytes of a fixed pattern. --crc32 prints a checksum of
 * the body.
 *
 * Exit codes: curl's, such as 6 name not resolved, 7 no connection, 22 HTTP error with -f,
 * 28 time-out, 35 TLS handshake, 52 empty reply, 56 receive error, 60 certificate; 2 wrong usage;
 * 130 interrupted.
 */
import { crc32 } from "../../../core/crc32";
import { parseDecimalText } from "../../../core/text";
import { SECOND } from "../../../core/time";
import { HttpClient } from "../../../net/service/http/client/client";
import { HttpExchange } from "../../../net/service/http/client/exchange";
import { HttpFailure } from "../../../net/service/http/client/failure";
import { HttpRequest } from "../../../net/service/http/client/request";
import {
  BodySink,
  BytesSource,
  CountingSink,
  PatternSource,
} from "../../../net/service/http/message/body";
import { HttpHead } from "../../../net/service/http/message/head";
import { NetworkStack } from "../../../net/service/stack";
import { Command, EXIT_INTERRUPTED, EXIT_OK, EXIT_USAGE, Job, RUNNING } from "../command";
import { Options } from "../options";
import { Session } from "../session";
import { VerboseCurl } from "./curl/verbose";

const OPTIONS: StaticArray<string> = [
  "i|include",
  "s|silent",
  "S|show-error",
  "f|fail",
  "o|output:",
  "X|request:",
  "H|header:",
  "d|data:",
  "crc32",
  "L|location",
  "m|max-time:",
  "v|verbose",
  "k|insecure",
  "keepalive-time:",
  "no-keepalive",
];
/** curl's exit code for an HTTP error with -f. */
const EXIT_HTTP_ERROR: i32 = 22;
/** Silence before the first keep-alive probe, as with curl. */
const KEEP_ALIVE_SECONDS: i64 = 60;
const PATTERN: string = "@bytes:";
const LARGEST_PATTERN: i64 = 1 << 50;
const MAX_SECONDS: i64 = 1_000_000;
const FORM: string = "application/x-www-form-urlencoded";

/** Prints the body, and with -i the head before it. */
class PrintingSink extends BodySink {
  crc: u32 = 0;
  private refused: bool = false;

  constructor(
    private readonly session: Session,
    private readonly withHead: bool,
    private readonly failOnError: bool,
  ) {
    super();
  }

  head(head: HttpHead): void {
    this.refused = this.failOnError && head.status >= 400;
    if (this.withHead) this.session.printBytes(head.pointer(0), head.length);
  }

  room(): u32 {
    return this.refused ? u32.MAX_VALUE : this.session.room();
  }

  data(pointer: usize, length: u32): bool {
    this.crc = crc32(this.crc, pointer, length);
    if (!this.refused) this.session.printBytes(pointer, length);
    return true;
  }
}

class CurlJob extends Job {
  /** With `-o null`: the body is counted and discarded. */
  counted: CountingSink | null = null;
  printed: PrintingSink | null = null;
  withCrc: bool = false;
  failOnError: bool = false;
  silent: bool = false;
  private exchange: HttpExchange | null = null;

  constructor(
    private readonly session: Session,
    private readonly client: HttpClient,
    private readonly request: HttpRequest,
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
    if (exchange.failure != HttpFailure.None) {
      return this.fail(exchange.failure as i32, exchange.message);
    }
    if (this.counted != null) this.summarize(exchange);
    const printed = this.printed;
    if (printed != null && this.withCrc) {
      this.session.terminal.freshLine();
      this.session.printLine(`crc32 ${hexadecimal(printed.crc)}`);
    }
    if (this.failOnError && exchange.status() >= 400) {
      const status = exchange.status();
      return this.fail(EXIT_HTTP_ERROR, `The requested URL returned error: ${status}`);
    }
    return EXIT_OK;
  }

  cancel(): i32 {
    const exchange = this.exchange;
    if (exchange != null) exchange.cancel(this.session.now);
    return EXIT_INTERRUPTED;
  }

  private fail(code: i32, message: string): i32 {
    if (!this.silent) this.session.error("curl", `(${code}) ${message}`);
    return code;
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

/** The `curl` command. */
export class Curl extends Command {
  constructor(private readonly stack: NetworkStack) {
    super(
      "curl",
      "[-i] [-v] [-k] [-s] [-S] [-f] [-o null] [-X METHOD] [-H HEADER] [-d DATA | -d @bytes:N] " +
        "[--crc32] [-L] [-m SECONDS] [--keepalive-time SECONDS] [--no-keepalive] URL",
      "makes an HTTP request and prints the response",
      [
        "curl -i http://10.0.2.2:8080/",
        "curl -v https://mainnet.era.zksync.io/",
        "curl -o null --crc32 http://10.0.2.2:8080/big.bin",
        "curl -d '{\"a\":1}' -H 'Content-Type: application/json' http://10.0.2.2:8080/",
        "curl -o null -d @bytes:1000000 http://10.0.2.2:8080/upload",
      ],
      true,
    );
  }

  start(words: Array<string>, session: Session): Job {
    const options = new Options(words, OPTIONS);
    const timeout = options.seconds("m", 0, MAX_SECONDS);
    const keepAlive = options.number("keepalive-time", KEEP_ALIVE_SECONDS, 1, MAX_SECONDS);
    options.expectOperands(1, 1);
    if (options.failure != "") return this.wrongUsage(session, options.failure);
    const counts = options.has("o");
    if (counts && options.value("o") != "null") {
      return this.wrongUsage(session, "-o: there are no files (only -o null works)");
    }
    const request = new HttpRequest(options.operands[0]);
    const wrong = prepare(request, options);
    if (wrong != "") return this.failed(session, wrong, EXIT_USAGE);
    request.timeout = timeout;
    if (!options.has("no-keepalive")) request.keepAlive = keepAlive * SECOND;
    request.followRedirects = options.has("L");
    if (options.has("v")) request.watcher = new VerboseCurl(session);
    const silent = options.has("s") && !options.has("S");
    const insecure = options.has("k");
    if (insecure && !silent) {
      session.error(this.name, "warning: -k: server certificate is not verified");
    }
    const client = insecure ? this.stack.insecureHttp : this.stack.http;
    const job = new CurlJob(session, client, request);
    job.withCrc = options.has("crc32");
    job.failOnError = options.has("f");
    job.silent = silent;
    if (counts) {
      const counted = new CountingSink(job.withCrc);
      job.counted = counted;
      request.sink = counted;
    } else {
      const printed = new PrintingSink(session, options.has("i"), job.failOnError);
      job.printed = printed;
      request.sink = printed;
    }
    return job;
  }
}

/** Sets method, body and headers from the options. Returns what is wrong with them, or "". */
function prepare(request: HttpRequest, options: Options): string {
  const data = options.values("d");
  if (data.length > 0) request.setMethod("POST");
  const wrong = addBody(request, data);
  if (wrong != "") return wrong;
  if (options.has("X")) request.setMethod(options.value("X"));
  if (request.error != "") return `-X ${options.value("X")}: ${request.error}`;
  const headers = options.values("H");
  for (let i = 0; i < headers.length; i++) {
    if (!addHeader(request, headers[i])) {
      return `-H ${headers[i]}: expected NAME: VALUE, NAME: (to omit it) or NAME; (empty)`;
    }
  }
  if (data.length > 0 && !request.has("content-type")) request.addField("Content-Type", FORM);
  return request.error;
}

/** Joins every -d to a body, as curl does. Returns what is wrong with them, or "". */
function addBody(request: HttpRequest, data: Array<string>): string {
  for (let i = 0; i < data.length; i++) {
    const text = data[i];
    if (!text.startsWith("@")) continue;
    if (!text.startsWith(PATTERN)) {
      return `-d ${text}: there are no files (use text or @bytes:N)`;
    }
    if (data.length > 1) return `-d ${text}: cannot be combined with another -d`;
    const length = parseDecimalText(text.substring(PATTERN.length));
    if (length < 0 || length > LARGEST_PATTERN) return `-d ${text}: invalid number of bytes`;
    request.body = new PatternSource(length as u64);
    return "";
  }
  if (data.length > 0) request.body = BytesSource.ofText(data.join("&"));
  return "";
}

/** Adds `NAME: VALUE`; `NAME:` omits the header, `NAME;` sends it empty. False: malformed. */
function addHeader(request: HttpRequest, header: string): bool {
  const colon = header.indexOf(":");
  if (colon < 0 && header.endsWith(";")) {
    request.addField(header.substring(0, header.length - 1), "");
    return true;
  }
  if (colon <= 0) return false;
  const name = header.substring(0, colon);
  const value = header.substring(colon + 1).trim();
  if (value == "") request.omitField(name);
  else request.addField(name, value);
  return true;
}

function hexadecimal(value: u32): string {
  return value.toString(16).padStart(8, "0");
}
