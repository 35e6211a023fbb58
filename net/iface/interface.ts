/**
 * A network interface: a link, its IPv4 addresses, and ARP. An interface may have several
 * addresses, but it has one neighbor cache (RFC 1122 section 3.3.4).
 */
import { NEIGHBORS } from "../../core/limits";
import { ANY_DEVICE } from "../socket/path";
import { Ipv4Addresses } from "./ipv4-addresses";
import { Arp } from "./link/arp";
import { ArpInput } from "./link/arp-input";
import { ConflictDetection } from "./link/conflict-detection";
import { Link } from "./link/link";
import { NeighborCache } from "./link/neighbor-cache";
import { Scheduler } from "./qdisc/scheduler";

export class Interface extends Link {
  readonly ipv4: Ipv4Addresses = new Ipv4Addresses();
  private readonly arp: Arp = new Arp(this, this.ipv4);
  /** Empty for the loopback, which has no index and no neighbors. */
  readonly neighbors: NeighborCache = new NeighborCache(
    this,
    this.arp,
    this.index == ANY_DEVICE ? 0 : NEIGHBORS,
  );
  readonly conflicts: ConflictDetection = new ConflictDetection(this, this.ipv4, this.arp);
  readonly arpInput: ArpInput = new ArpInput(
    this,
    this.ipv4,
    this.arp,
    this.neighbors,
    this.conflicts,
  );
  private egress: Scheduler | null = null;

  /** The scheduler in front of the device, or null. */
  get scheduler(): Scheduler | null {
    return this.egress;
  }
  set scheduler(to: Scheduler | null) {
    const before = this.egress;
    if (before != null) before.purge();
    this.egress = to;
    if (to == null) this.output = this.device;
    else this.output = to;
  }
}
