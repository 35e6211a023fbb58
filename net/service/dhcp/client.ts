/**
 * The DHCP client (RFC 2131 section 4.4): one for each interface, from DISCOVER to expiry.
 *
 *     Init ─> Selecting ─> Requesting ─> Bound ─T1─> Renewing ─T2─> Rebinding ─expiry─> Init
 *      ^                       │ NAK       │
 *      └───────────────────────┘           └ conflict ─> DECLINE ─> Init
 *     link up again with a lease ─> Rebooting ─ACK─> Bound
 *                                       └ no reply ─> Selecting, with the lease still in use
 *     an address set by hand ─> Informing ─ACK─> Informed
 *
 * To boot quickly, the client skips two waits of the RFC: it sends DISCOVER at once, not after a
 * random 1 to 10 s (section 4.4.1), and it uses the address while still probing for a conflict.
 */
import { log } from "../../../core/log";
import { Random } from "../../../core/random";
import { earlier, NEVER, SECOND } from "../../../core/time";
import { UdpTable } from "../../socket/udp";
import { BROADCAST_ADDRESS, formatIpv4, Ipv4Address } from "../../wire/address";
import { DhcpHeader, DhcpType } from "../../wire/dhcp";
import { DhcpOptions, OPTION_TYPE } from "../../wire/dhcp-options";
import { expectedReply, isAcceptable, isNakValid } from "./acceptance";
import { DhcpJournal, nakText } from "./journal";
import { Lease, serverOf } from "./lease";
import { DhcpPort } from "./port";
import { backOff, DECLINE_WAIT, RELEASE_WAIT, RENEWAL_WAIT, retryAt } from "./retry";
import { DhcpState, isInform } from "./state";
import { LeaseTarget } from "./target";

export { DHCP_STATE_NAMES, DhcpState } from "./state";

/** The maximum number of REQUESTs for an offer. */
const REQUESTS: u32 = 4;
/** How long after the ACK for a new address the client watches for a conflict. */
const PROBE_TIME: i64 = 8 * SECOND;

/** All times are in microseconds since boot. */
export class DhcpClient {
  state: DhcpState = DhcpState.Stopped;
  /** The lease in use, or null. */
  lease: Lease | null = null;
  /** DISCOVERs or INFORMs sent since the start or the last ACK. */
  attempts: u32 = 0;
  /** When the first DISCOVER since the start or the last ACK was sent; -1 if none was. */
  silentSince: i64 = -1;
  /** Datagrams ignored: malformed, unexpected, or with a lease that cannot be used. */
  ignored: u64 = 0;
  /** The most recent failure since the start or the last ACK, or "". */
  lastFailure: string = "";
  /** ACKs accepted: leases granted and renewed, and options for an address set by hand. */
  grants: u32 = 0;
  private offer: Lease | null = null;
  private linkUp: bool = true;
  /** When to act next. */
  private wakeAt: i64 = NEVER;
  /** When the exchange began, and when its most recent message was sent. */
  private startedAt: i64 = 0;
  private sentAt: i64 = 0;
  /** Messages sent in this state. */
  private tries: u32 = 0;
  /** Consecutive NAKs. */
  private refusals: u32 = 0;
  private probeUntil: i64 = 0;
  private readonly journal: DhcpJournal;
  private readonly port: DhcpPort;

  constructor(
    udp: UdpTable,
    private readonly target: LeaseTarget,
    private readonly random: Random,
  ) {
    this.journal = new DhcpJournal(target);
    this.port = new DhcpPort(udp, target);
  }

  /** Sets the host name to send: letters, digits, '-' and '.', or "" for none. */
  setHostname(name: string): void {
    this.port.hostname = name;
  }

  /** Starts; the next `poll` with a link sends DISCOVER. False if port 68 cannot be opened. */
  start(now: i64): bool {
    if (this.state != DhcpState.Stopped) return true;
    if (!this.open()) return false;
    this.port.acceptUnconfigured(true);
    this.restart(now);
    return true;
  }

