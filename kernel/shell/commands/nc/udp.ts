/** `nc -u`: each line typed is a datagram, each datagram received is printed. */
import { SOCKET_ERROR_WORDS, SocketError } from "../../../../net/socket/error";
import { UDP_PAYLOAD, UdpSocket } from "../../../../net/socket/udp";
import { EXIT_FAILURE, EXIT_INTERRUPTED, EXIT_OK, Job, RUNNING } from "../../command";
import { Lookup } from "../../lookup";
import { Shell } from "../../shell";
import { Outbox } from "./outbox";

export class UdpJob extends Job {
  private readonly buffer: StaticArray<u8> = new StaticArray<u8>(UDP_PAYLOAD);
  private readonly outbox: Outbox = new Outbox();
  private ended: bool = false;

  constructor(
    private readonly shell: Shell,
    private readonly socket: UdpSocket,
    /** Null: the first who sends is the peer (`-l`). */
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
      if (lookup.failure != "") return this.fail(`${lookup.host}: ${lookup.failure}`);
      socket.connect(lookup.address, this.port);
    }
    while (socket.readable() && this.shell.room() > UDP_PAYLOAD / 4) {
      const length = socket.receive(changetype<usize>(this.buffer), UDP_PAYLOAD);
      if (socket.remotePort == 0) socket.connect(socket.lastAddress, socket.lastPort);
      this.shell.printBytes(changetype<usize>(this.buffer), length as u32);
    }
    if (socket.remotePort != 0) while (!this.outbox.empty()) this.send(this.outbox.shift());
    if (socket.error != SocketError.None) return this.fail(SOCKET_ERROR_WORDS[socket.error]);
    if (!this.ended || socket.pending()) return RUNNING;
    socket.close();
    return EXIT_OK;
  }

  readsInput(): bool {
    return !this.outbox.full();
  }

  line(text: string): void {
    this.outbox.add(text);
  }

  endOfInput(): void {
    this.ended = true;
  }

  cancel(): i32 {
    const lookup = this.lookup;
    if (lookup != null) lookup.cancel();
    this.socket.close();
    return EXIT_INTERRUPTED;
  }

  private send(bytes: ArrayBuffer): void {
    const length = bytes.byteLength as u32;
    const to = this.socket;
    if (!to.send(changetype<usize>(bytes), length, to.remoteAddress, to.remotePort)) {
      this.shell.error("nc", "the datagram was dropped: the queue is full");
    }
  }

  private fail(reason: string): i32 {
    this.shell.error("nc", reason);
    this.socket.close();
    return EXIT_FAILURE;
  }
}
