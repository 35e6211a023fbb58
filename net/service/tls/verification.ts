/**
 * Texts for the bits of `TlsRefusal`: what can be wrong with a peer's certificate (RFC 5280
 * section 6.1, RFC 9525).
 */
import { TlsRefusal } from "../../../core/tls-codes";

class Fault {
  constructor(
    readonly flag: u32,
    readonly words: string,
  ) {}
}

const FAULTS: StaticArray<Fault> = [
  new Fault(TlsRefusal.Revoked, "it is on a revocation list"),
  new Fault(
    TlsRefusal.StatusRevoked,
    "it has been revoked, according to its stapled OCSP response",
  ),
  new Fault(TlsRefusal.BadStatus, "its stapled OCSP response is not valid"),
  new Fault(TlsRefusal.NoStatus, "it requires a stapled OCSP response, and none was sent"),
  new Fault(TlsRefusal.Expired, "it has expired"),
  new Fault(TlsRefusal.NotYetValid, "it is not yet valid"),
  new Fault(TlsRefusal.WrongName, "it is not valid for this name"),
  new Fault(TlsRefusal.NotTrusted, "its issuer is not trusted"),
  new Fault(TlsRefusal.RootExpired, "its root has expired"),
  new Fault(TlsRefusal.NoCertificate, "no certificate was sent"),
  new Fault(TlsRefusal.NotVerified, "it was not verified"),
  new Fault(TlsRefusal.Other, "it violates RFC 5280"),
  new Fault(TlsRefusal.KeyUsage, "its key usage does not permit digital signatures"),
  new Fault(
    TlsRefusal.ExtendedKeyUsage,
    "its extended key usage does not permit server authentication",
  ),
  new Fault(TlsRefusal.DisallowedHash, "its signature uses a weak hash"),
  new Fault(TlsRefusal.DisallowedKeyType, "its signature algorithm is not supported"),
  new Fault(TlsRefusal.DisallowedKey, "a key is too short or its curve is not supported"),
  new Fault(TlsRefusal.NoAlternativeName, "it has no subjectAltName"),
  new Fault(TlsRefusal.AuthorityAsServer, "it is a CA certificate, not a server's"),
  new Fault(TlsRefusal.OldVersion, "it is not X.509 version 3"),
  new Fault(TlsRefusal.NameConstraint, "its name violates the name constraints of an issuer"),
  new Fault(
    TlsRefusal.UnsupportedConstraint,
    "the name constraints of an issuer are not supported",
  ),
  new Fault(TlsRefusal.UnknownExtension, "it has an unknown critical extension"),
  new Fault(TlsRefusal.IssuerUsage, "an issuer must not certify servers"),
  new Fault(TlsRefusal.RootDistrusted, "it was issued after its root was distrusted"),
  new Fault(TlsRefusal.Policy, "no certificate policy that an issuer requires is valid for it"),
  new Fault(TlsRefusal.TooCostly, "its chain takes too long to verify"),
  new Fault(TlsRefusal.Malformed, "its extensions are malformed"),
];

/** Faults that depend on the clock. */
const DATES: u32 =
  TlsRefusal.Expired | TlsRefusal.NotYetValid | TlsRefusal.RootExpired | TlsRefusal.BadStatus;

/** Returns a text for each bit set in `flags`, the most likely cause first; empty for 0. */
export function faultsOf(flags: u32): Array<string> {
  const words: Array<string> = [];
  let left = flags;
  for (let i = 0; i < FAULTS.length; i++) {
    if ((flags & FAULTS[i].flag) == 0) continue;
    words.push(FAULTS[i].words);
    left &= ~FAULTS[i].flag;
  }
  if (left != 0) words.push(`unknown verification flag 0x${left.toString(16)}`);
  return words;
}

/** Reports whether a fault concerns the stapled OCSP response; curl has an exit code for it. */
export function concernsStatus(flags: u32): bool {
  return (flags & (TlsRefusal.StatusRevoked | TlsRefusal.BadStatus | TlsRefusal.NoStatus)) != 0;
}

/** Reports whether a fault depends on the clock, so that the message should include its time. */
export function concernsDates(flags: u32): bool {
  return (flags & DATES) != 0;
}
