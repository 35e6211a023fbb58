/**
 * The DHCP client (RFC 2131 section 4.4): one for each interface, from DISCOVER to expiry.
 *
 *     Init ─> Selecting ─> Requesting ─> Bound ─T1─> Renewing ─T2─> Rebinding ─expiry─> Init
 *      ^                       │ NAK       │
 *      └───────────────────────┘           └ conflict ─> DECLINE ─> Init
 *     link up again with a lease ─> Rebooting ─> Bound
 *
 * To boot quickly, the client skips two waits of the RFC: it sends DISCOVER at once, not after a
 * random 1 to 10 s (section 4.4.1), and it uses the address while still probing for a conflict.
 */
import { DHCP_MESSAGE_BYTES, DHCP_QUEUE_BYTES } from "../../../core/limits";
import { log } from "../../../core/log";
import { Random } from "../../../core/random";
import { earlier, NEVER, SECOND } from "../../../core/time";
import { UdpTable } from "../../socket/udp";
import { UdpSocket } from "../../socket/udp-socket";
import { BROADCAST_ADDRESS, formatIpv4, Ipv4Address } from "../../wire/address";
import {
  DHCP_CLIENT_PORT,
  DHCP_SERVER_PORT,
  DhcpHeader,
  DhcpType,
  parseDhcp,
} from "../../wire/dhcp";
import { DhcpOptions, OPTION_TYPE } from "../../wire/dhcp-options";
import { DhcpJournal, nakText } from "./journal";
import { Lease, serverOf } from "./lease";
import { DhcpMessage } from "./message";
import { backOff, DECLINE_WAIT, RELEASE_WAIT, RENEWAL_WAIT, untilRetry } from "./retry";
import { awaitsAck, DhcpState } from "./state";
import { LeaseTarget } from "./target";

export { DHCP_STATE_NAMES, DhcpState } from "./state";

/** The maximum number of REQUESTs for an offer, and for the lease after the link comes back. */
const REQUESTS: u32 = 4;
const REBOOT_REQUESTS: u32 = 2;
/** How long after the ACK for a new address the client watches for a conflict. */
const PROBE_TIME: i64 = 8 * SECOND;

/** All times are in microseconds since boot. */
export class DhcpClient {
  state: DhcpState = DhcpState.Stopped;
  /** The lease in use, or null. */
  lease: Lease | null = null;
  /** Sent as option 12; letters, digits, '-' and '.', or "" for none. */
  hostname: string = "";
  /** DISCOVERs sent since the start or the last ACK. */
  attempts: u32 = 0;
  /** When the first DISCOVER since the start or the last ACK was sent; -1 if none was. */
  silentSince: i64 = -1;
  /** Datagrams ignored: malformed, unexpected, or with a lease that cannot be used. */
  ignored: u64 = 0;
  /** The most recent failure since the start or the last ACK, or "". */
  lastFailure: string = "";
  /** ACKs accepted: leases granted and renewed. */
  grants: u32 = 0;
  private socket: UdpSocket | null = null;
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
  private readonly message: DhcpMessage;
  private readonly buffer: StaticArray<u8> = new StaticArray<u8>(DHCP_MESSAGE_BYTES as i32);

  constructor(
    private readonly udp: UdpTable,
    private readonly target: LeaseTarget,
    private readonly random: Random,
  ) {
    this.journal = new DhcpJournal(target);
    this.message = new DhcpMessage(target.hardwareAddress());
  }

  /** Starts; the next `poll` with a link sends DISCOVER. False if port 68 cannot be opened. */
  start(now: i64): bool {
    if (this.state != DhcpState.Stopped) return true;
    const device = this.target.device();
    const socket = this.udp.open(DHCP_CLIENT_PORT, DHCP_QUEUE_BYTES, DHCP_QUEUE_BYTES, device);
    if (socket == null) {
      this.lastFailure = "port 68 is in use";
      return false;
    }
    socket.acceptUnconfigured = true;
    this.socket = socket;
    this.lastFailure = "";
    this.restart(now);
    return true;
  }

  /** Stops without releasing the lease, and removes its address. */
  stop(): void {
    this.drop();
    const socket = this.socket;
    if (socket != null) socket.close();
    this.socket = null;
    this.state = DhcpState.Stopped;
    this.wakeAt = NEVER;
    this.attempts = 0;
    this.silentSince = -1;
  }

