/**
 * HTTP/1.1 on scripted peers: a client, and a server of /bytes/N, /text/N, JSON-RPC at /rpc, and
 * /discard/NAME, which detects repeated and damaged uploads.
 */
import { crc32 } from "node:zlib";
import type { Peer } from "./peer.ts";
import { type Connection, type PeerBehavior, polite } from "./tcp.ts";

const PERIOD = 65_536;
const period = Buffer.from(Uint8Array.from({ length: PERIOD }, (_, i) => i * 131 + (i >>> 8) * 7));

/** The body of /bytes/N, on peers and on the kernel's httpd alike. */
export function pattern(length: number): Buffer {
  return Buffer.alloc(length, period);
}

const LINE = "a line of 32 characters, no more.\n".slice(-32);

/** The body of /text/N: lines that a console can print. */
export function lines(length: number): string {
  return LINE.repeat(Math.ceil(length / LINE.length)).slice(0, length);
}

/** Returns the CRC-32 of a body as `curl --crc32` prints it. */
export function crcText(body: Uint8Array): string {
  return crc32(body).toString(16).padStart(8, "0");
}

export interface HttpBehavior {
  /** Chance that a connection is reset, or closed, before or within a response. */
  resets: number;
  closes: number;
  /** Sends bodies in chunks. */
  chunked: boolean;
  tcp: PeerBehavior;
}

export const politeHttp: HttpBehavior = { resets: 0, closes: 0, chunked: false, tcp: polite };

/** An HTTP server, which behaves well until `behavior` is changed. */
export class HttpServer {
  behavior = politeHttp;
  requests = 0;
  /** Faults found in requests. */
  readonly complaints: string[] = [];
  /** The names of the POSTs delivered, and whether each may come again. */
  private readonly posts = new Map<string, boolean>();

  constructor(
    private readonly peer: Peer,
    port = 80,
  ) {
    peer.tcp.listeners.set(port, (connection) => this.accept(connection));
  }

  private accept(connection: Connection): void {
    connection.behavior = this.behavior.tcp;
    let text: Buffer = Buffer.alloc(0);
    let answered = 0;
    connection.onData = (data) => {
      text = Buffer.concat([text, data]);
      for (;;) {
        const end = text.indexOf("\r\n\r\n");
        if (end < 0) return;
        const head = text.toString("latin1", 0, end);
        const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
        if (text.length < end + 4 + length) return;
        const body = text.subarray(end + 4, end + 4 + length);
        text = text.subarray(end + 4 + length);
        this.answer(connection, head, body, answered++ > 0);
      }
    };
    connection.onFinish = () => connection.close();
  }

  private answer(connection: Connection, head: string, body: Uint8Array, reused: boolean): void {
    this.requests++;
    const { random } = this.peer.world;
    const path = / (\S+) /.exec(head)?.[1] ?? "/";
    const bytes = /^\/bytes\/(\d+)$/.exec(path);
    let answer: Buffer;
    const text = /^\/text\/(\d+)$/.exec(path);
    if (head.startsWith("POST ")) this.checkPost(path, body, reused);
    if (bytes) answer = this.response(200, "application/octet-stream", pattern(Number(bytes[1])));
    else if (text) {
      answer = this.response(200, "text/plain", Buffer.from(lines(Number(text[1]))));
    } else if (path.startsWith("/discard/")) {
      answer = this.response(200, "text/plain", Buffer.from(`${body.length} bytes discarded\n`));
    } else if (path === "/rpc") answer = this.response(200, "application/json", rpcAnswer(body));
    else answer = this.response(404, "text/plain", Buffer.from("not here\n"));
    // Half of the broken connections send nothing: only then may a client repeat its request.
    const part = () => answer.subarray(0, random.pick([0, random.between(0, answer.length)]));
    if (random.chance(this.behavior.resets)) {
      connection.write(part());
      connection.abort();
    } else if (random.chance(this.behavior.closes)) {
      connection.write(part());
      connection.close();
    } else connection.write(answer);
  }

