/**
 * `nc` over TCP: sends typed lines to the peer and prints what the peer sends. While the console is
 * behind, nothing is read, so the window closes and the peer waits (RFC 9293, 3.8.6).
 */
import { NC_PRINT_BYTES } from "../../../../core/limits";
import { earlier, NEVER, SECOND } from "../../../../core/time";
import { NetworkStack } from "../../../../net/service/stack";
import { ConnectionRace } from "../../../../net/service/stream/connection-race";
import { StreamOpener } from "../../../../net/service/stream/opener";
import { Stream } from "../../../../net/service/stream/stream";
import { TcpStream } from "../../../../net/service/stream/tcp-stream";
import { SOCKET_ERROR_WORDS, SocketError } from "../../../../net/socket/error";
import { TcpConnection } from "../../../../net/socket/tcp/connection";
import { TcpListener } from "../../../../net/socket/tcp/listen/listener";
import { formatIpv4, Ipv4Address } from "../../../../net/wire/address";
import { EXIT_FAILURE, EXIT_INTERRUPTED, EXIT_OK, Job, RUNNING } from "../../command";
import { Lookup } from "../../lookup";
import { Session } from "../../session";
import { Outbox } from "./outbox";

/** Microseconds of silence after Ctrl-D that end the command. */
const LINGER: i64 = 2 * SECOND;

/** What client and server have in common. */
abstract class TcpJob extends Job {
  /** The octet with the DS field of what is sent. */
  trafficClass: u32 = 0;
  /** `-v`: report the connection. */
  verbose: bool = false;
  /** Null until there is a peer, and after the conversation. */
  protected connection: TcpConnection | null = null;
  private readonly outbox: Outbox = new Outbox();
  /** When the command ends after Ctrl-D; data received postpones it. 0: no Ctrl-D yet. */
  protected endAt: i64 = 0;
  /** `-w`: the limit in microseconds to connect, for an ACK, and of silence; 0: none. */
  protected patience: i64 = 0;
  /** When data last passed; 0: not connected yet. */
  private activeAt: i64 = 0;
  /** Whether data waits for the console, which wakes the kernel when it has room. */
  private stalled: bool = false;

  constructor(protected readonly session: Session) {
    super();
  }

  readsInput(): bool {
    return !this.outbox.full();
  }

  line(text: string): void {
    this.outbox.add(text);
    if (this.activeAt > 0) this.activeAt = this.session.now;
  }

  endOfInput(): void {
    this.outbox.end();
    if (this.endAt == 0) this.endAt = this.session.now + LINGER;
  }

  pollAt(): i64 {
    if (this.stalled) return NEVER;
    const endAt = this.endAt > 0 ? this.endAt : NEVER;
    if (this.patience == 0 || this.activeAt == 0) return endAt;
    return earlier(endAt, this.activeAt + this.patience);
  }

  /** Resets the connection, which discards the rest of the data. */
  cancel(): i32 {
    const connection = this.connection;
    if (connection != null) connection.abort();
    this.connection = null;
    return EXIT_INTERRUPTED;
  }

  /** Moves bytes both ways. Returns RUNNING until the conversation is over. */
  protected converse(connection: TcpConnection, now: i64): i32 {
    this.outbox.sendTo(connection);
    while (connection.readable() > 0 && this.session.room() > NC_PRINT_BYTES) {
      const length = min<u32>(connection.peekLength(), NC_PRINT_BYTES);
      this.session.printBytes(connection.peekPointer(), length);
      connection.consume(length);
      if (this.endAt > 0) this.endAt = now + LINGER;
      this.activeAt = now;
    }
    this.stalled = connection.readable() > 0;
    if (this.stalled) {
      // Data that the peer was told has arrived is printed before the command ends.
      this.activeAt = now;
      return RUNNING;
    }
    if (connection.error != SocketError.None) {
      this.session.error("nc", SOCKET_ERROR_WORDS[connection.error]);
      return EXIT_FAILURE;
    }
    const silent = this.endAt > 0 && now >= this.endAt;
    if (connection.peerFinished() || silent || this.idle(connection, now)) {
      connection.detach();
      this.connection = null;
      return EXIT_OK;
    }
    return RUNNING;
  }

