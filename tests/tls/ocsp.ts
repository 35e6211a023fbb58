/** Builds OCSP responses (RFC 6960), well-formed or not. */
import { createHash, createPrivateKey, sign } from "node:crypto";
import { type Certificate, hostTime } from "./certificates.ts";
import {
  bits,
  content,
  der,
  elements,
  Field,
  fieldsOf,
  OCTET_STRING,
  oid,
  sequence,
  toDer,
} from "./der.ts";

const DAY = 86_400;
const SHA1 = "2b0e03021a";
const SHA256 = "608648016503040201";
const ECDSA_SHA256 = sequence(oid("2a8648ce3d040302"));
const BASIC = "2b0601050507300101";

/** Fields of a response; the default is a good one, signed by the issuer, valid for a day. */
export interface OcspOptions {
  status?: "good" | "revoked" | "unknown";
  /** Seconds from now. */
  updated?: number;
  /** Seconds from now; null for none. */
  next?: number | null;
  /** The signer. Default: the issuer. */
  signer?: Certificate;
  /** Certificates to include. */
  certificates?: Certificate[];
  /** Whether the responder is named by its key's hash. */
  byKey?: boolean;
  hash?: "sha1" | "sha256";
  /** Extensions of the response, in DER. */
  extensions?: Buffer;
}

const keyBits = (certificate: Certificate) =>
  content(elements(content(fieldsOf(certificate)[Field.Key]))[1]).subarray(1);

/** Encodes a time as GeneralizedTime. */
export function time(ahead: number): Buffer {
  const text = new Date(hostTime(ahead) * 1000).toISOString().replace(/\.\d+|[-:T]/g, "");
  return der(0x18, Buffer.from(text));
}

function statusOf(options: OcspOptions): Buffer {
  if (options.status === "revoked")
    return der(0xa1, time(-DAY), der(0xa0, der(0x0a, Buffer.of(1))));
  return der(options.status === "unknown" ? 0x82 : 0x80);
}

function answer(leaf: Certificate, issuer: Certificate, options: OcspOptions): Buffer {
  const kind = options.hash ?? "sha1";
  const hash = (bytes: Buffer) => der(OCTET_STRING, createHash(kind).update(bytes).digest());
  const algorithm = sequence(oid(kind === "sha1" ? SHA1 : SHA256), der(0x05));
  const issuerName = fieldsOf(issuer)[Field.Subject];
  const serial = fieldsOf(leaf)[Field.Serial];
  const id = sequence(algorithm, hash(issuerName), hash(keyBits(issuer)), serial);
  const next = options.next === null ? [] : [der(0xa0, time(options.next ?? DAY))];
  return sequence(id, statusOf(options), time(options.updated ?? -60), ...next);
}

/** Returns the OCSPResponse about `leaf`. */
export function ocsp(leaf: Certificate, issuer: Certificate, options: OcspOptions = {}): Buffer {
  const signer = options.signer ?? issuer;
  const responder = options.byKey
    ? der(0xa2, der(OCTET_STRING, createHash("sha1").update(keyBits(signer)).digest()))
    : der(0xa1, fieldsOf(signer)[Field.Subject]);
  const answers = sequence(answer(leaf, issuer, options));
  const extensions = options.extensions === undefined ? [] : [der(0xa1, options.extensions)];
  const data = sequence(responder, time(-60), answers, ...extensions);
  const signature = sign("sha256", data, createPrivateKey(signer.keyPem));
  const list = options.certificates ?? [];
  const certificates = list.length === 0 ? [] : [der(0xa0, sequence(...list.map(toDer)))];
  const basic = sequence(data, ECDSA_SHA256, bits(signature), ...certificates);
  const bytes = sequence(oid(BASIC), der(OCTET_STRING, basic));
  return sequence(der(0x0a, Buffer.of(0)), der(0xa0, bytes));
}

/** Returns the error response of a responder. */
export const ocspError = (error: number) => sequence(der(0x0a, Buffer.of(error)));