  /**
   * Requests options for an address set by hand (section 4.4.3) until a server replies. Returns
   * false if there is a lease, or port 68 cannot be opened.
   */
  inform(now: i64): bool {
    if (this.lease != null && !this.lease!.informed) return false;
    if (!this.open()) return false;
    this.port.acceptUnconfigured(false);
    this.offer = null;
    this.attempts = 0;
    this.silentSince = -1;
    this.enter(DhcpState.Informing, now);
    this.wakeAt = now;
    return true;
  }

  /** Opens port 68; false, with `lastFailure` set, if it is in use. */
  private open(): bool {
    this.lastFailure = this.port.open() ? "" : "port 68 is in use";
    return this.lastFailure == "";
  }

  /** Stops without releasing the lease; removes its address, or the options of one set by hand. */
  stop(): void {
    this.drop();
    this.port.close();
    this.state = DhcpState.Stopped;
    this.wakeAt = NEVER;
    this.attempts = 0;
    this.silentSince = -1;
  }

  /** Renews the lease; starts over if it or its address is gone. False if stopped or releasing. */
  renew(now: i64): bool {
    const state = this.state;
    if (state == DhcpState.Stopped || state == DhcpState.Releasing) return false;
    if (isInform(state)) return this.inform(now);
    if (this.lease != null && !this.target.holds(this.lease!)) this.drop();
    if (this.lease == null) this.restart(now);
    else this.begin(DhcpState.Renewing, now);
    return true;
  }

  /** Releases the lease, if any (section 4.4.6). Stops once RELEASE is sent, or after a second. */
  release(now: i64): void {
    const lease = this.lease;
    if (lease == null || lease.informed) {
      this.stop();
      return;
    }
    this.enter(DhcpState.Releasing, now);
    this.port.send(DhcpType.Release, lease.address, 0, lease.server, lease.server);
    this.wakeAt = now + RELEASE_WAIT;
  }

  /** Called when the link changes. If it comes up, confirms the lease (section 3.2) or restarts. */
  linkChanged(up: bool, now: i64): void {
    if (up == this.linkUp) return;
    this.linkUp = up;
    if (!up || this.state == DhcpState.Stopped || this.state == DhcpState.Releasing) return;
    if (isInform(this.state)) this.begin(DhcpState.Informing, now);
    else if (this.lease != null) this.begin(DhcpState.Rebooting, now);
    else this.restart(now);
  }

  /** Called once a turn, after the interfaces. */
  poll(now: i64): void {
    if (this.state == DhcpState.Stopped) return;
    this.receive(now);
    const lease = this.lease;
    if (lease != null && this.state != DhcpState.Releasing) {
      if (now >= lease.expiresAt) this.expire(now);
      else if (now < this.probeUntil && this.target.conflict(lease.address)) this.decline(now);
    }
    if (this.state == DhcpState.Releasing) {
      if (!this.port.pending() || now >= this.wakeAt) this.stop();
    } else if (now >= this.wakeAt && this.linkUp) {
      this.wake(now);
    }
  }

  /** Returns when to poll next if nothing arrives first; NEVER if there is nothing to wait for. */
  pollAt(): i64 {
    const lease = this.lease;
    const wakeAt = this.linkUp || this.state == DhcpState.Releasing ? this.wakeAt : NEVER;
    return lease == null ? wakeAt : earlier(wakeAt, lease.expiresAt);
  }

  // --- timers ---

  private wake(now: i64): void {
    switch (this.state) {
      case DhcpState.Init:
        this.begin(DhcpState.Selecting, now);
        break;
      case DhcpState.Requesting:
        if (this.tries < REQUESTS) this.sendMessage(now);
        else this.fail("no DHCPACK received for the offer", now);
        break;
      case DhcpState.Rebooting:
        this.begin(DhcpState.Selecting, now);
        break;
      case DhcpState.Bound:
        this.begin(DhcpState.Renewing, now);
        break;
      case DhcpState.Renewing:
        if (now < this.lease!.t2At) this.sendMessage(now);
        else this.begin(DhcpState.Rebinding, now);
        break;
      default:
        this.sendMessage(now);
    }
  }

