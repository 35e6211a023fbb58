/** What `sock` waits for: a peer, a handshake, room to send, data, or the end of a connection. */
import { SOCK_RECEIVE_BYTES } from "../../../../core/limits";
import { earlier, NEVER } from "../../../../core/time";
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
import { ConnectionRace } from "../../../../net/service/stream/connection-race";
import { StreamOpener } from "../../../../net/service/stream/opener";
import { Stream } from "../../../../net/service/stream/stream";
import { TcpStream } from "../../../../net/service/stream/tcp-stream";
import { SOCKET_ERROR_WORDS, SocketError } from "../../../../net/socket/error";
import { TcpState } from "../../../../net/socket/tcp/state";
import { UdpSocket } from "../../../../net/socket/udp-socket";
import { formatIpv4, Ipv4Address } from "../../../../net/wire/address";
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

/** An attempt to connect a socket. That of the socket's own connection stays if it fails. */
class SocketStream extends TcpStream {
  constructor(private readonly socket: TcpSocket) {
    super(socket.connection!);
    socket.applyOptions();
  }

  abort(): void {
    if (this.socket.connection != this.connection) super.abort();
  }
}

/**
 * Connects to the first of a host's addresses that answers. If none has, the socket keeps the last
 * attempt, whose state and error can be read.
 */
export class ConnectJob extends Waiting implements StreamOpener {
  private race: ConnectionRace | null = null;

  constructor(
    session: Session,
    deadline: i64,
    private readonly handle: Handle,
    private readonly lookup: Lookup,
    private readonly port: u32,
  ) {
    super(session, deadline);
  }

  protected step(now: i64): i32 {
    if (!this.lookup.poll()) return RUNNING;
    const lookup = this.lookup;
    if (lookup.failure != "") return this.failed(`${lookup.host}: ${lookup.failure}`);
    const udp = this.handle.udp;
    if (udp != null) {
      udp.connect(lookup.address, this.port);
      return EXIT_OK;
    }
    let race = this.race;
    if (race == null) race = new ConnectionRace(this, lookup.addresses, NEVER);
    this.race = race;
    const stream = race.poll(now);
    if (race.lost) return this.failed(race.reason);
    if (stream == null) return RUNNING;
    const tcp = this.handle.tcp!;
    const last = tcp.connection!;
    tcp.connection = (stream as TcpStream).connection;
    if (tcp.connection != last) last.abort();
    return EXIT_OK;
  }

  poll(now: i64): i32 {
    const code = super.poll(now);
    if (code != RUNNING) this.settle();
    return code;
  }

  /** Opens a connection with the socket's options. */
  open(address: Ipv4Address, _now: i64): Stream | null {
    const tcp = this.handle.tcp!;
    const before = tcp.connection;
    if (!tcpConnect(tcp, address, this.port)) {
      tcp.connection = before;
      return null;
    }
    if (before != null && before.state == TcpState.Closed) before.abort();
    return new SocketStream(tcp);
  }

  refusal(): string {
    return this.handle.tcp!.port != 0 ? "Address already in use" : "No buffer space available";
  }

  pollAt(): i64 {
    const race = this.race;
    return earlier(super.pollAt(), race == null ? NEVER : race.pollAt());
  }

  cancel(): i32 {
    this.settle();
    return super.cancel();
  }

  /** Aborts all attempts but that of the socket's connection. */
  private settle(): void {
    const race = this.race;
    if (race != null) race.cancel();
    this.lookup.cancel();
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
