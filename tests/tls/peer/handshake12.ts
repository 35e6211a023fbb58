/** The handshake of TLS 1.2 from the server's side (RFC 5246 section 7.3, RFC 8422, RFC 7627). */
import { number, Reader, u8, u16, vector } from "./bytes.ts";
import { exchange, groups } from "./exchange.ts";
import {
  CLIENT_HELLO,
  type ClientHello,
  certificateList,
  Extension,
  message,
  readClientHello,
  ServerHello,
} from "./hello.ts";
import { KEY_BLOCK, Protection12, prf } from "./keys.ts";
import { type Identity, type Script, type Session, say, sign } from "./script.ts";
import { CHANGE_CIPHER_SPEC, type Wire } from "./wire.ts";

export const ECDHE_ECDSA = 0xcca9;
export const ECDHE_RSA = 0xcca8;
export const MASTER = 48;
export const VERIFY = 12;
export const TICKET = Buffer.from("a ticket");

function serverHello(theirs: ClientHello, script: Script, identity: Identity): ServerHello {
  const elliptic = identity.key.asymmetricKeyType === "ec";
  const hello = new ServerHello(elliptic ? ECDHE_ECDSA : ECDHE_RSA, [
    [Extension.RenegotiationInfo, vector(1)],
    [Extension.ExtendedMasterSecret, Buffer.alloc(0)],
  ]);
  if (script.secret !== undefined) {
    hello.session = Buffer.from(theirs.session); // echoing the client's id means resumption
  } else if (theirs.extensions.has(Extension.SessionTicket)) {
    hello.set(Extension.SessionTicket, Buffer.alloc(0));
  }
  if (script.status) hello.set(Extension.StatusRequest, Buffer.alloc(0));
  script.hello?.(hello);
  return hello;
}

/** Exchanges the messages from Certificate to ClientKeyExchange; returns the shared secret. */
async function agree(
  wire: Wire,
  script: Script,
  identity: Identity,
  randoms: Buffer,
): Promise<Buffer> {
  await say(wire, script, "Certificate", message(11, certificateList(identity.chain)));
  if (script.status) await wire.say(message(22, script.status));
  const group = script.group ?? "x25519";
  const own = exchange(group);
  const parameters = Buffer.concat([u8(3), u16(groups[group]), vector(1, own.share)]);
  const elliptic = identity.key.asymmetricKeyType === "ec";
  const scheme = script.scheme ?? (elliptic ? 0x0403 : 0x0804);
  const signature = sign(script, identity, scheme, Buffer.concat([randoms, parameters]));
  const signed = [parameters, u16(scheme), vector(2, signature)];
  await say(wire, script, "ServerKeyExchange", message(12, ...signed));
  if (script.request) {
    const request = message(13, vector(1, u8(64)), vector(2, u16(0x0403)), vector(2));
    await say(wire, script, "CertificateRequest", request);
  }
  await say(wire, script, "ServerHelloDone", message(14));
  if (script.request) await wire.hear(11);
  const theirs = await wire.hear(16);
  return own.agree(new Reader(theirs.subarray(4)).vector(1));
}

async function finish(wire: Wire, script: Script, master: Buffer, keys: Protection12) {
  const usual = wire.record(CHANGE_CIPHER_SPEC, u8(1));
  const change = [(await script.change?.ChangeCipherSpec?.(usual, wire)) ?? usual].flat();
  await wire.raw(...change);
  if (change.length > 0) wire.writing = keys;
  const data = prf(master, "server finished", wire.digest(), VERIFY);
  await say(wire, script, "Finished", message(20, data));
}

async function hearFinish(wire: Wire, master: Buffer, keys: Protection12): Promise<void> {
  const { type } = await wire.next();
  if (type !== CHANGE_CIPHER_SPEC) throw new Error(`unexpected record type ${type}`);
  wire.reading = keys;
  const expected = message(20, prf(master, "client finished", wire.digest(), VERIFY));
  if (!expected.equals(await wire.hear(20))) throw new Error("the client's Finished is wrong");
}

export async function handshake12(
  wire: Wire,
  script: Script,
  identity: Identity,
): Promise<Session> {
  const theirs = readClientHello(await wire.hear(CLIENT_HELLO));
  const hello = serverHello(theirs, script, identity);
  await say(wire, script, "ServerHello", hello.emit());
  const randoms = Buffer.concat([theirs.random, hello.random]);
  let master = script.secret;
  if (master === undefined) {
    const shared = await agree(wire, script, identity, randoms);
    const extended = hello.extensions.some(([kind]) => kind === Extension.ExtendedMasterSecret);
    master = extended
      ? prf(shared, "extended master secret", wire.digest(), MASTER)
      : prf(shared, "master secret", randoms, MASTER);
  }
  const swapped = Buffer.concat([hello.random, theirs.random]);
  const block = prf(master, "key expansion", swapped, KEY_BLOCK);
  const [client, server] = [new Protection12(block, false), new Protection12(block, true)];
  if (script.secret === undefined) {
    await hearFinish(wire, master, client);
    if (hello.extensions.some(([kind]) => kind === Extension.SessionTicket)) {
      const ticket = message(4, number(4, 7200), vector(2, TICKET));
      await say(wire, script, "NewSessionTicket", ticket);
    }
    await finish(wire, script, master, server);
  } else {
    await finish(wire, script, master, server);
    await hearFinish(wire, master, client);
  }
  return { wire, version: 12, secret: master };
}
