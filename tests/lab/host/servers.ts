/**
 * Real servers that the kernel is tested against: nginx, dnsmasq, anvil, and small HTTP servers
 * in Node that hash what they receive. All are unprivileged, on loopback, on random free ports.
 */
import { createHash, randomInt } from "node:crypto";
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer, type IncomingMessage, type Server } from "node:http";
import { createServer as createHttpsServer, type Server as SecureServer } from "node:https";
import { createServer } from "node:net";
import { arch, tmpdir } from "node:os";
import { join } from "node:path";
import { Child, root } from "./process.ts";

/** A server that can be stopped. */
export interface Service {
  readonly port: number;
  stop(): Promise<void>;
}

/** Below the range of ports for outgoing connections. */
const LOWEST_PORT = 20_000;
const HIGHEST_PORT = 32_000;

async function bindable(port: number): Promise<boolean> {
  const server = createServer();
  return await new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

/**
 * Starts a server that must be told its port. `start` gets a port that was free a moment ago, and
 * throws if it has been taken since; then another one is tried, up to ten in all.
 */
export async function atFreePort<T>(start: (port: number) => Promise<T>): Promise<T> {
  let failure: unknown;
  for (let attempt = 0; attempt < 10; attempt++) {
    const port = randomInt(LOWEST_PORT, HIGHEST_PORT);
    if (!(await bindable(port))) continue;
    try {
      return await start(port);
    } catch (error) {
      failure = error;
      if (!/in use/i.test(String(error))) throw error;
    }
  }
  throw new Error(`no free port: ${failure}`);
}

/** Returns byte i of the pattern that `curl -d @bytes:N` sends and `/bytes/N` serves. */
function patternByte(i: number): number {
  const j = i & 0xffff;
  return (j * 131 + (j >> 8) * 7) & 255;
}

const block = Uint8Array.from({ length: 65_536 }, (_, i) => patternByte(i));

/** The first `length` bytes of the pattern. */
export function patternBytes(length: number): Buffer<ArrayBuffer> {
  const bytes: Buffer<ArrayBuffer> = Buffer.alloc(length);
  for (let at = 0; at < length; at += block.length) {
    bytes.set(block.subarray(0, Math.min(block.length, length - at)), at);
  }
  return bytes;
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Returns the CRC-32 (IEEE 802.3) as `curl --crc32` prints it: eight hexadecimal digits. */
export function crcText(bytes: Uint8Array): string {
  return checksum(bytes).toString(16).padStart(8, "0");
}

// Not zlib's crc32, which Node has only since 20.15.
const crcTable = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
  return value;
});

function checksum(bytes: Uint8Array, before = 0): number {
  let value = ~before;
  for (let i = 0; i < bytes.length; i++) {
    value = (value >>> 8) ^ crcTable[(value ^ bytes[i]) & 255];
  }
  return ~value >>> 0;
}

export interface NginxOptions {
  /** Serves https, with this certificate (and those above it) and key in PEM. */
  secure?: { chain: string; key: string };
  /** More lines for the `server` block. */
  more?: string;
}

/** nginx, which serves given files, in the foreground, as the test's user. */
export class Nginx implements Service {
  private constructor(
    readonly port: number,
    private readonly folder: string,
    private readonly child: Child,
    private readonly scheme: string,
  ) {}

  static async start(
    files: Record<string, string | Uint8Array>,
    options: NginxOptions = {},
  ): Promise<Nginx> {
    const folder = mkdtempSync(join(tmpdir(), "anonymos-nginx-"));
    chmodSync(folder, 0o755);
    for (const [name, content] of Object.entries(files)) {
      writeFileSync(join(folder, name), content);
    }
    const { secure } = options;
    if (secure !== undefined) {
      writeFileSync(`${folder}/chain.pem`, secure.chain);
      writeFileSync(`${folder}/key.pem`, secure.key);
    }
    return await atFreePort(async (port) => {
      writeFileSync(`${folder}/nginx.conf`, Nginx.configuration(folder, port, options));
      const command = ["nginx", "-e", "stderr", "-p", folder, "-c", `${folder}/nginx.conf`];
      const child = new Child("nginx", command);
      try {
        await child.until("its port", () => (started(child) ? true : undefined), 10_000);
      } catch (error) {
        await child.stop();
        throw error;
      }
      return new Nginx(port, folder, child, secure === undefined ? "http" : "https");
    });
  }

  private static configuration(folder: string, port: number, options: NginxOptions): string {
    const secure = options.secure !== undefined;
    const scheme = secure ? "https" : "http";
    const certificate = `ssl_certificate ${folder}/chain.pem; ssl_certificate_key ${folder}/key.pem;
      ssl_protocols TLSv1.2 TLSv1.3; ssl_session_cache shared:s:1m;`;
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    return `
      daemon off; master_process off; pid ${folder}/pid; error_log stderr notice;
      events { worker_connections 512; }
      http {
        access_log ${folder}/access.log;
        default_type application/octet-stream;
        keepalive_requests 100000; client_max_body_size 256m; sendfile on;
        ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join(" ")}
        server {
          listen 127.0.0.1:${port}${secure ? " ssl" : ""} backlog=512;
          ${secure ? certificate : ""} ${options.more ?? ""}
          root ${folder};
          location = /plain { default_type text/plain; return 200 "plain text\\n"; }
          location = /agent { default_type text/plain; return 200 "$http_user_agent\\n"; }
          location = /echo { default_type text/plain;
            return 200 "$request_method $http_x_test $http_host $connection_requests\\n"; }
          location = /moved { return 302 /plain; }
          location = /circle { return 302 /circle; }
          location = /secret { return 403 "no\\n"; }
          location = /empty { return 204; }
          location = /silent { return 444; }
          location = /chunked { ssi on; ssi_types *; try_files /chunked.txt =404; }
          location = /closing { keepalive_timeout 0; default_type text/plain; return 200 "bye\\n"; }
          location = /discard { proxy_pass ${scheme}://127.0.0.1:${port}/discarded;
            proxy_request_buffering on; }
          location = /discarded { return 200 "took it\\n"; }
        }
      }`;
  }

