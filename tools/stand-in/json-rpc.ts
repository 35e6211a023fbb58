/** A small JSON-RPC server that stands in for anvil where anvil cannot run. */
import { createServer, type Server } from "node:http";
import { listening } from "../../tests/lab/host/servers.ts";

/** The methods it knows, with their results. */
const results: Record<string, unknown> = {
  eth_chainId: "0x144",
  eth_blockNumber: "0x0",
  net_version: "324",
  web3_clientVersion: "anonymos-stand-in/1",
  eth_gasPrice: "0x3b9aca00",
  eth_accounts: [],
};

interface Request {
  id?: unknown;
  method?: unknown;
}

function reply(request: Request): object {
  const method = String(request.method);
  const head = { jsonrpc: "2.0", id: request.id ?? null };
  return Object.hasOwn(results, method)
    ? { ...head, result: results[method] }
    : { ...head, error: { code: -32601, message: "Method not found" } };
}

function answer(text: string): object {
  try {
    const asked: unknown = JSON.parse(text);
    return Array.isArray(asked) ? asked.map(reply) : reply(asked as Request);
  } catch {
    return { jsonrpc: "2.0", id: null, error: { code: -32700, message: "Parse error" } };
  }
}

export class JsonRpcServer {
  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async start(): Promise<JsonRpcServer> {
    const server = createServer((request, response) => {
      let text = "";
      request.on("data", (chunk) => {
        text += chunk;
      });
      request.on("error", () => response.destroy());
      request.on("end", () => {
        response.setHeader("content-type", "application/json");
        response.end(JSON.stringify(answer(text)));
      });
    });
    return new JsonRpcServer(server, await listening(server));
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
