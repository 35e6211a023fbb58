/**
 * Certificates for tests, made in memory (X.509, RFC 5280): valid chains, and chains that are
 * invalid in many ways.
 */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";

/** Encodes one value in DER. */
export function der(tag: number, ...parts: Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  if (body.length < 128) return Buffer.concat([Buffer.of(tag, body.length), body]);
  const digits = body.length.toString(16);
  const length = Buffer.from(digits.padStart(digits.length + (digits.length % 2), "0"), "hex");
  return Buffer.concat([Buffer.of(tag, 0x80 | length.length), length, body]);
}

export const sequence = (...parts: Uint8Array[]) => der(0x30, ...parts);
const octets = (bytes: Uint8Array) => der(0x04, bytes);
const bits = (bytes: Uint8Array, unused = 0) => der(0x03, Buffer.of(unused), bytes);
const boolean = (value: boolean) => der(0x01, Buffer.of(value ? 255 : 0));
const integer = (value: number) => der(0x02, Buffer.of(value));
const ascii = (tag: number, text: string) => der(tag, Buffer.from(text, "latin1"));

export function oid(dotted: string): Buffer {
  const [first, second, ...rest] = dotted.split(".").map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const groups = [arc & 127];
    for (let left = arc >>> 7; left > 0; left >>>= 7) groups.unshift((left & 127) | 128);
    bytes.push(...groups);
  }
  return der(0x06, Buffer.from(bytes));
}

/** Encodes a date: UTCTime until 2049, then GeneralizedTime (RFC 5280 section 4.1.2.5). */
function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/[-:T]|\.\d+/g, "");
  return date.getUTCFullYear() < 2050 ? ascii(0x17, digits.slice(2)) : ascii(0x18, digits);
}

const name = (common: string) =>
  common === ""
    ? sequence()
    : sequence(der(0x31, sequence(oid("2.5.4.3"), der(0x0c, Buffer.from(common)))));

export interface Extension {
  oid: string;
  critical?: boolean;
  value: Uint8Array;
}

/** Encodes a DNS name or an IPv4 address as a GeneralName. */
const generalName = (text: string) =>
  /^\d+\.\d+\.\d+\.\d+$/.test(text)
    ? der(0x87, Buffer.from(text.split(".").map(Number)))
    : ascii(0x82, text);

export const extension = {
  names: (names: string[]): Extension => ({
    oid: "2.5.29.17",
    value: sequence(...names.map(generalName)),
  }),
  authority: (pathLength?: number): Extension => ({
    oid: "2.5.29.19",
    critical: true,
    value: sequence(boolean(true), ...(pathLength === undefined ? [] : [integer(pathLength)])),
  }),
  noAuthority: (): Extension => ({ oid: "2.5.29.19", critical: true, value: sequence() }),
  /** Bit 0 digitalSignature, 5 keyCertSign, 6 cRLSign. */
  keyUsage: (...which: number[]): Extension => {
    const byte = which.reduce((sum, bit) => sum | (0x80 >> bit), 0);
    return { oid: "2.5.29.15", critical: true, value: bits(Buffer.of(byte)) };
  },
  /** `1` serverAuth, `2` clientAuth. */
  purposes: (...which: number[]): Extension => ({
    oid: "2.5.29.37",
    value: sequence(...which.map((purpose) => oid(`1.3.6.1.5.5.7.3.${purpose}`))),
  }),
  /** DNS names that an authority may certify, and names that it may not. */
  constraints: (permitted: string[], excluded: string[] = [], critical = true): Extension => {
    const list = (tag: number, names: string[]) =>
      names.length === 0 ? [] : [der(tag, ...names.map((n) => sequence(ascii(0x82, n))))];
    const value = sequence(...list(0xa0, permitted), ...list(0xa1, excluded));
    return { oid: "2.5.29.30", critical, value };
  },
  /** Requires a stapled OCSP response (RFC 7633). */
  mustStaple: (): Extension => ({
    oid: "1.3.6.1.5.5.7.1.24",
    critical: false,
    value: sequence(integer(5)),
  }),
  unknown: (): Extension => ({ oid: "1.2.3.4", critical: true, value: octets(Buffer.of(1)) }),
};

export type KeyKind = "ec" | "rsa" | "rsa1024";

export interface CertificateOptions {
  subject: string;
  /** Null: self-signed. */
  issuer: Certificate | null;
  extensions?: Extension[];
  kind?: KeyKind;
  /** Both default to always valid. */
  notBefore?: Date;
  notAfter?: Date;
  hash?: "sha256" | "sha384" | "sha1";
  /** 1: no extensions. */
  version?: 1 | 3;
  /** An issuer name other than the issuer's subject: an impostor's. */
  issuerName?: string;
  key?: KeyPair;
}

