/**
 * Which UDP ports are in use, and which one an unbound socket gets (RFC 6056): sockets in chains
 * by their local port, and the ports closed last.
 */
import { UDP_RECENT_PORTS } from "../../core/limits";
import { Random, randomBelow } from "../../core/random";
import { Endpoints } from "./endpoints";
import { ANY_DEVICE } from "./path";
import { UdpSocket } from "./udp-socket";

/** Ports that are drawn from at random: as many as can be (RFC 6056 section 3.2). */
const FIRST_RANDOM_PORT: u32 = 1024;
const RANDOM_PORTS: u32 = 65536 - FIRST_RANDOM_PORT;
/** Chains that sockets are found by; a power of two. */
const CHAINS: u32 = 64;

export class UdpPorts {
  private readonly chains: StaticArray<UdpSocket | null> = new StaticArray<UdpSocket | null>(
    CHAINS,
  );
  private readonly recent: StaticArray<u16> = new StaticArray<u16>(UDP_RECENT_PORTS);
  private closed: u32 = 0;

  constructor(private readonly random: Random) {}

  add(socket: UdpSocket): void {
    const chain = socket.localPort & (CHAINS - 1);
    socket.next = this.chains[chain];
    this.chains[chain] = socket;
  }

  /** Takes out a closed socket; its port is not drawn again for a while. */
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
    this.recent[this.closed++ & (UDP_RECENT_PORTS - 1)] = socket.localPort as u16;
  }

  /** Returns the socket for a datagram between `ends` that came in by `device`, or null. */
  find(ends: Endpoints, device: u32): UdpSocket | null {
    let socket = this.chains[ends.localPort & (CHAINS - 1)];
    while (socket != null && !socket.hears(ends, device)) socket = socket.next;
    return socket;
  }

  /** Whether a socket on `port` wants what an interface without address receives. */
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

  /** Whether a socket holds `port` on that interface, ANY_DEVICE: on any. */
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
