/** TLS servers for tests: one in Node with a certificate for each name, OpenSSL's and GnuTLS's. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpsServer, type Server } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSecureContext, type SecureVersion, type TLSSocket } from "node:tls";
import type { Certificate } from "./certificates.ts";
import { Child } from "./process.ts";
import { atFreePort, listening, type Service } from "./servers.ts";

export interface TlsSettings {
  minVersion?: SecureVersion;
  maxVersion?: SecureVersion;
  ciphers?: string;
  /** Authorities whose client certificates are requested. */
  clientRoots?: string;
}

/** A connection as the server saw it. */
export interface Seen {
  servername: string;
  protocol: string;
  cipher: string;
  alpn: string;
  resumed: boolean;
  /** The client certificate's common name, or "". */
  client: string;
}

/** An HTTPS server in Node with a certificate for each name. */
export class TlsServer implements Service {
  readonly seen: Seen[] = [];
  /** Handshake errors in Node's words, which include the client's alert. */
  readonly errors: string[] = [];
  /** Requests: method and path. */
  readonly requests: string[] = [];

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  /** `byName`: the certificate for each name; other names get `usual`. */
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

/** Writes a certificate's files for a server process: own, above, chain and key, in PEM. */
class Files {
  readonly folder = mkdtempSync(join(tmpdir(), "anonymos-tls-"));
  /** The certificates above its own, in PEM. */
  readonly above: string;

  constructor(certificate: Certificate) {
    const { pem, chain, key } = certificate;
    this.above = chain.slice(pem.length);
    const contents = { own: pem, above: this.above, chain, key };
    for (const [name, content] of Object.entries(contents)) {
      writeFileSync(this.path(name), content);
    }
  }

  path(name: string): string {
    return `${this.folder}/${name}.pem`;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A server process, and its certificate files. */
class TlsProcess implements Service {
  constructor(
    readonly port: number,
    readonly child: Child,
    private readonly files: Files,
  ) {}

  async stop(): Promise<void> {
    await this.child.stop();
    this.files.remove();
  }
}

/** `openssl s_server` with the arguments `more`; by default it serves its status page. */
export class OpensslServer extends TlsProcess {
  static async start(certificate: Certificate, more: string[] = ["-www"]): Promise<OpensslServer> {
    const files = new Files(certificate);
    const words = ["openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", files.path("own")];
    if (files.above !== "") words.push("-cert_chain", files.path("above"));
    words.push("-key", files.path("key"), ...more);
    const child = new Child("openssl", words, { input: true });
    const look = () => /^ACCEPT 127\.0\.0\.1:(\d+)/m.exec(child.output) ?? undefined;
    try {
      const match = await child.until("its port", look, 10_000);
      return new OpensslServer(Number(match[1]), child, files);
    } catch (error) {
      await child.stop();
      throw error;
    }
  }
}

/** `gnutls-serv` as an HTTP server; `priority` has versions and ciphers by GnuTLS's names. */
export class GnutlsServer extends TlsProcess {
  static async start(certificate: Certificate, priority: string): Promise<GnutlsServer> {
    const files = new Files(certificate);
    return await atFreePort(async (port) => {
      const words = ["gnutls-serv", "--http", "--disable-client-cert", "--priority", priority];
      words.push("--x509certfile", files.path("chain"), "--x509keyfile", files.path("key"));
      const child = new Child("gnutls-serv", [...words, "--port", `${port}`]);
      try {
        const ready = () => (/listening on .*done/.test(child.output) ? true : undefined);
        await child.until("its port", ready, 10_000);
      } catch (error) {
        await child.stop();
        throw error;
      }
      return new GnutlsServer(port, child, files);
    });
  }
}
