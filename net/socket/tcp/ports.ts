/** Random local ports for active opens (RFC 6056 section 3.3.1, RFC 9293 section 3.4.3). */
import { Random, randomBelow } from "../../../kernel/core/random";
import { ConnectionHash } from "./hash";
import { TimeWaitTable } from "./time-wait";

/** 32,768 ports, of which none belongs to a well-known server. */
const FIRST_PORT: u32 = 32768;
const PORTS: u32 = 32768;

/**
 * A port from which neither a connection nor a TIME-WAIT record leads to the same remote end, or
 * 0 when there is none. Drawn at random; from there on, the next that is free.
 */
export function choosePort(
  random: Random,
  connections: ConnectionHash,
  timeWaits: TimeWaitTable,
  local: u32,
  remote: u32,
  remotePort: u32,
): u32 {
  for (let tries = 0; tries < 16; tries++) {
    const port = FIRST_PORT + randomBelow(random, PORTS);
    if (isFree(connections, timeWaits, local, port, remote, remotePort)) return port;
  }
  const start = randomBelow(random, PORTS);
  for (let i: u32 = 0; i < PORTS; i++) {
    const port = FIRST_PORT + ((start + i) & (PORTS - 1));
    if (isFree(connections, timeWaits, local, port, remote, remotePort)) return port;
  }
  return 0;
}

function isFree(
  connections: ConnectionHash,
  timeWaits: TimeWaitTable,
  local: u32,
  port: u32,
  remote: u32,
  remotePort: u32,
): bool {
  // Not to itself: a connection to the own address and port would open simultaneously with itself.
  if (local == remote && port == remotePort) return false;
  if (connections.find(local, port, remote, remotePort) != null) return false;
  return timeWaits.find(local, port, remote, remotePort) == null;
}
