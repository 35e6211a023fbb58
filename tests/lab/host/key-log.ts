/**
 * Keys of TLS connections, as a server logs them (in the format of SSLKEYLOGFILE) and as they are
 * derived (RFC 8446 section 7), and the search for any of them in a text.
 */
import { createHmac } from "node:crypto";

/** HKDF-Expand-Label with an empty context, up to one block of the hash. */
function expand(secret: Buffer, label: string, length: number): Buffer {
  const name = Buffer.from(`tls13 ${label}`);
  const information = Buffer.concat([Buffer.of(0, length, name.length), name, Buffer.of(0, 1)]);
  const hash = secret.length === 48 ? "sha384" : "sha256";
  return createHmac(hash, secret).update(information).digest().subarray(0, length);
}

/** The secrets of a log, and for TLS 1.3 the keys and nonces derived from them. */
export function secretsOf(log: string): Buffer[] {
  const secrets: Buffer[] = [];
  for (const [, label, hex] of log.matchAll(/^([A-Z]\w+) [0-9a-f]{64} ([0-9a-f]+)$/gm)) {
    const secret = Buffer.from(hex, "hex");
    secrets.push(secret);
    if (!label.includes("TRAFFIC")) continue;
    for (const length of [16, 32]) secrets.push(expand(secret, "key", length));
    secrets.push(expand(secret, "iv", 12));
  }
  return secrets;
}

/** Finds pieces of secrets in a text: as bytes, as base64, or as hex words in either byte order. */
export function found(text: string, secrets: Buffer[]): string[] {
  const hex = text.toLowerCase().replace(/[^0-9a-f]+/g, " ");
  const pieces: string[] = [];
  for (const secret of secrets) {
    for (let at = 0; at + 4 <= secret.length; at += 4) {
      const word = secret.subarray(at, at + 4);
      const turned = Buffer.from(word).reverse();
      const shown = [word, turned].map((bytes) => bytes.toString("hex"));
      if (shown.some((digits) => hex.includes(digits))) pieces.push(shown[0]);
      if (at + 8 > secret.length) continue;
      const eight = secret.subarray(at, at + 8);
      if (text.includes(eight.toString("latin1"))) pieces.push(eight.toString("hex"));
      // The base64 characters that depend on these bytes alone, for each of three alignments.
      for (let shift = 0; shift < 3; shift++) {
        const padded = Buffer.concat([Buffer.alloc(shift), eight]).toString("base64");
        const own = padded.slice(shift === 0 ? 0 : shift + 1, -4);
        if (own.length >= 6 && text.includes(own)) pieces.push(own);
      }
    }
  }
  return pieces;
}
