/**
 * `nc -u`: sends each typed line as a datagram and prints each datagram received. An ICMP message
 * "port unreachable" ends it with "Connection refused", as on a connected socket in Linux.
 */
import { SOCKET_ERROR_WORDS, SocketError } from "../../../../net/socket/error";
import { UDP_PAYLOAD, UdpSocket } from "../../../../net/socket/udp-socket";
import { formatIpv4, Ipv4Address } from "../../../../net/wire/address";
import { EXIT_FAILURE, EXIT_INTERRUPTED, EXIT_OK, Job, RUNNING } from "../../command";
import { Lookup } from "../../lookup";
import { Session } from "../../session";
import { Outbox } from "./outbox";

export class UdpJob extends Job {
  /** `-v` with `-l`: report the peer. */
  verbose: bool = false;
  private readonly buffer: StaticArray<u8> = new StaticArray<u8>(UDP_PAYLOAD);
  /** Typed lines. They wait until the name is resolved, or with -l until there is a peer. */
  private readonly outbox: Outbox = new Outbox();
  /** Ctrl-D was typed. */
  private ended: bool = false;

  constructor(
    private readonly session: Session,
    private readonly socket: UdpSocket,
    /** Null with -l: the first sender becomes the peer. */
    private readonly lookup: Lookup | null,
    private readonly port: u32,
  ) {
    super();
  }

  poll(_now: i64): i32 {
    const socket = this.socket;
    const lookup = this.lookup;
    if (lookup != null && socket.remotePort == 0) {
      if (!lookup.poll()) return RUNNING;
      if (lookup.failure != "")
        return this.fail(
          `getaddrinfo for host "${lookup.host}" port ${this.port}: ${lookup.failure}`,
        );
      socket.connect(lookup.address, this.port);
    }
    // A datagram may take four units a byte and so exceed `room`; the queue has space beyond it.
    while (socket.readable() && this.session.room() > UDP_PAYLOAD / 4) {
      const length = socket.receive(changetype<usize>(this.buffer), UDP_PAYLOAD);
      if (socket.remotePort == 0) this.meet(socket.lastAddress, socket.lastPort);
      this.session.printBytes(changetype<usize>(this.buffer), length as u32);
    }
    if (socket.remotePort != 0) while (!this.outbox.empty()) this.send(this.outbox.shift());
    if (socket.error != SocketError.None) return this.fail(SOCKET_ERROR_WORDS[socket.error]);
    if (!this.ended || socket.pending()) return RUNNING;
    socket.close();
    return EXIT_OK;
  }

  private meet(address: Ipv4Address, port: u32): void {
    this.socket.connect(address, port);
    if (this.verbose) {
      this.session.printLine(`Connection received on ${formatIpv4(address)} ${port}`);
    }
  }

  readsInput(): bool {
    return !this.outbox.full();
  }

  line(text: string): void {
    this.outbox.add(text);
  }

  /** Ends the command: unlike TCP, UDP has no FIN to send. */
  endOfInput(): void {
    this.ended = true;
  }

  cancel(): i32 {
    const lookup = this.lookup;
    if (lookup != null) lookup.cancel();
    this.socket.close();
    return EXIT_INTERRUPTED;
  }

  /** Sends a datagram. If the queue is full, drops the datagram and says so. */
  private send(bytes: ArrayBuffer): void {
    const length = bytes.byteLength as u32;
    const to = this.socket;
    if (!to.send(changetype<usize>(bytes), length, to.remoteAddress, to.remotePort)) {
      this.session.error("nc", "datagram dropped: send queue full");
    }
  }

  private fail(reason: string): i32 {
    this.session.error("nc", reason);
    this.socket.close();
    return EXIT_FAILURE;
  }
}
