/** Sends log messages by UDP (RFC 5426, and Linux's netconsole). */
import { LOG_QUEUE_BYTES } from "../../../core/limits";
import { NEVER, SECOND } from "../../../core/time";
import { IpLayer } from "../../iface/layer";
import { SocketError } from "../../socket/error";
import { Path } from "../../socket/path";
import { UdpSocket } from "../../socket/udp-socket";
import { Ipv4Address } from "../../wire/address";
import { DnsResolver } from "../dns/resolver";
import { LogTarget, LogTransport } from "./target";
import { TargetAddress } from "./target-address";

/** Microseconds from a failure, such as an unreachable host, to the next attempt. */
const RETRY: i64 = 5 * SECOND;

export class DatagramTransport implements LogTransport {
  private socket: UdpSocket | null = null;
  private address: Ipv4Address = 0;
  private readonly path: Path = new Path();
  /** Whether the last message waits for ARP to resolve the next hop; nothing more is sent then. */
  private waiting: bool = false;
  private retryAt: i64 = 0;
  private readonly lookup: TargetAddress;

  constructor(
    private readonly target: LogTarget,
    private readonly ip: IpLayer,
    dns: DnsResolver,
  ) {
    this.lookup = new TargetAddress(dns, target.host);
  }

  poll(now: i64): u32 {
    if (now < this.retryAt) return 0;
    this.retryAt = 0;
    const socket = this.socket;
    if (socket == null) {
      this.open(now);
      return 0;
    }
    const error = socket.error;
    socket.error = SocketError.None;
    // A refusal may end at any time, and is no reason to send less.
    if (this.waiting && error != SocketError.None && error != SocketError.Refused) {
      socket.close();
      this.socket = null;
      this.waiting = false;
      this.lookup.unreachable();
      this.retryAt = now + RETRY;
      return 1;
    }
    if (this.waiting && this.ip.reaches(this.path)) this.waiting = false;
    return 0;
  }

  pollAt(): i64 {
    return this.retryAt > 0 ? this.retryAt : NEVER;
  }

  ready(now: i64): bool {
    return this.socket != null && !this.waiting && now >= this.retryAt;
  }

  send(message: ArrayBuffer): bool {
    const bytes = changetype<usize>(message);
    const port = this.target.port;
    if (!this.socket!.send(bytes, message.byteLength, this.address, port)) return false;
    this.waiting = !this.ip.reaches(this.path);
    return true;
  }

  /** Looks the host up, then opens the socket. */
  private open(now: i64): void {
    const address = this.lookup.poll(now);
    if (address == 0 && this.lookup.running) return;
    const target = this.target;
    const socket = address != 0 ? this.ip.udp.open(target.localPort, 0, LOG_QUEUE_BYTES) : null;
    if (socket == null) {
      this.retryAt = now + RETRY;
      return;
    }
    this.address = address;
    socket.connect(address, target.port);
    this.path.towardIpv4(address);
    this.socket = socket;
  }
}
