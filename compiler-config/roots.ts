/**
 * Makes the store of trusted roots of Mozilla's set as Node has it, without those that have
 * expired: certificates in DER, and an index by the hash of the subject's name.
 *     node --import tsx compiler-config/roots.ts BUILD_TIME INDEX.bin DATA.bin
 * The index has 12 bytes an entry, sorted: hash, offset, length (net/service/tls/glue/roots.c).
 */
import { createHash, X509Certificate } from "node:crypto";
import { writeFileSync } from "node:fs";
import { rootCertificates } from "node:tls";

const SEQUENCE = 0x30;
const VERSION = 0xa0;

const [buildTime, indexFile, dataFile] = process.argv.slice(2);

/** Where the content of the DER element at `at` starts, and where it ends. */
function element(der: Buffer, at: number): { start: number; end: number } {
  const first = der[at + 1];
  const octets = first < 0x80 ? 0 : first & 0x7f;
  const length = octets === 0 ? first : der.readUIntBE(at + 2, octets);
  const start = at + 2 + octets;
  return { start, end: start + length };
}

/** The subject's name as it stands in the certificate (RFC 5280, 4.1). */
function subject(der: Buffer): Buffer {
  let at = element(der, element(der, 0).start).start;
  if (der[at] === VERSION) at = element(der, at).end;
  for (let skipped = 0; skipped < 4; skipped++) at = element(der, at).end; // serial to validity
  if (der[at] !== SEQUENCE) throw new Error("roots: a certificate of an unknown shape");
  return der.subarray(at, element(der, at).end);
}

/** FNV-1a, 32 bits. */
function hashOf(bytes: Buffer): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}

const all = rootCertificates.map((pem) => new X509Certificate(pem));
const valid = all.filter((root) => Date.parse(root.validTo) > Number(buildTime) * 1000);
const roots = valid
  .map((root) => ({ der: root.raw, hash: hashOf(subject(root.raw)) }))
  .sort((a, b) => a.hash - b.hash || Buffer.compare(a.der, b.der));

const index = Buffer.alloc(12 * roots.length);
let offset = 0;
roots.forEach(({ der, hash }, i) => {
  index.writeUInt32LE(hash, 12 * i);
  index.writeUInt32LE(offset, 12 * i + 4);
  index.writeUInt32LE(der.length, 12 * i + 8);
  offset += der.length;
});
const data = Buffer.concat(roots.map(({ der }) => der));
writeFileSync(indexFile, index);
writeFileSync(dataFile, data);
const digest = createHash("sha256").update(data).digest("hex");
const expired = all.length - valid.length;
console.log(`         ${roots.length} roots (${expired} expired ones left out), SHA-256 ${digest}`);
