/** Sends ARP packets (RFC 826, RFC 5227). */
import { BROADCAST_HARDWARE, Ipv4Address, UNSPECIFIED } from "../../wire/address";
import { ARP_LENGTH, ARP_REPLY, ARP_REQUEST, emitArp } from "../../wire/arp";
import { ETHERTYPE_ARP } from "../../wire/ethernet";
import { IpAddress } from "../../wire/ip-address";
import { IpCounter } from "../counters";
import { Ipv4Addresses } from "../ipv4-addresses";
import { Link } from "./link";
import { Resolver } from "./resolver";

/** The target's hardware address in a request, where it is not known. */
const NO_HARDWARE: u64 = 0;

export class Arp implements Resolver {
  constructor(
    private readonly link: Link,
    private readonly addresses: Ipv4Addresses,
  ) {}

  /** See Resolver.solicit. */
  solicit(address: IpAddress, hardware: u64, now: i64): void {
    const target = address.ipv4;
    const sender = this.addresses.sourceFor(target, target);
    this.send(ARP_REQUEST, hardware, sender, NO_HARDWARE, target, now);
  }

  /** Asks whether another station uses `address`, before this one does (RFC 5227, 2.1.1). */
  probe(address: Ipv4Address, now: i64): void {
    this.send(ARP_REQUEST, BROADCAST_HARDWARE, UNSPECIFIED, NO_HARDWARE, address, now);
  }

  /** Tells all stations that this one uses `address` (RFC 5227 section 2.3). */
  announce(address: Ipv4Address, now: i64): void {
    this.send(ARP_REQUEST, BROADCAST_HARDWARE, address, NO_HARDWARE, address, now);
  }

  /** Tells `target`, which is at `hardware`, that this station uses `address`. */
  reply(address: Ipv4Address, hardware: u64, target: Ipv4Address, now: i64): void {
    this.send(ARP_REPLY, hardware, address, hardware, target, now);
  }

  private send(
    operation: u32,
    to: u64,
    sender: Ipv4Address,
    targetHardware: u64,
    target: Ipv4Address,
    now: i64,
  ): void {
    const link = this.link;
    const frame = link.pool.allocate();
    if (frame == null) return;
    const start = frame.append(ARP_LENGTH);
    emitArp(start, operation, link.hardware, sender, targetHardware, target);
    link.counters.add(IpCounter.ArpOut);
    link.transmit(frame, to, ETHERTYPE_ARP, now);
  }
}
