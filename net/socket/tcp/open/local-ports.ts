/** Random local ports for active opens (RFC 6056 section 3.3.1, RFC 9293 section 3.4.3). */
import { Random, randomBelow } from "../../../../core/random";
import { ConnectionHash } from "../demux";
import { TimeWaitTable } from "../end/time-wait";

/** 32,768 ports, of which none belongs to a well-known server. */
const FIRST_PORT: u32 = 32768;
const PORTS: u32 = 32768;

/** Ports given out last. The peer that closed first still holds them in TIME-WAIT, unseen here. */
const RECENT_PORTS: u32 = 256;

export class PortSource {
  private readonly recent: StaticArray<u16> = new StaticArray<u16>(RECENT_PORTS as i32);
  private given: u32 = 0;

  constructor(
    private readonly random: Random,
    private readonly connections: ConnectionHash,
    private readonly timeWaits: TimeWaitTable,
  ) {}

  /**
   * A port from which neither a connection nor a TIME-WAIT record leads to the same remote end, or
   * 0 when there is none. Drawn at random, none of the recent ones; else the next that is free.
   */
  choose(local: u32, remote: u32, remotePort: u32): u32 {
    for (let tries = 0; tries < 16; tries++) {
      const port = FIRST_PORT + randomBelow(this.random, PORTS);
      if (this.isRecent(port) || !this.isFree(local, port, remote, remotePort)) continue;
      return this.give(port);
    }
    const start = randomBelow(this.random, PORTS);
    for (let i: u32 = 0; i < PORTS; i++) {
      const port = FIRST_PORT + ((start + i) & (PORTS - 1));
      if (this.isFree(local, port, remote, remotePort)) return this.give(port);
    }
    return 0;
  }

  private give(port: u32): u32 {
    this.recent[this.given++ & (RECENT_PORTS - 1)] = port as u16;
    return port;
  }

  private isRecent(port: u32): bool {
    for (let i: u32 = 0; i < RECENT_PORTS; i++) if (this.recent[i] == port) return true;
    return false;
  }

  private isFree(local: u32, port: u32, remote: u32, remotePort: u32): bool {
    // Not to itself: such a connection would open simultaneously with itself.
    if (local == remote && port == remotePort) return false;
    if (this.connections.find(local, port, remote, remotePort) != null) return false;
    return this.timeWaits.find(local, port, remote, remotePort) == null;
  }
}
