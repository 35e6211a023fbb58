/**
 * dig [@SERVER] [-p PORT] [-t TYPE] [-x ADDRESS] NAME [TYPE] [+OPTION...]
 *
 * Queries a name server and prints the response, as dig(1) of BIND 9.18 does. SERVER is an address,
 * `ADDRESS#PORT` or a name. Without SERVER, dig queries the configured servers in turn, in the
 * resolver's order. The hosts file, the cache and the search domains are not used, and an address
 * is a name like any other: -x asks for its names. The types are A AAAA CAA CNAME MX NS PTR SOA SRV
 * TXT, and TYPE65 for number 65; records of such types are printed as bytes (RFC 3597).
 *
 * The options are +short +tcp +edns +recurse +all +answer +authority +additional +question
 * +comments +stats and +cmd, each also with `no` (+noall), and +time=SECONDS and +tries=N.
 *
 * Unlike dig(1) of BIND, it takes one question, supports only class IN, sends no cookie, and
 * refuses ANY (RFC 8482).
 *
 * Exit codes: 0 a response arrived, with any status; 1 wrong usage, or the address of the server
 * was not found; 9 no response; 10 the name cannot be queried; 130 interrupted.
 */

import { parseDecimalText } from "../../../core/text";
import { SECOND } from "../../../core/time";
import { TimeOfDay } from "../../../core/time-of-day";
import { DirectOptions, DirectQuery } from "../../../net/service/dns/direct-query";
import { queryNameComplaint } from "../../../net/service/dns/name";
import { DnsReply } from "../../../net/service/dns/reply";
import { NetworkStack } from "../../../net/service/stack";
import { NOT_AN_ADDRESS, parseIpv4 } from "../../../net/wire/address";
import { TYPE_ANY, TYPE_PTR, typeOf } from "../../../net/wire/dns-record";
import { Command, EXIT_FAILURE, EXIT_OK, Job, RUNNING } from "../command";
import { Session } from "../session";
import { printable } from "../terminal/printable";
import { MessagePrinter, Parts } from "./dig/message";
import { EXIT_ILLEGAL_NAME, reverseName, ServerChoice, ServerJob } from "./dig/server-job";

const EXIT_NO_RESPONSE: i32 = 9;
const DETAILS: StaticArray<string> = [
  "  @SERVER     asks this address, ADDRESS#PORT or name; -p PORT: another port",
  "  -x ADDRESS  asks for the names of an address",
  "  TYPE        A AAAA CAA CNAME MX NS PTR SOA SRV TXT, or TYPE65 for number 65",
  "  +short      prints only the data of the answers",
  "  +tcp, +edns, +recurse       how to ask; +no... for the opposite",
  "  +time=SECONDS, +tries=N     how long to wait, and how often to ask",
  "  +all, +question, +answer, +authority, +additional, +comments, +stats, +cmd",
  "              what to print: +noall +answer prints the answers alone",
];

/** What was typed. */
class Request {
  failure: string = "";
  /** The exit code if there is a failure. */
  exitCode: i32 = EXIT_FAILURE;
  /** Whether -h was typed. */
  help: bool = false;
  readonly options: DirectOptions = new DirectOptions();
  readonly parts: Parts = new Parts();
  /** The name to query: as typed, from the address of -x, or "." if none was given. */
  name: string = "";
  server: string = "";
  /** 0 if not given. */
  port: u32 = 0;
  private typeGiven: bool = false;

  constructor(private readonly words: Array<string>) {
    for (let i = 0; i < words.length && this.failure == ""; i++) {
      const word = words[i];
      if (word.startsWith("@")) this.server = word.substring(1);
      else if (word.startsWith("+")) this.plus(word.substring(1));
      else if (word.startsWith("-") && word.length > 1) i += this.dash(word, i + 1);
      else this.operand(word);
    }
    // Without a name, dig asks for the name servers of the root.
    if (this.name == "") {
      this.name = ".";
      if (!this.typeGiven) this.options.type = typeOf("NS");
    }
    if (this.options.type == TYPE_ANY)
      this.fail("ANY is not supported (RFC 8482), ask for one type");
    const complaint = queryNameComplaint(this.name);
    if (complaint != "" && this.failure == "") {
      this.fail(`'${printable(this.name)}' is not a legal name (${complaint})`);
      this.exitCode = EXIT_ILLEGAL_NAME;
    }
  }

  private fail(reason: string): void {
    if (this.failure == "") this.failure = reason;
  }

  private operand(word: string): void {
    const type = typeOf(word);
    if (type != 0 && !this.typeGiven) this.setType(word);
    else if (word.toUpperCase() == "IN") return;
    else if (this.name == "") this.name = word;
    else {
      const why = type != 0 ? "one type at a time" : "not a type, and one name at a time";
      this.fail(`extra operand '${printable(word)}': ${why}`);
    }
  }

  private setType(word: string): void {
    this.options.type = typeOf(word);
    this.typeGiven = true;
    if (this.options.type == 0) this.fail(`invalid type: ${printable(word)}`);
  }