  /**
   * Every POST has a unique name, so a name seen twice is a POST delivered twice. That is allowed
   * once, if it first came on a connection that had served another request: curl repeats it then.
   * A call of JSON-RPC whose method may change something is never repeated.
   */
  private checkPost(path: string, body: Uint8Array, reused: boolean): void {
    const rpc = path === "/rpc";
    const name = rpc ? Buffer.from(body).toString() : path;
    if (!rpc && !pattern(body.length).equals(body)) {
      this.complaints.push(`${name}: wrong body, of ${body.length} bytes`);
    }
    const mayRepeat = this.posts.get(name);
    if (mayRepeat === false) this.complaints.push(`${name} was delivered twice`);
    this.posts.set(name, !rpc && mayRepeat === undefined && reused);
  }

  private response(status: number, type: string, body: Buffer): Buffer {
    const head = `HTTP/1.1 ${status} OK\r\nContent-Type: ${type}\r\n`;
    if (!this.behavior.chunked) {
      return Buffer.concat([Buffer.from(`${head}Content-Length: ${body.length}\r\n\r\n`), body]);
    }
    const parts: Uint8Array[] = [Buffer.from(`${head}Transfer-Encoding: chunked\r\n\r\n`)];
    for (let at = 0; at < body.length; at += 3000) {
      const chunk = body.subarray(at, at + 3000);
      parts.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from("\r\n"));
    }
    return Buffer.concat([...parts, Buffer.from("0\r\n\r\n")]);
  }
}

/** The result echoes the request, to distinguish calls. */
function rpcAnswer(body: Uint8Array): Buffer {
  try {
    const { id, method, params } = JSON.parse(Buffer.from(body).toString());
    return Buffer.from(JSON.stringify({ jsonrpc: "2.0", id, result: { method, params } }));
  } catch {
    const error = { code: -32700, message: "Parse error" };
    return Buffer.from(JSON.stringify({ jsonrpc: "2.0", id: null, error }));
  }
}

/** The outcome of a request. */
export interface Fetched {
  done: boolean;
  /** "" if it ended well, else why the connection ended. */
  failure: string;
  status: number;
  body: Buffer;
  connection: Connection;
}

/** Sends a request on a connection of its own. */
export function fetchFrom(
  peer: Peer,
  server: number,
  path: string,
  options: { port?: number; behavior?: PeerBehavior; method?: string; body?: Buffer } = {},
): Fetched {
  const connection = peer.tcp.connect(server, options.port ?? 80, options.behavior);
  const empty = Buffer.alloc(0);
  const fetched: Fetched = { done: false, failure: "", status: 0, body: empty, connection };
  const parts: Buffer[] = [];
  let total = 0;
  let wanted = Number.POSITIVE_INFINITY;
  connection.onData = (data) => {
    parts.push(Buffer.from(data));
    total += data.length;
    if (wanted === Number.POSITIVE_INFINITY) {
      const head = Buffer.concat(parts).toString("latin1");
      const end = head.indexOf("\r\n\r\n");
      if (end < 0) return;
      fetched.status = Number(/ (\d{3}) /.exec(head)?.[1]);
      wanted = end + 4 + Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
      parts.splice(0, parts.length, Buffer.concat(parts).subarray(end + 4));
      wanted -= end + 4;
      total -= end + 4;
    }
    if (total < wanted || fetched.done) return;
    fetched.body = Buffer.concat(parts);
    fetched.done = true;
    connection.close();
  };
  connection.onFinish = () => connection.close();
  connection.onClose = (why) => {
    if (!fetched.done) fetched.failure = why || "closed early";
    fetched.done = true;
  };
  const body = options.body ?? empty;
  const length = body.length > 0 ? `Content-Length: ${body.length}\r\n` : "";
  const method = options.method ?? "GET";
  const head = `${method} ${path} HTTP/1.1\r\nHost: a\r\n${length}Connection: close\r\n\r\n`;
  connection.write(Buffer.concat([Buffer.from(head), body]));
  return fetched;
}
