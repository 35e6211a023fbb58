/** The sockets that `sock` has opened, under the numbers by which it names them. */
import { SOCK_HANDLES } from "../../../../core/limits";
import { TcpSocket } from "../../../../net/api";
import { UdpSocket } from "../../../../net/socket/udp-socket";

/** A TCP or a UDP socket. */
export class Handle {
  constructor(
    readonly number: u32,
    readonly tcp: TcpSocket | null,
    public udp: UdpSocket | null,
  ) {}
}

export class Handles {
  /** By number, from 1 on. */
  private readonly all: StaticArray<Handle | null> = new StaticArray<Handle | null>(SOCK_HANDLES);

  /** Gives a socket the lowest free number. Returns null if there are too many. */
  add(tcp: TcpSocket | null, udp: UdpSocket | null): Handle | null {
    for (let i = 0; i < SOCK_HANDLES; i++) {
      if (this.all[i] != null) continue;
      const handle = new Handle(i + 1, tcp, udp);
      this.all[i] = handle;
      return handle;
    }
    return null;
  }

  get full(): bool {
    for (let i = 0; i < SOCK_HANDLES; i++) if (this.all[i] == null) return false;
    return true;
  }

  /** Returns the socket with a number from 1 to SOCK_HANDLES, or null. */
  find(number: i64): Handle | null {
    return number < 1 || number > SOCK_HANDLES ? null : this.all[(number - 1) as i32];
  }

  remove(handle: Handle): void {
    this.all[handle.number - 1] = null;
  }
}
