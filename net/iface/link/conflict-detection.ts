/**
 * IPv4 address conflict detection (RFC 5227) on one interface: probes for an address before it is
 * used, and announces and defends the addresses in use.
 */
import { Random, randomBelow } from "../../../core/random";
import { earlier, NEVER, SECOND } from "../../../core/time";
import { Ipv4Address, UNSPECIFIED } from "../../wire/address";
import { IpCounter } from "../counters";
import { InterfaceAddress, Ipv4Addresses } from "../ipv4-addresses";
import { Arp } from "./arp";
import { Link } from "./link";

// RFC 5227 section 1.1, times in microseconds.
const PROBE_WAIT: u32 = 1_000_000;
const PROBES: u32 = 3;
const PROBE_MINIMUM: i64 = SECOND;
const PROBE_SPREAD: u32 = 1_000_000;
const ANNOUNCE_WAIT: i64 = 2 * SECOND;
const ANNOUNCEMENTS: u32 = 2;
const ANNOUNCE_INTERVAL: i64 = 2 * SECOND;
const DEFEND_INTERVAL: i64 = 10 * SECOND;

export const enum ProbeResult {
  /** No probe was started. */
  None,
  Pending,
  /** No other station uses the address. */
  Free,
  /** Another station uses it. */
  Taken,
}

export class ConflictDetection {
  /** The state of the probe for `probeAddress`. */
  probeResult: ProbeResult = ProbeResult.None;
  probeAddress: Ipv4Address = UNSPECIFIED;
  /** The hardware address of the last other station that used an address of this interface. */
  rival: u64 = 0;
  /** `poll` has nothing to do before this time. */
  timer: i64 = NEVER;
  private probes: u32 = 0;
  private probeAt: i64 = NEVER;
  private random: Random | null = null;

  constructor(
    private readonly link: Link,
    private readonly addresses: Ipv4Addresses,
    private readonly arp: Arp,
  ) {}

  /**
   * Starts probing for `address`, which takes four to seven seconds (section 2.1.1), less if it is
   * taken; `probeResult` is the result. Replaces a probe in progress.
   */
  probe(address: Ipv4Address, random: Random, now: i64): void {
    this.random = random;
    this.probeAddress = address;
    this.probeResult = ProbeResult.Pending;
    this.probes = 0;
    this.probeAt = now + (randomBelow(random, PROBE_WAIT) as i64);
    this.timer = earlier(this.timer, this.probeAt);
  }

  /** Announces an address now and again in two seconds (section 2.3). */
  announce(own: InterfaceAddress, now: i64): void {
    own.announcements = ANNOUNCEMENTS;
    own.announceAt = now;
    this.sendAnnouncement(own, now);
  }

  private sendAnnouncement(own: InterfaceAddress, now: i64): void {
    own.announcements--;
    own.announceAt = now + ANNOUNCE_INTERVAL;
    if (own.announcements > 0) this.timer = earlier(this.timer, own.announceAt);
    this.arp.announce(own.address, now);
  }

  /**
   * Checks an ARP packet from another station. If the station uses, or probes for, the address that
   * is being probed, ends the probe (section 2.1.1). If it uses an address of this interface,
   * defends the address at most every 10 s (section 2.4) and returns true; the caller then ignores
   * the packet.
   */
  process(hardware: u64, sender: Ipv4Address, target: Ipv4Address, now: i64): bool {
    if (this.probeResult == ProbeResult.Pending) {
      const probing = sender == UNSPECIFIED && target == this.probeAddress;
      if (sender == this.probeAddress || probing) {
        this.probeResult = ProbeResult.Taken;
        this.probeAt = NEVER;
      }
    }
    const own = this.addresses.find(sender);
    if (own == null) return false;
    this.rival = hardware;
    this.link.counters.add(IpCounter.ArpAddressConflicts);
    if (own.defendedAt == i64.MIN_VALUE || now - own.defendedAt >= DEFEND_INTERVAL) {
      own.defendedAt = now;
      this.arp.announce(own.address, now);
    }
    return true;
  }

  /** Sends the probes and announcements that are due. */
  poll(now: i64): void {
    if (now < this.timer) return;
    this.timer = NEVER;
    if (this.probeAt <= now) this.advanceProbe(now);
    this.timer = earlier(this.timer, this.probeAt);
    const addresses = this.addresses;
    for (let i: u32 = 0; i < addresses.count; i++) {
      const own = addresses.at(i);
      if (own.announcements == 0) continue;
      if (own.announceAt <= now) this.sendAnnouncement(own, now);
      else this.timer = earlier(this.timer, own.announceAt);
    }
  }

  private advanceProbe(now: i64): void {
    const random = this.random;
    if (this.probes == PROBES || random == null) {
      this.probeResult = ProbeResult.Free;
      this.probeAt = NEVER;
      return;
    }
    this.probes++;
    const spread = randomBelow(random, PROBE_SPREAD) as i64;
    this.probeAt = now + (this.probes == PROBES ? ANNOUNCE_WAIT : PROBE_MINIMUM + spread);
    this.arp.probe(this.probeAddress, now);
  }
}
