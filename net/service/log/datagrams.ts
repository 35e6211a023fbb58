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

/** How long after a message, in microseconds, a refusal is taken for that of the message. */
const REFUSAL_TIME: i64 = SECOND;
/** Microseconds from a failure, such as an unreachable host, to the next attempt. */
const RETRY: i64 = 5 * SECOND;

export class DatagramTransport implements LogTransport {
  private socket: UdpSocket | null = null;
  private address: Ipv4Address = 0;
  /** How many addresses the host had at the last lookup. */
  private addresses: u32 = 0;
  /** Failures to reach the host: after each, the next of its addresses is used. */
  private failures: u32 = 0;
  /** How many of the host's addresses have refused the same messages. */
  private refusals: u32 = 0;
  /** Messages to the address within REFUSAL_TIME of the first of them, and when that was sent. */
  private recent: u32 = 0;
  private recentSince: i64 = 0;
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
    if (error == SocketError.Refused || (error != SocketError.None && !this.waiting)) {
      return this.refused();
    }
    if (error != SocketError.None) {
      this.leave();
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
    const now = this.ip.now;
    if (this.recent > 0 && now - this.recentSince >= REFUSAL_TIME) {
      this.recent = 0;
      this.refusals = 0;
    }
    if (this.recent == 0) this.recentSince = now;
    this.recent++;
    return true;
  }

  /** Looks the host up, then opens the socket. */
  private open(now: i64): void {
    const addresses = this.lookup.poll(now);
    if (addresses == null && this.lookup.running) return;
    const target = this.target;
    const socket =
      addresses != null ? this.ip.udp.open(target.localPort, 0, LOG_QUEUE_BYTES) : null;
    if (socket == null) {
      this.retryAt = now + RETRY;
      return;
    }
    this.addresses = addresses!.length;
    this.address = addresses![this.failures % this.addresses];
    socket.connect(this.address, target.port);
    this.path.towardIpv4(this.address);
    this.socket = socket;
  }

  /**
   * Turns to the host's next address, if it has several, and has what was refused sent again unless
   * all have refused. A refusal may end at any time, and is no reason to send less.
   */
  private refused(): u32 {
    if (this.addresses < 2) return 0;
    const refused = this.recent;
    this.leave();
    if (++this.refusals < this.addresses) return refused;
    this.refusals = 0;
    return 0;
  }

  /** Closes the socket; the next one is for the next address. */
  private leave(): void {
    this.socket!.close();
    this.socket = null;
    this.waiting = false;
    this.recent = 0;
    this.failures++;
  }
}
