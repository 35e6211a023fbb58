/** `ca`: the trusted roots, those built in and those added since. */
import { parseDecimalText } from "../../../core/text";
import { CertificateField, RootKind } from "../../../core/tls-codes";
import { builtInRootSet, Certificate, rootCertificate } from "../../../machine/certificates";
import { tlsRemoveRoot, tlsRootCount, tlsRootDistrusted } from "../../../machine/host";
import { NetworkStack } from "../../../net/service/stack";
import { certificateLines, certificateTitle } from "../certificate-text";
import { Command, EXIT_FAILURE, EXIT_OK, Job, RUNNING } from "../command";
import { Options } from "../options";
import { printable } from "../printable";
import { Shell } from "../shell";
import { AddRoot } from "./ca/add";
import { CheckRoots } from "./ca/check";

const VERBS: Array<string> = ["list", "show", "add", "remove", "check"];

/** Prints a line for each root; many, so not in one go. */
class ListJob extends Job {
  private index: u32 = 0;
  private shown: u32 = 0;

  constructor(
    private readonly shell: Shell,
    private readonly pattern: string,
  ) {
    super();
  }

  poll(_now: i64): i32 {
    const total = rootTotal();
    while (this.index < total) {
      if (this.shell.room() < 4096) return RUNNING;
      const certificate = rootAt(this.index);
      this.index++;
      if (certificate == null) continue;
      const title = certificateTitle(certificate);
      if (!title.toLowerCase().includes(this.pattern)) continue;
      const until = certificate.text(CertificateField.NotAfter).substring(0, 10);
      const added = isAdded(this.index - 1) ? " (added)" : "";
      this.shell.printLine(`${this.index.toString().padStart(4)}  ${until}  ${title}${added}`);
      this.shown++;
    }
    if (this.shown == 0 && this.pattern != "") {
      this.shell.error("ca", "no trusted root has that in its name");
      return EXIT_FAILURE;
    }
    const builtIn = tlsRootCount(RootKind.BuiltIn);
    const added = tlsRootCount(RootKind.Added);
    this.shell.printLine(`${this.shown} roots; ${builtIn} are built in, ${added} were added`);
    const set = builtInRootSet().split(" ");
    this.shell.printLine(`built in: Mozilla's roots ${set[0]}, certdata.txt SHA-256 ${set[1]}`);
    return EXIT_OK;
  }

  pollAt(): i64 {
    return 0;
  }
}

export class Ca extends Command {
  constructor(private readonly stack: NetworkStack) {
    super(
      "ca",
      "list [TEXT] | show N | add | remove N | check",
      "shows and changes the trusted roots (add: paste a PEM certificate)",
      ["ca list", "ca list isrg", "ca show 1", "ca add", "ca check"],
    );
  }

  start(words: Array<string>, shell: Shell): Job {
    const options = new Options(words, []);
    options.expectOperands(0, 2);
    if (options.failure != "") return shell.wrongUsage(this, options.failure);
    const operands = options.operands;
    const verb = operands.length > 0 ? operands[0] : "list";
    const operand = operands.length > 1 ? operands[1] : "";
    if (verb == "list") return new ListJob(shell, operand.toLowerCase());
    if (verb == "show") return this.show(shell, operand);
    if (verb == "remove") return this.remove(shell, operand);
    if (operand != "") return shell.wrongUsage(this, `${printable(operand)} is one word too many`);
    if (verb == "add") return new AddRoot(shell, this.stack);
    if (verb == "check") return new CheckRoots(shell, rootTotal());
    return shell.wrongUsage(this, `${printable(verb)} is unknown`);
  }

  complete(words: Array<string>): Array<string> {
    return words.length == 0 ? VERBS : [];
  }

  private show(shell: Shell, operand: string): Job {
    const number = parseDecimalText(operand);
    if (number < 1) return this.noNumber(shell, operand);
    let certificate: Certificate | null = null;
    if (number <= (rootTotal() as i64)) certificate = rootAt((number - 1) as u32);
    if (certificate == null) return this.noRoot(shell, number);
    const lines = certificateLines(certificate);
    for (let i = 0; i < lines.length; i++) shell.printLine(printable(lines[i]));
    shell.printLine(`serial: ${certificate.text(CertificateField.Serial)}`);
    shell.printLine(`sha256: ${certificate.text(CertificateField.Fingerprint)}`);
    const date = isoDate(tlsRootDistrusted((number - 1) as u32));
    if (date != "") shell.printLine(`trusted for certificates issued until ${date}`);
    const added = isAdded((number - 1) as u32);
    shell.printLine(added ? "added by hand or by ca.pem" : "built in");
    return shell.done();
  }

  private noNumber(shell: Shell, operand: string): Job {
    if (operand == "") return shell.wrongUsage(this, "a number of ca list is missing");
    return shell.wrongUsage(this, `${printable(operand)} is no number of ca list`);
  }

  private noRoot(shell: Shell, number: i64): Job {
    return shell.failed(this, `there is no root ${number}, expected a number of ca list`);
  }

  private remove(shell: Shell, operand: string): Job {
    const number = parseDecimalText(operand);
    if (number < 1) return this.noNumber(shell, operand);
    const index = number - 1 - (tlsRootCount(RootKind.BuiltIn) as i64);
    if (index < 0) return shell.failed(this, `root ${number} is built in, expected an added one`);
    if (index > 0xffff || tlsRemoveRoot(index as u32) == 0) return this.noRoot(shell, number);
    this.stack.trustChanged();
    return shell.done();
  }
}

function rootTotal(): u32 {
  return tlsRootCount(RootKind.BuiltIn) + tlsRootCount(RootKind.Added);
}

/** Those built in come first, then the added ones. */
function isAdded(index: u32): bool {
  return index >= tlsRootCount(RootKind.BuiltIn);
}

/** "2024-11-30" for 20241130; "" for 0. */
function isoDate(date: u32): string {
  const digits = date.toString();
  if (date == 0) return "";
  return `${digits.substring(0, 4)}-${digits.substring(4, 6)}-${digits.substring(6)}`;
}

export function rootAt(index: u32): Certificate | null {
  const builtIn = tlsRootCount(RootKind.BuiltIn);
  if (index < builtIn) return rootCertificate(RootKind.BuiltIn, index);
  return rootCertificate(RootKind.Added, index - builtIn);
}
