/** The HTTP daemon: serves the status site on a port, in the clear or through TLS. */
import { TCP_BACKLOG } from "../../core/limits";
import { Pollable } from "../../core/pollable";
import { NEVER } from "../../core/time";
import { PRODUCT } from "../../core/version";
import { HttpServer } from "../../net/service/http/server/server";
import { NetworkStack } from "../../net/service/stack";
import { StreamListener } from "../../net/service/stream/stream";
import { TcpStreamListener } from "../../net/service/stream/tcp-stream";
import { TlsListener } from "../../net/service/tls/service";
import { StatusSite } from "./status-site";

export class HttpDaemon extends Pollable {
  /** Null while the daemon is stopped. */
  private server: HttpServer | null = null;

  constructor(private readonly stack: NetworkStack) {
    super();
  }

  get running(): bool {
    return this.server != null;
  }

  /** Serves on `port`, through TLS if `secure`. Returns false if it cannot listen there. */
  start(port: u32, secure: bool): bool {
    const stack = this.stack;
    const listener = stack.ip.tcp.listen(port, TCP_BACKLOG);
    if (listener == null) return false;
    let streams: StreamListener = new TcpStreamListener(listener);
    if (secure) streams = new TlsListener(streams, stack.tls);
    this.server = new HttpServer(streams, new StatusSite(stack), PRODUCT);
    this.dormant = false;
    return true;
  }

  /** Closes the port and every connection. Returns false if the daemon is not running. */
  stop(): bool {
    const server = this.server;
    if (server == null) return false;
    server.close();
    this.server = null;
    return true;
  }

  poll(now: i64): bool {
    const server = this.server;
    this.dormant = server == null;
    return server != null && server.poll(now);
  }

  pollAt(_now: i64): i64 {
    const server = this.server;
    return server == null ? NEVER : server.pollAt();
  }
}
