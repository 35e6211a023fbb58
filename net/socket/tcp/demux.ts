/** Finds the connection of a segment by its endpoints: a chained hash table. */
import { TCP_CONNECTIONS_FIRST } from "../../../core/limits";
import { Endpoints } from "../endpoints";
import { ControlBlock } from "./control-block";
import { EndpointsHash } from "./endpoints-hash";
import { TcpState } from "./state";

export class Demux {
  private chains: StaticArray<ControlBlock | null> = new StaticArray<ControlBlock | null>(
    2 * (TCP_CONNECTIONS_FIRST as i32),
  );
  /** How many bits of a hash are not in the index of its chain. */
  private shift: u32 = clz(TCP_CONNECTIONS_FIRST);
  /** The connection found last: in a bulk transfer the next segment is for the same one. */
  private recent: ControlBlock | null = null;

  constructor(private readonly hash: EndpointsHash) {}

  /** Returns the connection between these ends that is not Closed, or null. */
  find(ends: Endpoints): ControlBlock | null {
    const recent = this.recent;
    if (recent != null && isBetween(recent, ends)) return recent;
    let at = this.chains[this.chainOf(ends)];
    while (at != null && !isBetween(at, ends)) at = at.hashNext;
    if (at != null) this.recent = at;
    return at;
  }

  insert(block: ControlBlock): void {
    const chain = this.chainOf(block.endpoints);
    block.hashNext = this.chains[chain];
    this.chains[chain] = block;
  }

  /** Removes a connection, which must be in the table. */
  remove(block: ControlBlock): void {
    if (this.recent === block) this.recent = null;
    const chain = this.chainOf(block.endpoints);
    let before: ControlBlock | null = null;
    let at = this.chains[chain];
    while (at != null && at !== block) {
      before = at;
      at = at.hashNext;
    }
    if (before == null) this.chains[chain] = block.hashNext;
    else before.hashNext = block.hashNext;
    block.hashNext = null;
  }

  /** Doubles the number of chains, which is twice that of the connections there is room for. */
  enlarge(): void {
    const old = this.chains;
    this.chains = new StaticArray<ControlBlock | null>(2 * old.length);
    this.shift--;
    for (let i = 0; i < old.length; i++) {
      let at = old[i];
      while (at != null) {
        const next = at.hashNext;
        this.insert(at);
        at = next;
      }
    }
  }

  private chainOf(ends: Endpoints): u32 {
    return this.hash.of(ends) >>> this.shift;
  }
}

function isBetween(block: ControlBlock, ends: Endpoints): bool {
  return block.endpoints.equals(ends) && block.state != TcpState.Closed;
}
