/** A forward proxy on a scripted host: whole URLs, and tunnels by CONNECT. */
import { address } from "../packets/bytes.ts";
import type { Peer } from "./peer.ts";

export class ForwardProxy {
  /** The heads of all requests, without the last empty line. */
  readonly heads: string[] = [];
  /** The response to every request instead of forwarding it; "" to forward. */
  fixedResponse = "";
  /** Whether to say nothing at all. */
  silent = false;

  /** `servers` maps names to addresses. */
  constructor(peer: Peer, port: number, servers: Record<string, string>) {
    peer.tcp.listeners.set(port, (client) => {
      let head = "";
      const forward = (data: Buffer) => {
        head += data.toString("latin1");
        const end = head.indexOf("\r\n\r\n");
        if (end < 0) return;
        this.heads.push(head.slice(0, end + 2));
        if (this.silent) return;
        if (this.fixedResponse !== "") {
          client.write(Buffer.from(this.fixedResponse));
          client.close();
          return;
        }
        const [method, target] = head.split(" ");
        const url = new URL(method === "CONNECT" ? `tcp://${target}` : target);
        const server = address(servers[url.hostname] ?? url.hostname);
        const upstream = peer.tcp.connect(server, Number(url.port || 80));
        if (method === "CONNECT") client.write(Buffer.from("HTTP/1.1 200 Established\r\n\r\n"));
        else {
          const origin = head.replace(target, url.pathname + url.search);
          upstream.write(Buffer.from(origin, "latin1"));
        }
        client.onData = (more) => upstream.write(more);
        client.onFinish = () => upstream.close();
        upstream.onData = (more) => client.write(more);
        upstream.onFinish = () => client.close();
        head = "";
      };
      client.onData = forward;
      client.onFinish = () => client.close();
    });
  }
}
