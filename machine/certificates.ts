/** Trusted roots and certificates by way of the TLS library, as bytes and texts. */
import { CERTIFICATE_BYTES, CERTIFICATE_TEXT_BYTES } from "../core/limits";
import { CertificateField, RootKind } from "../core/tls-codes";
import { tlsCertificateText, tlsRoot, tlsRootSet } from "./host";

const scratch = new StaticArray<u8>(CERTIFICATE_BYTES as i32);

/** A certificate in DER. */
export class Certificate {
  constructor(readonly der: StaticArray<u8>) {}

  /** A field in words; "" where there is none, or `index` is behind the last. */
  text(field: CertificateField, index: u32 = 0): string {
    const pointer = changetype<usize>(scratch);
    const der = changetype<usize>(this.der);
    const length = tlsCertificateText(
      der,
      this.der.length,
      field,
      index,
      pointer,
      CERTIFICATE_TEXT_BYTES,
    );
    if (length > CERTIFICATE_TEXT_BYTES) return "(too long to be shown)";
    return String.UTF8.decodeUnsafe(pointer, length);
  }
}

/** Root `index` of a kind, or null. */
export function rootCertificate(kind: RootKind, index: u32): Certificate | null {
  const pointer = changetype<usize>(scratch);
  const length = tlsRoot(kind, index, pointer, CERTIFICATE_BYTES);
  return length == 0 || length > CERTIFICATE_BYTES ? null : copied(pointer, length);
}

/** The built-in set: version of Mozilla's list, a space, SHA-256 of its certdata.txt. */
export function builtInRootSet(): string {
  const pointer = changetype<usize>(scratch);
  const length = tlsRootSet(pointer, CERTIFICATE_BYTES);
  return length > CERTIFICATE_BYTES ? "" : String.UTF8.decodeUnsafe(pointer, length);
}

function copied(pointer: usize, length: u32): Certificate {
  const der = new StaticArray<u8>(length as i32);
  memory.copy(changetype<usize>(der), pointer, length);
  return new Certificate(der);
}