  /** Renews the lease; starts over if it or its address is gone. False if stopped or releasing. */
  renew(now: i64): bool {
    const state = this.state;
    if (state == DhcpState.Stopped || state == DhcpState.Releasing) return false;
    if (this.lease != null && !this.target.holds(this.lease!)) this.drop();
    if (this.lease == null) this.restart(now);
    else this.begin(DhcpState.Renewing, now);
    return true;
  }

  /** Releases the lease, if any (section 4.4.6). Stops once RELEASE is sent, or after a second. */
  release(now: i64): void {
    const lease = this.lease;
    if (lease == null) {
      this.stop();
      return;
    }
    this.state = DhcpState.Releasing;
    this.message.transaction = this.random.next32();
    this.message.seconds = 0;
    this.send(DhcpType.Release, lease.address, 0, lease.server, lease.server);
    this.wakeAt = now + RELEASE_WAIT;
  }

  /** Called when the link changes. If it comes up, confirms the lease (section 3.2) or restarts. */
  linkChanged(up: bool, now: i64): void {
    if (up == this.linkUp) return;
    this.linkUp = up;
    if (!up || this.state == DhcpState.Stopped || this.state == DhcpState.Releasing) return;
    if (this.lease != null) this.begin(DhcpState.Rebooting, now);
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
      if (!this.socket!.pending() || now >= this.wakeAt) this.stop();
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
        if (this.tries < REBOOT_REQUESTS) this.sendMessage(now);
        else this.bound(now);
        break;
      case DhcpState.Bound:
        this.begin(DhcpState.Renewing, now);
        break;
      case DhcpState.Renewing:
        if (now >= this.lease!.t2At) this.begin(DhcpState.Rebinding, now);
        else this.sendMessage(now);
        break;
      default:
        this.sendMessage(now);
    }
  }

  /** Enters a state and sends its first message. */
  private begin(state: DhcpState, now: i64): void {
    this.state = state;
    this.tries = 0;
    if (state != DhcpState.Requesting) {
      this.message.transaction = this.random.next32();
      this.startedAt = now;
    }
    this.sendMessage(now);
  }

  /** Sends the message of the state and schedules the next one. */
  private sendMessage(now: i64): void {
    const message = this.message;
    const seconds = (now - this.startedAt) / SECOND;
    message.seconds = seconds > 0xffff ? 0xffff : (seconds as u32);
    this.sentAt = now;
    this.tries++;
    const lease = this.lease;
    const offer = this.offer;
    this.wakeAt = now + backOff(this.random, this.tries);
    this.journal.sent(this.state, this.tries == 1, now);
    if (this.state == DhcpState.Selecting) {
      // Every second DISCOVER requests a broadcast reply: some servers cannot unicast one.
      message.broadcast = (this.tries & 1) == 0;
      this.attempts++;
      if (this.silentSince < 0) this.silentSince = now;
      this.send(DhcpType.Discover, 0, 0, 0, BROADCAST_ADDRESS);
    } else if (this.state == DhcpState.Requesting && offer != null) {
      this.send(DhcpType.Request, 0, offer.address, offer.server, BROADCAST_ADDRESS);
    } else if (lease != null) {
      message.broadcast = false;
      this.sendForLease(lease, now);
    }
  }

  private sendForLease(lease: Lease, now: i64): void {
    if (this.state == DhcpState.Rebooting) {
      this.send(DhcpType.Request, 0, lease.address, 0, BROADCAST_ADDRESS);
      return;
    }
    const renewing = this.state == DhcpState.Renewing;
    const end = renewing ? lease.t2At : lease.expiresAt;
    this.wakeAt =
      end == NEVER ? now + RENEWAL_WAIT : earlier(end, now + untilRetry(lease, end, now));
    const to = renewing ? lease.server : BROADCAST_ADDRESS;
    this.send(DhcpType.Request, lease.address, 0, 0, to);
  }

  private send(
    type: DhcpType,
    client: Ipv4Address,
    requested: Ipv4Address,
    server: Ipv4Address,
    to: Ipv4Address,
  ): void {
    const message = this.message;
    message.clientAddress = client;
    message.requestedAddress = requested;
    message.server = server;
    const length = message.write(type, this.hostname);
    this.socket!.send(message.pointer(), length, to, DHCP_SERVER_PORT);
  }

  // --- replies ---

  private receive(now: i64): void {
    const socket = this.socket!;
    const buffer = changetype<usize>(this.buffer);
    while (socket.readable()) {
      const length = socket.receive(buffer, DHCP_MESSAGE_BYTES) as u32;
      // Accept any source port: relays and containers do not always send from 67.
      const valid = socket.lastLength == length && parseDhcp(buffer, length);
      if (!valid || !this.handle(buffer, length, socket.lastAddress, now)) this.ignored++;
    }
  }

  /** Handles a message. Returns false if it is ignored. */
  private handle(buffer: usize, length: u32, source: Ipv4Address, now: i64): bool {
    const header = DhcpHeader.at(buffer);
    if (header.transaction != this.message.transaction) return false;
    if (header.hardwareAddress != this.target.hardwareAddress()) return false;
    const options = DhcpOptions.parse(buffer, length);
    if (options == null) return false;
    const type = options.number(OPTION_TYPE, 1);
    if (type == DhcpType.Nak) return this.refused(options, source, now);
    const selecting = this.state == DhcpState.Selecting;
    if (!selecting && !awaitsAck(this.state)) return false;
    if (type != (selecting ? DhcpType.Offer : DhcpType.Ack)) return false;
    const lease = Lease.read(header, options, source, this.sentAt);
    const failure = this.journal.received(selecting ? "offer" : "ACK", source, lease, now);
    if (failure != "") this.lastFailure = failure;
    if (failure != "" || (!selecting && !this.isAcceptable(lease))) return false;
    if (selecting) {
      this.offer = lease;
      this.begin(DhcpState.Requesting, now);
    } else {
      this.granted(lease, now);
    }
    return true;
  }

  /**
   * Reports whether to accept the lease of an ACK. After an OFFER, only the address must be the
   * same: behind an anycast relay, several servers answer.
   */
  private isAcceptable(granted: Lease): bool {
    if (this.state == DhcpState.Requesting) return this.offer!.address == granted.address;
    if (this.state != DhcpState.Renewing) return true;
    const lease = this.lease!;
    return lease.address == granted.address || lease.server == granted.server;
  }

  /** Reports whether a NAK from `server` counts in this state. */
  private isNakValid(server: Ipv4Address): bool {
    const offer = this.offer;
    const lease = this.lease;
    if (this.state == DhcpState.Requesting) return offer != null && offer.server == server;
    if (this.state == DhcpState.Renewing) return lease != null && lease.server == server;
    return true;
  }

  private granted(lease: Lease, now: i64): void {
    const before = this.lease;
    const moved = before == null || before.address != lease.address;
    if (before != null && moved) this.target.deconfigure(before);
    this.lease = lease;
    this.offer = null;
    this.refusals = 0;
    this.attempts = 0;
    this.silentSince = -1;
    this.lastFailure = "";
    this.journal.granted(lease, before);
    this.grants++;
    this.socket!.acceptUnconfigured = false;
    this.target.configure(lease);
    if (moved) {
      this.target.probe(lease.address);
      this.probeUntil = now + PROBE_TIME;
    }
    this.bound(now);
  }

  /** Enters Bound and waits for T1; if it has passed, for T2, but at most a minute. */
  private bound(now: i64): void {
    const lease = this.lease!;
    this.state = DhcpState.Bound;
    this.wakeAt = lease.t1At > now ? lease.t1At : earlier(lease.t2At, now + RENEWAL_WAIT);
  }

  /** Handles a NAK: gives up the lease and starts over. Returns false if it is ignored. */
  private refused(options: DhcpOptions, source: Ipv4Address, now: i64): bool {
    const server = serverOf(options, source);
    if (!awaitsAck(this.state) || server == 0 || !this.isNakValid(server)) return false;
    const rebooting = this.state == DhcpState.Rebooting;
    this.drop();
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
    this.message.transaction = this.random.next32();
    this.message.seconds = 0;
    this.message.broadcast = false;
    this.send(DhcpType.Decline, 0, lease.address, lease.server, BROADCAST_ADDRESS);
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
    const socket = this.socket;
    if (socket != null) socket.acceptUnconfigured = true;
    if (lease != null) this.target.deconfigure(lease);
  }
}
