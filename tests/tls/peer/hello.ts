/** ClientHello and ServerHello as fields (RFC 8446 section 4.1, RFC 5246 section 7.4.1). */
import { randomBytes } from "node:crypto";
import { Reader, u8, u16, u24, vector } from "./bytes.ts";

export const CLIENT_HELLO = 1;
export const SERVER_HELLO = 2;

export const enum Extension {
  ServerName = 0,
  StatusRequest = 5,
  Groups = 10,
  PointFormats = 11,
  Schemes = 13,
  Alpn = 16,
  ExtendedMasterSecret = 23,
  SessionTicket = 35,
  PreSharedKey = 41,
  EarlyData = 42,
  SupportedVersions = 43,
  Cookie = 44,
  PskModes = 45,
  KeyShare = 51,
  RenegotiationInfo = 0xff01,
}

/** Encodes a handshake message. */
export function message(kind: number, ...parts: Uint8Array[]): Buffer {
  return Buffer.concat([u8(kind), vector(3, ...parts)]);
}

export interface ClientHello {
  version: number;
  random: Buffer;
  session: Buffer;
  suites: number[];
  extensions: Map<number, Buffer>;
}

/** Reads pairs of a 16-bit number and a vector: extensions or key shares. */
function readExtensions(reader: Reader): Map<number, Buffer> {
  const found = new Map<number, Buffer>();
  while (reader.left > 0) found.set(reader.number(2), reader.vector(2));
  return found;
}

export function readClientHello(whole: Buffer): ClientHello {
  const reader = new Reader(whole.subarray(4));
  const version = reader.number(2);
  const random = reader.take(32);
  const session = reader.vector(1);
  const suiteReader = new Reader(reader.vector(2));
  const suites: number[] = [];
  while (suiteReader.left > 0) suites.push(suiteReader.number(2));
  reader.vector(1);
  const extensions = readExtensions(new Reader(reader.vector(2)));
  return { version, random, session, suites, extensions };
}

/** Returns the key shares of a ClientHello, by group. */
export function keyShares(hello: ClientHello): Map<number, Buffer> {
  const shares = hello.extensions.get(Extension.KeyShare);
  if (shares === undefined) return new Map();
  return readExtensions(new Reader(new Reader(shares).vector(2)));
}

/** The fields that both hellos have, of one about to be sent; scripts may change any field. */
export abstract class Hello {
  version = 0x303;
  random: Buffer = randomBytes(32);
  session: Buffer = Buffer.alloc(0);
  /** Bytes after the extensions. */
  trailer: Buffer = Buffer.alloc(0);

  constructor(public extensions: [number, Buffer][]) {}

  without(unwanted: number): void {
    this.extensions = this.extensions.filter(([kind]) => kind !== unwanted);
  }

  /** Adds or replaces an extension. */
  set(kind: number, content: Buffer): void {
    this.without(kind);
    this.extensions.push([kind, content]);
  }
}

export class ServerHello extends Hello {
  compression = 0;

  constructor(
    public suite: number,
    extensions: [number, Buffer][],
  ) {
    super(extensions);
  }

  /** Returns the content of an extension, which may be written to; throws if there is none. */
  extension(wanted: number): Buffer {
    const found = this.extensions.find(([kind]) => kind === wanted);
    if (found === undefined) throw new Error(`no extension ${wanted}`);
    return found[1];
  }

  emit(): Buffer {
    const fixed = [u16(this.version), this.random, vector(1, this.session), u16(this.suite)];
    const extensions = emitExtensions(this.extensions);
    return message(SERVER_HELLO, ...fixed, u8(this.compression), extensions, this.trailer);
  }
}

export function emitExtensions(extensions: [number, Buffer][]): Buffer {
  return vector(2, ...extensions.map(([kind, bytes]) => extension(kind, bytes)));
}

export function extension(kind: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([u16(kind), vector(2, bytes)]);
}

/**
 * Encodes the list of a Certificate message. In TLS 1.3 each certificate has extensions; `status`
 * is one more of the first certificate.
 */
export function certificateList(
  chain: Buffer[],
  extensions?: Buffer,
  status: Buffer = Buffer.alloc(0),
  others: Buffer[] = [],
): Buffer {
  const own = (index: number) => (index === 0 ? status : (others[index - 1] ?? Buffer.alloc(0)));
  const after = (index: number) =>
    extensions === undefined ? [] : [vector(2, extensions, own(index))];
  const entries = chain.map((one, i) => Buffer.concat([u24(one.length), one, ...after(i)]));
  return vector(3, ...entries);
}