  /** Enters a state and sends its first message. */
  private begin(state: DhcpState, now: i64): void {
    this.enter(state, now);
    this.sendMessage(now);
  }

  /** Enters a state. Starts a new transaction, except to request the offer of the current one. */
  private enter(state: DhcpState, now: i64): void {
    this.state = state;
    this.tries = 0;
    if (state == DhcpState.Requesting) return;
    this.port.message.transaction = this.random.next32();
    this.startedAt = now;
  }

  /** Sends the message of the state and schedules the next one. */
  private sendMessage(now: i64): void {
    const message = this.port.message;
    const seconds = (now - this.startedAt) / SECOND;
    message.seconds = seconds > 0xffff ? 0xffff : (seconds as u32);
    this.sentAt = now;
    this.tries++;
    const lease = this.lease;
    const offer = this.offer;
    this.wakeAt = now + backOff(this.random, this.tries);
    this.journal.sent(this.state, this.tries == 1, lease, now);
    if (this.state == DhcpState.Selecting) {
      this.sendDiscover(now);
    } else if (this.state == DhcpState.Requesting && offer != null) {
      this.port.send(DhcpType.Request, 0, offer.address, offer.server, BROADCAST_ADDRESS);
    } else if (this.state == DhcpState.Informing) {
      this.sendInform();
    } else if (lease != null) {
      message.broadcast = false;
      this.sendForLease(lease, now);
    }
  }

  private sendDiscover(now: i64): void {
    const lease = this.lease;
    // Every second DISCOVER requests a broadcast reply: some servers cannot unicast one. While the
    // interface has an address, a unicast reply to another would not be received.
    this.port.message.broadcast = this.target.ownAddress() != null || (this.tries & 1) == 0;
    this.attempts++;
    if (this.silentSince < 0) this.silentSince = now;
    const wanted = lease == null ? 0 : lease.address;
    this.port.send(DhcpType.Discover, 0, wanted, 0, BROADCAST_ADDRESS);
  }

  private sendInform(): void {
    const own = this.target.ownAddress();
    this.attempts++;
    this.port.message.broadcast = false;
    if (own == null) this.lastFailure = `${this.target.name()} has no address`;
    else this.port.send(DhcpType.Inform, own.address, 0, 0, BROADCAST_ADDRESS);
  }

  private sendForLease(lease: Lease, now: i64): void {
    if (this.state == DhcpState.Rebooting) {
      this.port.send(DhcpType.Request, 0, lease.address, 0, BROADCAST_ADDRESS);
      return;
    }
    const renewing = this.state == DhcpState.Renewing;
    const end = renewing ? lease.t2At : lease.expiresAt;
    this.wakeAt = retryAt(lease, end, now);
    const to = renewing ? lease.server : BROADCAST_ADDRESS;
    this.port.send(DhcpType.Request, lease.address, 0, 0, to);
  }

  // --- replies ---

  private receive(now: i64): void {
    while (this.port.readable()) {
      const header = this.port.receive();
      if (header == null || !this.handle(header, now)) this.ignored++;
    }
  }

