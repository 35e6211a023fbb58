/**
 * Guards the addresses of one interface (RFC 5227, IPv4 Address Conflict Detection): probes an
 * address before it is taken, announces those that are, and defends them.
 */
import { Random, randomBelow } from "../../../core/random";
import { earlier, NEVER, SECOND } from "../../../core/time";
import { BROADCAST_HARDWARE, Ipv4Address } from "../../wire/address";
import { ARP_REQUEST } from "../../wire/arp";
import { Interface, InterfaceAddress, NO_HARDWARE } from "../interface";

// RFC 5227 section 1.1.
const PROBE_WAIT: u32 = 1_000_000;
const PROBES: u32 = 3;
const PROBE_MINIMUM: i64 = SECOND;
const PROBE_SPREAD: u32 = 1_000_000;
const ANNOUNCE_WAIT: i64 = 2 * SECOND;
const ANNOUNCEMENTS: u32 = 2;
const ANNOUNCE_INTERVAL: i64 = 2 * SECOND;
const DEFEND_INTERVAL: i64 = 10 * SECOND;

export const enum ProbeResult {
  /** Nothing is being probed. */
  None,
  Pending,
  /** Nobody else uses the address. */
  Free,
  /** `probeRival` does. */
  Taken,
}

export class AddressGuard {
  probeResult: ProbeResult = ProbeResult.None;
  probeAddress: Ipv4Address = 0;
  /** Who has the probed address. */
  probeRival: u64 = 0;
  /** Who last used one of this interface's addresses. */
  rival: u64 = 0;
  /** Nothing is to be done before this. */
  timer: i64 = NEVER;
  private probes: u32 = 0;
  private probeAt: i64 = NEVER;
  private random: Random | null = null;

  /**
   * Asks whether anyone uses `address`, which takes four to seven seconds (section 2.1.1); the
   * result is to be read in `probeResult`. One at a time: a new probe ends the one before.
   */
  probe(iface: Interface, address: Ipv4Address, random: Random): void {
    this.random = random;
    this.probeAddress = address;
    this.probeResult = ProbeResult.Pending;
    this.probes = 0;
    this.probeAt = iface.now + (randomBelow(random, PROBE_WAIT) as i64);
    this.timer = earlier(this.timer, this.probeAt);
  }

  /** Tells the link about an own address (section 2.3): now, and once more in two seconds. */
  announce(iface: Interface, own: InterfaceAddress): void {
    own.announcements = ANNOUNCEMENTS;
    own.announceAt = iface.now;
    this.sendAnnouncement(iface, own);
  }

  private sendAnnouncement(iface: Interface, own: InterfaceAddress): void {
    own.announcements--;
    own.announceAt = iface.now + ANNOUNCE_INTERVAL;
    if (own.announcements > 0) this.timer = earlier(this.timer, own.announceAt);
    iface.sendArp(ARP_REQUEST, BROADCAST_HARDWARE, own.address, NO_HARDWARE, own.address);
  }

  /**
   * Looks at an ARP packet of another station. True: it uses an own address, so nothing else
   * must be believed of it (section 2.4; the own address is kept and defended).
   */
  process(iface: Interface, hardware: u64, sender: Ipv4Address, target: Ipv4Address): bool {
    if (this.probeResult == ProbeResult.Pending) {
      const probing = sender == 0 && target == this.probeAddress;
      if (sender == this.probeAddress || probing) {
        this.probeResult = ProbeResult.Taken;
        this.probeRival = hardware;
        this.probeAt = NEVER;
      }
    }
    const own = iface.find(sender);
    if (own == null) return false;
    this.rival = hardware;
    iface.counters.addressConflicts++;
    if (own.defendedAt == i64.MIN_VALUE || iface.now - own.defendedAt >= DEFEND_INTERVAL) {
      own.defendedAt = iface.now;
      iface.sendArp(ARP_REQUEST, BROADCAST_HARDWARE, own.address, NO_HARDWARE, own.address);
    }
    return true;
  }

  /** Sends what is due. */
  poll(iface: Interface): void {
    const now = iface.now;
    if (now < this.timer) return;
    this.timer = NEVER;
    if (this.probeAt <= now) this.advanceProbe(iface);
    this.timer = earlier(this.timer, this.probeAt);
    for (let i: u32 = 0; i < iface.addressCount; i++) {
      const own = iface.addressAt(i);
      if (own.announcements == 0) continue;
      if (own.announceAt <= now) this.sendAnnouncement(iface, own);
      else this.timer = earlier(this.timer, own.announceAt);
    }
  }

  private advanceProbe(iface: Interface): void {
    const random = this.random;
    if (this.probes == PROBES || random == null) {
      this.probeResult = ProbeResult.Free;
      this.probeAt = NEVER;
      return;
    }
    this.probes++;
    const spread = randomBelow(random, PROBE_SPREAD) as i64;
    this.probeAt = iface.now + (this.probes == PROBES ? ANNOUNCE_WAIT : PROBE_MINIMUM + spread);
    iface.sendArp(ARP_REQUEST, BROADCAST_HARDWARE, 0, NO_HARDWARE, this.probeAddress);
  }
}
