/**
 * ca list [TEXT] | show N | add | remove N | check | crl [add | remove N]
 *
 * Shows and changes the trusted root certificates. Roots are numbered from 1: the built-in ones
 * (Mozilla's list) first, then those added. `list` shows the roots whose names contain TEXT; `add`
 * reads a certificate in PEM from the console; `remove` removes an added root; `check` reports
 * roots that cannot verify a server. `crl` shows, adds and removes revocation lists. Changes last
 * until the next boot.
 *
 * Exit codes: 0 success; 1 no such root or list, one that cannot be added or removed, or a fault
 * found by `check`; 2 wrong usage; 130 interrupted.
 */
import { parseDecimalText } from "../../../core/text";
import { CertificateField, RootKind } from "../../../core/tls-codes";
import { builtInRootSet, Certificate } from "../../../machine/certificates";
import {
  tlsRemoveList,
  tlsRemoveRoot,
  tlsRootCount,
  tlsRootDistrusted,
} from "../../../machine/host";
import { NetworkStack } from "../../../net/service/stack";
import { certificateLines, certificateTitle } from "../certificate-text";
import { Command, EXIT_FAILURE, EXIT_OK, Job, RUNNING } from "../command";
import { Options } from "../options";
import { Session } from "../session";
import { printable } from "../terminal/printable";
import { AddRoot } from "./ca/add";
import { CheckRoots } from "./ca/check";
import { AddList, printLists } from "./ca/crl";
import { isAdded, rootAt, rootTotal } from "./ca/roots";

const VERBS: Array<string> = ["list", "show", "add", "remove", "check", "crl"];
const CRL_VERBS: Array<string> = ["add", "remove"];

const DETAILS: StaticArray<string> = [
  "  list [TEXT]  lists the roots, or those whose names contain TEXT; show N: one of them",
  "  add          reads a PEM certificate from the console, and trusts it; remove N: undoes that",
  "  check        reports roots that cannot verify a server",
  "  crl          lists the revocation lists; crl add: reads one in PEM; crl remove N: undoes that",
];

/** Prints a line for each root, as many per poll as the terminal has room for. */
class ListRoots extends Job {
  private index: u32 = 0;
  private shown: u32 = 0;

  constructor(
    private readonly session: Session,
    private readonly pattern: string,
  ) {
    super();
  }

  poll(_now: i64): i32 {
    const total = rootTotal();
    while (this.index < total) {
      if (this.session.room() < 4096) return RUNNING;
      const certificate = rootAt(this.index);
      this.index++;
      if (certificate == null) continue;
      const title = certificateTitle(certificate);
      if (!title.toLowerCase().includes(this.pattern)) continue;
      const until = certificate.text(CertificateField.NotAfter).substring(0, 10);
      const added = isAdded(this.index - 1) ? " (added)" : "";
      this.session.printLine(`${this.index.toString().padStart(4)}  ${until}  ${title}${added}`);
      this.shown++;
    }
    if (this.shown == 0 && this.pattern != "") {
      this.session.error("ca", "no trusted root matches");
      return EXIT_FAILURE;
    }
    const builtIn = tlsRootCount(RootKind.BuiltIn);
    const added = tlsRootCount(RootKind.Added);
    const counts = `${builtIn} built in, ${added} added`;
    this.session.printLine(`${this.shown} of ${total} roots shown (${counts})`);
    const set = builtInRootSet();
    const space = set.indexOf(" ");
    const version = set.substring(0, space);
    const digest = set.substring(space + 1);
    this.session.printLine(`built in: Mozilla's roots ${version}, certdata.txt SHA-256 ${digest}`);
    return EXIT_OK;
  }

  pollAt(): i64 {
    return 0;
  }
}

/** The `ca` command. */
export class Ca extends Command {
  constructor(private readonly stack: NetworkStack) {
    super(
      "ca",
      "list [TEXT] | show N | add | remove N | check | crl [add | remove N]",
      "shows and changes the trusted roots (add: paste a PEM certificate) and revocation lists",
      ["ca list", "ca list isrg", "ca show 1", "ca add", "ca check", "ca crl add"],
    );
  }

  protected details(): StaticArray<string> {
    return DETAILS;
  }

