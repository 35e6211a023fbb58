/** An HTTP server that reads and discards what is sent to it, and then responds. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export class DiscardServer {
  private constructor(private readonly server: Server) {}

  static async start(): Promise<DiscardServer> {
    const server = createServer((request, response) => {
      request.on("end", () => response.end("ok\n"));
      request.resume();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new DiscardServer(server);
  }
  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }
  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