  /** Parses an option with a dash. Returns the number of words that its value takes, 0 or 1. */
  private dash(word: string, next: i32): i32 {
    const letter = word.charAt(1);
    if (word == "-4") return 0;
    if (word == "-h") {
      this.help = true;
      return 0;
    }
    if (!"txpqc".includes(letter)) {
      this.fail(`Invalid option: ${printable(word)}`);
      return 0;
    }
    const attached = word.length > 2;
    if (!attached && next >= this.words.length) {
      this.fail(`option requires an argument -- '${letter}'`);
      return 0;
    }
    const value = attached ? word.substring(2) : this.words[next];
    if (letter == "t") this.setType(value);
    else if (letter == "q") this.name = value;
    else if (letter == "x") this.reverse(value);
    else if (letter == "c" && value.toUpperCase() != "IN")
      this.fail("no class but IN is supported");
    else if (letter == "p") this.setPort(value);
    return attached ? 0 : 1;
  }

  private setPort(value: string): void {
    const port = parseDecimalText(value);
    if (port < 0) this.fail(`invalid port number '${printable(value)}': not a valid number`);
    else if (port < 1 || port > 65535) this.fail(`invalid port number '${port}': out of range`);
    else this.port = port as u32;
  }

  private reverse(value: string): void {
    const address = parseIpv4(value);
    if (address == NOT_AN_ADDRESS) {
      this.fail(`Invalid IP address ${printable(value)}`);
      return;
    }
    this.name = reverseName(address as u32);
    if (!this.typeGiven) this.options.type = TYPE_PTR;
    this.typeGiven = true;
  }

  private plus(word: string): void {
    const equals = word.indexOf("=");
    if (equals >= 0) {
      this.plusValue(word.substring(0, equals), word.substring(equals + 1));
      return;
    }
    const on = !word.startsWith("no");
    const name = on ? word : word.substring(2);
    const parts = this.parts;
    if (name == "short") parts.short = on;
    else if (name == "tcp" || name == "vc") this.options.tcp = on;
    else if (name == "edns") this.options.edns = on;
    else if (name == "recurse" || name == "rec") this.options.recurse = on;
    else if (name == "all") parts.setAll(on);
    else if (name == "answer") parts.answer = on;
    else if (name == "authority") parts.authority = on;
    else if (name == "additional") parts.additional = on;
    else if (name == "question") parts.question = on;
    else if (name == "comments") parts.comments = on;
    else if (name == "stats") parts.stats = on;
    else if (name == "cmd") parts.cmd = on;
    else this.fail(`Invalid option: +${printable(word)}`);
  }

  private plusValue(name: string, value: string): void {
    const number = parseDecimalText(value);
    if ((name != "time" && name != "tries") || number < 1 || number > 60) {
      this.fail(`Invalid option: +${printable(name)}=${printable(value)}`);
    } else if (name == "time") {
      this.options.timeout = number * SECOND;
    } else {
      this.options.tries = number as i32;
    }
  }
}

class DigJob extends ServerJob {
  private printer: MessagePrinter | null = null;

  constructor(
    session: Session,
    stack: NetworkStack,
    choice: ServerChoice,
    private readonly request: Request,
    private readonly clock: TimeOfDay,
  ) {
    super("dig", session, stack, choice, request.options, request.name);
  }

  protected show(query: DirectQuery, reply: DnsReply, _now: i64): i32 {
    const session = this.session;
    const parts = this.request.parts;
    let printer = this.printer;
    if (printer == null) {
      if (query.truncated && !parts.short && parts.comments) {
        const rest = query.overTcp
          ? "retrying in TCP mode."
          : "and TCP failed: the answer is not complete.";
        session.printLine(`;; Truncated, ${rest}`);
      }
      printer = new MessagePrinter(session, parts, reply);
      this.printer = printer;
    }
    if (!printer.poll()) return RUNNING;
    if (parts.stats && !parts.short) printer.printStats(query, this.clock);
    return EXIT_OK;
  }

  protected unreachable(): i32 {
    return EXIT_NO_RESPONSE;
  }
}

export class Dig extends Command {
  constructor(private readonly stack: NetworkStack) {
    super(
      "dig",
      "[@SERVER] [-p PORT] [-x ADDRESS] NAME [TYPE] [+OPTION]...",
      "asks a name server and prints its message",
      ["dig mainnet.era.zksync.io", "dig @10.0.2.3 zksync.io MX +short", "dig -x 1.1.1.1"],
      true,
    );
  }

  protected details(): StaticArray<string> {
    return DETAILS;
  }

  start(words: Array<string>, session: Session): Job {
    const request = new Request(words);
    if (request.help) {
      this.explain(session);
      return this.done();
    }
    if (request.failure != "") return this.failed(session, request.failure, request.exitCode);
    const choice = new ServerChoice(this.stack, request.server, request.port, session.now);
    if (choice.failure != "") {
      const code = request.server == "" ? EXIT_NO_RESPONSE : EXIT_FAILURE;
      return this.failed(session, choice.failure, code);
    }
    const parts = request.parts;
    if (parts.cmd && !parts.short) {
      session.printLine("");
      session.printLine(`; <<>> DiG 9.18 <<>> ${printable(words.join(" "))}`);
      if (request.server != "") session.printLine("; (1 server found)");
      session.printLine(";; global options: +cmd");
    }
    return new DigJob(session, this.stack, choice, request, this.stack.ntp.time);
  }
}
