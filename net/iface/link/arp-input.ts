/**
 * Processes received ARP packets (RFC 826, "Packet Reception"; RFC 5227): detects conflicts, learns
 * the sender's address, then replies to a request.
 */
import { isUnicast, UNSPECIFIED } from "../../wire/address";
import { ARP_REQUEST, ArpPacket, parseArp } from "../../wire/arp";
import { Drop } from "../../wire/drop";
import { HeldIpAddress } from "../../wire/ip-address";
import { IpCounter } from "../counters";
import { Ipv4Addresses } from "../ipv4-addresses";
import { Arp } from "./arp";
import { ConflictDetection } from "./conflict-detection";
import { Link } from "./link";
import { NeighborCache } from "./neighbor-cache";

export class ArpInput {
  private readonly sender: HeldIpAddress = new HeldIpAddress();

  constructor(
    private readonly link: Link,
    private readonly addresses: Ipv4Addresses,
    private readonly arp: Arp,
    private readonly neighbors: NeighborCache,
    private readonly conflicts: ConflictDetection,
  ) {}

  /**
   * Processes `length` bytes of link payload. The sender is the one named in the packet: with
   * bonding, proxy ARP or a VM that moved, another station may have sent the frame (RFC 826).
   * Creates entries only for neighbors on this interface's networks that ask for one of its
   * addresses.
   */
  process(pointer: usize, length: u32, now: i64): Drop {
    const drop = parseArp(pointer, length);
    if (drop != Drop.None) return drop;
    this.link.counters.add(IpCounter.ArpIn);
    const packet = ArpPacket.at(pointer);
    const hardware = packet.senderHardware;
    if (hardware == this.link.hardware) return Drop.ArpAddress;
    const sender = packet.senderAddress;
    const target = packet.targetAddress;
    if (this.conflicts.process(hardware, sender, target, now)) return Drop.ArpAddress;

    const addresses = this.addresses;
    const forUs = addresses.owns(target);
    const isRequest = packet.operation == ARP_REQUEST;
    // A probe has no sender address to learn (RFC 5227 section 2.1.1).
    if (sender != UNSPECIFIED) {
      if (!isUnicast(sender) || addresses.isBroadcast(sender)) return Drop.ArpAddress;
      const create = isRequest && forUs && addresses.onLink(sender) != null;
      const address = this.sender.view;
      address.ipv4 = sender;
      this.neighbors.learn(address, hardware, !isRequest && forUs, create, now);
    }
    if (isRequest && forUs) this.arp.reply(target, hardware, sender, now);
    return Drop.None;
  }
}
