/** Certificates as the commands print them: subject, issuer, validity, names, key. */
import { CERTIFICATE_BYTES, CERTIFICATE_CHAIN, CERTIFICATE_NAMES } from "../../core/limits";
import { CertificateField, RootKind, TlsBytesField, TlsNumberField } from "../../core/tls-codes";
import { Certificate } from "../../machine/certificates";
import { TlsStream } from "../../net/service/tls/stream";
import { printable } from "./terminal/printable";

/** The most names to print; further ones are counted. */
const NAMES_SHOWN: u32 = 20;

/** Returns certificate `index` (from 0) of those that the peer sent, or null. */
export function peerCertificate(stream: TlsStream, index: u32): Certificate | null {
  return read(stream, TlsBytesField.Certificate, index);
}

/** Returns the root at the end of the peer's chain, or null. */
export function peerRoot(stream: TlsStream): Certificate | null {
  return read(stream, TlsBytesField.Root, 0);
}

/** Returns the number of certificates of the peer that are available. */
export function peerCertificateCount(stream: TlsStream): u32 {
  return min(max(stream.number(TlsNumberField.Certificates), 0) as u32, CERTIFICATE_CHAIN);
}

/** Returns the kind of the root at the end of the peer's chain: "built in" or "added". */
export function rootKindText(stream: TlsStream): string {
  const kind: i32 = stream.number(TlsNumberField.Root) & 1;
  return kind == (RootKind.Added as i32) ? "added" : "built in";
}

/** Returns the lines that describe a certificate. */
export function certificateLines(certificate: Certificate): Array<string> {
  const from = certificate.text(CertificateField.NotBefore);
  const to = certificate.text(CertificateField.NotAfter);
  const key = certificate.text(CertificateField.Key);
  const signature = certificate.text(CertificateField.Signature);
  const lines: Array<string> = [
    `subject: ${certificate.text(CertificateField.Subject)}`,
    `issuer: ${certificate.text(CertificateField.Issuer)}`,
    `valid: ${from} to ${to} UTC`,
  ];
  const names = alternativeNames(certificate);
  if (names != "") lines.push(`names: ${names}`);
  lines.push(`key: ${key}, signed with ${signature}`);
  return lines;
}

/** Returns the subject alternative names, separated by commas. */
function alternativeNames(certificate: Certificate): string {
  const names: Array<string> = [];
  let more: u32 = 0;
  for (let i: u32 = 0; i < CERTIFICATE_NAMES; i++) {
    const name = certificate.text(CertificateField.AlternativeName, i);
    if (name == "") break;
    if (i < NAMES_SHOWN) names.push(name);
    else more++;
  }
  return names.join(", ") + (more > 0 ? ` and ${more} more` : "");
}

/** Returns the subject, safe to print on one line. */
export function certificateTitle(certificate: Certificate): string {
  return printable(certificate.text(CertificateField.Subject));
}

function read(stream: TlsStream, what: TlsBytesField, index: u32): Certificate | null {
  const buffer = new StaticArray<u8>(CERTIFICATE_BYTES as i32);
  const pointer = changetype<usize>(buffer);
  const length = stream.bytes(what, index, pointer, CERTIFICATE_BYTES);
  if (length == 0 || length > CERTIFICATE_BYTES) return null;
  const der = new StaticArray<u8>(length as i32);
  memory.copy(changetype<usize>(der), pointer, length);
  return new Certificate(der);
}
