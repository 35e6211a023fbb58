/**
 * A server that sends given bytes, valid or not, in pieces of any size, and ends the connection in
 * any way.
 */
import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { Certificate } from "./certificates.ts";
import { listening, type Service } from "./servers.ts";

/** A connection driven by a script, which may also end it. */
export class Peer {
  constructor(
    private readonly socket: Socket,
    /** The number of earlier connections. */
    readonly number: number,
  ) {}

  /** False once either side has ended the connection, so that an endless script can end. */
  get open(): boolean {
    return this.socket.writable;
  }

  /** Sends, and waits while the client does not read. */
  async send(bytes: string | Uint8Array): Promise<void> {
    if (!this.open) return;
    const buffer = typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes;
    await new Promise<void>((resolve) => {
      this.socket.once("close", resolve);
      this.socket.write(buffer, () => {
        this.socket.off("close", resolve);
        resolve();
      });
    });
  }

  /** Sends in pieces that end at `cuts`, `pause` milliseconds apart, and closes. */
  async pieces(bytes: string, cuts: number[], pause = 1): Promise<void> {
    let from = 0;
    for (const cut of cuts) {
      await this.send(bytes.slice(from, cut));
      await new Promise((resolve) => setTimeout(resolve, pause));
      from = cut;
    }
    this.finish(bytes.slice(from));
  }

  /** Sends the last bytes and closes, before the client can send another request. */
  finish(bytes: string | Uint8Array = ""): void {
    if (this.open) this.socket.end(bytes, "latin1");
  }

  /** Ends the connection with a RST. */
  reset(): void {
    this.socket.resetAndDestroy();
  }
}

/** A response: bytes, after which the connection closes, or a function. */
export type Script = string | Uint8Array | ((peer: Peer, request: string) => unknown);

/** Sends a text and lets the client close. */
export const stay = (text: string) => (peer: Peer) => peer.send(text);

/** A connection, and its data after the last request. */
interface Incoming {
  peer: Peer;
  text: string;
}

export class RawServer implements Service {
  /** Requests with their bodies, as received (Latin-1). */
  readonly requests: string[] = [];
  /** The number of connections. */
  connections = 0;
  private readonly scripts = new Map<string, Script>();
  private readonly sockets = new Set<Socket>();

  port = 0;

  private constructor(
    private readonly server: Server,
    private readonly scheme: string,
  ) {}

  /** Speaks TLS if given a certificate. */
  static async start(certificate?: Certificate): Promise<RawServer> {
    const settings = { cert: certificate?.chain, key: certificate?.key };
    const secure = certificate !== undefined;
    const server = secure ? createTlsServer(settings) : createServer();
    const made = new RawServer(server, secure ? "https" : "http");
    server.on(secure ? "secureConnection" : "connection", (socket) => made.accept(socket));
    made.port = await listening(server);
    return made;
  }

  /** Sets the response for a path, by default a new one; returns its URL. */
  answer(script: Script, path = `/${this.scripts.size}`): string {
    this.scripts.set(path, script);
    return this.url(path);
  }

  url(path: string, host = "10.0.2.2"): string {
    return `${this.scheme}://${host}:${this.port}${path}`;
  }

  private accept(socket: Socket): void {
    const incoming = { peer: new Peer(socket, this.connections++), text: "" };
    this.sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("error", () => {});
    socket.on("close", () => this.sockets.delete(socket));
    socket.on("data", (bytes: Buffer) => {
      incoming.text += bytes.toString("latin1");
      while (this.take(incoming));
    });
  }

  /** Responds to the next request, once its header and any awaited body have arrived. */
  private take(incoming: Incoming): boolean {
    const end = incoming.text.indexOf("\r\n\r\n") + 4;
    if (end < 4) return false;
    const head = incoming.text.slice(0, end);
    const [, length] = /^content-length: (\d+)\r$/im.exec(head) ?? ["", "0"];
    const whole = /^\S+ \/early/.test(head) ? end : end + Number(length);
    if (incoming.text.length < whole) return false;
    const request = incoming.text.slice(0, whole);
    incoming.text = incoming.text.slice(whole);
    this.requests.push(request);
    const path = request.split(" ")[1];
    const script = this.scripts.get(path) ?? "HTTP/1.1 404 Not Found\r\n\r\n";
    if (typeof script === "function") script(incoming.peer, request);
    else incoming.peer.finish(script);
    return true;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
