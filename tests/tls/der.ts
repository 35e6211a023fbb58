/** DER (X.690): takes certificates apart and puts altered ones together (RFC 5280 section 4.1). */
import { createPrivateKey, sign } from "node:crypto";
import type { Certificate } from "./certificates.ts";
import { identity } from "./peer/serve.ts";

export const SEQUENCE = 0x30;
export const INTEGER = 0x02;
export const BIT_STRING = 0x03;
export const OCTET_STRING = 0x04;

/** Encodes an element. */
export function der(tag: number, ...parts: Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const digits = content.length.toString(16);
  const length = Buffer.from(digits.padStart(digits.length + (digits.length % 2), "0"), "hex");
  const head =
    content.length < 0x80 ? length : Buffer.concat([Buffer.of(0x80 | length.length), length]);
  return Buffer.concat([Buffer.of(tag), head, content]);
}

export const sequence = (...parts: Uint8Array[]) => der(SEQUENCE, ...parts);

/** Encodes a non-negative INTEGER. */
export function integer(value: bigint): Buffer {
  const digits = value.toString(16);
  const even = digits.padStart(digits.length + (digits.length % 2), "0");
  const bytes = Buffer.from(even, "hex");
  return der(INTEGER, bytes[0] >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes);
}

/** Encodes an OBJECT IDENTIFIER, given as the hexadecimal digits of its content. */
export function oid(digits: string): Buffer {
  return der(0x06, Buffer.from(digits, "hex"));
}

export const bits = (bytes: Uint8Array) => der(BIT_STRING, Buffer.of(0), bytes);

/** Splits consecutive elements. */
export function elements(bytes: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + headLength(bytes.subarray(at)) + contentLength(bytes.subarray(at));
    found.push(bytes.subarray(at, end));
    at = end;
  }
  return found;
}

function headLength(element: Buffer): number {
  return element[1] < 0x80 ? 2 : 2 + (element[1] & 0x7f);
}

function contentLength(element: Buffer): number {
  const width = element[1] & 0x7f;
  return element[1] < 0x80 ? element[1] : element.readUIntBE(2, width);
}

/** Returns the content of an element. */
export function content(element: Buffer): Buffer {
  const from = headLength(element);
  return element.subarray(from, from + contentLength(element));
}

export function toDer(certificate: Certificate): Buffer {
  return identity([certificate]).chain[0];
}

/** Indexes of fields in a tbsCertificate of version 3. */
export const Field = { Serial: 1, Subject: 5, Key: 6, Extensions: 7 } as const;

/** Returns the fields of a certificate's tbsCertificate. */
export function fieldsOf(certificate: Certificate): Buffer[] {
  return elements(content(elements(content(toDer(certificate)))[0]));
}

/** Replaces fields of a certificate and signs it again, with a key or by a function. */
export function remake(
  original: Certificate,
  change: Map<number, Buffer>,
  signer: Certificate | ((signed: Buffer) => Buffer),
): Buffer {
  const [body, algorithm] = elements(content(toDer(original)));
  const fields = elements(content(body)).map((field, index) => change.get(index) ?? field);
  const signed = sequence(...fields);
  const signature =
    typeof signer === "function"
      ? signer(signed)
      : sign("sha256", signed, createPrivateKey(signer.keyPem));
  return sequence(signed, algorithm, bits(signature));
}
