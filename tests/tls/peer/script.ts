/** Scripts: what a server does in a handshake, and how it misbehaves. */
import { constants, type KeyObject, sign as signWith } from "node:crypto";
import type { ServerHello } from "./hello.ts";
import type { Protection13 } from "./keys.ts";
import type { Wire } from "./wire.ts";

/** Messages that a script may change. */
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

/** Takes a message as it would be sent; returns what is sent instead. */
export type Change = (
  message: Buffer,
  wire: Wire,
) => Buffer | Buffer[] | Promise<Buffer | Buffer[]>;

/** A server's certificates and key. */
export interface Identity {
  /** In DER, its own certificate first. */
  chain: Buffer[];
  key: KeyObject;
}

export interface Script {
  version?: 12 | 13;
  /** Replaces the usual one. */
  identity?: () => Identity;
  group?: Group;
  /** Changes the fields of the ServerHello. */
  hello?: (hello: ServerHello) => void;
  /** Sends a HelloRetryRequest, and changes its fields. */
  retry?: (hello: ServerHello) => void;
  change?: Partial<Record<Message, Change>>;
  /** Most bytes of a handshake message in a record. */
  fragment?: number;
  /** Extensions to add to EncryptedExtensions. */
  encrypted?: [number, Buffer][];
  /** Extensions to add to the certificate; TLS 1.3 only. */
  stapled?: [number, Buffer][];
  /** The signature scheme of CertificateVerify or ServerKeyExchange. */
  scheme?: number;
  /** The context string of CertificateVerify. */
  context?: string;
  /** Signs instead of the identity's key. */
  signer?: KeyObject;
  /** Requests a client certificate. */
  request?: boolean;
  /** Resumes a session: the secret of a ticket in TLS 1.3, the master secret in TLS 1.2. */
  secret?: Buffer;
  /** Runs after the handshake. Default: `greet`. */
  afterwards?: (session: Session) => Promise<void>;
}

/** A TLS 1.3 connection after its handshake, with keys for both directions. */
export type Session13 = Session & { writing: Protection13; reading: Protection13 };

/** A connection after its handshake. */
export interface Session {
  wire: Wire;
  version: 12 | 13;
  /** TLS 1.3 only. */
  writing?: Protection13;
  reading?: Protection13;
  /** The resumption secret of TLS 1.3, the master secret of TLS 1.2. */
  secret: Buffer;
}

export type Group = "x25519" | "P-256";

/** Sends a message as changed by the script. */
export async function say(wire: Wire, script: Script, name: Message, message: Buffer) {
  const change = script.change?.[name];
  const changed = change === undefined ? message : await change(message, wire);
  for (const one of Array.isArray(changed) ? changed : [changed]) await wire.say(one);
}

const { RSA_PKCS1_PSS_PADDING, RSA_PKCS1_PADDING } = constants;

/** Hashes of schemes, by their first byte, other than SHA-256. */
const digests = new Map([
  [0x02, "sha1"],
  [0x05, "sha384"],
]);

/** Signs by `scheme`, as far as the key can: a script may name any. */
export function sign(script: Script, identity: Identity, scheme: number, data: Buffer): Buffer {
  const key = script.signer ?? identity.key;
  const pss = scheme >> 8 === 0x08;
  const digest = digests.get(scheme >> 8) ?? "sha256";
  if (key.asymmetricKeyType === "ec") return signWith(digest, data, key);
  const padding = pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING;
  return signWith(digest, data, { key, padding, ...(pss ? { saltLength: 32 } : {}) });
}
