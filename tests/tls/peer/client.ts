/** A client for the harness as a server: X25519 or P-256, ChaCha20-Poly1305. */
import { createHash } from "node:crypto";
import { number, Reader, u8, u16, vector } from "./bytes.ts";
import { type Exchange, exchange, groups } from "./exchange.ts";
import { ECDHE_ECDSA, ECDHE_RSA, MASTER, VERIFY } from "./handshake12.ts";
import { finished, SUITE13 } from "./handshake13.ts";
import { CLIENT_HELLO, Extension, emitExtensions, Hello, message, SERVER_HELLO } from "./hello.ts";
import {
  binder,
  expand,
  HASH,
  hash,
  KEY_BLOCK,
  KeySchedule,
  Protection12,
  Protection13,
  prf,
} from "./keys.ts";
import type { Group } from "./script.ts";
import { CHANGE_CIPHER_SPEC, type Wire } from "./wire.ts";

const RETRY = createHash("sha256").update("HelloRetryRequest").digest();
/** The kinds of a server's messages: those of TLS 1.3, without and with a PSK. */
const NEW_SESSION_TICKET = 4;
const FULL = [8, 11, 15, 20];
const RESUMED = [8, 20];

/** A session to resume: a ticket and its secret. */
export interface Ticket {
  ticket: Buffer;
  secret: Buffer;
  /** The ticket_age_add; the ticket is offered at once. */
  age?: number;
}

/** A ClientHello. */
export class OwnHello extends Hello {
  compression: Buffer = u8(0);
  /** A session to resume; TLS 1.3 only. */
  ticket?: Ticket;

  constructor(
    public own: Exchange,
    public suites: number[],
    extensions: [number, Buffer][],
  ) {
    super(extensions);
  }

  emit(): Buffer {
    const { ticket } = this;
    if (ticket === undefined) return this.emitWith(this.extensions);
    const identity = vector(2, vector(2, ticket.ticket), number(4, ticket.age ?? 0));
    const offer = (bytes: Buffer): [number, Buffer][] => [
      ...this.extensions,
      [Extension.PreSharedKey, Buffer.concat([identity, vector(2, vector(1, bytes))])],
    ];
    const unbound = this.emitWith(offer(Buffer.alloc(HASH)));
    const digest = hash(unbound.subarray(0, unbound.length - HASH - 3));
    return this.emitWith(offer(binder(ticket.secret, digest)));
  }

  private emitWith(extensions: [number, Buffer][]): Buffer {
    const suites = vector(2, ...this.suites.map(u16));
    const fixed = [u16(this.version), this.random, vector(1, this.session), suites];
    const rest = [vector(1, this.compression), emitExtensions(extensions), this.trailer];
    return message(CLIENT_HELLO, ...fixed, ...rest);
  }
}

/** Encodes shares of groups, for the key_share extension. */
export const shares = (...entries: [number, Buffer][]) =>
  vector(2, ...entries.flatMap(([group, share]) => [u16(group), vector(2, share)]));

/** Makes the hello of a client of one version only. */
export function clientHello(version: 12 | 13, group: Group = "x25519"): OwnHello {
  const own = exchange(group);
  const extensions: [number, Buffer][] = [
    // P-256 is also the group of the server's certificate.
    [Extension.Groups, vector(2, u16(groups[group]), u16(groups["P-256"]))],
    [Extension.Schemes, vector(2, u16(0x0403), u16(0x0804))],
  ];
  if (version === 12) {
    extensions.push([Extension.ExtendedMasterSecret, Buffer.alloc(0)]);
    extensions.push([Extension.RenegotiationInfo, vector(1)]);
    return new OwnHello(own, [ECDHE_ECDSA, ECDHE_RSA], extensions);
  }
  extensions.push([Extension.SupportedVersions, vector(1, u16(0x304))]);
  extensions.push([Extension.KeyShare, shares([groups[group], own.share])]);
  extensions.push([Extension.PskModes, vector(1, u8(1))]);
  return new OwnHello(own, [SUITE13], extensions);
}

/** Deviations from a normal handshake; without any, the client behaves. */
export interface ClientScript {
  group?: Group;
  /** Changes the fields of the ClientHello. */
  hello?: (hello: OwnHello) => void;
  /** Sends a second ClientHello after a HelloRetryRequest, with its fields changed. */
  retry?: (hello: OwnHello) => void;
  /** Runs once the ClientHello is sent: sends records behind it. */
  behind?: (wire: Wire) => Promise<void>;
  /** Sends something instead of Finished; TLS 1.3 only. */
  finish?: (wire: Wire) => Promise<void>;
}

