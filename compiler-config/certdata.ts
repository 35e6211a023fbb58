/**
 * Reads Mozilla's certdata.txt, the source of NSS's built-in root certificates: a list of PKCS #11
 * objects, one attribute per line (`NAME TYPE VALUE`; binary values are octal escapes up to END). A
 * certificate object holds the certificate; a trust object with the same issuer and serial number
 * says for what it is trusted.
 */
import { createHash } from "node:crypto";

/** A root that is trusted to certify TLS servers. */
export interface Root {
  label: string;
  der: Buffer;
  /** YYYYMMDDhhmmss, UTC; server certificates issued later are not trusted. 0 means no date. */
  distrustAfter: bigint;
}

type Attributes = Map<string, string | Buffer>;

/** Returns the value of a MULTILINE_OCTAL attribute, given its lines up to END. */
function octets(lines: string[]): Buffer {
  const text = lines.join("");
  if (!/^(?:\\[0-3][0-7]{2})*$/.test(text)) throw new Error(`certdata: ${text} is not octal`);
  return Buffer.from((text.match(/[0-7]{3}/g) ?? []).map((digits) => Number.parseInt(digits, 8)));
}

function objectsOf(text: string): Attributes[] {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  const objects: Attributes[] = [];
  for (let i = lines.indexOf("BEGINDATA") + 1; i < lines.length; i++) {
    const [, name, type, value] = /^(\w+) (\w+) ?(.*)$/.exec(lines[i]) ?? [];
    if (name === undefined) throw new Error(`certdata: cannot parse ${lines[i]}`);
    if (name === "CKA_CLASS") objects.push(new Map());
    const object = objects.at(-1);
    if (object === undefined) throw new Error("certdata: an attribute precedes CKA_CLASS");
    if (type !== "MULTILINE_OCTAL") {
      object.set(name, value);
      continue;
    }
    const end = lines.indexOf("END", i);
    if (end < 0) throw new Error(`certdata: ${name} has no END`);
    object.set(name, octets(lines.slice(i + 1, end)));
    i = end;
  }
  return objects;
}

function labelOf(object: Attributes): string {
  return `${object.get("CKA_LABEL")}`.replace(/^"(.*)"$/, "$1");
}

function bytesOf(object: Attributes, name: string): Buffer {
  const value = object.get(name);
  if (!Buffer.isBuffer(value)) throw new Error(`certdata: ${labelOf(object)} has no ${name}`);
  return value;
}

/** Returns the key that a certificate object and its trust object share. */
function identity(object: Attributes): string {
  const names = ["CKA_ISSUER", "CKA_SERIAL_NUMBER"];
  return names.map((name) => bytesOf(object, name).toString("hex")).join(" ");
}

/** UTCTime or GeneralizedTime (RFC 5280, 4.1.2.5) as YYYYMMDDhhmmss; 0 for CK_FALSE or none. */
function distrustDate(value: string | Buffer | undefined): bigint {
  if (value === undefined || value === "CK_FALSE") return 0n;
  const [, digits] = /^(\d{12}|\d{14})Z$/.exec(value.toString("latin1")) ?? [];
  if (digits === undefined) throw new Error(`certdata: ${value} is not a date`);
  if (digits.length === 14) return BigInt(digits);
  return BigInt(`${Number(digits.slice(0, 2)) < 50 ? 20 : 19}${digits}`);
}

/** Returns the roots that are trusted to certify TLS servers, in the order of the file. */
export function trustedRoots(text: string): Root[] {
  const objects = objectsOf(text);
  const ofClass = (name: string) => objects.filter((object) => object.get("CKA_CLASS") === name);
  const trust = new Map(ofClass("CKO_NSS_TRUST").map((object) => [identity(object), object]));
  const roots = ofClass("CKO_CERTIFICATE").flatMap((object) => {
    const [label, der] = [labelOf(object), bytesOf(object, "CKA_VALUE")];
    const found = trust.get(identity(object));
    if (found === undefined) throw new Error(`certdata: ${label} has no trust object`);
    if (found.get("CKA_TRUST_SERVER_AUTH") !== "CKT_NSS_TRUSTED_DELEGATOR") return [];
    const sha1 = createHash("sha1").update(der).digest();
    if (!sha1.equals(bytesOf(found, "CKA_CERT_SHA1_HASH"))) {
      throw new Error(`certdata: the trust object of ${label} is for another certificate`);
    }
    const distrustAfter = distrustDate(object.get("CKA_NSS_SERVER_DISTRUST_AFTER"));
    return [{ label, der, distrustAfter }];
  });
  if (roots.length === 0) throw new Error("certdata: no root is trusted to certify TLS servers");
  return roots;
}
