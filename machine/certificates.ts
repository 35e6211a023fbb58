/** Trusted roots, certificates and this machine's identities, from the TLS library. */
import { CERTIFICATE_BYTES, CERTIFICATE_TEXT_BYTES } from "../core/limits";
import { CertificateField, RootKind } from "../core/tls-codes";
import { tlsCertificateText, tlsRoot, tlsRootSet, tlsSetIdentity } from "./host";

const scratch = new StaticArray<u8>(CERTIFICATE_BYTES as i32);

/** An X.509 certificate in DER. */
export class Certificate {
  constructor(readonly der: StaticArray<u8>) {}

  /** Returns a field as text, "" if absent, or "(too long)". `index` selects a name, from 0. */
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
    if (length > CERTIFICATE_TEXT_BYTES) return "(too long)";
    return String.UTF8.decodeUnsafe(pointer, length);
  }
}

/** Returns root `index` (from 0) of a kind, or null. */
export function rootCertificate(kind: RootKind, index: u32): Certificate | null {
  const pointer = changetype<usize>(scratch);
  const length = tlsRoot(kind, index, pointer, CERTIFICATE_BYTES);
  return length == 0 || length > CERTIFICATE_BYTES ? null : copied(pointer, length);
}

/** Identifies the built-in set: the version of Mozilla's list, a space, SHA-256 of certdata.txt. */
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

/** The side of a connection that uses an identity. */
export const enum Role {
  Client = 0,
  Server = 1,
}

let serverIdentity: bool = false;

/**
 * Sets the certificate chain and private key (both PEM) that this machine uses in a role, and
 * erases `key`. Returns 0, or a negative error of mbedTLS.
 */
export function setIdentity(role: Role, chain: StaticArray<u8>, key: StaticArray<u8>): i32 {
  const pointer = changetype<usize>(key);
  const error = tlsSetIdentity(role, changetype<usize>(chain), chain.length, pointer, key.length);
  memory.fill(pointer, 0, key.length);
  if (error == 0 && role == Role.Server) serverIdentity = true;
  return error;
}

/** Reports whether a server's certificate and key are set. */
export function hasServerIdentity(): bool {
  return serverIdentity;
}
