/**
 * Key derivation with SHA-256 (RFC 8446 section 7.1, RFC 5246 section 5) and record protection with
 * ChaCha20-Poly1305 (RFC 8446 section 5.2, RFC 7905).
 */
import { createCipheriv, createDecipheriv, createHash, createHmac } from "node:crypto";
import { number, u16, vector } from "./bytes.ts";

// Lengths in bytes.
const KEY = 32;
const NONCE = 12;
const TAG = 16;
export const HASH = 32;
export const KEY_BLOCK = 2 * (KEY + NONCE);

const CIPHER = "chacha20-poly1305";
const ZEROS = Buffer.alloc(HASH);
/** The record type (RFC 8446 section 5.1). */
export const APPLICATION_DATA = 23;

export function hash(...parts: Uint8Array[]): Buffer {
  return createHash("sha256").update(Buffer.concat(parts)).digest();
}

export function hmac(key: Uint8Array, ...parts: Uint8Array[]): Buffer {
  return createHmac("sha256", key).update(Buffer.concat(parts)).digest();
}

/** HKDF-Expand-Label for at most one block; HKDF-Extract is `hmac`. */
export function expand(
  secret: Buffer,
  label: string,
  context: Buffer = Buffer.alloc(0),
  length = HASH,
) {
  const info = [u16(length), vector(1, Buffer.from(`tls13 ${label}`)), vector(1, context)];
  return hmac(secret, ...info, Buffer.of(1)).subarray(0, length);
}

/** The secrets of TLS 1.3 from ServerHello on. Each digest is the transcript's hash so far. */
export class KeySchedule {
  readonly client: Buffer;
  readonly server: Buffer;
  private readonly master: Buffer;

  /** `shared` is the (EC)DHE secret, `psk` that of a resumed session. */
  constructor(digest: Buffer, shared: Buffer, psk: Buffer = ZEROS) {
    const handshake = hmac(derive(hmac(ZEROS, psk), "derived"), shared);
    this.client = derive(handshake, "c hs traffic", digest);
    this.server = derive(handshake, "s hs traffic", digest);
    this.master = hmac(derive(handshake, "derived"), ZEROS);
  }

  /** Returns the client's and the server's secret for application data. */
  application(digest: Buffer): [Buffer, Buffer] {
    return [
      derive(this.master, "c ap traffic", digest),
      derive(this.master, "s ap traffic", digest),
    ];
  }

  resumption(digest: Buffer): Buffer {
    return derive(this.master, "res master", digest);
  }
}

/** Computes the binder of a PSK of a resumed session (RFC 8446 section 4.2.11.2). */
export function binder(psk: Buffer, digest: Buffer): Buffer {
  return hmac(expand(derive(hmac(ZEROS, psk), "res binder"), "finished"), digest);
}

function derive(secret: Buffer, label: string, digest = hash() as Buffer): Buffer {
  return expand(secret, label, digest);
}

/** The pseudorandom function of TLS 1.2. */
export function prf(secret: Buffer, label: string, seed: Buffer, length: number): Buffer {
  const whole = Buffer.concat([Buffer.from(label), seed]);
  let block: Buffer = whole;
  let output: Buffer = Buffer.alloc(0);
  while (output.length < length) {
    block = hmac(secret, block);
    output = Buffer.concat([output, hmac(secret, block, whole)]);
  }
  return output.subarray(0, length);
}

/** The content of a record. */
export interface Content {
  type: number;
  bytes: Buffer;
}

/** Protects the records of one direction. */
export interface Protection {
  seal(content: Content): Buffer;
  open(header: Buffer, bytes: Buffer): Content;
  /** Reports whether a record that should be protected is not. */
  exposes(header: Buffer): boolean;
}

/** The cipher and its sequence number. */
class Cipher {
  private sequence = 0;

  constructor(
    private readonly key: Buffer,
    private readonly iv: Buffer,
  ) {}

  seal(plain: Buffer, additional: (sequence: Buffer) => Buffer): Buffer {
    const [nonce, sequence] = this.next();
    const cipher = createCipheriv(CIPHER, this.key, nonce, { authTagLength: TAG });
    cipher.setAAD(additional(sequence), { plaintextLength: plain.length });
    return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  }

  open(sealed: Buffer, additional: (sequence: Buffer) => Buffer): Buffer {
    const [nonce, sequence] = this.next();
    const length = sealed.length - TAG;
    const cipher = createDecipheriv(CIPHER, this.key, nonce, { authTagLength: TAG });
    cipher.setAAD(additional(sequence), { plaintextLength: length });
    cipher.setAuthTag(sealed.subarray(length));
    return Buffer.concat([cipher.update(sealed.subarray(0, length)), cipher.final()]);
  }

  private next(): [Buffer, Buffer] {
    const sequence = number(6, this.sequence++);
    const nonce = Buffer.from(this.iv);
    for (let i = 0; i < 6; i++) nonce[NONCE - 6 + i] ^= sequence[i];
    return [nonce, Buffer.concat([Buffer.alloc(2), sequence])];
  }
}

/** Record protection of TLS 1.3, from a traffic secret. */
export class Protection13 implements Protection {
  private cipher: Cipher;

  constructor(private secret: Buffer) {
    this.cipher = Protection13.cipher(secret);
  }

  seal(content: Content): Buffer {
    return this.sealInner(Buffer.concat([content.bytes, Buffer.of(content.type)]));
  }

  /** Seals content that includes its type and padding, well-formed or not. */
  sealInner(inner: Buffer): Buffer {
    const header = Buffer.concat([Buffer.of(APPLICATION_DATA, 3, 3), u16(inner.length + TAG)]);
    return Buffer.concat([header, this.cipher.seal(inner, () => header)]);
  }

  open(header: Buffer, bytes: Buffer): Content {
    if (header[0] !== APPLICATION_DATA) return { type: header[0], bytes };
    const inner = this.cipher.open(bytes, () => header);
    let end = inner.length - 1;
    while (inner[end] === 0) end--;
    return { type: inner[end], bytes: inner.subarray(0, end) };
  }

  exposes(header: Buffer): boolean {
    return header[0] !== APPLICATION_DATA;
  }

  /** Switches to the next keys (RFC 8446 section 7.2). */
  update(): void {
    this.secret = expand(this.secret, "traffic upd");
    this.cipher = Protection13.cipher(this.secret);
  }

  private static cipher(secret: Buffer): Cipher {
    return new Cipher(
      expand(secret, "key", undefined, KEY),
      expand(secret, "iv", undefined, NONCE),
    );
  }
}

/** Record protection of TLS 1.2, from one direction's part of the key block. */
export class Protection12 implements Protection {
  private readonly cipher: Cipher;

  constructor(block: Buffer, server: boolean) {
    const [key, iv] = server ? [KEY, 2 * KEY + NONCE] : [0, 2 * KEY];
    this.cipher = new Cipher(block.subarray(key, key + KEY), block.subarray(iv, iv + NONCE));
  }

  seal({ type, bytes }: Content): Buffer {
    const header = Buffer.of(type, 3, 3);
    const additional = [header, u16(bytes.length)];
    const sealed = this.cipher.seal(bytes, (sequence) => Buffer.concat([sequence, ...additional]));
    return Buffer.concat([header, vector(2, sealed)]);
  }

  open(header: Buffer, bytes: Buffer): Content {
    const additional = [header.subarray(0, 3), u16(bytes.length - TAG)];
    const plain = this.cipher.open(bytes, (sequence) => Buffer.concat([sequence, ...additional]));
    return { type: header[0], bytes: plain };
  }

  exposes(): boolean {
    return false; // `open` would have failed
  }
}
