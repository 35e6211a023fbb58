/** Prints a DNS message as dig(1) of BIND 9.18 does. */

import { MILLISECOND } from "../../../../core/time";
import { DirectQuery } from "../../../../net/service/dns/direct-query";
import { DnsReply } from "../../../../net/service/dns/reply";
import { formatIpv4 } from "../../../../net/wire/address";
import { DnsHeader, DnsOpt, DnsReader, TYPE_OPT } from "../../../../net/wire/dns";
import { absolute, recordText, typeName } from "../../../../net/wire/dns-record";
import { Session } from "../../session";

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
/** The columns of the TTL and the class, and the width of a tab. */
const TTL_COLUMN: i32 = 24;
const CLASS_COLUMN: i32 = 32;
const TAB: i32 = 8;
/** The sections of records. */
const SECTIONS: StaticArray<string> = ["ANSWER", "AUTHORITY", "ADDITIONAL"];

/** The parts of the message to print. */
export class Parts {
  cmd: bool = true;
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

export class MessagePrinter {
  private readonly reader: DnsReader;
  private readonly header: DnsHeader;
  private readonly opt: DnsOpt | null;

  constructor(
    private readonly session: Session,
    private readonly parts: Parts,
    private readonly reply: DnsReply,
  ) {
    this.reader = new DnsReader(reply.pointer, reply.length, true);
    this.header = DnsHeader.at(reply.pointer);
    this.opt = DnsOpt.find(reply.pointer, reply.length);
  }

  print(): void {
    const header = this.header;
    const short = this.parts.short;
    if (this.parts.comments && !short) this.printHeader();
    const good = this.printQuestions(header.questions);
    const counts: StaticArray<u32> = [header.answers, header.authorities, header.additionals];
    for (let i = 0; good && i < SECTIONS.length; i++) {
      if (this.printSection(i, counts[i])) continue;
      if (!header.truncated)
        this.session.printLine(";; Warning: message parser reports malformed message packet.");
      return;
    }
  }

  /** Prints the lines after the message. */
  printStats(query: DirectQuery): void {
    const server = query.server;
    const address = formatIpv4(server.address);
    const how = query.overTcp ? "TCP" : "UDP";
    this.session.printLine(`;; Query time: ${query.elapsed / MILLISECOND} msec`);
    this.session.printLine(`;; SERVER: ${address}#${server.port}(${address}) (${how})`);
    this.session.printLine(`;; MSG SIZE  rcvd: ${this.reply.length}`);
    this.session.printLine("");
  }

  private printHeader(): void {
    const header = this.header;
    const flags = header.flags;
    const session = this.session;
    const opt = this.opt;
    const code = header.code | (opt == null ? 0 : opt.extendedCode << 4);
    const status =
      code < (CODES.length as u32) ? CODES[code] : code == 16 ? "BADVERS" : `RESERVED${code}`;
    let names = "";
    if ((flags & 0x8000) != 0) names += " qr";
    if ((flags & 0x0400) != 0) names += " aa";
    if ((flags & 0x0200) != 0) names += " tc";
    if ((flags & 0x0100) != 0) names += " rd";
    if ((flags & 0x0080) != 0) names += " ra";
    if ((flags & 0x0020) != 0) names += " ad";
    if ((flags & 0x0010) != 0) names += " cd";
    session.printLine(";; Got answer:");
    session.printLine(`;; ->>HEADER<<- opcode: QUERY, status: ${status}, id: ${header.id}`);
    session.printLine(
      `;; flags:${names}; QUERY: ${header.questions}, ANSWER: ${header.answers}, ` +
        `AUTHORITY: ${header.authorities}, ADDITIONAL: ${header.additionals}`,
    );
    if ((flags & 0x0100) != 0 && (flags & 0x0080) == 0) {
      session.printLine(";; WARNING: recursion requested but not available");
    }
    session.printLine("");
    if (opt == null) return;
    session.printLine(";; OPT PSEUDOSECTION:");
    const reserved = opt.flags & ~OPT_DO;
    const dnssec = (opt.flags & OPT_DO) != 0 ? " do" : "";
    const rest = reserved == 0 ? ";" : `; MBZ: 0x${reserved.toString(16).padStart(4, "0")},`;
    session.printLine(
      `; EDNS: version: ${opt.version}, flags:${dnssec}${rest} udp: ${opt.payload}`,
    );
  }

  private printQuestions(count: u32): bool {
    const shown = this.parts.question && !this.parts.short && count > 0;
    if (shown && this.parts.comments) this.session.printLine(";; QUESTION SECTION:");
    for (let i: u32 = 0; i < count; i++) {
      const reader = this.reader;
      if (!reader.readQuestion()) return false;
      const name = padded(";" + absolute(reader.name), CLASS_COLUMN);
      if (shown)
        this.session.printLine(`${name}${className(reader.class_)}\t${typeName(reader.type)}`);
    }
    if (shown) this.session.printLine("");
    return true;
  }

  private wants(section: i32): bool {
    const parts = this.parts;
    if (section == 0) return parts.answer;
    return !parts.short && (section == 1 ? parts.authority : parts.additional);
  }

  private printSection(section: i32, count: u32): bool {
    const wanted = this.wants(section);
    let printed = false;
    for (let i: u32 = 0; i < count; i++) {
      const reader = this.reader;
      if (!reader.readRecord()) return false;
      if (reader.type == TYPE_OPT || !wanted) continue;
      if (!printed && this.parts.comments && !this.parts.short) {
        this.session.printLine(`;; ${SECTIONS[section]} SECTION:`);
      }
      printed = true;
      this.printRecord();
    }
    if (printed && !this.parts.short) this.session.printLine("");
    return true;
  }

  private printRecord(): void {
    const reader = this.reader;
    const reply = this.reply;
    const data = recordText(
      reply.pointer,
      reply.length,
      reader.type,
      reader.dataOffset,
      reader.dataLength,
    );
    if (this.parts.short) {
      this.session.printLine(data);
      return;
    }
    const name = padded(absolute(reader.name), TTL_COLUMN);
    const kind = `${className(reader.class_)}\t${typeName(reader.type)}`;
    this.session.printLine(`${name}${reader.ttl}\t${kind}\t${data}`);
  }
}

function className(code: u32): string {
  return code == 1 ? "IN" : code == 3 ? "CH" : `CLASS${code}`;
}

/** Appends tabs up to a column, or a blank if the text is longer. */
function padded(text: string, column: i32): string {
  let at = text.length;
  if (at >= column) return text + " ";
  for (; at < column; at = (at / TAB + 1) * TAB) text += "\t";
  return text;
}
