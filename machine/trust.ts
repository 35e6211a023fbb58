/** Adds trusted roots from a file, one certificate at a time, and reports why any is rejected. */
import { tlsAddRoots } from "./host";

const BEGIN: string = "-----BEGIN CERTIFICATE-----";
const END: string = "-----END CERTIFICATE-----";
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
    const result = tlsAddRoots(pointer, length);
    if (result < 0) this.faults.push(`certificate ${number}: ${rootFault(result)}`);
    else if (result == 0) this.known++;
    else this.count++;
  }
}

/** Trusts every PEM certificate in a file, which may contain other text, or one DER certificate. */
export function addRoots(bytes: StaticArray<u8>): AddedRoots {
  const roots = new AddedRoots();
  const start = changetype<usize>(bytes);
  const length = bytes.length;
  if (length > 0 && bytes[0] == SEQUENCE) {
    roots.add(start, length, 1);
    return roots;
  }
  let number = 0;
  for (let from = find(bytes, BEGIN, 0); from < length; ) {
    number++;
    const next = find(bytes, BEGIN, from + BEGIN.length);
    const end = find(bytes, END, from);
    if (end < next) roots.add(start + from, end + END.length - from, number);
    else roots.faults.push(`certificate ${number}: missing line ${END}`);
    from = next;
  }
  if (number == 0) roots.faults.push(`no line ${BEGIN}`);
  return roots;
}

/** Returns the first position of an ASCII text from `from` on, or the length of `bytes`. */
function find(bytes: StaticArray<u8>, text: string, from: i32): i32 {
  for (let i = from; i + text.length <= bytes.length; i++) {
    let k = 0;
    while (k < text.length && (bytes[i + k] as i32) == text.charCodeAt(k)) k++;
    if (k == text.length) return i;
  }
  return bytes.length;
}

/** Explains an error of `tlsAddRoots`. */
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
