/** Walks through a DNS message and prints it, a few records at a time. */
import { DnsReply } from "../../../../net/service/dns/reply";
import { DnsHeader, DnsReader, TYPE_OPT } from "../../../../net/wire/dns";
import { recordText } from "../../../../net/wire/dns-record";
import { Session } from "../../session";

/** The sections of records, in order. */
export const enum Section {
  Answer = 0,
  Authority = 1,
  Additional = 2,
}
const SECTIONS: i32 = 3;

/** The subclasses print the parts. */
export abstract class MessageWalk {
  protected readonly header: DnsHeader;
  /** Reads the message; its fields are those of the question or record to print. */
  protected readonly reader: DnsReader;
  private begun: bool = false;
  private section: i32 = Section.Answer;
  /** How many records of the section are still to be read. */
  private left: u32 = 0;

  constructor(
    protected readonly session: Session,
    protected readonly reply: DnsReply,
  ) {
    this.header = DnsHeader.at(reply.pointer);
    this.reader = new DnsReader(reply.pointer, reply.length, true);
  }

  /** Prints what the terminal has room for. Returns true once everything is printed. */
  poll(): bool {
    if (!this.begun) this.start();
    while (this.section < SECTIONS) {
      if (this.session.room() == 0) return false;
      if (this.left == 0) {
        this.endSection(this.section);
        this.enter(this.section + 1);
      } else if (this.reader.readRecord()) {
        this.left--;
        if (this.reader.type != TYPE_OPT) this.record(this.section);
      } else {
        this.malformed();
      }
    }
    return true;
  }

  /** Returns the data of the current record as text. */
  protected data(): string {
    const reader = this.reader;
    const reply = this.reply;
    return recordText(
      reply.pointer,
      reply.length,
      reader.type,
      reader.dataOffset,
      reader.dataLength,
    );
  }

  /** Prints what comes before the questions. */
  protected abstract begin(): void;
  /** Prints the current question. */
  protected abstract question(): void;
  /** Called after all questions. */
  protected abstract endQuestions(): void;
  /** Prints the current record. */
  protected abstract record(section: i32): void;
  /** Called after all records of a section. */
  protected abstract endSection(section: i32): void;

  private start(): void {
    this.begun = true;
    this.begin();
    for (let i: u32 = 0; i < this.header.questions; i++) {
      if (!this.reader.readQuestion()) {
        this.malformed();
        return;
      }
      this.question();
    }
    this.endQuestions();
    this.enter(Section.Answer);
  }

  private enter(section: i32): void {
    const header = this.header;
    this.section = section;
    if (section == Section.Answer) this.left = header.answers;
    else if (section == Section.Authority) this.left = header.authorities;
    else this.left = header.additionals;
  }

  /** Ends the walk. A truncated message may end early without a warning. */
  private malformed(): void {
    this.section = SECTIONS;
    if (this.header.truncated) return;
    this.session.printLine(";; Warning: message parser reports malformed message packet.");
  }
}
