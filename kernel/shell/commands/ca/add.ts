/**
 * `ca add`: reads a PEM certificate (RFC 7468) pasted into the console, up to its END line, and
 * trusts it. Text before the BEGIN line is skipped, as openssl does.
 */
import { PEM_LENGTH } from "../../../../core/limits";
import { PemLine, PemReader } from "../../../../core/pem";
import { RootKind } from "../../../../core/tls-codes";
import { rootCertificate } from "../../../../machine/certificates";
import { tlsAddRoot, tlsRootCount } from "../../../../machine/host";
import { rootFault } from "../../../../machine/trust";
import { NetworkStack } from "../../../../net/service/stack";
import { certificateTitle } from "../../certificate-text";
import { EXIT_FAILURE, EXIT_OK, Job, RUNNING } from "../../command";
import { Session } from "../../session";

/** Runs until the END line, an error or Ctrl-C. */
export class AddRoot extends Job {
  private readonly pem: PemReader = new PemReader("CERTIFICATE");
  private ended: bool = false;
  private failure: string = "";

  constructor(
    private readonly session: Session,
    private readonly stack: NetworkStack,
  ) {
    super();
    session.printLine(`paste the certificate, from ${this.pem.begin} to ${this.pem.end}`);
  }

  /** Stops reading at the END line or an error; later input goes to the prompt. */
  readsInput(): bool {
    return !this.ended && this.failure == "";
  }

  line(text: string): void {
    this.ended = this.pem.take(text) == PemLine.End;
    if (!this.ended && this.pem.length > PEM_LENGTH) this.failure = "certificate too long";
  }

  endOfInput(): void {
    if (!this.ended) this.failure = `missing line ${this.pem.end}`;
  }

  poll(_now: i64): i32 {
    if (this.failure != "") return this.fail(this.failure);
    if (!this.ended) return RUNNING;
    const bytes = String.UTF8.encode(this.pem.block);
    const added = tlsAddRoot(changetype<usize>(bytes), bytes.byteLength);
    if (added < 0) return this.fail(rootFault(added));
    if (added == 0) return this.fail("already trusted");
    this.stack.trustChanged();
    const count = tlsRootCount(RootKind.Added);
    const certificate = rootCertificate(RootKind.Added, count - 1);
    if (certificate != null) {
      const number = tlsRootCount(RootKind.BuiltIn) + count;
      this.session.printLine(`root ${number} added: ${certificateTitle(certificate)}`);
    }
    return EXIT_OK;
  }

  private fail(reason: string): i32 {
    this.session.error("ca", reason);
    return EXIT_FAILURE;
  }
}
