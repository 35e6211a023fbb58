/**
 * `ca crl` and `ca crl add`: show and add certificate revocation lists (RFC 5280 section 5). A list
 * applies to the certificates of the issuer that signed it, even if it is out of date.
 */
import { CERTIFICATE_TEXT_BYTES } from "../../../../core/limits";
import { tlsAddList, tlsListText } from "../../../../machine/host";
import { listFault } from "../../../../machine/trust";
import { NetworkStack } from "../../../../net/service/stack";
import { EXIT_OK } from "../../command";
import { Session } from "../../session";
import { printable } from "../../terminal/printable";
import { PasteJob } from "./paste";

/** `ca crl add`: reads a list in PEM pasted into the console. */
export class AddList extends PasteJob {
  constructor(
    session: Session,
    private readonly stack: NetworkStack,
  ) {
    super(session, "revocation list", "X509 CRL");
  }

  protected use(pointer: usize, length: u32): i32 {
    const added = tlsAddList(pointer, length);
    if (added < 0) return this.fail(listFault(added));
    if (added == 0) return this.fail("this list or a newer one has already been added");
    this.stack.trustChanged();
    let last = 0;
    while (listText(last + 1) != "") last++;
    this.session.printLine(`list ${last + 1} added: ${listText(last)}`);
    return EXIT_OK;
  }
}

/** Prints a line for each list. */
export function printLists(session: Session): void {
  let index = 0;
  for (let text = listText(0); text != ""; text = listText(index)) {
    index++;
    session.printLine(`${index.toString().padStart(4)}  ${text}`);
  }
  if (index == 0) session.printLine("no revocation lists (try: ca crl add)");
}

/** Describes list `index` (from 0); "" if there is none. */
function listText(index: u32): string {
  const text = new StaticArray<u8>(CERTIFICATE_TEXT_BYTES as i32);
  const pointer = changetype<usize>(text);
  const length = tlsListText(index, pointer, CERTIFICATE_TEXT_BYTES);
  if (length > CERTIFICATE_TEXT_BYTES) return "(too long)";
  return printable(String.UTF8.decodeUnsafe(pointer, length));
}
