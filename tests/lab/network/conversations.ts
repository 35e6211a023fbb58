/**
 * Follows every TCP connection by what both sides send, before any fault. No kernel may send past
 * its peer's window, acknowledge unsent data, shrink an offered window, resend different bytes (RFC
 * 9293 sections 3.4 and 3.8.6), or fall silent with unacknowledged data (section 3.8.1).
 */
import { be16, be32, dotted, TCP } from "../packets/bytes.ts";
import { type Ip, parseIp, transportRight } from "../packets/read.ts";
import { SentBytes } from "./sent-bytes.ts";

const [FIN, SYN, RST, ACK] = [1, 2, 4, 16];
/** Nanoseconds: the longest retransmission time-out (RFC 6298 section 2.5), plus slack. */
const LONGEST_SILENCE = 66e9;

/** One direction: what its sender has sent. */
interface Side {
  /** One past the highest sequence number sent. */
  most: number;
  /** The highest number that the other side acknowledged; undefined before the first ACK. */
  acknowledged: number | undefined;
  /** The highest acknowledgment number plus window. */
  edge: number;
  hasEdge: boolean;
  /** The window scale in its SYN; undefined if it had none. */
  scale: number | undefined;
  /** The sender is a kernel, which may not fall silent; it last sent at `spokeAt`. */
  checked: boolean;
  spokeAt: number;
  /** What the kernel last sent to the other side is an ARP request. */
  asked: boolean;
  said: SentBytes | undefined;
}

const distance = (a: number, b: number) => (a - b) | 0;

export class Conversations {
  private readonly sides = new Map<string, Side>();

  constructor(private readonly complain: (text: string) => void) {}

  /** Records a segment of a station that is not under test. */
  heard(frame: Uint8Array, time: number): void {
    const ip = parseIp(frame);
    if (!ip || ip.protocol !== TCP || ip.fragment !== 0 || !transportRight(frame, ip)) return;
    this.remember(frame, ip, time, undefined);
  }

  /** Checks and records a segment of a kernel. */
  sent(frame: Uint8Array, ip: Ip, time: number): void {
    this.remember(frame, ip, time, this.complain);
  }

  /** Forgets the connections of a machine that was reset. */
  forget(address: number): void {
    const name = dotted(address);
    for (const key of this.sides.keys()) if (key.includes(`${name}:`)) this.sides.delete(key);
  }

  /** A kernel asks for the hardware address of `to`, which excuses its silence up to now. */
  asks(from: number, to: number, time: number): void {
    const [own, other] = [`${dotted(from)}:`, ` ${dotted(to)}:`];
    for (const [key, side] of this.sides) {
      if (key.startsWith(own) && key.includes(other)) side.asked = true;
    }
    this.excuse(from, to, time);
  }

  /** Excuses a kernel's silence towards `to` (0: everybody) up to now. */
  excuse(from: number, to: number, time: number): void {
    const [own, other] = [`${dotted(from)}:`, to === 0 ? "" : ` ${dotted(to)}:`];
    for (const [key, side] of this.sides) {
      if (key.startsWith(own) && key.includes(other)) side.spokeAt = Math.max(side.spokeAt, time);
    }
  }

  /** Looks for connections that have fallen silent; called every few seconds. */
  checkSilence(time: number): void {
    for (const [key, side] of this.sides) {
      if (!side.checked || time - side.spokeAt < LONGEST_SILENCE) continue;
      if (side.acknowledged === undefined || distance(side.most, side.acknowledged) <= 0) continue;
      const count = distance(side.most, side.acknowledged);
      const since = `nothing since ${side.spokeAt / 1e9} s`;
      // It may have ended the connection by an RST that had no address to go to. A connection that
      // lives on asks again with each retransmission.
      if (!side.asked) this.complain(`${since} with ${count} bytes of ${key} unacknowledged`);
      this.sides.delete(key);
    }
  }

