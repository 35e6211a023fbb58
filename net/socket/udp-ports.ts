/**
 * Finds UDP sockets by their local port, and draws random ports for unbound sockets (RFC 6056).
 * Ports that were closed recently are not drawn.
 */
import { UDP_RECENT_PORTS } from "../../core/limits";
import { Random, randomBelow } from "../../core/random";
import { Endpoints } from "./endpoints";
import { ANY_DEVICE } from "./path";
import { UdpSocket } from "./udp-socket";

/** The range of random ports, as large as possible (RFC 6056 section 3.2). */
const FIRST_RANDOM_PORT: u32 = 1024;
const RANDOM_PORTS: u32 = 65536 - FIRST_RANDOM_PORT;
/** Hash chains; a power of two. */
const CHAINS: u32 = 64;

export class UdpPorts {
  private readonly chains: StaticArray<UdpSocket | null> = new StaticArray<UdpSocket | null>(
    CHAINS,
  );
  /** The ports of the sockets closed last, and how many have been closed. */
  private readonly recent: StaticArray<u16> = new StaticArray<u16>(UDP_RECENT_PORTS);
  private closedCount: u32 = 0;

  constructor(private readonly random: Random) {}

  add(socket: UdpSocket): void {
    const chain = socket.localPort & (CHAINS - 1);
    socket.next = this.chains[chain];
    this.chains[chain] = socket;
  }

  /** Removes a closed socket; its port is not drawn again for a while. */
  remove(socket: UdpSocket): void {
    const chain = socket.localPort & (CHAINS - 1);
    let before: UdpSocket | null = null;
    let at = this.chains[chain];
    while (at != null && at !== socket) {
      before = at;
      at = at.next;
    }
    if (before == null) this.chains[chain] = socket.next;
    else before.next = socket.next;
    socket.next = null;
    this.recent[this.closedCount++ & (UDP_RECENT_PORTS - 1)] = socket.localPort as u16;
  }

  /**
   * Returns the socket for a datagram between `ends` that arrived on interface `device`, or null.
   */
  find(ends: Endpoints, device: u32): UdpSocket | null {
    let socket = this.chains[ends.localPort & (CHAINS - 1)];
    while (socket != null && !socket.matches(ends, device)) socket = socket.next;
    return socket;
  }

  /** Whether a socket on `port` accepts datagrams while interface `device` has no address. */
  acceptsUnconfigured(port: u32, device: u32): bool {
    let socket = this.chains[port & (CHAINS - 1)];
    while (socket != null) {
      if (socket.localPort == port && socket.acceptUnconfigured) {
        if (socket.device == ANY_DEVICE || socket.device == device) return true;
      }
      socket = socket.next;
    }
    return false;
  }

  /** Whether a socket holds `port` on interface `device`, or on any interface for ANY_DEVICE. */
  inUse(port: u32, device: u32): bool {
    let socket = this.chains[port & (CHAINS - 1)];
    while (socket != null) {
      if (socket.localPort == port) {
        const other = socket.device;
        if (device == ANY_DEVICE || other == ANY_DEVICE || device == other) return true;
      }
      socket = socket.next;
    }
    return false;
  }

  /** Draws a port that is neither in use nor recently closed (RFC 6056 section 3.3.1). */
  draw(): u32 {
    let port: u32 = 0;
    do {
      port = FIRST_RANDOM_PORT + randomBelow(this.random, RANDOM_PORTS);
    } while (this.inUse(port, ANY_DEVICE) || this.recent.includes(port as u16));
    return port;
  }
}