  start(words: Array<string>, session: Session): Job {
    const options = new Options(words, []);
    options.expectOperands(0, 3);
    if (options.failure != "") return this.wrongUsage(session, options.failure);
    const operands = options.operands;
    const verb = operands.length > 0 ? operands[0] : "list";
    const operand = operands.length > 1 ? operands[1] : "";
    if (verb == "crl") return this.crl(operand, operands.length > 2 ? operands[2] : "", session);
    if (operands.length > 2) return this.extraOperand(session, operands[2]);
    if (verb == "list") return new ListRoots(session, operand.toLowerCase());
    if (verb == "show") return this.show(session, operand);
    if (verb == "remove") return this.remove(session, operand);
    if (operand != "") return this.extraOperand(session, operand);
    if (verb == "add") return new AddRoot(session, this.stack);
    if (verb == "check") return new CheckRoots(session, rootTotal());
    return this.wrongUsage(session, `unknown verb '${printable(verb)}'`);
  }

  complete(words: Array<string>): Array<string> {
    if (words.length == 1 && words[0] == "crl") return CRL_VERBS;
    return words.length == 0 ? VERBS : [];
  }

  private show(session: Session, operand: string): Job {
    const number = parseDecimalText(operand);
    if (number < 1) return this.noNumber(session, operand);
    let certificate: Certificate | null = null;
    if (number <= (rootTotal() as i64)) certificate = rootAt((number - 1) as u32);
    if (certificate == null) return this.noRoot(session, number);
    const lines = certificateLines(certificate);
    for (let i = 0; i < lines.length; i++) session.printLine(printable(lines[i]));
    session.printLine(`serial: ${certificate.text(CertificateField.Serial)}`);
    session.printLine(`sha256: ${certificate.text(CertificateField.Fingerprint)}`);
    const date = isoDate(tlsRootDistrusted((number - 1) as u32));
    if (date != "") session.printLine(`trusted for certificates issued until ${date}`);
    const added = isAdded((number - 1) as u32);
    session.printLine(added ? "added by ca add or from ca.pem" : "built in");
    return this.done();
  }

  private crl(verb: string, operand: string, session: Session): Job {
    if (verb == "remove") return this.removeList(session, operand);
    if (operand != "") return this.extraOperand(session, operand);
    if (verb == "add") return new AddList(session, this.stack);
    if (verb != "") return this.wrongUsage(session, `unknown verb 'crl ${printable(verb)}'`);
    printLists(session);
    return this.done();
  }

  private removeList(session: Session, operand: string): Job {
    const number = parseDecimalText(operand);
    if (number < 1) return this.noNumber(session, operand, "list");
    if (number > 0xffff || tlsRemoveList((number - 1) as u32) == 0) {
      return this.failed(session, `no such list: ${number} (try: ca crl)`);
    }
    this.stack.trustChanged();
    return this.done();
  }

  private extraOperand(session: Session, operand: string): Job {
    return this.wrongUsage(session, `extra operand '${printable(operand)}'`);
  }

  private noNumber(session: Session, operand: string, kind: string = "root"): Job {
    if (operand == "") return this.wrongUsage(session, `missing ${kind} number`);
    return this.wrongUsage(session, `invalid ${kind} number '${printable(operand)}'`);
  }

  private noRoot(session: Session, number: i64): Job {
    return this.failed(session, `no such root: ${number} (try: ca list)`);
  }

  private remove(session: Session, operand: string): Job {
    const number = parseDecimalText(operand);
    if (number < 1) return this.noNumber(session, operand);
    const index = number - 1 - (tlsRootCount(RootKind.BuiltIn) as i64);
    if (index < 0) return this.failed(session, `cannot remove root ${number}: it is built in`);
    if (index > 0xffff || tlsRemoveRoot(index as u32) == 0) return this.noRoot(session, number);
    this.stack.trustChanged();
    return this.done();
  }
}

/** Returns "2024-11-30" for 20241130, and "" for 0. */
function isoDate(date: u32): string {
  const digits = date.toString();
  if (date == 0) return "";
  return `${digits.substring(0, 4)}-${digits.substring(4, 6)}-${digits.substring(6)}`;
}
