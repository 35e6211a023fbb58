/** Servers that follow a script, visited by the harness as a client. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import type { Certificate } from "../certificates.ts";
import { harness, type Report } from "../harness.ts";
import { handshake12 } from "./handshake12.ts";
import { handshake13 } from "./handshake13.ts";
import type { Identity, Script, Session } from "./script.ts";
import { ALERT, Ended, Wire } from "./wire.ts";

export const NAME = "good.test";

/** Returns the certificates in DER, and the first one's private key. */
export function identity(chain: Certificate[]): Identity {
  return {
    chain: chain.map((one) => Buffer.from(new X509Certificate(one.pem).raw)),
    key: createPrivateKey(chain[0].keyPem),
  };
}

/** A connection as the server saw it. */
export interface Seen {
  wire: Wire;
  /** The alert with which the other side ended the connection. */
  alert?: number;
}

/** Calls `serve` on each connection. `close` waits for all to end, and throws if one failed. */
export async function listen(serve: (wire: Wire, index: number) => Promise<void>) {
  const seen: Seen[] = [];
  const over: Promise<void>[] = [];
  const attend = async (one: Seen, index: number) => {
    try {
      await serve(one.wire, index);
      await one.wire.drain();
    } catch (fault) {
      if (!(fault instanceof Ended)) throw fault;
      one.alert = fault.alert;
    } finally {
      one.wire.socket.destroy();
    }
  };
  const server = createServer((socket) => {
    const one: Seen = { wire: new Wire(socket) };
    const done = attend(one, seen.length);
    done.catch(() => {}); // `close` throws it
    over.push(done);
    seen.push(one);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = async () => {
    server.close();
    await Promise.all(over);
  };
  return { port: (server.address() as AddressInfo).port, seen, close };
}

/** Answers the next record with "hello" and close_notify. */
export async function greet({ wire }: Session): Promise<void> {
  await wire.next();
  await wire.send(23, Buffer.from("hello"));
  await wire.send(ALERT, Buffer.of(1, 0));
}

/** Serves one connection as the script says. */
export async function follow(wire: Wire, script: Script, usual: Identity): Promise<void> {
  wire.fragment = script.fragment ?? wire.fragment;
  wire.joined = script.joined ?? false;
  const handshake = script.version === 12 ? handshake12 : handshake13;
  const session = await handshake(wire, script, script.identity?.() ?? usual);
  await (script.afterwards ?? greet)(session);
}

/** A connection as both sides saw it. */
export interface Visit extends Seen {
  report: Report;
}

type Serve = (wire: Wire) => Promise<void>;

/** Connects the harness once to a server that calls `serve`. */
export function against(serve: Serve, ...words: string[]): Promise<Visit> {
  return againstAs(NAME, serve, ...words);
}

/** Like `against`, but the harness expects the server to be `name`. */
export async function againstAs(name: string, serve: Serve, ...words: string[]): Promise<Visit> {
  const server = await listen(serve);
  const report = await harness("client", String(server.port), name, "send=hello?", ...words);
  await server.close();
  return { ...server.seen[0], report };
}
