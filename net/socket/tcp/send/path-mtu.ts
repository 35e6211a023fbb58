/**
 * The largest packets that reach the peer (path MTU discovery): what ICMP errors claim (RFC 1191,
 * RFC 5927 section 7.2) and, where routers drop large packets in silence, what probes show (RFC
 * 4821). When full-sized segments time out again and again, smaller ones are sent. Once they
 * arrive, larger ones are tried: first one of the old size, as the path may only have been down for
 * a while, then sizes halfway between those that arrived and those that did not.
 */
import { before } from "../sequence";

/** Sizes to fall back to: the minimum MTU of IPv6, a common one of tunnels, and RFC 791's. */
const FALLBACKS: StaticArray<u32> = [1280, 1024, 576];
/** The search ends when the size is known to within this many bytes. */
const PRECISION: u32 = 32;
/** How many timeouts in a row mean that full-sized packets are lost because of their size. */
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
  /** The size of packets before they became smaller; 0 if no search is under way. */
  private oldSize: u32;
  /** The smallest size of a lost probe; 0 if none was lost. */
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

  /** Notes that full-sized segments in packets of `size` bytes have arrived. */
  arrived(size: u32): void {
    this.provenSize = size;
  }

  /** Notes that the path carries packets of `mtu` bytes, and no larger ones. */
  lowered(mtu: u32): void {
    if (this.provenSize > mtu) this.provenSize = mtu;
    this.claimed = 0;
    this.stop();
  }

  /** Remembers an MTU, believed only if a timeout finds the data at `sequence` unacknowledged. */
  claims(mtu: u32, sequence: u32): void {
    this.claimed = mtu;
    this.claimedAt = sequence;
  }

  /** The claimed MTU, to be believed when the segment at SND.UNA times out; 0 if there is none. */
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
   * Called when a full-sized segment in a packet of `size` bytes has timed out `timeouts` times in
   * a row. Returns the size to fall back to, or `size`. `maximum` is SND.MAX.
   */
  timedOut(size: u32, timeouts: u32, maximum: u32): u32 {
    const enough = this.provenSize >= size ? SUSPICIOUS_IF_PROVEN : SUSPICIOUS;
    // Packets this small get through nearly everywhere: it is more likely that the path is down.
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

  /** Ends the search. */
  stop(): void {
    this.oldSize = 0;
    this.probe = Probe.None;
  }

  /**
   * Returns the size of the probe to send, or 0 if none is due. `size` is that of packets now, and
   * `unacknowledged` is SND.UNA.
   */
  due(size: u32, unacknowledged: u32): u32 {
    if (this.probe != Probe.None || before(unacknowledged, this.waitUntil)) return 0;
    if (this.lostSize == 0) return this.oldSize;
    if (this.lostSize - size > PRECISION) return (size + this.lostSize) >>> 1;
    this.stop();
    return 0;
  }

  /** Notes that a probe of `size` bytes was sent, with data from `start` to `end`. */
  sent(size: u32, start: u32, end: u32): void {
    this.probe = Probe.InFlight;
    this.probeSize = size;
    this.probeStart = start;
    this.probeEnd = end;
  }

  /** Called when the lost segment at `start` is split. Reports whether it was the probe. */
  cut(start: u32): bool {
    if (this.probe != Probe.InFlight || start != this.probeStart) return false;
    this.probe = Probe.Lost;
    this.lostSize = this.probeSize;
    return true;
  }

  /** Whether the `lost` sequence numbers are those of the probe: no sign of congestion. */
  explains(lost: u32): bool {
    return this.probe != Probe.None && lost == this.probeEnd - this.probeStart;
  }

  /** Drops a claim about a segment before `unacknowledged`, the new SND.UNA: it was false. */
  acknowledged(unacknowledged: u32): void {
    if (this.claimed != 0 && before(this.claimedAt, unacknowledged)) this.claimed = 0;
  }

  /** Forgets the probe, because all data is sent again in segments of another size. */
  abandon(): void {
    this.probe = Probe.None;
  }

  /** Returns the size of a probe that the new SND.UNA, `unacknowledged`, acknowledges, or 0. */
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