  url(path: string, host = "10.0.2.2"): string {
    return `${this.scheme}://${host}:${this.port}${path}`;
  }

  async stop(): Promise<void> {
    await this.child.stop("SIGTERM");
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Reports whether nginx has started; it does not print its port. */
function started(child: Child): boolean {
  return /using the "|start worker/.test(child.output);
}

/** A request that a sink received. */
export interface Received {
  method: string;
  path: string;
  headers: IncomingMessage["headers"];
  bytes: number;
  sha256: string;
  crc32: string;
  /** All of it, or at least the first 64 KiB. */
  body: string;
}

/** An HTTP server in Node that counts and hashes what it receives. */
export class Sink implements Service {
  readonly requests: Received[] = [];
  private constructor(
    private readonly server: Server | SecureServer,
    readonly port: number,
    private readonly scheme: string,
  ) {}

  /** Speaks TLS if given a certificate and key. */
  static async start(secure?: NginxOptions["secure"]): Promise<Sink> {
    const server =
      secure === undefined
        ? createHttpServer()
        : createHttpsServer({ cert: secure.chain, key: secure.key });
    const port = await listening(server);
    const sink = new Sink(server, port, secure === undefined ? "http" : "https");
    server.on("request", (request, response) => {
      // A client that disconnects must not end this process.
      sink.take(request).then(
        (bytes) => response.end(`took ${bytes} bytes\n`),
        () => response.destroy(),
      );
    });
    return sink;
  }

  /** Reads a request to its end; returns its size in bytes. */
  private async take(request: IncomingMessage): Promise<number> {
    const hash = createHash("sha256");
    let [bytes, crc, body] = [0, 0, ""];
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      crc = checksum(chunk, crc);
      hash.update(chunk);
      if (body.length < 65_536) body += chunk.toString("latin1");
    }
    this.requests.push({
      method: request.method ?? "",
      path: request.url ?? "",
      headers: request.headers,
      bytes,
      sha256: hash.digest("hex"),
      crc32: crc.toString(16).padStart(8, "0"),
      body,
    });
    return bytes;
  }

  url(path: string): string {
    return `${this.scheme}://10.0.2.2:${this.port}${path}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** Listens on a port that the system chooses; returns it. */
export async function listening(server: {
  listen(port: number, host: string, then: () => void): unknown;
  once(event: "error", then: (error: Error) => void): unknown;
  address(): unknown;
}): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return (server.address() as { port: number }).port;
}

/** A name server: dnsmasq with only `records`. */
export class NameServer implements Service {
  private constructor(
    readonly port: number,
    private readonly child: Child,
  ) {}

  /** `records` are arguments of dnsmasq: `--address=/name/1.2.3.4`, `--cname=a,b`. */
  static async start(records: string[]): Promise<NameServer> {
    const own = ["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv"];
    own.push("--no-hosts", "--no-poll", "--pid-file", "--log-facility=-", "--log-queries");
    own.push("--listen-address=127.0.0.1", "--bind-interfaces", "--user=", "--group=");
    return await atFreePort(async (port) => {
      const child = new Child("dnsmasq", [...own, `--port=${port}`, ...records]);
      try {
        const ready = () => (/started, version/.test(child.output) ? true : undefined);
        await child.until("its start", ready, 10_000);
      } catch (error) {
        await child.stop();
        throw error;
      }
      return new NameServer(port, child);
    });
  }

  /** Its log of queries and responses, which may come a little later than the responses. */
  get log(): string {
    return this.child.output;
  }

  /** Waits until the log matches. */
  async logged(pattern: RegExp): Promise<void> {
    await this.child.until(`${pattern}`, () => pattern.test(this.log) || undefined, 10_000);
  }

  async stop(): Promise<void> {
    await this.child.stop("SIGTERM");
  }
}

/** An Ethereum node: anvil, with ZkSync's chain id. */
export class Anvil implements Service {
  private constructor(
    readonly port: number,
    private readonly child: Child,
  ) {}

  static binary(): string {
    const machine = arch() === "arm64" ? "arm64" : "amd64";
    return `${root}node_modules/@foundry-rs/anvil-linux-${machine}/bin/anvil`;
  }

  static async start(chain = 324): Promise<Anvil> {
    if (!existsSync(Anvil.binary())) throw new Error("npm has no anvil for this machine");
    const words = ["--host", "127.0.0.1", "--port", "0", "--chain-id", `${chain}`];
    const child = new Child("anvil", [Anvil.binary(), ...words, "--no-cors"]);
    const look = () => /Listening on 127\.0\.0\.1:(\d+)/.exec(child.output) ?? undefined;
    try {
      const match = await child.until("its port", look, 30_000);
      return new Anvil(Number(match[1]), child);
    } catch (error) {
      await child.stop();
      throw error;
    }
  }

  url(path = "/"): string {
    return `http://10.0.2.2:${this.port}${path}`;
  }

  async stop(): Promise<void> {
    await this.child.stop("SIGTERM");
  }
}
