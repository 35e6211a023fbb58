/**
 * The largest packets that reach the peer (path MTU discovery): what ICMP errors claim (RFC 1191,
 * RFC 5927 section 7.2) and, where routers drop large packets in silence, what probes show (RFC
 * 4821). When full-sized segments time out again and again, smaller ones are sent. Once they
 * arrive, larger ones are tried: first one of the old size, as the path may just have been down,
 * then sizes halfway between those that arrived and those that did not.
 */
import { before } from "../sequence";

/** Packets to fall back to: the least MTU of IPv6, of common tunnels and of RFC 791. */
const FALLBACKS: StaticArray<u32> = [1280, 1024, 576];
/** The search ends when it is known to this many bytes. */
const PRECISION: u32 = 32;
/** Timeouts in a row after which full-sized packets are considered lost for their size. */
const SUSPICIOUS: u32 = 2;
/** The same if such packets have arrived before. */
const SUSPICIOUS_IF_PROVEN: u32 = 3;

/** What has become of the last probe. */
const enum Probe {
  None = 0,
  InFlight,
  /** It was lost, and its data is being sent again in smaller segments. */
  Lost,
}

@unmanaged
export class PathMtu {
  /**
   * The size of the packets of full-sized segments that are known to have arrived; 0 if none has.
   * Several small segments that one ACK covers prove nothing.
   */
  provenSize: u32;
  /** The MTU claimed by an ICMP error that quoted `claimedAt`; 0 if no claim is pending. */
  private claimed: u32;
  private claimedAt: u32;
  /** The size of packets before the fall that the search began with; 0 if there is no search. */
  private oldSize: u32;
  /** The smallest size that was lost as a probe; 0 before the first was. */
  private lostSize: u32;
  private probe: Probe;
  private probeSize: u32;
  private probeStart: u32;
  private probeEnd: u32;
  /** No probe is sent until SND.UNA passes this. */
  private waitUntil: u32;

  /** Initializes an object in zeroed memory. */
  static at(memory: usize): PathMtu {
    return changetype<PathMtu>(memory);
  }

  /** Full-sized segments with packets of `size` bytes have arrived. */
  arrived(size: u32): void {
    this.provenSize = size;
  }

  /** The path is known to carry packets of `mtu` bytes, and none that are larger. */
  lowered(mtu: u32): void {
    if (this.provenSize > mtu) this.provenSize = mtu;
    this.claimed = 0;
    this.stop();
  }

  /** Remembers an MTU that is believed only if the segment at `sequence` times out. */
  claims(mtu: u32, sequence: u32): void {
    this.claimed = mtu;
    this.claimedAt = sequence;
  }

  /** Returns a claimed MTU, because the segment at SND.UNA timed out; 0 if there is none. */
  get claim(): u32 {
    return this.claimed;
  }

  /** Whether a probe may be due or in flight. */
  get searching(): bool {
    return this.oldSize != 0;
  }

  /** Whether a probe was lost, so that the path is known not to carry the old size. */
  get confirmed(): bool {
    return this.lostSize != 0;
  }

  /**
   * A full-sized segment in a packet of `size` bytes timed out, `timeouts` times in a row. Returns
   * the size to fall back to, or `size`. `maximum` is SND.MAX.
   */
  timedOut(size: u32, timeouts: u32, maximum: u32): u32 {
    const enough = this.provenSize >= size ? SUSPICIOUS_IF_PROVEN : SUSPICIOUS;
    // Packets that small get through nearly everywhere: more likely, nothing does.
    if (timeouts < enough || (size <= FALLBACKS[0] && !this.searching)) return size;
    for (let i = 0; i < FALLBACKS.length; i++) {
      if (FALLBACKS[i] >= size) continue;
      if (this.oldSize == 0) {
        this.oldSize = size;
        this.lostSize = 0;
      }
      this.provenSize = 0;
      this.waitUntil = maximum;
      return FALLBACKS[i];
    }
    return size;
  }

  /** Gives the search up: packets of the old size cannot be sent any more. */
  stop(): void {
    this.oldSize = 0;
    this.probe = Probe.None;
  }

  /**
   * Returns the size of the packet to probe with, if packets of `size` bytes arrive up to
   * `unacknowledged`; 0 if no probe is due.
   */
  due(size: u32, unacknowledged: u32): u32 {
    if (this.probe != Probe.None || before(unacknowledged, this.waitUntil)) return 0;
    if (this.lostSize == 0) return this.oldSize;
    if (this.lostSize - size > PRECISION) return (size + this.lostSize) >>> 1;
    this.stop();
    return 0;
  }

  /** A probe of `size` bytes was sent, with data from `start` to `end`. */
  sent(size: u32, start: u32, end: u32): void {
    this.probe = Probe.InFlight;
    this.probeSize = size;
    this.probeStart = start;
    this.probeEnd = end;
  }

  /** The segment at `start` is cut to be sent again. Reports whether it was the probe. */
  cut(start: u32): bool {
    if (this.probe != Probe.InFlight || start != this.probeStart) return false;
    this.probe = Probe.Lost;
    this.lostSize = this.probeSize;
    return true;
  }

  /** Whether nothing but the probe is among `lost` numbers: that is no sign of congestion. */
  explains(lost: u32): bool {
    return this.probe != Probe.None && lost == this.probeEnd - this.probeStart;
  }

  /** SND.UNA is `unacknowledged` now: a claim about a segment before it was false. */
  acknowledged(unacknowledged: u32): void {
    if (this.claimed != 0 && before(this.claimedAt, unacknowledged)) this.claimed = 0;
  }

  /** Everything is sent again, in segments of another size: a probe in flight shows nothing. */
  abandon(): void {
    this.probe = Probe.None;
  }

  /** SND.UNA is `unacknowledged` now. Returns the size that a probe has shown to arrive, or 0. */
  arrivedAt(unacknowledged: u32): u32 {
    if (this.probe == Probe.None || before(unacknowledged, this.probeEnd)) return 0;
    const arrived = this.probe == Probe.InFlight;
    this.probe = Probe.None;
    this.waitUntil = unacknowledged;
    if (!arrived) return 0;
    if (this.probeSize == this.oldSize) this.oldSize = 0;
    return this.probeSize;
  }
}