  /** Reports whether no data has passed for the time of -w. Data counts until acknowledged. */
  private idle(connection: TcpConnection, now: i64): bool {
    if (this.patience == 0 || !connection.established()) return false;
    if (this.activeAt == 0 || connection.unacknowledged() > 0) this.activeAt = now;
    return now - this.activeAt >= this.patience;
  }
}

export class TcpClientJob extends TcpJob implements StreamOpener {
  /** `-z`: end as soon as the connection is established. */
  scans: bool = false;
  private race: ConnectionRace | null = null;

  constructor(
    session: Session,
    private readonly stack: NetworkStack,
    private readonly lookup: Lookup,
    private readonly port: u32,
    patience: i64,
  ) {
    super(session);
    this.patience = patience;
  }

  poll(now: i64): i32 {
    if (!this.lookup.poll()) return RUNNING;
    if (this.lookup.failure != "") {
      const name = `"${this.lookup.host}" port ${this.port}`;
      this.session.error("nc", `getaddrinfo for host ${name}: ${this.lookup.failure}`);
      return EXIT_FAILURE;
    }
    let connection = this.connection;
    if (connection == null) {
      const race = this.startRace();
      const stream = race.poll(now);
      if (race.lost) return this.connectFailed(race.reason);
      if (stream == null) return RUNNING;
      connection = (stream as TcpStream).connection;
      this.connection = connection;
      if (this.verbose) this.report();
    }
    if (!this.scans) return this.converse(connection, now);
    connection.detach();
    this.connection = null;
    return EXIT_OK;
  }

  pollAt(): i64 {
    const race = this.race;
    const at = super.pollAt();
    return race == null || this.connection != null ? at : earlier(at, race.pollAt());
  }

  open(address: Ipv4Address, now: i64): Stream | null {
    const connection = this.stack.ip.connect(now, address, this.port);
    if (connection == null) return null;
    const stream = new TcpStream(connection);
    connection.noDelay = false;
    connection.timeout = this.patience;
    connection.trafficClass = this.trafficClass;
    return stream;
  }

  refusal(): string {
    return SOCKET_ERROR_WORDS[SocketError.NoResources];
  }

  private startRace(): ConnectionRace {
    let race = this.race;
    if (race == null) race = new ConnectionRace(this, this.lookup.addresses, NEVER);
    this.race = race;
    return race;
  }

  /** Prints `*` in place of the service, as there is no /etc/services. */
  private report(): void {
    const to = `${this.lookup.host} ${this.port}`;
    this.session.printLine(`Connection to ${to} port [tcp/*] succeeded!`);
  }

  cancel(): i32 {
    const race = this.race;
    if (race != null) race.cancel();
    this.lookup.cancel();
    return super.cancel();
  }

  private connectFailed(reason: string): i32 {
    const to = `${this.lookup.host} port ${this.port} (tcp)`;
    this.session.error("nc", `connect to ${to} failed: ${reason}`);
    return EXIT_FAILURE;
  }
}

/** `-l`: closes the listener once a peer has connected, so that others are refused. */
export class TcpServerJob extends TcpJob {
  constructor(
    session: Session,
    private readonly listener: TcpListener,
  ) {
    super(session);
  }

  poll(now: i64): i32 {
    let connection = this.connection;
    if (connection == null) {
      connection = this.listener.accept();
      // After Ctrl-D without a peer the listener is closed.
      if (connection == null) return this.endAt > 0 ? EXIT_OK : RUNNING;
      connection.trafficClass = this.trafficClass;
      this.connection = connection;
      this.listener.close();
      const ends = connection.endpoints;
      const from = formatIpv4(ends.remoteIpv4);
      const line = this.verbose
        ? `Connection received on ${from} ${ends.remotePort}`
        : `Connection from ${from} port ${ends.remotePort}`;
      this.session.printLine(line);
    }
    return this.converse(connection, now);
  }

  cancel(): i32 {
    this.listener.close();
    return super.cancel();
  }

  endOfInput(): void {
    super.endOfInput();
    if (this.connection == null) this.listener.close();
  }
}
