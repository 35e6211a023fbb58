/**
 * Makes the built-in store of trusted roots from Mozilla's certdata.txt.
 *     node --import tsx compiler-config/roots.ts CERTDATA.txt PIN FOLDER
 * PIN holds the file's version and SHA-256 (compiler-config/pins/certdata). FOLDER receives
 *     roots-data.bin   the certificates in DER, one after another
 *     roots-index.bin  24 bytes for each, sorted by hash: distrust date as YYYYMMDDhhmmss, or 0
 *                      (u64); hash of the subject's name, offset, length, 0 (u32 each).
 *                      glue/roots.c reads it.
 *     roots-set.bin    "VERSION SHA-256"
 * Expired roots are kept, as the output must not depend on the day. The verifier rejects them.
 */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { trustedRoots } from "./certdata.ts";

const SEQUENCE = 0x30;
const VERSION = 0xa0;
const ENTRY_BYTES = 24;

/** Returns where the content of the DER element at `at` starts and ends. */
function element(der: Buffer, at: number): { start: number; end: number } {
  const first = der[at + 1];
  const octets = first < 0x80 ? 0 : first & 0x7f;
  const length = octets === 0 ? first : der.readUIntBE(at + 2, octets);
  const start = at + 2 + octets;
  return { start, end: start + length };
}

/** Returns the subject's name, encoded as in the certificate (RFC 5280, 4.1). */
function subject(der: Buffer): Buffer {
  let at = element(der, element(der, 0).start).start;
  if (der[at] === VERSION) at = element(der, at).end;
  for (let skipped = 0; skipped < 4; skipped++) at = element(der, at).end; // serial to validity
  if (der[at] !== SEQUENCE) throw new Error("roots: a certificate has no subject");
  return der.subarray(at, element(der, at).end);
}

/** FNV-1a, 32 bits. */
function hashOf(bytes: Buffer): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}

const [certdata, pin, folder] = process.argv.slice(2);
const source = readFileSync(certdata);
const digest = createHash("sha256").update(source).digest("hex");
const [, version, expected] = /^([\d.]+) ([0-9a-f]{64}) /m.exec(readFileSync(pin, "utf8")) ?? [];
if (digest !== expected) {
  throw new Error(`${certdata}: SHA-256 is ${digest}, ${pin} expects ${expected}`);
}
const all = trustedRoots(source.toString("utf8"));
const roots = all
  .map((root) => ({ ...root, hash: hashOf(subject(root.der)) }))
  .sort((a, b) => a.hash - b.hash || Buffer.compare(a.der, b.der));

const index = Buffer.alloc(ENTRY_BYTES * roots.length);
let offset = 0;
roots.forEach(({ der, distrustAfter, hash }, i) => {
  const at = ENTRY_BYTES * i;
  index.writeBigUInt64LE(distrustAfter, at);
  index.writeUInt32LE(hash, at + 8);
  index.writeUInt32LE(offset, at + 12);
  index.writeUInt32LE(der.length, at + 16);
  offset += der.length;
});
writeFileSync(`${folder}/roots-index.bin`, index);
writeFileSync(`${folder}/roots-data.bin`, Buffer.concat(roots.map(({ der }) => der)));
writeFileSync(`${folder}/roots-set.bin`, `${version} ${digest}`);
const dated = roots.filter(({ distrustAfter }) => distrustAfter !== 0n).length;
console.log(
  `         ${roots.length} roots from certdata.txt ${version}, ${dated} with a distrust date`,
);
