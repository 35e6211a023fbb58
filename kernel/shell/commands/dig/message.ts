/** Prints a DNS message as dig(1) of BIND 9.18 does. */
import { CalendarTime } from "../../../../core/calendar";
import { MILLISECOND, SECOND } from "../../../../core/time";
import { TimeOfDay } from "../../../../core/time-of-day";
import { DirectQuery } from "../../../../net/service/dns/direct-query";
import { DnsReply } from "../../../../net/service/dns/reply";
import { formatIpv4 } from "../../../../net/wire/address";
import { DnsOpt } from "../../../../net/wire/dns";
import { absolute, typeName } from "../../../../net/wire/dns-record";
import { Session } from "../../session";
import { printEdnsOptions } from "./edns-options";
import { MessageWalk, Section } from "./message-walk";

/** Response codes (RFC 1035 section 4.1.1, RFC 2136 section 2.2). */
const CODES: StaticArray<string> = [
  "NOERROR",
  "FORMERR",
  "SERVFAIL",
  "NXDOMAIN",
  "NOTIMP",
  "REFUSED",
  "YXDOMAIN",
  "YXRRSET",
  "NXRRSET",
  "NOTAUTH",
  "NOTZONE",
];
/** The bit DO of an OPT record's flags (RFC 3225). */
const OPT_DO: u32 = 0x8000;
/** The columns of a record, and the width of a tab. */
const TTL_COLUMN: i32 = 24;
const CLASS_COLUMN: i32 = 32;
const TYPE_COLUMN: i32 = 40;
const DATA_COLUMN: i32 = 48;
const TAB: i32 = 8;
/** The sections of records. */
const SECTIONS: StaticArray<string> = ["ANSWER", "AUTHORITY", "ADDITIONAL"];

/** Returns the mnemonic of a response code, as dig prints it. */
export function codeName(code: u32): string {
  if (code < (CODES.length as u32)) return CODES[code];
  return code == 16 ? "BADVERS" : `RESERVED${code}`;
}

/** The parts of the message to print. */
export class Parts {
  cmd: bool = true;
  /** The line `;; Got answer:`, one of the comments. */
  gotAnswer: bool = true;
  comments: bool = true;
  question: bool = true;
  answer: bool = true;
  authority: bool = true;
  additional: bool = true;
  stats: bool = true;
  short: bool = false;

  /** Handles `+all` and `+noall`. */
  setAll(on: bool): void {
    this.comments = on;
    this.question = on;
    this.answer = on;
    this.authority = on;
    this.additional = on;
    this.stats = on;
    this.cmd = on;
  }
}

export class MessagePrinter extends MessageWalk {
  /** Whether the heading of the section has been printed. */
  private headed: bool = false;

  constructor(
    session: Session,
    private readonly parts: Parts,
    reply: DnsReply,
  ) {
    super(session, reply);
  }

  /** Prints the lines after the message. */
  printStats(query: DirectQuery, clock: TimeOfDay): void {
    const server = query.server;
    const address = formatIpv4(server.address);
    const how = query.overTcp ? "TCP" : "UDP";
    this.session.printLine(`;; Query time: ${query.elapsed / MILLISECOND} msec`);
    this.session.printLine(`;; SERVER: ${address}#${server.port}(${address}) (${how})`);
    const micros = clock.wallClock();
    if (micros >= 0) {
      // As `date` prints it, but with two digits for the day.
      const text = new CalendarTime(micros / SECOND).toString().replace("  ", " 0");
      this.session.printLine(`;; WHEN: ${text}`);
    }
    this.session.printLine(`;; MSG SIZE  rcvd: ${this.reply.length}`);
    this.session.printLine("");
  }

