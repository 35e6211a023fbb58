/** Elliptic curve Diffie-Hellman (RFC 8446 section 4.2.8.2, RFC 8422). */
import { createECDH, createPublicKey, diffieHellman, generateKeyPairSync } from "node:crypto";
import type { Group } from "./script.ts";

/** Group numbers, as assigned by IANA. */
export const groups = { x25519: 0x1d, "P-256": 0x17 } as const;

/** One side's share, and the computation of the shared secret from the other's. */
export interface Exchange {
  share: Buffer;
  agree(theirs: Buffer): Buffer;
}

/** The DER in front of the 32 bytes of an X25519 public key (RFC 8410). */
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
