/** TLS servers for tests: one in Node that has another certificate for each name, and OpenSSL's. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpsServer, type Server } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSecureContext, type SecureVersion, type TLSSocket } from "node:tls";
import type { Certificate } from "./certificates.ts";
import { Child } from "./process.ts";
import { listening, type Service } from "./servers.ts";

export interface TlsSettings {
  minVersion?: SecureVersion;
  maxVersion?: SecureVersion;
  ciphers?: string;
  /** Authorities whose client certificates are wanted. */
  clientRoots?: string;
}

/** What a server saw of a connection. */
export interface Seen {
  servername: string;
  protocol: string;
  cipher: string;
  alpn: string;
  resumed: boolean;
  /** The client certificate's common name, or "". */
  client: string;
}

/** An HTTPS server in Node that answers every request, with a certificate for each name. */
export class TlsServer implements Service {
  readonly seen: Seen[] = [];
  /** Errors of handshakes, as Node calls them: the client's alert is in the name. */
  readonly errors: string[] = [];
  /** Requests: method and path. */
  readonly requests: string[] = [];

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  /** `byName`: what is shown to who asks for a name; others see `usual`. */
  static async start(
    usual: Certificate,
    byName: Record<string, Certificate> = {},
    settings: TlsSettings = {},
  ): Promise<TlsServer> {
    const contexts = new Map(
      Object.entries(byName).map(([name, certificate]) => [
        name,
        createSecureContext({ cert: certificate.chain, key: certificate.key, ...settings }),
      ]),
    );
    const server = createHttpsServer({
      cert: usual.chain,
      key: usual.key,
      ALPNProtocols: ["http/1.1"],
      SNICallback: (name, done) => done(null, contexts.get(name)),
      requestCert: settings.clientRoots !== undefined,
      rejectUnauthorized: settings.clientRoots !== undefined,
      ca: settings.clientRoots,
      minVersion: settings.minVersion,
      maxVersion: settings.maxVersion,
      ciphers: settings.ciphers,
    });
    const made = new TlsServer(server, await listening(server));
    server.on("secureConnection", (socket: TLSSocket) => made.note(socket));
    server.on("tlsClientError", (error: Error & { code?: string }) => {
      made.errors.push(error.code ?? error.message);
    });
    server.on("request", (request, response) => {
      made.requests.push(`${request.method} ${request.url}`);
      request.resume();
      request.on("end", () => response.end(`secure ${request.url}\n`));
    });
    return made;
  }

  private note(socket: TLSSocket): void {
    const subject = socket.getPeerCertificate()?.subject?.CN;
    this.seen.push({
      servername: (socket as TLSSocket & { servername?: string }).servername || "",
      protocol: socket.getProtocol() ?? "",
      cipher: socket.getCipher().standardName,
      alpn: socket.alpnProtocol || "",
      resumed: socket.isSessionReused(),
      client: typeof subject === "string" ? subject : "",
    });
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** `openssl s_server` with words of one's own; it answers HTTP requests with its status page. */
export class OpensslServer implements Service {
  private constructor(
    readonly port: number,
    readonly child: Child,
    private readonly folder: string,
  ) {}

  static async start(certificate: Certificate, more: string[] = ["-www"]): Promise<OpensslServer> {
    const folder = mkdtempSync(join(tmpdir(), "anonymos-openssl-"));
    const { pem } = certificate;
    const above = certificate.chain.slice(pem.length);
    writeFileSync(`${folder}/own.pem`, pem);
    writeFileSync(`${folder}/above.pem`, above);
    writeFileSync(`${folder}/key.pem`, certificate.key);
    const words = ["openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", `${folder}/own.pem`];
    if (above !== "") words.push("-cert_chain", `${folder}/above.pem`);
    words.push("-key", `${folder}/key.pem`, ...more);
    const child = new Child("openssl", words, { input: true });
    const look = () => /^ACCEPT 127\.0\.0\.1:(\d+)/m.exec(child.output) ?? undefined;
    try {
      const match = await child.until("its port", look, 10_000);
      return new OpensslServer(Number(match[1]), child, folder);
    } catch (error) {
      await child.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.child.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
