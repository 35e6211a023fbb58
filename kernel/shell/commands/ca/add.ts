/** `ca add`: reads a PEM certificate pasted into the console, and trusts it as a root. */
import { RootKind } from "../../../../core/tls-codes";
import { rootCertificate } from "../../../../machine/certificates";
import { tlsAddRoot, tlsRootCount } from "../../../../machine/host";
import { rootFault } from "../../../../machine/trust";
import { NetworkStack } from "../../../../net/service/stack";
import { certificateTitle } from "../../certificate-text";
import { EXIT_OK } from "../../command";
import { Session } from "../../session";
import { PasteJob } from "./paste";

export class AddRoot extends PasteJob {
  constructor(
    session: Session,
    private readonly stack: NetworkStack,
  ) {
    super(session, "certificate", "CERTIFICATE");
  }

  protected use(pointer: usize, length: u32): i32 {
    const added = tlsAddRoot(pointer, length);
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
}
