/** Makes test certificates with openssl(1): authorities, servers below them, and faulty ones. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Options of a certificate; those not set have the default for an authority or a server. */
export interface CertificateOptions {
  /** Lines of openssl's extension section, instead of the default ones. */
  extensions?: string[];
  /** Lines in addition to the default ones. */
  more?: string[];
  /** The subjectAltName, as openssl writes it ("DNS:a.test,IP:10.0.2.2"); "" for none. */
  names?: string;
  /** As openssl writes it: "/O=Good/CN=good.test". */
  subject?: string;
  /** Arguments of `openssl req` that make the key. Default: `elliptic`. */
  key?: string[];
  /** The hash to sign with. Default: sha256. */
  hash?: string;
  /** Days from now until it expires. Default: 30. */
  days?: number;
  /** The issuer; a certificate without one is self-signed. */
  issuer?: Certificate;
  /** A certificate whose key this one reuses. */
  sameKey?: Certificate;
  /** X.509 version 1, without extensions. */
  old?: boolean;
}

/** A certificate and its private key, as PEM text and as the paths of two files. */
export interface Certificate {
  file: string;
  key: string;
  pem: string;
  keyPem: string;
}

const authority = ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign"];
const server = ["basicConstraints=critical,CA:FALSE", "keyUsage=critical,digitalSignature"];

/** Arguments of `openssl req` for a P-256 key. */
export const elliptic = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
/** Arguments of `openssl req` for an RSA key. */
export const rsa = (bits: number) => ["-newkey", `rsa:${bits}`];

/** Makes certificates in a temporary folder, which `close` removes. */
export class CertificateMaker {
  readonly folder = mkdtempSync(join(tmpdir(), "anonymos-tls-"));
  private count = 0;

  /** Makes an authority: a root, or an intermediate below `issuer`. */
  authority(options: CertificateOptions = {}): Certificate {
    const subject = options.subject ?? `/O=AnonymOS tests/CN=Authority ${this.count}`;
    return this.make({ ...options, subject, extensions: options.extensions ?? authority });
  }

  /** Makes a server's certificate, by default for good.test. */
  server(issuer: Certificate, options: CertificateOptions = {}): Certificate {
    const names = options.names ?? "DNS:good.test";
    const usual = [...server, "extendedKeyUsage=serverAuth"];
    if (names !== "") usual.push(`subjectAltName=${names}`);
    const subject = options.subject ?? "/CN=good.test";
    return this.make({ ...options, issuer, subject, extensions: options.extensions ?? usual });
  }

  /** Makes a certificate with exactly these extensions. */
  make(options: CertificateOptions): Certificate {
    const base = join(this.folder, `${this.count++}`);
    const [file, request, key] = [
      `${base}.pem`,
      `${base}.csr`,
      options.sameKey?.key ?? `${base}.key`,
    ];
    const subject = ["-subj", options.subject ?? "/CN=nobody", "-utf8"];
    const source = options.sameKey ? ["-key", key] : [...(options.key ?? elliptic), "-nodes"];
    const keyOut = options.sameKey ? [] : ["-keyout", key];
    openssl("req", "-new", ...source, ...keyOut, "-out", request, ...subject);
    const lines = [...(options.extensions ?? []), ...(options.more ?? [])];
    writeFileSync(`${base}.ext`, `[e]\n${lines.join("\n")}\n`);
    const extensions = options.old ? [] : ["-extfile", `${base}.ext`, "-extensions", "e"];
    const { issuer } = options;
    const signer = issuer ? ["-CA", issuer.file, "-CAkey", issuer.key] : ["-signkey", key];
    const serial = ["-set_serial", String(1000 + this.count)];
    const [days, hash] = [String(options.days ?? 30), `-${options.hash ?? "sha256"}`];
    const words = ["-in", request, ...signer, ...serial, ...extensions, "-days", days, hash];
    openssl("x509", "-req", ...words, "-out", file);
    return { file, key, pem: readFileSync(file, "utf8"), keyPem: readFileSync(key, "utf8") };
  }

  /** Writes `text` to a new file and returns its path. */
  write(text: string): string {
    const path = join(this.folder, `${this.count++}.txt`);
    writeFileSync(path, text);
    return path;
  }

  /** Removes the folder with all keys and certificates. */
  close(): void {
    rmSync(this.folder, { recursive: true });
  }
}

/**
 * Returns the time `ahead` seconds from now, in seconds since 1970. openssl dates certificates by
 * this machine's clock and the harness verifies them against it, so the clock need not be right.
 */
export function hostTime(ahead: number): number {
  return Math.floor(Date.now() / 1000) + ahead;
}

/** Runs openssl(1) and returns its output; throws if it fails. */
export function openssl(...words: string[]): string {
  return execFileSync("openssl", words, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}
