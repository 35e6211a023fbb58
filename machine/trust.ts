/** Adds trusted roots or revocation lists from a file, and reports why any is rejected. */
import { PemLine, PemReader } from "../core/pem";
import { tlsAddList, tlsAddRoot } from "./host";

/** The first byte of a certificate or list in DER. */
const SEQUENCE: u8 = 0x30;

/** The result of adding what a file contains: certificates, or revocation lists. */
class Added {
  /** How many were new. */
  count: i32 = 0;
  /** How many were there already. */
  known: i32 = 0;
  /** A line for each that could not be added: "certificate 2: RSA key shorter than 2048 bits". */
  readonly faults: Array<string> = [];

  constructor(private readonly areLists: bool) {}

  /** Adds the part `number` (from 1), in PEM or DER. */
  add(pointer: usize, length: u32, number: i32): void {
    const lists = this.areLists;
    const result = lists ? tlsAddList(pointer, length) : tlsAddRoot(pointer, length);
    if (result < 0) this.report(number, lists ? listFault(result) : rootFault(result));
    else if (result == 0) this.known++;
    else this.count++;
  }

  report(number: i32, fault: string): void {
    this.faults.push(`${this.areLists ? "list" : "certificate"} ${number}: ${fault}`);
  }
}

/** Trusts every PEM certificate in a file, which may contain other text, or one DER certificate. */
export function addRoots(bytes: StaticArray<u8>): Added {
  return addAll(bytes, "CERTIFICATE", new Added(false));
}

/** Adds every revocation list in PEM in a file, which may contain other text, or one in DER. */
export function addLists(bytes: StaticArray<u8>): Added {
  return addAll(bytes, "X509 CRL", new Added(true));
}

function addAll(bytes: StaticArray<u8>, label: string, added: Added): Added {
  const pem = new PemReader(label);
  const lines = String.UTF8.decodeUnsafe(changetype<usize>(bytes), bytes.length).split("\n");
  let number = 0;
  for (let i = 0; i < lines.length; i++) {
    const line = pem.take(lines[i]);
    if (line == PemLine.Unfinished) added.report(number, `missing line ${pem.end}`);
    if (line == PemLine.Begin || line == PemLine.Unfinished) number++;
    if (line != PemLine.End) continue;
    const block = String.UTF8.encode(pem.block);
    added.add(changetype<usize>(block), block.byteLength, number);
  }
  if (pem.inside) added.report(number, `missing line ${pem.end}`);
  if (number > 0) return added;
  // Checked last: the text of a PEM file may begin with "0" (0x30), too.
  if (bytes.length > 0 && bytes[0] == SEQUENCE) {
    added.add(changetype<usize>(bytes), bytes.length, 1);
  } else {
    added.faults.push(`no line ${pem.begin}`);
  }
  return added;
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
