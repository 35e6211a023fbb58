/** Elliptic curve Diffie-Hellman, as a server does it (RFC 8446 section 4.2.8.2, RFC 8422). */
import { createECDH, createPublicKey, diffieHellman, generateKeyPairSync } from "node:crypto";
import type { Group } from "./script.ts";

/** IANA's numbers. */
export const groups = { x25519: 0x1d, "P-256": 0x17 } as const;

/** The share of the server, and what both sides make of the two shares. */
export interface Exchange {
  share: Buffer;
  agree(theirs: Buffer): Buffer;
}

/** What stands before the 32 bytes of a public key of X25519 in DER (RFC 8410). */
const PREFIX = Buffer.from("302a300506032b656e032100", "hex");

export function exchange(group: Group): Exchange {
  if (group === "P-256") {
    const curve = createECDH("prime256v1");
    return { share: curve.generateKeys(), agree: (theirs) => curve.computeSecret(theirs) };
  }
  const { privateKey, publicKey } = generateKeyPairSync("x25519");
  const share = publicKey.export({ type: "spki", format: "der" }).subarray(PREFIX.length);
  const agree = (theirs: Buffer) => {
    const key = Buffer.concat([PREFIX, theirs]);
    return diffieHellman({
      privateKey,
      publicKey: createPublicKey({ key, type: "spki", format: "der" }),
    });
  };
  return { share, agree };
}
