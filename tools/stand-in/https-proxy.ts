/** A small HTTPS proxy that stands in for nginx where nginx cannot run. */
import { request } from "node:http";
import { createServer, type Server } from "node:https";
import { listening } from "../../tests/lab/host/servers.ts";

export class HttpsProxy {
  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  /** Starts a proxy to port `to` of this machine. */
  static async start(cert: string, key: string, to: number): Promise<HttpsProxy> {
    const server = createServer(
      { cert, key, ALPNProtocols: ["http/1.1"] },
      (incoming, outgoing) => {
        const { method, url, headers } = incoming;
        const passed = request(
          { host: "127.0.0.1", port: to, method, path: url, headers },
          (answer) => {
            outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
            answer.pipe(outgoing);
          },
        );
        passed.on("error", () => outgoing.destroy());
        incoming.pipe(passed);
      },
    );
    return new HttpsProxy(server, await listening(server));
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