/** What a handshake came to. */
export interface Outcome {
  /** The resumption_master_secret; TLS 1.3 only. */
  secret?: Buffer;
  resumed: boolean;
  serverHello: Buffer;
  /** The server's CertificateVerify or ServerKeyExchange, unless a session was resumed. */
  signed?: Buffer;
}

/** Sends the hello. Returns the ServerHello that does not ask for another. */
async function greet(wire: Wire, script: ClientScript, hello: OwnHello): Promise<Buffer> {
  script.hello?.(hello);
  await wire.say(hello.emit());
  await script.behind?.(wire);
  const answer = await wire.hear(SERVER_HELLO);
  if (!answer.subarray(6, 38).equals(RETRY) || script.retry === undefined) return answer;
  wire.transcript = [message(254, hash(wire.transcript[0])), answer];
  script.retry(hello);
  await wire.say(hello.emit());
  return wire.hear(SERVER_HELLO);
}

/** Finds an extension of a ServerHello. */
function find(serverHello: Buffer, wanted: number): Buffer | undefined {
  const reader = new Reader(serverHello.subarray(38));
  reader.vector(1);
  reader.take(3);
  const extensions = new Reader(reader.vector(2));
  while (extensions.left > 0) {
    const kind = extensions.number(2);
    const content = extensions.vector(2);
    if (kind === wanted) return content;
  }
  return undefined;
}

async function shake13(wire: Wire, script: ClientScript): Promise<Outcome> {
  const hello = clientHello(13, script.group);
  const serverHello = await greet(wire, script, hello);
  const share = find(serverHello, Extension.KeyShare);
  if (share === undefined) throw new Error("the server sent no share");
  const resumed = find(serverHello, Extension.PreSharedKey) !== undefined;
  const psk = resumed ? hello.ticket?.secret : undefined;
  const schedule = new KeySchedule(wire.digest(), hello.own.agree(share.subarray(4)), psk);
  wire.reading = new Protection13(schedule.server);
  const heard = new Map<number, Buffer>();
  for (const kind of resumed ? RESUMED : FULL) heard.set(kind, await wire.hear(kind));
  const [ownSecret, theirSecret] = schedule.application(wire.digest());
  wire.writing = new Protection13(schedule.client);
  if (script.finish === undefined) await wire.say(finished(schedule.client, wire));
  else await script.finish(wire);
  const secret = schedule.resumption(wire.digest());
  wire.writing = new Protection13(ownSecret);
  wire.reading = new Protection13(theirSecret);
  return { secret, resumed, serverHello, signed: heard.get(15) };
}

async function shake12(wire: Wire, script: ClientScript): Promise<Outcome> {
  const hello = clientHello(12, script.group);
  const serverHello = await greet(wire, script, hello);
  const serverRandom = serverHello.subarray(6, 38);
  await wire.hear(11);
  const signed = await wire.hear(12);
  const exchanged = new Reader(signed.subarray(7));
  await wire.hear(14);
  await wire.say(message(16, vector(1, hello.own.share)));
  const shared = hello.own.agree(exchanged.vector(1));
  const master = prf(shared, "extended master secret", wire.digest(), MASTER);
  const seed = Buffer.concat([serverRandom, hello.random]);
  const block = prf(master, "key expansion", seed, KEY_BLOCK);
  await wire.send(CHANGE_CIPHER_SPEC, u8(1));
  wire.writing = new Protection12(block, false);
  await wire.say(message(20, prf(master, "client finished", wire.digest(), VERIFY)));
  await wire.next();
  wire.reading = new Protection12(block, true);
  await wire.hear(20);
  return { resumed: false, serverHello, signed };
}

export function shakeHands(
  wire: Wire,
  version: 12 | 13,
  script: ClientScript = {},
): Promise<Outcome> {
  return version === 12 ? shake12(wire, script) : shake13(wire, script);
}

/** Receives a NewSessionTicket of TLS 1.3. */
export async function hearTicket(wire: Wire, { secret }: Outcome): Promise<Ticket> {
  if (secret === undefined) throw new Error("no secret");
  const reader = new Reader((await wire.hear(NEW_SESSION_TICKET)).subarray(8));
  const age = reader.number(4);
  const nonce = reader.vector(1);
  const ticket = Buffer.from(reader.vector(2));
  return { ticket, age, secret: expand(secret, "resumption", nonce) };
}
