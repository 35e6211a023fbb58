/**
 * `ca add`: reads a PEM certificate (RFC 7468) pasted into the console, up to its END line, and
 * trusts it. Text before the BEGIN line is skipped, as openssl does.
 */
import { PEM_LENGTH } from "../../../../core/limits";
import { LF } from "../../../../core/text";
import { TextBuilder } from "../../../../core/text-builder";
import { RootKind } from "../../../../core/tls-codes";
import { rootCertificate } from "../../../../machine/certificates";
import { tlsAddRoots, tlsRootCount } from "../../../../machine/host";
import { rootFault } from "../../../../machine/trust";
import { NetworkStack } from "../../../../net/service/stack";
import { certificateTitle } from "../../certificate-text";
import { EXIT_FAILURE, EXIT_OK, Job, RUNNING } from "../../command";
import { Session } from "../../session";

const BEGIN: string = "-----BEGIN CERTIFICATE-----";
const END: string = "-----END CERTIFICATE-----";

/** Runs until the END line, an error or Ctrl-C. */
export class AddRoot extends Job {
  private readonly text: TextBuilder = new TextBuilder(4096);
  private begun: bool = false;
  private ended: bool = false;
  private failure: string = "";

  constructor(
    private readonly session: Session,
    private readonly stack: NetworkStack,
  ) {
    super();
    session.printLine(`paste the certificate, from ${BEGIN} to ${END}`);
  }

  /** Stops reading at the END line or an error; later input goes to the prompt. */
  readsInput(): bool {
    return !this.ended && this.failure == "";
  }

  line(text: string): void {
    const line = text.trim();
    // PEM files often have text before the certificate.
    if (line == BEGIN) this.begun = true;
    if (!this.begun) return;
    this.text.add(line);
    this.text.addUnit(LF);
    if (line == END) this.ended = true;
    else if (this.text.length > PEM_LENGTH) this.failure = "certificate too long";
  }

  endOfInput(): void {
    if (!this.ended) this.failure = `missing line ${END}`;
  }

  poll(_now: i64): i32 {
    if (this.failure != "") return this.fail(this.failure);
    if (!this.ended) return RUNNING;
    const bytes = String.UTF8.encode(this.text.toString());
    const added = tlsAddRoots(changetype<usize>(bytes), bytes.byteLength);
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