  protected begin(): void {
    if (!this.parts.comments || this.parts.short) return;
    const header = this.header;
    const flags = header.flags;
    const session = this.session;
    const opt = DnsOpt.find(this.reply.pointer, this.reply.length);
    const status = codeName(header.code | (opt == null ? 0 : opt.extendedCode << 4));
    let names = "";
    if ((flags & 0x8000) != 0) names += " qr";
    if ((flags & 0x0400) != 0) names += " aa";
    if ((flags & 0x0200) != 0) names += " tc";
    if ((flags & 0x0100) != 0) names += " rd";
    if ((flags & 0x0080) != 0) names += " ra";
    if ((flags & 0x0020) != 0) names += " ad";
    if ((flags & 0x0010) != 0) names += " cd";
    if (this.parts.gotAnswer) session.printLine(";; Got answer:");
    session.printLine(`;; ->>HEADER<<- opcode: QUERY, status: ${status}, id: ${header.id}`);
    session.printLine(
      `;; flags:${names}; QUERY: ${header.questions}, ANSWER: ${header.answers}, ` +
        `AUTHORITY: ${header.authorities}, ADDITIONAL: ${header.additionals}`,
    );
    if ((flags & 0x0100) != 0 && (flags & 0x0080) == 0) {
      session.printLine(";; WARNING: recursion requested but not available");
    }
    session.printLine("");
    if (opt != null) this.printOpt(opt);
  }

  private printOpt(opt: DnsOpt): void {
    const reserved = opt.flags & ~OPT_DO;
    const dnssec = (opt.flags & OPT_DO) != 0 ? " do" : "";
    const rest = reserved == 0 ? ";" : `; MBZ: 0x${reserved.toString(16).padStart(4, "0")},`;
    const flags = `flags:${dnssec}${rest}`;
    this.session.printLine(";; OPT PSEUDOSECTION:");
    this.session.printLine(`; EDNS: version: ${opt.version}, ${flags} udp: ${opt.payload}`);
    printEdnsOptions(this.session, opt);
  }

  protected question(): void {
    if (!this.parts.question || this.parts.short) return;
    if (!this.headed && this.parts.comments) this.session.printLine(";; QUESTION SECTION:");
    this.headed = true;
    const line = new Columns(absolute(this.reader.name));
    line.add(CLASS_COLUMN, className(this.reader.class_));
    line.add(TYPE_COLUMN, typeName(this.reader.type));
    this.session.printLine(";" + line.text);
  }

  protected endQuestions(): void {
    if (this.headed && this.parts.comments) this.session.printLine("");
    this.headed = false;
  }

  protected record(section: i32): void {
    if (!this.wants(section)) return;
    if (this.parts.short) {
      this.session.printLine(this.data());
      return;
    }
    if (!this.headed && this.parts.comments) {
      this.session.printLine(`;; ${SECTIONS[section]} SECTION:`);
    }
    this.headed = true;
    const reader = this.reader;
    const line = new Columns(absolute(reader.name));
    line.add(TTL_COLUMN, `${reader.ttl}`);
    line.add(CLASS_COLUMN, className(reader.class_));
    line.add(TYPE_COLUMN, typeName(reader.type));
    line.add(DATA_COLUMN, this.data());
    this.session.printLine(line.text);
  }

  protected endSection(_section: i32): void {
    this.endQuestions();
  }

  private wants(section: i32): bool {
    const parts = this.parts;
    if (section == Section.Answer) return parts.answer;
    return !parts.short && (section == Section.Authority ? parts.authority : parts.additional);
  }
}

function className(code: u32): string {
  return code == 1 ? "IN" : code == 3 ? "CH" : `CLASS${code}`;
}

/** A line with columns, separated by tabs, or by a blank where the text is too long for that. */
class Columns {
  private column: i32;

  constructor(public text: string) {
    this.column = text.length;
  }

  /** Adds text that begins in a column, or after at least one blank. */
  add(column: i32, text: string): void {
    const from = this.column;
    const to = max(column, from + 1);
    const tabs = to / TAB - from / TAB;
    const blanks = to - (tabs > 0 ? (to / TAB) * TAB : from);
    this.text += "\t".repeat(tabs) + " ".repeat(blanks) + text;
    this.column = to + text.length;
  }
}
