/** Adds trusted roots from a file, one certificate at a time, and reports why any is rejected. */
import { PemLine, PemReader } from "../core/pem";
import { tlsAddRoot } from "./host";

/** The first byte of a certificate in DER. */
const SEQUENCE: u8 = 0x30;

/** The result of adding a file's certificates. */
class AddedRoots {
  /** How many were new. */
  count: i32 = 0;
  /** How many were trusted already. */
  known: i32 = 0;
  /** A line for each that could not be added: "certificate 2: RSA key shorter than 2048 bits". */
  readonly faults: Array<string> = [];

  /** Adds the certificate `number` (from 1), in PEM or DER. */
  add(pointer: usize, length: u32, number: i32): void {
    const result = tlsAddRoot(pointer, length);
    if (result < 0) this.faults.push(`certificate ${number}: ${rootFault(result)}`);
    else if (result == 0) this.known++;
    else this.count++;
  }
}

/** Trusts every PEM certificate in a file, which may contain other text, or one DER certificate. */
export function addRoots(bytes: StaticArray<u8>): AddedRoots {
  const roots = new AddedRoots();
  const pem = new PemReader("CERTIFICATE");
  const lines = String.UTF8.decodeUnsafe(changetype<usize>(bytes), bytes.length).split("\n");
  let number = 0;
  for (let i = 0; i < lines.length; i++) {
    const line = pem.take(lines[i]);
    if (line == PemLine.Unfinished) roots.faults.push(missingEnd(number, pem));
    if (line == PemLine.Begin || line == PemLine.Unfinished) number++;
    if (line != PemLine.End) continue;
    const block = String.UTF8.encode(pem.block);
    roots.add(changetype<usize>(block), block.byteLength, number);
  }
  if (pem.inside) roots.faults.push(missingEnd(number, pem));
  if (number > 0) return roots;
  // Checked last: the text of a PEM file may begin with "0" (0x30), too.
  if (bytes.length > 0 && bytes[0] == SEQUENCE) {
    roots.add(changetype<usize>(bytes), bytes.length, 1);
  } else {
    roots.faults.push(`no line ${pem.begin}`);
  }
  return roots;
}

function missingEnd(number: i32, pem: PemReader): string {
  return `certificate ${number}: missing line ${pem.end}`;
}

/** Explains an error of `tlsAddRoot`. */
export function rootFault(error: i32): string {
  const number = -error;
  // X.509 and key errors (x509.h, pk.h) are multiples of 128, to which ASN.1 and OID errors add.
  const high = number & ~0x7f;
  if (number == 0x3d00) return "RSA key shorter than 2048 bits";
  if (high == 0x2600) return "its signature algorithm is not supported (RSA and ECDSA are)";
  if (high == 0x3c80) return "its key type is not supported (RSA and EC are)";
  if (high == 0x3a00) return "its curve is not supported (P-256, P-384 and P-521 are)";
  if (number == 0x2980) return "no room for more roots";
  const digits = number.toString(16).padStart(4, "0");
  return `not a certificate (error -0x${digits})`;
}

/** Explains an error of `tlsAddList`. */
export function listFault(error: i32): string {
  if (error == -0x2080) return "it has a critical extension that is not supported";
  if (error == -0x2980) return "no room for more revocation lists";
  return `not a revocation list (error -0x${(-error).toString(16).padStart(4, "0")})`;
}
