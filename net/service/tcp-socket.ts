/** The TCP socket of the public API (net/api.ts), with its settings. */
import { SocketError } from "../socket/error";
import { TcpConnection } from "../socket/tcp/connection";
import { TcpListener } from "../socket/tcp/listen/listener";
import { TcpState } from "../socket/tcp/state";

/** A TCP socket: unused, a listener, or one end of a connection. */
export class TcpSocket {
  port: u32 = 0;
  listener: TcpListener | null = null;
  connection: TcpConnection | null = null;
  /** From `tcpSetKeepAlive` and `tcpSetUserTimeout`; accepted sockets inherit both. */
  keepAlive: i64 = 0;
  userTimeout: i64 = 0;
  /** Set by `tcpSetMark`. */
  mark: u32 = 0;
  /** Set by `tcpSetTypeOfService`. */
  trafficClass: u32 = 0;

  /** Returns the state of the socket (RFC 9293 section 3.3.2). */
  state(): TcpState {
    if (this.listener != null) return TcpState.Listen;
    const connection = this.connection;
    return connection == null ? TcpState.Closed : connection.state;
  }

  /** Returns why the connection is over, or None. */
  error(): SocketError {
    const connection = this.connection;
    return connection == null ? SocketError.None : connection.error;
  }

  /** Passes the settings to the connection, if there is one. */
  applyOptions(): void {
    const connection = this.connection;
    if (connection == null) return;
    connection.setKeepAlive(this.keepAlive);
    connection.timeout = this.userTimeout;
    connection.trafficClass = this.trafficClass;
  }
}
