/** The trusted roots as one list: the built-in ones first, then those added. */
import { RootKind } from "../../../../core/tls-codes";
import { Certificate, rootCertificate } from "../../../../machine/certificates";
import { tlsRootCount } from "../../../../machine/host";

/** Returns the number of trusted roots. */
export function rootTotal(): u32 {
  return tlsRootCount(RootKind.BuiltIn) + tlsRootCount(RootKind.Added);
}

/** Reports whether root `index` (from 0) was added to the built-in ones. */
export function isAdded(index: u32): bool {
  return index >= tlsRootCount(RootKind.BuiltIn);
}

/** Returns root `index` (from 0), or null if there is none. */
export function rootAt(index: u32): Certificate | null {
  const builtIn = tlsRootCount(RootKind.BuiltIn);
  if (index < builtIn) return rootCertificate(RootKind.BuiltIn, index);
  return rootCertificate(RootKind.Added, index - builtIn);
}
