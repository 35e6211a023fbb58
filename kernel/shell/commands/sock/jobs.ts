/** What `sock` waits for: a peer, a handshake, room to send, data, or the end of a connection. */
import { SOCK_RECEIVE_BYTES } from "../../../../core/limits";
import {
  TcpSocket,
  tcpAccept,
  tcpClose,
  tcpConnect,
  tcpReceive,
  tcpSend,
  udpReceive,
  udpSend,
} from "../../../../net/api";
import { SOCKET_ERROR_WORDS, SocketError } from "../../../../net/socket/error";
import { TcpState } from "../../../../net/socket/tcp/state";
import { UdpSocket } from "../../../../net/socket/udp-socket";
import { formatIpv4 } from "../../../../net/wire/address";
import { EXIT_FAILURE, EXIT_OK, Job, RUNNING } from "../../command";
import { Lookup } from "../../lookup";
import { Session } from "../../session";
import { Handle, Handles } from "./handles";

/** A job that fails when its time is over. */
abstract class Waiting extends Job {
  /** `deadline`: microseconds since boot, or NEVER. */
  constructor(
    protected readonly session: Session,
    private readonly deadline: i64,
  ) {
    super();
  }

  /** Does what can be done now. Returns RUNNING or the exit code. */
  protected abstract step(now: i64): i32;

  poll(now: i64): i32 {
    const code = this.step(now);
    if (code != RUNNING || now < this.deadline) return code;
    return this.failed("Resource temporarily unavailable");
  }

  pollAt(): i64 {
    return this.deadline;
  }

  protected failed(reason: string): i32 {
    this.session.error("sock", reason);
    return EXIT_FAILURE;
  }
}

export class AcceptJob extends Waiting {
  constructor(
    session: Session,
    deadline: i64,
    private readonly socket: TcpSocket,
    private readonly handles: Handles,
  ) {
    super(session, deadline);
  }

  protected step(_now: i64): i32 {
    if (this.handles.full) return this.failed("too many sockets, expected one to be closed first");
    const accepted = tcpAccept(this.socket);
    if (accepted == null) return RUNNING;
    const handle = this.handles.add(accepted, null)!;
    const ends = accepted.connection!.endpoints;
    this.session.printLine(`${handle.number} ${formatIpv4(ends.remoteIpv4)} ${ends.remotePort}`);
    return EXIT_OK;
  }
}

export class ConnectJob extends Waiting {
  private begun: bool = false;

  constructor(
    session: Session,
    deadline: i64,
    private readonly handle: Handle,
    private readonly lookup: Lookup,
    private readonly port: u32,
  ) {
    super(session, deadline);
  }

  protected step(_now: i64): i32 {
    if (!this.lookup.poll()) return RUNNING;
    const lookup = this.lookup;
    if (lookup.failure != "") return this.failed(`${lookup.host}: ${lookup.failure}`);
    const udp = this.handle.udp;
    if (udp != null) {
      udp.connect(lookup.address, this.port);
      return EXIT_OK;
    }
    const tcp = this.handle.tcp!;
    if (!this.begun) {
      this.begun = true;
      if (!tcpConnect(tcp, lookup.address, this.port)) {
        const used = tcp.port != 0;
        return this.failed(used ? "Address already in use" : "No buffer space available");
      }
    }
    const connection = tcp.connection!;
    if (connection.established()) return EXIT_OK;
    if (connection.state != TcpState.Closed) return RUNNING;
    return this.failed(SOCKET_ERROR_WORDS[connection.error]);
  }

  cancel(): i32 {
    this.lookup.cancel();
    return super.cancel();
  }
}

/** Sends a text and prints how many bytes were sent: TCP waits until its buffer has room. */
export class SendJob extends Waiting {
  private done: u32 = 0;

  constructor(
    session: Session,
    deadline: i64,
    private readonly socket: TcpSocket,
    private readonly bytes: Uint8Array,
  ) {
    super(session, deadline);
  }

