/**
 * curl [OPTION]... URL
 *
 * Makes an HTTP or HTTPS request and prints the response, with the options, exit codes and error
 * messages of curl 7.88; `curl --help` lists the options.
 *
 * Unlike curl, it writes no files, and the files that it reads are boot modules. -o takes only `-`,
 * /dev/null, which discards the body, and null, which prints a summary line instead. @bytes:N is N
 * bytes of a fixed pattern. --crc32 prints a checksum of the body. The time limit of -m starts with
 * the command, so that it includes the wait for the network.
 *
 * Exit codes: curl's, such as 5 proxy not resolved, 6 name not resolved, 7 connection failed, 22
 * HTTP error with -f, 23 binary body not printed, 26 data to send not found, 28 time-out, 35 TLS
 * handshake failed, 52 empty reply, 56 receive error, 60 certificate not verified; 2 wrong usage;
 * 130 interrupted.
 */
import { HTTP_REDIRECTS } from "../../../core/limits";
import { parseDecimalText } from "../../../core/text";
import { SECOND } from "../../../core/time";
import { PRODUCT } from "../../../core/version";
import { findModule } from "../../../machine/boot";
import { HttpRequest } from "../../../net/service/http/client/request";
import { NetworkStack } from "../../../net/service/stack";
import { Command, EXIT_USAGE, Job } from "../command";
import { EMPTY_OPERAND, Options } from "../options";
import { Session } from "../session";
import { parseTrafficClass } from "../traffic-class";
import { CurlBody } from "./curl/body";
import { CookieOptions, printsCookies } from "./curl/cookies";
import { CurlInput, EXIT_READ, InputUser } from "./curl/input";
import { CurlJob, DiscardingSink, PrintingSink } from "./curl/job";
import { CurlOptions, explainOptions } from "./curl/options";
import { curlRequest } from "./curl/request";
import { Retries } from "./curl/retry";
import { RouteOptions } from "./curl/route";

/** Silence before the first keep-alive probe, as with curl. */
const KEEP_ALIVE_SECONDS: i64 = 60;
/** The boot module whose roots are always trusted, and curl's exit code for any other. */
const ROOTS: string = "ca.pem";
const EXIT_ROOTS: i32 = 77;
/** curl's exit code for a malformed URL. */
const EXIT_URL: i32 = 3;
/** The longest time that an option can set, in seconds. */
const LONGEST_TIME: i64 = 1_000_000;
const OUTPUTS: StaticArray<string> = ["-", "null", "/dev/null"];

/** The `curl` command. */
export class Curl extends Command implements InputUser {
  constructor(private readonly stack: NetworkStack) {
    super("curl", "[OPTION]... URL", "makes an HTTP request and prints the response", [
      "curl -i http://10.0.2.2:8080/",
      "curl -v https://mainnet.era.zksync.io/",
      "curl -o null --crc32 http://10.0.2.2:8080/big.bin",
      "curl -d '{\"a\":1}' -H 'Content-Type: application/json' http://10.0.2.2:8080/",
      "curl -sS -o /dev/null -w '%{http_code} %{time_total}\\n' http://10.0.2.2:8080/",
      "curl --json '{\"a\":1}' -u user:password http://10.0.2.2:8080/",
      "curl -x http://10.0.2.2:3128 https://mainnet.era.zksync.io/",
    ]);
  }

  explain(session: Session): void {
    super.explain(session);
    explainOptions(session);
  }

  start(words: Array<string>, session: Session): Job {
    const options = new CurlOptions(words);
    if (options.has("h")) {
      this.explain(session);
      return this.done();
    }
    if (options.has("V")) {
      session.printLine(`curl (${PRODUCT})`);
      session.printLine("Protocols: http https");
      return this.done();
    }
    const body = new CurlBody(options, null);
    if (options.failure == "" && body.error == "" && body.wantsInput) {
      return new CurlInput(this, words, session);
    }
    return this.startWith(options, body, session);
  }

  /** Starts the request once `input`, the body, has been typed. */
  startWithInput(words: Array<string>, input: string, session: Session): Job {
    const options = new CurlOptions(words);
    return this.startWith(options, new CurlBody(options, input), session);
  }

