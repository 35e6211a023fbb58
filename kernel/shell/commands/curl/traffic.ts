/** The connections and heads of an exchange, for `curl -w`. */
import { HttpWatcher } from "../../../../net/service/http/client/watcher";
import { HttpHead } from "../../../../net/service/http/message/head";
import { Stream } from "../../../../net/service/stream/stream";
import { TcpStream } from "../../../../net/service/stream/tcp-stream";
import { TlsStream } from "../../../../net/service/tls/stream";
import { faultsOf } from "../../../../net/service/tls/verification";
import { formatIpv4 } from "../../../../net/wire/address";

export class CurlTraffic extends HttpWatcher {
  /** Connections opened, not reused. */
  connects: u32 = 0;
  /** Bytes of request heads, and of final and redirecting response heads. */
  requestBytes: u64 = 0;
  headBytes: u64 = 0;
  /** What is wrong with the certificate of the last connection (-k), or "". */
  faults: string = "";
  /** The ends of the last connection. */
  localAddress: string = "";
  localPort: u32 = 0;
  remoteAddress: string = "";
  remotePort: u32 = 0;
  /** The status of the last response of a proxy to a request for a tunnel; 0 if there was none. */
  tunnelStatus: u32 = 0;

  tunnel(stream: Stream, _request: string, response: HttpHead): void {
    this.locate(stream);
    this.tunnelStatus = response.status;
    this.headBytes += response.length;
  }

  connected(stream: Stream, reused: bool): void {
    if (!reused) this.connects++;
    this.locate(stream);
    const secure = stream instanceof TlsStream;
    this.faults = secure ? faultsOf((stream as TlsStream).refusals()).join(", ") : "";
  }

  private locate(stream: Stream): void {
    const below = stream.transport();
    if (below instanceof TcpStream) {
      const ends = (below as TcpStream).connection.endpoints;
      this.localAddress = formatIpv4(ends.localIpv4);
      this.localPort = ends.localPort;
      this.remoteAddress = formatIpv4(ends.remoteIpv4);
      this.remotePort = ends.remotePort;
    }
  }

  sent(head: string): void {
    this.requestBytes += head.length;
  }

  received(head: HttpHead): void {
    this.headBytes += head.length;
  }
}
