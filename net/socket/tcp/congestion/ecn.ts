/**
 * Explicit congestion notification (RFC 3168): routers mark packets instead of dropping them. The
 * receiver of a mark sets ECE in its ACKs until the sender, having reduced cwnd, answers with CWR.
 */
import { CONGESTION_EXPERIENCED } from "../../../wire/ipv4";
import { FLAG_ACK, FLAG_CWR, FLAG_ECE } from "../../../wire/tcp";

/** Whether a host uses ECN (`tcp_ecn`). */
export const enum EcnMode {
  Off = 0,
  /** Offer it in SYNs, and accept it. */
  Offer,
  /** Accept it if a peer offers it. */
  Accept,
}

/** The flags of a SYN that offers ECN (RFC 3168 section 6.1.1). */
const OFFER: u32 = FLAG_ECE | FLAG_CWR;

@unmanaged
export class Ecn {
  /** Whether both ends use it. */
  agreed: bool;
  /** Whether ACKs carry ECE: a mark has arrived that the peer has not answered yet. */
  echoing: bool;
  /** Whether a mark has ever arrived. */
  seen: bool;
  private offered: bool;
  /** Whether the next new data carries CWR: cwnd was reduced. */
  private answerDue: bool;

  /** Initializes an object in zeroed memory. */
  static at(memory: usize): Ecn {
    return changetype<Ecn>(memory);
  }

  /** Returns the flags that make this host's SYN an offer. */
  offer(): u32 {
    this.offered = true;
    return OFFER;
  }

  /** Sets `agreed`, from the flags of the peer's SYN or SYN,ACK and the ECN bits of its packet. */
  settle(flags: u32, bits: u32, mode: EcnMode): void {
    const answer = flags & OFFER;
    if ((flags & FLAG_ACK) != 0) this.agreed = this.offered && answer == FLAG_ECE;
    else this.agreed = acceptsOffer(flags, bits, mode);
  }

  /** Notes that the peer's SYN was an offer, and was accepted. */
  agree(): void {
    this.agreed = true;
  }

  /** Returns the flags that accept the peer's offer in a SYN,ACK. */
  get acceptance(): u32 {
    return this.agreed ? FLAG_ECE : 0;
  }

  /**
   * Notes that data arrived, in a segment with these flags and a packet with these ECN bits.
   * Reports whether to acknowledge it at once: if it is the first marked one since the peer last
   * sent CWR, so that the peer slows down soon, or if it carries CWR, because the peer may now have
   * little in flight.
   */
  received(flags: u32, bits: u32): bool {
    const answered = (flags & FLAG_CWR) != 0;
    if (answered) this.echoing = false;
    if (bits != CONGESTION_EXPERIENCED) return answered;
    const first = !this.echoing;
    this.echoing = true;
    this.seen = true;
    return first;
  }

  /** Notes that cwnd was reduced, for a mark or a loss. */
  windowReduced(): void {
    this.answerDue = this.agreed;
  }

  /** Returns CWR if the next new data carries it, else 0. */
  get answer(): u32 {
    return this.answerDue ? FLAG_CWR : 0;
  }

  /** Notes that new data was sent, and so the CWR that was due. */
  answerSent(): void {
    this.answerDue = false;
  }
}

/**
 * Reports whether a SYN with these flags, in a packet with these ECN bits, offers ECN to a host
 * that accepts it. No host sends a SYN with ECN bits. If it has some, the network overwrites them,
 * and its marks mean nothing (section 6.1.1).
 */
export function acceptsOffer(flags: u32, bits: u32, mode: EcnMode): bool {
  return mode != EcnMode.Off && (flags & OFFER) == OFFER && bits == 0;
}
