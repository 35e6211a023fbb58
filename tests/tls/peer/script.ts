/** Scripts for the test server: what it does in a handshake, and how it misbehaves. */
import { constants, type KeyObject, sign as signWith } from "node:crypto";
import type { ServerHello } from "./hello.ts";
import type { Protection13 } from "./keys.ts";
import type { Wire } from "./wire.ts";

/** The messages that a script can replace (RFC 8446 section 4, RFC 5246 section 7.4). */
export type Message =
  | "HelloRetryRequest"
  | "ServerHello"
  | "EncryptedExtensions"
  | "CertificateRequest"
  | "Certificate"
  | "CertificateVerify"
  | "ServerKeyExchange"
  | "ServerHelloDone"
  | "NewSessionTicket"
  | "ChangeCipherSpec"
  | "Finished";

/** Receives a message, or the record of ChangeCipherSpec; returns what to send instead of it. */
export type Change = (
  message: Buffer,
  wire: Wire,
) => Buffer | Buffer[] | Promise<Buffer | Buffer[]>;

/** A server's certificate chain and private key. */
export interface Identity {
  /** In DER, the server's certificate first. */
  chain: Buffer[];
  key: KeyObject;
}

/** Deviations from a normal handshake; without any, the server behaves. */
export interface Script {
  /** TLS 1.2 or TLS 1.3. Default: 13. */
  version?: 12 | 13;
  /** Replaces the stage's default identity. */
  identity?: () => Identity;
  group?: Group;
  /** Changes the fields of the ServerHello. */
  hello?: (hello: ServerHello) => void;
  /** Sends a HelloRetryRequest first, with its fields changed. */
  retry?: (hello: ServerHello) => void;
  change?: Partial<Record<Message, Change>>;
  /** The maximum number of bytes of a handshake message in one record. */
  fragment?: number;
  /** Sends consecutive messages without a gap, in records that are as long as possible. */
  joined?: boolean;
  /** Extensions to add to EncryptedExtensions. */
  encrypted?: [number, Buffer][];
  /** Extensions of each CertificateEntry; TLS 1.3 only. */
  stapled?: [number, Buffer][];
  /** Sends this CertificateStatus, with the first certificate or, in TLS 1.2, after it. */
  status?: Buffer;
  /** Sends these CertificateStatus with the certificates after the first; TLS 1.3 only. */
  statuses?: Buffer[];
  /** The signature scheme of CertificateVerify or ServerKeyExchange. */
  scheme?: number;
  /** The context string of CertificateVerify. */
  context?: string;
  /** The key to sign with, instead of the identity's. */
  signer?: KeyObject;
  /** Requests a client certificate. */
  request?: boolean;
  /** Resumes the session with this secret: a TLS 1.3 ticket's PSK or a TLS 1.2 master secret. */
  secret?: Buffer;
  /** Runs after the handshake; `greet` by default. */
  afterwards?: (session: Session) => Promise<void>;
}

/** A TLS 1.3 connection after its handshake, with keys for both directions. */
export type Session13 = Session & { writing: Protection13; reading: Protection13 };

/** A connection whose handshake is complete. */
export interface Session {
  wire: Wire;
  version: 12 | 13;
  /** The keys of both directions; TLS 1.3 only. */
  writing?: Protection13;
  reading?: Protection13;
  /** The resumption_master_secret of TLS 1.3 or the master secret of TLS 1.2. */
  secret: Buffer;
}

/** Key exchange groups that the server supports. */
export type Group = "x25519" | "P-256";

/** Sends a message, or the script's replacement for it. */
export async function say(wire: Wire, script: Script, name: Message, message: Buffer) {
  const change = script.change?.[name];
  const changed = change === undefined ? message : await change(message, wire);
  for (const one of Array.isArray(changed) ? changed : [changed]) await wire.say(one);
}

const { RSA_PKCS1_PSS_PADDING, RSA_PKCS1_PADDING, RSA_PSS_SALTLEN_DIGEST } = constants;

/** Hashes by the first byte of a signature scheme; every other scheme uses SHA-256 here. */
const digests = new Map([
  [0x02, "sha1"],
  [0x05, "sha384"],
]);
/** The hashes of RSASSA-PSS, by scheme. */
const pssDigests = new Map([
  [0x0805, "sha384"],
  [0x0806, "sha512"],
  [0x080a, "sha384"],
  [0x080b, "sha512"],
]);

/**
 * Signs `data` with the hash and padding of `scheme`, as far as the key's type allows: a script can
 * name a scheme that does not fit the key.
 */
export function sign(script: Script, identity: Identity, scheme: number, data: Buffer): Buffer {
  const key = script.signer ?? identity.key;
  const pss = scheme >> 8 === 0x08;
  const digest = digests.get(scheme >> 8) ?? pssDigests.get(scheme) ?? "sha256";
  if (key.asymmetricKeyType === "ec") return signWith(digest, data, key);
  const padding = pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING;
  return signWith(digest, data, {
    key,
    padding,
    ...(pss ? { saltLength: RSA_PSS_SALTLEN_DIGEST } : {}),
  });
}
