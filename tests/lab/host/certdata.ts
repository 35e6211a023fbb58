/**
 * Writes a certdata.txt in Mozilla's format with a test's roots (see compiler-config/certdata.ts).
 */
import { createHash } from "node:crypto";

export interface RootEntry {
  label: string;
  der: Buffer;
  issuer: Buffer;
  serial: Buffer;
  /** Such as "241130235959Z". */
  distrustAfter?: string;
  /** CKA_TRUST_SERVER_AUTH; default CKT_NSS_TRUSTED_DELEGATOR. */
  trust?: string;
}

/** Sixteen octets per line. */
function octal(name: string, bytes: Buffer): string {
  const escapes = [...bytes].map((byte) => `\\${byte.toString(8).padStart(3, "0")}`);
  const lines = escapes.join("").match(/.{1,64}/g) ?? [];
  return [`${name} MULTILINE_OCTAL`, ...lines, "END"].join("\n");
}

function entry({ label, der, issuer, serial, distrustAfter, trust }: RootEntry): string {
  const common = [octal("CKA_ISSUER", issuer), octal("CKA_SERIAL_NUMBER", serial)];
  const distrust =
    distrustAfter === undefined
      ? "CKA_NSS_SERVER_DISTRUST_AFTER CK_BBOOL CK_FALSE"
      : octal("CKA_NSS_SERVER_DISTRUST_AFTER", Buffer.from(distrustAfter));
  return [
    `#\n# Certificate "${label}"\n#`,
    "CKA_CLASS CK_OBJECT_CLASS CKO_CERTIFICATE",
    `CKA_LABEL UTF8 "${label}"`,
    ...common,
    octal("CKA_VALUE", der),
    distrust,
    `# Trust for Certificate "${label}"`,
    "CKA_CLASS CK_OBJECT_CLASS CKO_NSS_TRUST",
    `CKA_LABEL UTF8 "${label}"`,
    octal("CKA_CERT_SHA1_HASH", createHash("sha1").update(der).digest()),
    ...common,
    `CKA_TRUST_SERVER_AUTH CK_TRUST ${trust ?? "CKT_NSS_TRUSTED_DELEGATOR"}`,
    "CKA_TRUST_STEP_UP_APPROVED CK_BBOOL CK_FALSE\n\n",
  ].join("\n");
}

export function certdata(roots: RootEntry[]): string {
  const list = [
    "CKA_CLASS CK_OBJECT_CLASS CKO_NSS_BUILTIN_ROOT_LIST",
    "CKA_TOKEN CK_BBOOL CK_TRUE",
  ];
  return `#\n# certdata.txt\n#\nBEGINDATA\n${list.join("\n")}\n\n${roots.map(entry).join("")}`;
}
