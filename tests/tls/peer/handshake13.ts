/** The handshake of TLS 1.3 from the server's side (RFC 8446 sections 2 and 7.1). */
import { createHash } from "node:crypto";
import { number, u8, u16, vector } from "./bytes.ts";
import { exchange, groups } from "./exchange.ts";
import { TICKET } from "./handshake12.ts";
import {
  CLIENT_HELLO,
  type ClientHello,
  certificateList,
  Extension,
  emitExtensions,
  extension,
  keyShares,
  message,
  readClientHello,
  ServerHello,
} from "./hello.ts";
import { expand, hmac, KeySchedule, Protection13 } from "./keys.ts";
import { type Identity, type Script, type Session, say, sign } from "./script.ts";
import { CHANGE_CIPHER_SPEC, clear, type Wire } from "./wire.ts";

export const SUITE13 = 0x1303;
/** The random of a HelloRetryRequest. */
const RETRY = createHash("sha256").update("HelloRetryRequest").digest();
const supported: [number, Buffer] = [Extension.SupportedVersions, u16(0x304)];

function serverHello(theirs: ClientHello, share: Buffer): ServerHello {
  const hello = new ServerHello(SUITE13, [[...supported], [Extension.KeyShare, share]]);
  hello.session = Buffer.from(theirs.session);
  return hello;
}

/** Requests another ClientHello, with a share for `group`. */
async function retry(wire: Wire, script: Script, theirs: ClientHello, group: number) {
  const hello = serverHello(theirs, u16(group));
  hello.random = Buffer.from(RETRY);
  script.retry?.(hello);
  wire.transcript = [message(254, wire.digest())];
  await say(wire, script, "HelloRetryRequest", hello.emit());
  return readClientHello(await wire.hear(CLIENT_HELLO));
}

export function finished(secret: Buffer, wire: Wire): Buffer {
  return message(20, hmac(expand(secret, "finished"), wire.digest()));
}

async function certificate(wire: Wire, script: Script, identity: Identity): Promise<void> {
  const stapled = (script.stapled ?? []).map(([kind, bytes]) => [u16(kind), vector(2, bytes)]);
  const status = script.status && extension(Extension.StatusRequest, script.status);
  const others = (script.statuses ?? []).map((each) => extension(Extension.StatusRequest, each));
  const list = certificateList(identity.chain, Buffer.concat(stapled.flat()), status, others);
  await say(wire, script, "Certificate", message(11, u8(0), list));
  const elliptic = identity.key.asymmetricKeyType === "ec";
  const scheme = script.scheme ?? (elliptic ? 0x0403 : 0x0804);
  const context = Buffer.from(script.context ?? "TLS 1.3, server CertificateVerify");
  const signed = Buffer.concat([Buffer.alloc(64, " "), context, u8(0), wire.digest()]);
  const signature = sign(script, identity, scheme, signed);
  const verify = message(15, u16(scheme), vector(2, signature));
  await say(wire, script, "CertificateVerify", verify);
}

export async function handshake13(
  wire: Wire,
  script: Script,
  identity: Identity,
): Promise<Session> {
  const group = script.group ?? "x25519";
  let theirs = readClientHello(await wire.hear(CLIENT_HELLO));
  if (script.retry !== undefined || !keyShares(theirs).has(groups[group])) {
    theirs = await retry(wire, script, theirs, groups[group]);
  }
  const own = exchange(group);
  const hello = serverHello(theirs, Buffer.concat([u16(groups[group]), vector(2, own.share)]));
  if (script.secret !== undefined) hello.set(Extension.PreSharedKey, u16(0));
  script.hello?.(hello);
  await say(wire, script, "ServerHello", hello.emit());
  const share = keyShares(theirs).get(groups[group]);
  if (share === undefined) throw new Error(`the client sent no share for ${group}`);

  const schedule = new KeySchedule(wire.digest(), own.agree(share), script.secret);
  await wire.raw(clear(CHANGE_CIPHER_SPEC, u8(1)));
  wire.writing = new Protection13(schedule.server);
  wire.reading = new Protection13(schedule.client);
  const encrypted = emitExtensions(script.encrypted ?? []);
  await say(wire, script, "EncryptedExtensions", message(8, encrypted));
  if (script.request) {
    const schemes: [number, Buffer] = [13, vector(2, u16(0x0403))];
    const request = message(13, u8(0), emitExtensions([schemes]));
    await say(wire, script, "CertificateRequest", request);
  }
  if (script.secret === undefined) await certificate(wire, script, identity);
  await say(wire, script, "Finished", finished(schedule.server, wire));

  const [theirSecret, ownSecret] = schedule.application(wire.digest());
  await wire.flush();
  const writing = new Protection13(ownSecret);
  const reading = new Protection13(theirSecret);
  wire.writing = writing;
  if (script.request) await wire.hear(11);
  const expected = finished(schedule.client, wire);
  if (!expected.equals(await wire.hear(20))) throw new Error("the client's Finished is wrong");
  wire.reading = reading;
  const secret = schedule.resumption(wire.digest());
  return { wire, version: 13, writing, reading, secret };
}

/** Makes a NewSessionTicket message, and the secret of the session that it resumes. */
export function newTicket(session: Session, lifetime = 7200, ticket?: Buffer) {
  const nonce = Buffer.of(7);
  const body = [number(4, lifetime), number(4, 0), vector(1, nonce), vector(2, ticket ?? TICKET)];
  const secret = expand(session.secret, "resumption", nonce);
  return { ticket: message(4, ...body, vector(2)), secret };
}