  /** Handles a reply to the last message. Returns false if it is ignored. */
  private handle(header: DhcpHeader, now: i64): bool {
    const source = this.port.source;
    const options = DhcpOptions.parse(changetype<usize>(header), this.port.length);
    if (options == null) return this.unusable("reply", source, "its options are cut short", now);
    const type = options.number(OPTION_TYPE, 1);
    if (type < 0) return this.unusable("reply", source, "it has no message type", now);
    if (type == DhcpType.Nak) return this.refused(options, source, now);
    if (type != expectedReply(this.state)) return false;
    const selecting = this.state == DhcpState.Selecting;
    const informing = this.state == DhcpState.Informing;
    const own = informing ? this.target.ownAddress() : null;
    if (informing && own == null) return false;
    const lease = Lease.read(header, options, source, this.sentAt, own);
    const complaint = lease.complaint();
    if (complaint != "") return this.unusable(selecting ? "offer" : "ACK", source, complaint, now);
    if (!isAcceptable(this.state, lease, this.lease, this.offer)) return false;
    this.journal.answered();
    if (selecting) {
      this.offer = lease;
      this.begin(DhcpState.Requesting, now);
    } else {
      this.granted(lease, now);
    }
    return true;
  }

  /** Notes why a reply is not used. Returns false. */
  private unusable(kind: string, source: Ipv4Address, why: string, now: i64): bool {
    if (expectedReply(this.state) != 0) {
      this.lastFailure = this.journal.unusable(kind, source, why, now);
    }
    return false;
  }

  private granted(lease: Lease, now: i64): void {
    const before = this.lease;
    const moved = !lease.informed && (before == null || before.address != lease.address);
    if (before != null && moved) this.target.deconfigure(before);
    this.lease = lease;
    this.offer = null;
    this.refusals = 0;
    this.attempts = 0;
    this.silentSince = -1;
    this.lastFailure = "";
    this.journal.granted(lease, before);
    this.grants++;
    this.port.acceptUnconfigured(false);
    this.target.configure(lease);
    if (moved) {
      this.target.probe(lease.address);
      this.probeUntil = now + PROBE_TIME;
    }
    this.bound(now);
  }

  /** Enters Bound or Informed, until T1; if that has passed, until T2, but at most for a minute. */
  private bound(now: i64): void {
    const lease = this.lease!;
    this.state = lease.informed ? DhcpState.Informed : DhcpState.Bound;
    this.wakeAt = lease.t1At > now ? lease.t1At : earlier(lease.t2At, now + RENEWAL_WAIT);
  }

  /** Handles a NAK: gives up the lease and starts over. Returns false if it is ignored. */
  private refused(options: DhcpOptions, source: Ipv4Address, now: i64): bool {
    const server = serverOf(options, source);
    if (server == 0 || !isNakValid(this.state, server, this.lease, this.offer)) return false;
    const rebooting = this.state == DhcpState.Rebooting;
    // A NAK for an offer says nothing about a lease still in use.
    if (this.state != DhcpState.Requesting) this.drop();
    this.fail(nakText(options, server), now);
    this.refusals++;
    // If the link came back in another network, retry at once. Else wait: the NAK may come again.
    if (!rebooting) this.wakeAt = now + backOff(this.random, this.refusals);
    return true;
  }

  // --- end of a lease ---

  private expire(now: i64): void {
    this.drop();
    this.fail("the lease expired", now);
  }

  /** Declines the lease because another host uses its address (section 3.1 point 5). */
  private decline(now: i64): void {
    const lease = this.lease!;
    this.drop();
    this.port.message.transaction = this.random.next32();
    this.port.send(DhcpType.Decline, 0, lease.address, lease.server, BROADCAST_ADDRESS);
    this.fail(`${formatIpv4(lease.address)} is in use by another host`, now);
    this.wakeAt = now + DECLINE_WAIT;
  }

  private fail(why: string, now: i64): void {
    this.lastFailure = why;
    log(`${this.target.name()}: DHCP: ${why}`);
    this.restart(now);
  }

  /** Returns to Init. The next `poll` with a link sends DISCOVER unless the caller delays it. */
  private restart(now: i64): void {
    this.state = DhcpState.Init;
    this.offer = null;
    this.wakeAt = now;
  }

  /** Drops the lease and stops using its address. */
  private drop(): void {
    const lease = this.lease;
    this.lease = null;
    this.probeUntil = 0;
    this.port.acceptUnconfigured(true);
    if (lease != null) this.target.deconfigure(lease);
  }
}
