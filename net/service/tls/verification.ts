/**
 * What can be wrong with a peer's certificate (RFC 5280 section 6.1, RFC 9525), as the bits of
 * the engine's verification result, each in words.
 */
import { TlsRefusal } from "../../../core/tls-codes";

class Fault {
  constructor(
    readonly flag: u32,
    readonly words: string,
  ) {}
}

const FAULTS: StaticArray<Fault> = [
  new Fault(TlsRefusal.Expired, "it has expired"),
  new Fault(TlsRefusal.NotYetValid, "it is not valid yet"),
  new Fault(TlsRefusal.WrongName, "it is not for this name"),
  new Fault(TlsRefusal.NotTrusted, "no trusted root vouches for it"),
  new Fault(TlsRefusal.RootExpired, "the root that vouches for it has expired"),
  new Fault(TlsRefusal.NoCertificate, "none was sent"),
  new Fault(TlsRefusal.NotVerified, "it was not checked"),
  new Fault(TlsRefusal.Other, "it breaks a rule of RFC 5280"),
  new Fault(TlsRefusal.KeyUsage, "its key usage does not allow this"),
  new Fault(TlsRefusal.ExtendedKeyUsage, "its extended key usage does not allow this"),
  new Fault(TlsRefusal.WeakHash, "it is signed with a hash that is too weak"),
  new Fault(TlsRefusal.WeakKeyKind, "it is signed in a way that is not accepted"),
  new Fault(TlsRefusal.WeakKey, "a key is too short, or on a curve that is not accepted"),
  new Fault(TlsRefusal.NoAlternativeName, "it names no host (it has no subjectAltName)"),
  new Fault(TlsRefusal.AuthorityAsServer, "it is an authority's, not a server's"),
  new Fault(TlsRefusal.OldVersion, "it is of an old version, not X.509v3"),
  new Fault(TlsRefusal.NameConstraint, "an authority above it may not certify this name"),
  new Fault(TlsRefusal.UnknownConstraint, "it is under a name constraint of an unknown form"),
  new Fault(TlsRefusal.UnknownExtension, "it has a critical extension that is not known"),
  new Fault(TlsRefusal.IntermediateUsage, "an authority above it may not certify servers"),
  new Fault(TlsRefusal.RootDistrusted, "it was issued after its root was distrusted"),
  new Fault(TlsRefusal.Malformed, "its extensions are badly encoded"),
];

/** Returns the words for each fault, the likeliest first; empty for 0. */
export function faultsOf(flags: u32): Array<string> {
  const words: Array<string> = [];
  let left = flags;
  for (let i = 0; i < FAULTS.length; i++) {
    if ((flags & FAULTS[i].flag) == 0) continue;
    words.push(FAULTS[i].words);
    left &= ~FAULTS[i].flag;
  }
  if (left != 0) words.push(`it breaks rule 0x${left.toString(16)}`);
  return words;
}

/** Reports whether a fault depends on the clock, whose value then belongs to the message. */
export function concernsDates(flags: u32): bool {
  return (flags & (TlsRefusal.Expired | TlsRefusal.NotYetValid | TlsRefusal.RootExpired)) != 0;
}