  protected step(_now: i64): i32 {
    const socket = this.socket;
    const error = socket.error();
    if (socket.state() == TcpState.Closed) {
      const reset = error != SocketError.None;
      return this.failed(reset ? SOCKET_ERROR_WORDS[error] : "Broken pipe");
    }
    const length = this.bytes.length as u32;
    this.done += tcpSend(socket, this.bytes.subarray(this.done));
    if (this.done < length) return RUNNING;
    this.session.printLine(`${this.done}`);
    return EXIT_OK;
  }
}

/** Prints the next bytes, or the next datagram, as text or in hexadecimal. */
export class ReceiveJob extends Waiting {
  constructor(
    session: Session,
    deadline: i64,
    private readonly handle: Handle,
    private readonly most: u32,
    private readonly hexadecimal: bool,
  ) {
    super(session, deadline);
  }

  protected step(_now: i64): i32 {
    if (this.session.room() < 3 * SOCK_RECEIVE_BYTES) return RUNNING;
    const bytes = new Uint8Array(this.most);
    const udp = this.handle.udp;
    return udp != null ? this.datagram(udp, bytes) : this.stream(this.handle.tcp!, bytes);
  }

  private stream(socket: TcpSocket, bytes: Uint8Array): i32 {
    const count = tcpReceive(socket, bytes);
    if (count == 0) return RUNNING;
    if (count > 0) {
      this.show(bytes, count);
      return EXIT_OK;
    }
    const error = socket.error();
    return this.failed(error == SocketError.None ? "end of data" : SOCKET_ERROR_WORDS[error]);
  }

  private datagram(socket: UdpSocket, bytes: Uint8Array): i32 {
    const count = udpReceive(socket, bytes);
    if (count >= 0) {
      this.session.printLine(`${formatIpv4(socket.lastAddress)} ${socket.lastPort} ${count}`);
      this.show(bytes, count);
      return EXIT_OK;
    }
    const error = socket.error;
    if (error == SocketError.None) return RUNNING;
    socket.error = SocketError.None;
    return this.failed(SOCKET_ERROR_WORDS[error]);
  }

  private show(bytes: Uint8Array, count: i32): void {
    const session = this.session;
    if (this.hexadecimal) {
      let line = "";
      for (let i = 0; i < count; i++) line += bytes[i].toString(16).padStart(2, "0");
      session.printLine(line);
    } else if (count > 0) {
      session.printBytes(bytes.dataStart, count as u32);
      if (bytes[count - 1] != 0x0a) session.printLine("");
    }
  }
}

/** Looks up a host by name, sends it a datagram, and prints the datagram's length. */
export class SendToJob extends Waiting {
  constructor(
    session: Session,
    deadline: i64,
    private readonly socket: UdpSocket,
    private readonly bytes: Uint8Array,
    private readonly lookup: Lookup,
    private readonly port: u32,
  ) {
    super(session, deadline);
  }

  protected step(_now: i64): i32 {
    const lookup = this.lookup;
    if (!lookup.poll()) return RUNNING;
    if (lookup.failure != "") return this.failed(`${lookup.host}: ${lookup.failure}`);
    const sent = udpSend(this.socket, this.bytes, lookup.address, this.port);
    if (!sent) return this.failed("Message too long");
    this.session.printLine(`${this.bytes.length}`);
    return EXIT_OK;
  }

  cancel(): i32 {
    this.lookup.cancel();
    return super.cancel();
  }
}

/** Closes a connection and waits, as SO_LINGER asks, until the peer has acknowledged everything. */
export class CloseJob extends Job {
  constructor(
    private readonly socket: TcpSocket,
    private readonly until: i64,
  ) {
    super();
    const connection = socket.connection!;
    if (connection.readable() == 0) connection.close();
  }

  poll(now: i64): i32 {
    const connection = this.socket.connection!;
    const state = connection.state;
    const open = state == TcpState.FinWait1 || state == TcpState.LastAck;
    if ((open || state == TcpState.Closing) && now < this.until) return RUNNING;
    tcpClose(this.socket);
    return EXIT_OK;
  }

  pollAt(): i64 {
    return this.until;
  }

  cancel(): i32 {
    tcpClose(this.socket);
    return super.cancel();
  }
}
