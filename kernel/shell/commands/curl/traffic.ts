/** The connections and heads of an exchange, for `curl -w`. */
import { HttpWatcher } from "../../../../net/service/http/client/watcher";
import { HttpHead } from "../../../../net/service/http/message/head";
import { Stream } from "../../../../net/service/stream/stream";
import { TcpStream } from "../../../../net/service/stream/tcp-stream";
import { TlsStream } from "../../../../net/service/tls/stream";
import { formatIpv4 } from "../../../../net/wire/address";

export class CurlTraffic extends HttpWatcher {
  /** Connections opened, not reused. */
  connects: u32 = 0;
  /** Bytes of request heads, and of final and redirecting response heads. */
  requestBytes: u64 = 0;
  headBytes: u64 = 0;
  /** The last connection. */
  secure: bool = false;
  localAddress: string = "";
  localPort: u32 = 0;
  remoteAddress: string = "";
  remotePort: u32 = 0;

  connected(stream: Stream, reused: bool): void {
    if (!reused) this.connects++;
    this.secure = stream instanceof TlsStream;
    let below: Stream = stream;
    if (stream instanceof TlsStream) below = (stream as TlsStream).below;
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