interface KeyPair {
  publicKey: KeyObject;
  privateKey: KeyObject;
}

function makeKey(kind: KeyKind): KeyPair {
  return kind === "ec"
    ? generateKeyPairSync("ec", { namedCurve: "P-256" })
    : generateKeyPairSync("rsa", { modulusLength: kind === "rsa" ? 2048 : 1024 });
}

const algorithms: Record<string, Buffer> = {
  "ec-sha1": sequence(oid("1.2.840.10045.4.1")),
  "ec-sha256": sequence(oid("1.2.840.10045.4.3.2")),
  "ec-sha384": sequence(oid("1.2.840.10045.4.3.3")),
  "rsa-sha1": sequence(oid("1.2.840.113549.1.1.5"), der(0x05)),
  "rsa-sha256": sequence(oid("1.2.840.113549.1.1.11"), der(0x05)),
  "rsa-sha384": sequence(oid("1.2.840.113549.1.1.12"), der(0x05)),
};

/** Valid by every clock: RFC 5280 section 4.1.2.5 allows no later end. */
const ALWAYS = { from: new Date("2000-01-01"), to: new Date("9999-12-31T23:59:59Z") };

export class Certificate {
  readonly der: Buffer;
  readonly keys: KeyPair;
  /** The kind of its key; default: as the issuer's, or else ec. */
  private readonly kind: KeyKind;

  constructor(readonly options: CertificateOptions) {
    this.kind = options.kind ?? options.issuer?.kind ?? "ec";
    this.keys = options.key ?? makeKey(this.kind);
    const signer = options.issuer ?? this;
    const hash = options.hash ?? "sha256";
    const kind = signer.keys.privateKey.asymmetricKeyType === "ec" ? "ec" : "rsa";
    const algorithm = algorithms[`${kind}-${hash}`];
    const version = options.version ?? 3;
    const extensions = (options.extensions ?? []).map((one) =>
      sequence(oid(one.oid), ...(one.critical ? [boolean(true)] : []), octets(one.value)),
    );
    const body = sequence(
      ...(version === 3 ? [der(0xa0, integer(2))] : []),
      der(0x02, Buffer.of(0x40), randomBytes(8)),
      algorithm,
      name(options.issuerName ?? signer.options.subject),
      sequence(time(options.notBefore ?? ALWAYS.from), time(options.notAfter ?? ALWAYS.to)),
      name(options.subject),
      this.keys.publicKey.export({ type: "spki", format: "der" }),
      ...(version === 3 && extensions.length > 0 ? [der(0xa3, sequence(...extensions))] : []),
    );
    this.der = sequence(body, algorithm, bits(sign(hash, body, signer.keys.privateKey)));
  }

  get pem(): string {
    const lines = this.der.toString("base64").match(/.{1,64}/g) ?? [];
    return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
  }

  /** The private key in PEM (PKCS #8). */
  get key(): string {
    return this.keys.privateKey.export({ type: "pkcs8", format: "pem" }) as string;
  }

  get fingerprint(): string {
    return createHash("sha256").update(this.der).digest("hex");
  }

  /** Its certificate and those above it in PEM, without the root. */
  get chain(): string {
    const above = this.options.issuer;
    return above === null || above.options.issuer === null ? this.pem : this.pem + above.chain;
  }
}

/** Makes a root, valid unless `options` say otherwise. */
export function makeRoot(subject: string, options: Partial<CertificateOptions> = {}): Certificate {
  const extensions = [extension.authority(), extension.keyUsage(5, 6)];
  return new Certificate({ subject, issuer: null, extensions, ...options });
}

/** Makes an authority below another. */
export function makeAuthority(
  subject: string,
  issuer: Certificate,
  options: Partial<CertificateOptions> = {},
): Certificate {
  const extensions = [extension.authority(), extension.keyUsage(5, 6)];
  return new Certificate({ subject, issuer, extensions, ...options });
}

/** Makes a server certificate for `names`. */
export function makeServer(
  names: string[],
  issuer: Certificate | null,
  options: Partial<CertificateOptions> = {},
): Certificate {
  const extensions = [extension.names(names), extension.noAuthority()];
  extensions.push(extension.keyUsage(0), extension.purposes(1));
  return new Certificate({ subject: names[0], issuer, extensions, ...options });
}
