/**
 * What an ARP packet that came in means (RFC 826, "Packet Reception"; RFC 5227): a claim on an
 * own address, something to learn, a question to answer, in this order.
 */
import { isUnicast } from "../../wire/address";
import { ARP_REPLY, ARP_REQUEST, ArpPacket, parseArp } from "../../wire/arp";
import { Drop } from "../../wire/drop";
import { Interface } from "../interface";

/**
 * Takes `length` bytes of link payload from the station `frameSource`. Only neighbours on the
 * own networks are remembered, and only those that ask for us or that we talk to.
 */
export function processArp(iface: Interface, pointer: usize, length: u32, frameSource: u64): Drop {
  const drop = parseArp(pointer, length, frameSource);
  if (drop != Drop.None) return drop;
  iface.counters.arpIn++;
  const packet = ArpPacket.at(pointer);
  const hardware = packet.senderHardware;
  if (hardware == iface.hardware) return Drop.ArpAddress;
  const sender = packet.senderAddress;
  const target = packet.targetAddress;
  if (iface.guard.process(iface, hardware, sender, target)) return Drop.ArpAddress;

  const forUs = iface.owns(target);
  const isRequest = packet.operation == ARP_REQUEST;
  // A probe has no sender yet (RFC 5227 section 2.1.1): it is answered, not remembered.
  if (sender != 0) {
    if (!isUnicast(sender) || iface.isBroadcast(sender)) return Drop.ArpAddress;
    const create = isRequest && forUs && iface.onLink(sender) != null;
    iface.neighbors.learn(iface, sender, hardware, !isRequest && forUs, create);
  }
  if (isRequest && forUs) iface.sendArp(ARP_REPLY, hardware, target, hardware, sender);
  return Drop.None;
}
