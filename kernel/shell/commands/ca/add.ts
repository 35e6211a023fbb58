/** `ca add`: a certificate in PEM (RFC 7468), pasted line by line until its END line. */
import { PEM_BYTES } from "../../../../core/limits";
import { LF } from "../../../../core/text";
import { TextBuilder } from "../../../../core/text-builder";
import { RootKind } from "../../../../core/tls-codes";
import { rootCertificate } from "../../../../machine/certificates";
import { tlsAddRoots, tlsRootCount } from "../../../../machine/host";
import { NetworkStack } from "../../../../net/service/stack";
import { certificateTitle } from "../../certificate-text";
import { EXIT_FAILURE, EXIT_OK, Job, RUNNING } from "../../command";
import { Shell } from "../../shell";

const BEGIN: string = "-----BEGIN CERTIFICATE-----";
const END: string = "-----END CERTIFICATE-----";

export class AddRoot extends Job {
  private readonly text: TextBuilder = new TextBuilder(4096);
  private begun: bool = false;
  private ended: bool = false;
  private failure: string = "";

  constructor(
    private readonly shell: Shell,
    private readonly stack: NetworkStack,
  ) {
    super();
    shell.printLine(`paste the certificate, from ${BEGIN} to ${END}`);
  }

  /** What follows the certificate is for the prompt. */
  readsInput(): bool {
    return !this.ended && this.failure == "";
  }

  line(text: string): void {
    const line = text.trim();
    // What stands in front of the certificate in many files explains it.
    if (line == BEGIN) this.begun = true;
    if (!this.begun) return;
    this.text.add(line);
    this.text.addUnit(LF);
    if (line == END) this.ended = true;
    else if (this.text.length > PEM_BYTES) this.failure = "it is too long";
  }

  endOfInput(): void {
    if (!this.ended) this.failure = `the line ${END} is missing`;
  }

  poll(_now: i64): i32 {
    if (this.failure != "") return this.fail(this.failure);
    if (!this.ended) return RUNNING;
    const bytes = String.UTF8.encode(this.text.toString());
    const added = tlsAddRoots(changetype<usize>(bytes), bytes.byteLength);
    if (added < 0) {
      const number = (-added).toString(16).padStart(4, "0");
      return this.fail(`this is no certificate (-0x${number})`);
    }
    if (added == 0) return this.fail("it is trusted already");
    this.stack.trustChanged();
    const count = tlsRootCount(RootKind.Added);
    const certificate = rootCertificate(RootKind.Added, count - 1);
    if (certificate != null) {
      const number = tlsRootCount(RootKind.BuiltIn) + count;
      this.shell.printLine(`root ${number} added: ${certificateTitle(certificate)}`);
    }
    return EXIT_OK;
  }

  private fail(reason: string): i32 {
    this.shell.error("ca", `${reason}, expected a certificate in PEM`);
    return EXIT_FAILURE;
  }
}
