/**
 * What is known of the peers that this host connects to with Fast Open: the cookie, the segment
 * size and the form of the option (RFC 7413 section 4.1.3), and whether SYNs with it get lost
 * (4.1.3.1). The peer that was used longest ago makes room for a new one.
 */
import { FAST_OPEN_PEERS } from "../../../../core/limits";
import { SECOND } from "../../../../core/time";
import { IpAddress } from "../../../wire/ip-address";
import { Endpoints } from "../../endpoints";

/** Lost SYNs in a row after which Fast Open is not tried for LOSS_TIME, doubled by each. */
const LOSSES: u32 = 2;
const LOSS_TIME: i64 = 60 * SECOND;
const LOSS_SHIFT_MAXIMUM: u32 = 10;

/** Which form of the option to use for a request. */
const enum Form {
  Standard = 0,
  /** That of the experiment: the standard one was not answered. */
  Experiment,
  /** The standard one again, as neither was answered. */
  Settled,
}

class FastOpenPeer {
  // Both addresses, held inline; see IpAddress.
  localHigh: u64 = 0;
  localLow: u64 = 0;
  remoteHigh: u64 = 0;
  remoteLow: u64 = 0;
  /** The cookie; `cookieBytes` is 0 if none is known. */
  cookieHigh: u64 = 0;
  cookieLow: u64 = 0;
  cookieBytes: u32 = 0;
  experimental: bool = false;
  /** The segment size in the peer's last SYN,ACK. */
  segmentSize: u32 = 0;
  usedAt: i64 = 0;
  private form: Form = Form.Standard;
  private losses: u32 = 0;
  private lostAt: i64 = 0;

  get local(): IpAddress {
    return IpAddress.at(changetype<usize>(this) + offsetof<FastOpenPeer>("localHigh"));
  }
  get remote(): IpAddress {
    return IpAddress.at(changetype<usize>(this) + offsetof<FastOpenPeer>("remoteHigh"));
  }
  /** The address of the cookie. */
  get cookie(): usize {
    return changetype<usize>(this) + offsetof<FastOpenPeer>("cookieHigh");
  }

  /** Whether a request takes the form of the experiment. */
  get requestsByExperiment(): bool {
    return this.form == Form.Experiment;
  }

  /** Reports whether SYNs with the option got lost so often that they are not sent for a while. */
  avoids(now: i64): bool {
    if (this.losses < LOSSES) return false;
    return now < this.lostAt + (LOSS_TIME << min(this.losses, LOSS_SHIFT_MAXIMUM));
  }

  /** Forgets everything and begins with other ends. */
  begin(ends: Endpoints): void {
    this.local.copyFrom(changetype<usize>(ends.local));
    this.remote.copyFrom(changetype<usize>(ends.remote));
    this.cookieBytes = 0;
    this.experimental = false;
    this.segmentSize = 0;
    this.form = Form.Standard;
    this.losses = 0;
  }

  use(now: i64): void {
    this.usedAt = now;
  }

  /** Takes the segment size of a SYN,ACK. */
  takeSize(segmentSize: u32): void {
    this.segmentSize = segmentSize;
  }

  /** Takes a cookie. */
  takeCookie(cookie: usize, bytes: u32, experimental: bool): void {
    memory.copy(this.cookie, cookie, bytes);
    this.cookieBytes = bytes;
    this.experimental = experimental;
  }

  /** Notes that the peer did not answer a request in this form. */
  refused(experimental: bool): void {
    if (this.cookieBytes > 0) return;
    if (experimental) this.form = Form.Settled;
    else if (this.form == Form.Standard) this.form = Form.Experiment;
  }

  /** Notes whether a SYN with the option was lost. */
  noteSyn(lost: bool, now: i64): void {
    this.losses = lost ? this.losses + 1 : 0;
    if (lost) this.lostAt = now;
  }
}

export class FastOpenPeers {
  private count: u32 = 0;
  private readonly all: StaticArray<FastOpenPeer>;

  constructor() {
    const all = new StaticArray<FastOpenPeer>(FAST_OPEN_PEERS as i32);
    for (let i = 0; i < all.length; i++) all[i] = new FastOpenPeer();
    this.all = all;
  }

  /** Returns the peer at the remote address, as seen from the local one, or null. */
  find(ends: Endpoints): FastOpenPeer | null {
    for (let i: u32 = 0; i < this.count; i++) {
      const peer = this.all[i];
      if (peer.remote.equals(ends.remote) && peer.local.equals(ends.local)) return peer;
    }
    return null;
  }

  /** As `find`, but adds a peer that is not known; if the table is full, in place of another. */
  at(ends: Endpoints, now: i64): FastOpenPeer {
    const known = this.find(ends);
    const peer = known != null ? known : this.replaced();
    if (known == null) peer.begin(ends);
    peer.use(now);
    return peer;
  }

  /** Returns an unused entry or, if there is none, the one that was used longest ago. */
  private replaced(): FastOpenPeer {
    if (this.count < FAST_OPEN_PEERS) return this.all[this.count++];
    let stalest = this.all[0];
    for (let i: u32 = 1; i < this.count; i++) {
      if (this.all[i].usedAt < stalest.usedAt) stalest = this.all[i];
    }
    return stalest;
  }
}