  private remember(
    frame: Uint8Array,
    ip: Ip,
    time: number,
    complain: ((text: string) => void) | undefined,
  ): void {
    const at = ip.start;
    const from = `${dotted(ip.source)}:${be16(frame, at)}`;
    const to = `${dotted(ip.destination)}:${be16(frame, at + 2)}`;
    const flags = frame[at + 13];
    const sequence = be32(frame, at + 4);
    const header = (frame[at + 12] >> 4) * 4;
    const length = ip.end - at - header;
    const end = (sequence + length + (flags & SYN ? 1 : 0) + (flags & FIN ? 1 : 0)) >>> 0;
    const [key, back] = [`${from} ${to}`, `${to} ${from}`];
    if (flags & SYN) this.begin(frame, at, header, key, end);
    const own = this.sides.get(key);
    const other = this.sides.get(back);
    if (flags & RST) {
      // Whether or not it arrives, one side has ended the connection and the other will find out.
      if (own) own.checked = false;
      if (other) other.checked = false;
      return;
    }
    if (!own) return;
    if (complain) {
      own.spokeAt = time;
      own.asked = false;
      own.checked ||= (flags & SYN) !== 0;
      this.checkText(frame.subarray(at + header, ip.end), own, other, sequence, key);
    }
    if (distance(end, own.most) > 0) own.most = end;
    if (flags & ACK) this.acknowledge(frame, at, own, other, complain ? key : undefined);
  }

  /** Checks that a segment fits the other side's window, and that resent bytes are the same. */
  private checkText(
    text: Uint8Array,
    own: Side,
    other: Side | undefined,
    sequence: number,
    key: string,
  ): void {
    const { length } = text;
    if (length === 0) return;
    const past = other?.hasEdge ? distance((sequence + length) >>> 0, other.edge) : 0;
    // One byte past the edge is a probe of a closed window.
    if (past > 0 && !(length <= 1 && past <= 1)) {
      this.complain(`${length} bytes, ${past} past the window, in ${key}`);
    }
    own.said ??= new SentBytes(sequence);
    const wrong = own.said.add(sequence, text);
    if (wrong >= 0) this.complain(`other bytes than before at ${wrong} of ${key}`);
  }

  private acknowledge(
    frame: Uint8Array,
    at: number,
    own: Side,
    other: Side | undefined,
    key: string | undefined,
  ): void {
    const acknowledgment = be32(frame, at + 8);
    const scaled = (frame[at + 13] & SYN) === 0 && other?.scale !== undefined;
    const scale = scaled ? (own.scale ?? 0) : 0;
    const slack = 1 << scale;
    const before = other?.acknowledged;
    if (key && other && distance(acknowledgment, other.most) > 0) {
      this.complain(`an ACK of unsent bytes, in ${key}`);
    } else if (other && (before === undefined || distance(acknowledgment, before) > 0)) {
      other.acknowledged = acknowledgment;
    }
    // A FIN needs no room, and the edge is rounded down to the window scale.
    const over = own.hasEdge ? distance(acknowledgment, own.edge) : 0;
    if (key && over > slack) this.complain(`an ACK ${over} past its own window, in ${key}`);
    const edge = (acknowledgment + (be16(frame, at + 14) << scale)) >>> 0;
    const moved = own.hasEdge ? distance(edge, own.edge) : 1;
    if (key && moved <= -slack && other && distance(acknowledgment, other.most) === 0) {
      this.complain(`a window shrunk by ${-moved} bytes, in ${key}`);
    }
    if (moved > 0) own.edge = edge;
    own.hasEdge = true;
  }

  /** A SYN starts a new conversation unless it repeats the SYN of the present one. */
  private begin(frame: Uint8Array, at: number, header: number, key: string, end: number): void {
    const old = this.sides.get(key);
    if (old && distance(end, old.most) <= 0 && distance(old.most, end) < 1 << 24) return;
    let scale: number | undefined;
    for (let i = at + 20; i + 2 < at + header && frame[i] !== 0; ) {
      if (frame[i] === 3) scale = Math.min(frame[i + 2], 14);
      if (frame[i] !== 1 && frame[i + 1] < 2) break;
      i += frame[i] === 1 ? 1 : frame[i + 1];
    }
    const nothing = { acknowledged: undefined, edge: 0, hasEdge: false, asked: false };
    this.sides.set(key, {
      ...nothing,
      said: undefined,
      most: end,
      scale,
      checked: false,
      spokeAt: 0,
    });
    if ((frame[at + 13] & ACK) === 0) {
      const [from, to] = key.split(" ");
      this.sides.delete(`${to} ${from}`);
    }
  }
}
