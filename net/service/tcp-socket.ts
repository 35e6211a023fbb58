/** The TCP socket of the public API (net/api.ts), with its options. */
import { SocketError } from "../socket/error";
import { TcpConnection } from "../socket/tcp/connection";
import { TcpListener } from "../socket/tcp/listen/listener";
import { SocketOptions } from "../socket/tcp/socket-options";
import { TcpState } from "../socket/tcp/state";

/** A TCP socket: unused, a listener, or one end of a connection. */
export class TcpSocket {
  /**
   * The port given to `tcpBind`; an accepted socket has its listener's. 0 if none was given, even
   * once connected from a random port.
   */
  port: u32 = 0;
  listener: TcpListener | null = null;
  connection: TcpConnection | null = null;
  /** Change them with `tcpSetOption`. Accepted sockets inherit those of their listener. */
  readonly options: SocketOptions = new SocketOptions();

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

  /** Passes the options to the connection, or to those that the listener will accept. */
  applyOptions(): void {
    const connection = this.connection;
    if (connection != null) connection.adopt(this.options);
    const listener = this.listener;
    if (listener != null) listener.options.copy(this.options);
  }
}
