/** Random local ports for the connections that this host opens (RFC 6056 section 3.3.1). */
import { TCP_RECENT_PORTS } from "../../../../core/limits";
import { Random, randomBelow } from "../../../../core/random";
import { Endpoints } from "../../endpoints";
import { Demux } from "../demux";
import { TimeWaitTable } from "../end/time-wait";

/** The range of random ports, in which no well-known service is. */
const FIRST_PORT: u32 = 32768;
const PORTS: u32 = 32768;

export class LocalPorts {
  /** The ports used last, and how many have been used. */
  private readonly recent: StaticArray<u16> = new StaticArray<u16>(TCP_RECENT_PORTS as i32);
  private usedCount: u32 = 0;

  constructor(
    private readonly random: Random,
    private readonly demux: Demux,
    private readonly timeWaits: TimeWaitTable,
  ) {}

  /**
   * Sets the local port of `ends` so that no connection and no TIME-WAIT record has the same two
   * ends. Tries random ports, except for those used recently, then all ports in order. Returns
   * false if no port is free.
   */
  choose(ends: Endpoints): bool {
    for (let tries = 0; tries < 16; tries++) {
      const port = FIRST_PORT + randomBelow(this.random, PORTS);
      if (this.isRecent(port) || !this.take(ends, port)) continue;
      return true;
    }
    const start = randomBelow(this.random, PORTS);
    for (let i: u32 = 0; i < PORTS; i++) {
      if (this.take(ends, FIRST_PORT + ((start + i) & (PORTS - 1)))) return true;
    }
    return false;
  }

  private isRecent(port: u32): bool {
    for (let i: u32 = 0; i < TCP_RECENT_PORTS; i++) if (this.recent[i] == port) return true;
    return false;
  }

  /** Sets the local port to `port` if no connection and no TIME-WAIT record has the same ends. */
  take(ends: Endpoints, port: u32): bool {
    ends.setLocalPort(port);
    // A connection from a port to itself would be a simultaneous open.
    if (port == ends.remotePort && ends.local.equals(ends.remote)) return false;
    if (this.demux.find(ends) != null || this.timeWaits.find(ends) != null) return false;
    this.recent[this.usedCount++ & (TCP_RECENT_PORTS - 1)] = port as u16;
    return true;
  }
}
