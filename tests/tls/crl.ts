/** Builds revocation lists (RFC 5280 section 5), well-formed or not. */
import { createPrivateKey, sign } from "node:crypto";
import type { Certificate } from "./certificates.ts";
import { bits, der, Field, fieldsOf, OCTET_STRING, oid, sequence } from "./der.ts";
import { time } from "./ocsp.ts";

const DAY = 86_400;
const ECDSA_SHA256 = sequence(oid("2a8648ce3d040302"));
const TRUE = der(0x01, Buffer.of(0xff));

/** Fields of a list; by default issued an hour ago and valid for a day. */
export interface CrlOptions {
  revoked?: Certificate[];
  /** Seconds from now. */
  updated?: number;
  /** Seconds from now; null for none. */
  next?: number | null;
  signer?: Certificate;
  /** Extensions of the list and of each entry. */
  extensions?: Buffer[];
  entryExtensions?: Buffer[];
}

/** Encodes an extension, whose id is given as hexadecimal digits. */
export function extension(id: string, value: Buffer, critical = false): Buffer {
  return sequence(oid(id), ...(critical ? [TRUE] : []), der(OCTET_STRING, value));
}

/** Returns the list of an issuer, in DER. */
export function crl(issuer: Certificate, options: CrlOptions = {}): Buffer {
  const more = options.entryExtensions ?? [];
  const entry = (one: Certificate) =>
    sequence(
      fieldsOf(one)[Field.Serial],
      time(-DAY),
      ...(more.length > 0 ? [sequence(...more)] : []),
    );
  const entries = (options.revoked ?? []).map(entry);
  const next = options.next === null ? [] : [time(options.next ?? DAY)];
  const extensions = options.extensions ?? [extension("551d14", der(0x02, Buffer.of(7)))];
  const body = sequence(
    der(0x02, Buffer.of(1)),
    ECDSA_SHA256,
    fieldsOf(issuer)[Field.Subject],
    time(options.updated ?? -3600),
    ...next,
    ...(entries.length > 0 ? [sequence(...entries)] : []),
    der(0xa0, sequence(...extensions)),
  );
  const key = createPrivateKey((options.signer ?? issuer).keyPem);
  return sequence(body, ECDSA_SHA256, bits(sign("sha256", body, key)));
}

/** Encodes a list in PEM (RFC 7468). */
export function toPem(list: Buffer): string {
  const lines = list.toString("base64").replace(/.{64}/g, "$&\n");
  return `-----BEGIN X509 CRL-----\n${lines}\n-----END X509 CRL-----\n`;
}
