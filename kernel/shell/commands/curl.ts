/**
 * curl [OPTION]... URL
 *
 * Makes an HTTP or HTTPS request and prints the response, with the options, exit codes and error
 * messages of curl 7.88.
 *
 * Unlike curl, it has no files. -o takes only `-`, /dev/null, which discards the body, and null,
 * which also prints a summary line; -d takes text or @bytes:N, which stands for N bytes of a fixed
 * pattern. --crc32 prints a checksum of the body. The time limit of -m starts with the command, so
 * that it includes the wait for the network.
 *
 * Exit codes: curl's, such as 6 name not resolved, 7 connection failed, 22 HTTP error with -f,
 * 28 time-out, 35 TLS handshake failed, 52 empty reply, 56 receive error, 60 certificate not
 * verified; 2 wrong usage; 130 interrupted.
 */
import { HTTP_REDIRECTS } from "../../../core/limits";
import { SECOND } from "../../../core/time";
import { HttpFailure } from "../../../net/service/http/client/failure";
import { HttpRequest } from "../../../net/service/http/client/request";
import { CountingSink } from "../../../net/service/http/message/body";
import { NetworkStack } from "../../../net/service/stack";
import { Command, EXIT_USAGE, Job } from "../command";
import { Options } from "../options";
import { Session } from "../session";
import { CurlJob, PrintingSink } from "./curl/job";
import { curlRequest } from "./curl/request";
import { CurlTraffic } from "./curl/traffic";
import { VerboseCurl } from "./curl/verbose";

const OPTIONS: StaticArray<string> = [
  "i|include",
  "I|head",
  "s|silent",
  "S|show-error",
  "f|fail",
  "o|output:",
  "X|request:",
  "H|header:",
  "d|data|data-ascii:",
  "data-raw:",
  "data-binary:",
  "data-urlencode:",
  "json:",
  "G|get",
  "A|user-agent:",
  "b|cookie:",
  "e|referer:",
  "u|user:",
  "url:",
  "w|write-out:",
  "crc32",
  "L|location",
  "max-redirs:",
  "m|max-time:",
  "connect-timeout:",
  "4|ipv4",
  "v|verbose",
  "k|insecure",
  "keepalive-time:",
  "no-keepalive",
];
/** Silence before the first keep-alive probe, as with curl. */
const KEEP_ALIVE_SECONDS: i64 = 60;
const LONGEST_TIME: i64 = 1_000_000;
const OUTPUTS: StaticArray<string> = ["-", "null", "/dev/null"];

/** The `curl` command. */
export class Curl extends Command {
  constructor(private readonly stack: NetworkStack) {
    super(
      "curl",
      "[-i] [-I] [-v] [-k] [-s] [-S] [-f] [-4] [-o null | -o /dev/null] [-X METHOD] [-H HEADER] " +
        "[-A AGENT] [-b COOKIE] [-e REFERER] [-u USER:PASSWORD] [-d DATA | -d @bytes:N] " +
        "[--data-raw DATA] [--data-binary DATA] [--data-urlencode DATA] [--json DATA] [-G] " +
        "[-w FORMAT] [--crc32] [-L] [--max-redirs N] [-m SECONDS] [--connect-timeout SECONDS] " +
        "[--keepalive-time SECONDS] [--no-keepalive] [--url] URL",
      "makes an HTTP request and prints the response",
      [
        "curl -i http://10.0.2.2:8080/",
        "curl -v https://mainnet.era.zksync.io/",
        "curl -o null --crc32 http://10.0.2.2:8080/big.bin",
        "curl -d '{\"a\":1}' -H 'Content-Type: application/json' http://10.0.2.2:8080/",
        "curl -sS -o /dev/null -w '%{http_code} %{time_total}\\n' http://10.0.2.2:8080/",
        "curl --json '{\"a\":1}' -u user:password http://10.0.2.2:8080/",
        "curl -o null -d @bytes:1000000 http://10.0.2.2:8080/upload",
      ],
      true,
    );
  }

  /** -m also limits the wait for the network. */
  waitLimit(words: Array<string>): i64 {
    return new Options(words, OPTIONS).seconds("m", 0, LONGEST_TIME);
  }

  waitFailed(session: Session, reason: string): i32 {
    const code = HttpFailure.TimedOut as i32;
    session.error(this.name, `(${code}) Operation timed out: network is not configured: ${reason}`);
    return code;
  }

  start(words: Array<string>, session: Session): Job {
    const options = new Options(words, OPTIONS);
    const url = options.value("url");
    if (url != "") options.operands.push(url);
    options.expectOperands(1, 1);
    const output = options.value("o", "-");
    if (options.failure == "" && !OUTPUTS.includes(output)) {
      options.failure = "-o: there are no files (only -o null and -o /dev/null work)";
    }
    const connectTimeout = options.seconds("connect-timeout", 0, LONGEST_TIME);
    const timeout = options.seconds("m", 0, LONGEST_TIME);
    const keepAlive = options.number("keepalive-time", KEEP_ALIVE_SECONDS, 1, LONGEST_TIME);
    const redirects = options.number("max-redirs", HTTP_REDIRECTS, 0, HTTP_REDIRECTS);
    if (options.failure != "") return this.wrongUsage(session, options.failure);
    const request = curlRequest(options.operands[0], options);
    if (request.error != "") return this.failed(session, request.error, EXIT_USAGE);
    // At least 1 us, as 0 means no limit.
    if (timeout > 0) request.timeout = max<i64>(timeout - (session.now - session.since), 1);
    request.connectTimeout = connectTimeout;
    request.maximumRedirects = redirects as u32;
    if (!options.has("no-keepalive")) request.keepAlive = keepAlive * SECOND;
    request.followRedirects = options.has("L");
    return this.job(request, options, session);
  }

  private job(request: HttpRequest, options: Options, session: Session): Job {
    const output = options.value("o", "-");
    const traffic = options.has("v") ? new VerboseCurl(session) : new CurlTraffic();
    request.watcher = traffic;
    const silent = options.has("s") && !options.has("S");
    const insecure = options.has("k");
    if (insecure && !silent) {
      session.error(this.name, "warning: -k: server certificate is not verified");
    }
    const client = insecure ? this.stack.insecureHttp : this.stack.http;
    const job = new CurlJob(session, client, request, traffic);
    job.withCrc = options.has("crc32");
    job.failOnError = options.has("f");
    job.silent = silent;
    job.format = options.value("w");
    if (output == "-") {
      const printed = new PrintingSink(
        session,
        options.has("i") || options.has("I"),
        job.failOnError,
      );
      job.printed = printed;
      request.sink = printed;
    } else {
      const counted = new CountingSink(job.withCrc);
      job.counted = counted;
      job.summarizes = output == "null";
      request.sink = counted;
    }
    return job;
  }
}
