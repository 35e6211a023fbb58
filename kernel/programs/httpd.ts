/** The HTTP daemon: serves the status site on a port, in the clear or through TLS. */
import { TCP_BACKLOG } from "../../core/limits";
import { PRODUCT } from "../../core/version";
import { HttpServer } from "../../net/service/http/server/server";
import { NetworkStack } from "../../net/service/stack";
import { StreamListener } from "../../net/service/stream/stream";
import { TcpStreamListener } from "../../net/service/stream/tcp-stream";
import { TlsListener } from "../../net/service/tls/service";
import { Daemon } from "./daemon";
import { StatusSite } from "./status-site";

export class HttpDaemon extends Daemon {
  /** The port of the last start. */
  port: u32 = 0;

  constructor(private readonly stack: NetworkStack) {
    super();
  }

  /**
   * Serves on `port`, through TLS if `secure`, with /metrics and /healthz if `monitored`, and with
   * TCP_FASTOPEN set to `fastOpen`. Returns false if it cannot listen there.
   */
  start(port: u32, secure: bool, monitored: bool, fastOpen: u32): bool {
    const stack = this.stack;
    const listener = stack.ip.tcp.listen(port, TCP_BACKLOG);
    if (listener == null) return false;
    this.port = port;
    listener.options.fastOpen = fastOpen;
    let streams: StreamListener = new TcpStreamListener(listener);
    if (secure) streams = new TlsListener(streams, stack.tls);
    this.run(new HttpServer(streams, new StatusSite(stack, monitored), PRODUCT));
    return true;
  }
}
