/** Finding a connection by its four ends: a chained hash table under a secret key. */
import { TCP_CONNECTIONS } from "../../../core/limits";
import { Random } from "../../../core/random";
import { TcpConnection } from "./connection";
import { TcpState } from "./state";

/** The hash of four ends: nobody outside can aim many connections at one chain. */
export class TupleHash {
  private readonly first: u64;
  private readonly second: u64;

  constructor(random: Random) {
    this.first = ((random.next32() as u64) << 32) | (random.next32() as u64) | 1;
    this.second = ((random.next32() as u64) << 32) | (random.next32() as u64) | 1;
  }

  /** 32 bits, the upper ones the best: take `>>> (32 - n)` for n bits. */
  of(localAddress: u32, localPort: u32, remoteAddress: u32, remotePort: u32): u32 {
    const ports = (localPort << 16) | remotePort;
    const ends = (((remoteAddress as u64) << 32) | (ports as u64)) * this.first;
    return ((ends + (localAddress as u64) * this.second) >> 32) as u32;
  }
}

/** Chains: the power of two that is twice the number of connections. */
const CHAIN_BITS: u32 = 32 - clz(TCP_CONNECTIONS);

export class ConnectionHash {
  private readonly chains: StaticArray<TcpConnection | null> =
    new StaticArray<TcpConnection | null>(1 << CHAIN_BITS);
  /** The connection found last: in a bulk transfer the next segment is for the same one. */
  private recent: TcpConnection | null = null;

  constructor(private readonly hash: TupleHash) {}

  /** The connection between these ends that is not over yet, or null. */
  find(local: u32, localPort: u32, remote: u32, remotePort: u32): TcpConnection | null {
    const recent = this.recent;
    if (recent != null && isBetween(recent, local, localPort, remote, remotePort)) return recent;
    let at = this.chains[this.chainOf(local, localPort, remote, remotePort)];
    while (at != null && !isBetween(at, local, localPort, remote, remotePort)) at = at.hashNext;
    if (at != null) this.recent = at;
    return at;
  }

  insert(connection: TcpConnection): void {
    const chain = this.chainFor(connection);
    connection.hashNext = this.chains[chain];
    this.chains[chain] = connection;
  }

  /** Takes out a connection, which must be in the table. */
  remove(connection: TcpConnection): void {
    if (this.recent === connection) this.recent = null;
    const chain = this.chainFor(connection);
    let before: TcpConnection | null = null;
    let at = this.chains[chain];
    while (at != null && at !== connection) {
      before = at;
      at = at.hashNext;
    }
    if (before == null) this.chains[chain] = connection.hashNext;
    else before.hashNext = connection.hashNext;
    connection.hashNext = null;
  }

  private chainFor(c: TcpConnection): u32 {
    return this.chainOf(c.localAddress, c.localPort, c.remoteAddress, c.remotePort);
  }

  private chainOf(local: u32, localPort: u32, remote: u32, remotePort: u32): u32 {
    return this.hash.of(local, localPort, remote, remotePort) >>> (32 - CHAIN_BITS);
  }
}

function isBetween(
  connection: TcpConnection,
  local: u32,
  localPort: u32,
  remote: u32,
  remotePort: u32,
): bool {
  return (
    connection.remotePort == remotePort &&
    connection.localPort == localPort &&
    connection.remoteAddress == remote &&
    connection.localAddress == local &&
    connection.state != TcpState.Closed
  );
}
