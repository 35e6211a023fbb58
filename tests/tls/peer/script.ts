/** What a peer does in a handshake, and where it does other than it should. */
import { constants, type KeyObject, sign as signWith } from "node:crypto";
import type { ServerHello } from "./hello.ts";
import type { Protection13 } from "./keys.ts";
import type { Wire } from "./wire.ts";

/** Names of the messages that a script may change. */
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

/** Takes a message as it would go out; answers what goes out in its place. */
export type Change = (
  message: Buffer,
  wire: Wire,
) => Buffer | Buffer[] | Promise<Buffer | Buffer[]>;

/** Who the peer is. */
export interface Identity {
  /** In DER, its own certificate first. */
  chain: Buffer[];
  key: KeyObject;
}

export interface Script {
  version?: 12 | 13;
  /** In the place of the usual one. */
  identity?: () => Identity;
  group?: Group;
  /** Changes the fields of ServerHello; of HelloRetryRequest. */
  hello?: (hello: ServerHello) => void;
  retry?: (hello: ServerHello) => void;
  change?: Partial<Record<Message, Change>>;
  /** No record of the handshake carries more bytes. */
  fragment?: number;
  /** Further extensions of EncryptedExtensions, or of the certificate in TLS 1.3. */
  encrypted?: [number, Buffer][];
  stapled?: [number, Buffer][];
  /** The scheme and the context of CertificateVerify; the scheme of ServerKeyExchange. */
  scheme?: number;
  context?: string;
  /** The other key that signs. */
  signer?: KeyObject;
  /** Asks the client for a certificate. */
  request?: boolean;
  /** Resumes: TLS 1.3 with the secret of a ticket, TLS 1.2 with a master secret. */
  secret?: Buffer;
  /** What follows the handshake; without it "hello" answers the first data, and an end. */
  afterwards?: (session: Session) => Promise<void>;
}

/** One of TLS 1.3 whose handshake is over: there are keys of both directions. */
export type Session13 = Session & { writing: Protection13; reading: Protection13 };

/** A connection whose handshake is over. */
export interface Session {
  wire: Wire;
  version: 12 | 13;
  /** TLS 1.3 only. */
  writing?: Protection13;
  reading?: Protection13;
  /** Of resumption with TLS 1.3, the master secret of TLS 1.2. */
  secret: Buffer;
}

export type Group = "x25519" | "P-256";

/** Says a message, or what a script makes of it. */
export async function say(wire: Wire, script: Script, name: Message, message: Buffer) {
  const change = script.change?.[name];
  const changed = change === undefined ? message : await change(message, wire);
  for (const one of Array.isArray(changed) ? changed : [changed]) await wire.say(one);
}

const { RSA_PKCS1_PSS_PADDING, RSA_PKCS1_PADDING } = constants;

/** The hash of a scheme, by its first byte. */
const digests = new Map([
  [0x02, "sha1"],
  [0x05, "sha384"],
]);

/** Signs as `scheme` says it is signed, which the script may have made up. */
export function sign(script: Script, identity: Identity, scheme: number, data: Buffer): Buffer {
  const key = script.signer ?? identity.key;
  const pss = scheme >> 8 === 0x08;
  const digest = digests.get(scheme >> 8) ?? "sha256";
  if (key.asymmetricKeyType === "ec") return signWith(digest, data, key);
  const padding = pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING;
  return signWith(digest, data, { key, padding, ...(pss ? { saltLength: 32 } : {}) });
}