  private startWith(options: Options, body: CurlBody, session: Session): Job {
    const url = options.value("url");
    if (options.failure == EMPTY_OPERAND || (options.has("url") && url == "")) {
      const reason = "URL using bad/illegal format or missing URL";
      return this.failed(session, `(${EXIT_URL}) ${reason}`, EXIT_URL);
    }
    if (url != "") options.operands.push(url);
    options.expectOperands(1, 1, "no URL specified!");
    const output = options.value("o", "-");
    if (options.failure == "" && !OUTPUTS.includes(output)) {
      options.failure = "-o: there are no files: only -o null, /dev/null and - work";
    }
    if (options.failure == "" && !OUTPUTS.includes(options.value("D", "-"))) {
      options.failure = "-D: there are no files (try: -D -)";
    }
    const connectTimeout = options.seconds("connect-timeout", 0, LONGEST_TIME);
    const timeout = options.seconds("m", 0, LONGEST_TIME);
    const keepAlive = options.number("keepalive-time", KEEP_ALIVE_SECONDS, 1, LONGEST_TIME);
    const redirects = redirectsOf(options.value("max-redirs", `${HTTP_REDIRECTS}`));
    if (options.failure == "" && redirects < 0) {
      options.failure = "option --max-redirs: expected a proper numerical parameter";
    }
    const octet = options.has("ip-tos") ? parseTrafficClass(options.value("ip-tos")) : 0;
    if (options.failure == "" && octet < 0) {
      options.failure = "option --ip-tos: expected a name such as ef, or a number up to 255";
    }
    const cookies = new CookieOptions(options);
    if (options.failure == "") options.failure = cookies.failure;
    const retries = new Retries(options, session.now);
    if (options.failure != "") return this.wrongUsage(session, options.failure);
    if (body.code == EXIT_READ) {
      return this.failed(session, `(${EXIT_READ}) ${body.error}`, EXIT_READ);
    }
    const request = curlRequest(options.operands[0], options, body);
    if (request.error == "") cookies.apply(options, request);
    if (request.error != "") return this.failed(session, request.error, EXIT_USAGE);
    for (let i = 0; i < cookies.warnings.length && !options.has("s"); i++) {
      session.error(this.name, cookies.warnings[i]);
    }
    request.trafficClass = octet as u32;
    request.fastOpen = options.has("tcp-fastopen");
    const route = new RouteOptions(options, request);
    if (route.code != 0)
      return this.failed(session, `(${route.code}) ${route.failure}`, route.code);
    const roots = options.value("cacert", ROOTS);
    // As in curl, the roots do not matter without TLS.
    const needed = request.url.secure || options.has("L");
    if (needed && (roots != ROOTS || (options.has("cacert") && findModule(ROOTS) == null))) {
      const why = `only the boot module ${ROOTS} holds roots (try: ca add)`;
      const message = `(${EXIT_ROOTS}) error setting certificate file: ${roots}: ${why}`;
      return this.failed(session, message, EXIT_ROOTS);
    }
    request.timeout = timeout;
    request.connectTimeout = connectTimeout;
    request.maximumRedirects = redirects as u32;
    if (!options.has("no-keepalive")) request.keepAlive = keepAlive * SECOND;
    request.followRedirects = options.has("L");
    request.compressed = options.has("compressed");
    return this.job(request, route, retries, options, session);
  }

  private job(
    request: HttpRequest,
    route: RouteOptions,
    retries: Retries,
    options: Options,
    session: Session,
  ): Job {
    const insecure = options.has("k");
    if (insecure && request.url.secure && !options.has("s")) {
      session.error(this.name, "warning: -k: server certificate is not verified");
    }
    const client = insecure ? this.stack.insecureHttp : this.stack.http;
    route.chooseProxies(client.proxies());
    const job = new CurlJob(session, client, request, retries, options.has("v"));
    job.url = options.operands[0];
    job.withCrc = options.has("crc32");
    job.failOnError = options.has("f");
    job.hidesWarnings = options.has("s");
    job.hidesErrors = options.has("s") && !options.has("S");
    job.format = options.value("w");
    if (printsCookies(options)) job.cookies = request.cookies;
    const output = options.value("o", "-");
    const heads = options.has("i") || options.has("I") || options.value("D") == "-";
    if (output == "-") {
      const printed = new PrintingSink(session, heads, job.failOnError, options.has("o"));
      job.printed = printed;
      request.sink = printed;
    } else {
      const shown = options.value("D") == "-" ? session : null;
      const counted = new DiscardingSink(shown, job.withCrc);
      job.counted = counted;
      job.summarizes = output == "null";
      request.sink = counted;
    }
    return job;
  }

  /** Prints a hint in place of the synopsis, as curl does. */
  protected wrongUsage(session: Session, reason: string): Job {
    session.error(this.name, `${reason} (try: curl --help)`);
    return this.done(EXIT_USAGE);
  }
}

/** Parses the number of --max-redirs, in which -1 stands for any number. Returns -1 if invalid. */
function redirectsOf(text: string): i64 {
  if (text == "-1") return u32.MAX_VALUE;
  const number = parseDecimalText(text);
  return min<i64>(number, u32.MAX_VALUE);
}
