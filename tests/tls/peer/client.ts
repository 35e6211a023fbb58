/** A client for the harness as a server: ECDSA, X25519, ChaCha20-Poly1305. */
import { randomBytes } from "node:crypto";
import { Reader, u8, u16, vector } from "./bytes.ts";
import { exchange, groups } from "./exchange.ts";
import { ECDHE_ECDSA, MASTER, VERIFY } from "./handshake12.ts";
import { finished, SUITE13 } from "./handshake13.ts";
import { CLIENT_HELLO, Extension, emitExtensions, message, SERVER_HELLO } from "./hello.ts";
import { KEY_BLOCK, Protection12, Protection13, prf, Schedule } from "./keys.ts";
import { CHANGE_CIPHER_SPEC, type Wire } from "./wire.ts";

const GROUPS = 10;
const SCHEMES = 13;

/** Makes the hello of a client of one version only, with its random and its key exchange. */
export function clientHello(version: 12 | 13) {
  const own = exchange("x25519");
  const group = u16(groups.x25519);
  const extensions: [number, Buffer][] = [
    [GROUPS, vector(2, group, u16(groups["P-256"]))], // P-256 is the certificate's
    [SCHEMES, vector(2, u16(0x0403))],
  ];
  if (version === 12) {
    extensions.push([Extension.ExtendedMasterSecret, Buffer.alloc(0)]);
    extensions.push([Extension.RenegotiationInfo, vector(1)]);
  } else {
    extensions.push([Extension.SupportedVersions, vector(1, u16(0x304))]);
    extensions.push([Extension.KeyShare, vector(2, group, vector(2, own.share))]);
  }
  const random = randomBytes(32);
  const suite = vector(2, u16(version === 12 ? ECDHE_ECDSA : SUITE13));
  const fixed = [u16(0x303), random, vector(1), suite, vector(1, u8(0))];
  return { own, random, hello: message(CLIENT_HELLO, ...fixed, emitExtensions(extensions)) };
}

async function shake13(wire: Wire): Promise<void> {
  const { own, hello } = clientHello(13);
  await wire.say(hello);
  const serverHello = await wire.hear(SERVER_HELLO);
  // The extensions come in any order.
  const at = serverHello.indexOf(Buffer.concat([u16(Extension.KeyShare), u16(36)]));
  const share = serverHello.subarray(at + 8, at + 40);
  const schedule = new Schedule(wire.digest(), own.agree(share));
  wire.reading = new Protection13(schedule.server);
  for (const kind of [8, 11, 15, 20]) await wire.hear(kind);
  const [ownSecret, theirSecret] = schedule.application(wire.digest());
  wire.writing = new Protection13(schedule.client);
  await wire.say(finished(schedule.client, wire));
  wire.writing = new Protection13(ownSecret);
  wire.reading = new Protection13(theirSecret);
}

async function shake12(wire: Wire): Promise<void> {
  const { own, random, hello } = clientHello(12);
  await wire.say(hello);
  const serverRandom = (await wire.hear(SERVER_HELLO)).subarray(6, 38);
  await wire.hear(11);
  const exchanged = new Reader((await wire.hear(12)).subarray(7));
  await wire.hear(14);
  await wire.say(message(16, vector(1, own.share)));
  const shared = own.agree(exchanged.vector(1));
  const master = prf(shared, "extended master secret", wire.digest(), MASTER);
  const block = prf(master, "key expansion", Buffer.concat([serverRandom, random]), KEY_BLOCK);
  await wire.send(CHANGE_CIPHER_SPEC, u8(1));
  wire.writing = new Protection12(block, false);
  await wire.say(message(20, prf(master, "client finished", wire.digest(), VERIFY)));
  await wire.next();
  wire.reading = new Protection12(block, true);
  await wire.hear(20);
}

export function shakeHands(wire: Wire, version: 12 | 13): Promise<void> {
  return version === 12 ? shake12(wire) : shake13(wire);
}
