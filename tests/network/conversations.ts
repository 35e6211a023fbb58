/**
 * Follows every TCP connection by what both sides send, before any fault: nobody may send past
 * the other's window, acknowledge what was never sent, or take back a window once offered
 * (RFC 9293 sections 3.4, 3.8.6).
 */
import { be16, be32, dotted, type Ip, parseIp, TCP, transportRight } from "./packet.ts";

const [FIN, SYN, RST, ACK] = [1, 2, 4, 16];

/** One direction: what its sender has said. */
interface Side {
  /** One past the highest sequence number sent. */
  most: number;
  /** The highest acknowledgment number plus window. */
  edge: number;
  hasEdge: boolean;
  /** By the option of its SYN; undefined = it had none. */
  scale: number | undefined;
}

const distance = (a: number, b: number) => (a - b) | 0;

export class Conversations {
  private readonly sides = new Map<string, Side>();

  constructor(private readonly complain: (text: string) => void) {}

  /** A segment of a station that is not under test: only remembered. */
  heard(frame: Uint8Array): void {
    const ip = parseIp(frame);
    if (!ip || ip.protocol !== TCP || ip.fragment !== 0 || !transportRight(frame, ip)) return;
    this.remember(frame, ip, undefined);
  }

  /** A segment of a kernel: checked, then remembered. */
  sent(frame: Uint8Array, ip: Ip): void {
    this.remember(frame, ip, this.complain);
  }

  /** A machine was reset: it knows nothing of its connections. */
  forget(address: number): void {
    const name = dotted(address);
    for (const key of this.sides.keys()) if (key.includes(`${name}:`)) this.sides.delete(key);
  }

  private remember(frame: Uint8Array, ip: Ip, complain: ((text: string) => void) | undefined) {
    const at = ip.start;
    const from = `${dotted(ip.source)}:${be16(frame, at)}`;
    const to = `${dotted(ip.destination)}:${be16(frame, at + 2)}`;
    const flags = frame[at + 13];
    const sequence = be32(frame, at + 4);
    const header = (frame[at + 12] >> 4) * 4;
    const length = ip.end - at - header;
    const end = (sequence + length + (flags & SYN ? 1 : 0) + (flags & FIN ? 1 : 0)) >>> 0;
    if (flags & SYN) this.begin(frame, at, header, `${from} ${to}`, end);
    const own = this.sides.get(`${from} ${to}`);
    const other = this.sides.get(`${to} ${from}`);
    if (!own || flags & RST) return;
    if (complain && other?.hasEdge && (flags & SYN) === 0) {
      const past = distance((sequence + length) >>> 0, other.edge);
      // One byte past is a probe of a closed window.
      const probe = length <= 1 && past <= 1;
      if (length > 0 && past > 0 && !probe) {
        complain(`${length} bytes, ${past} past the window, from ${from} to ${to}`);
      }
    }
    if (distance(end, own.most) > 0) own.most = end;
    if ((flags & ACK) === 0) return;
    const acknowledgment = be32(frame, at + 8);
    if (complain && other && distance(acknowledgment, other.most) > 0) {
      complain(`an acknowledgment of bytes never sent, from ${from} to ${to}`);
    }
    const scaled = (flags & SYN) === 0 && own.scale !== undefined && other?.scale !== undefined;
    const window = be16(frame, at + 14) << (scaled ? (own.scale ?? 0) : 0);
    const edge = (acknowledgment + window) >>> 0;
    const moved = own.hasEdge ? distance(edge, own.edge) : 1;
    // The edge is cut down to what the scale can say.
    const slack = scaled ? 1 << (own.scale ?? 0) : 1;
    if (complain && moved <= -slack && other && distance(acknowledgment, other.most) === 0) {
      complain(`a window taken back by ${-moved} bytes, from ${from} to ${to}`);
    }
    if (moved > 0) own.edge = edge;
    own.hasEdge = true;
  }

  /** A SYN: a conversation anew, unless it is the same one again. */
  private begin(frame: Uint8Array, at: number, header: number, key: string, end: number): void {
    const old = this.sides.get(key);
    if (old && distance(end, old.most) <= 0 && distance(old.most, end) < 1 << 24) return;
    let scale: number | undefined;
    for (let i = at + 20; i + 2 < at + header && frame[i] !== 0; ) {
      if (frame[i] === 3) scale = Math.min(frame[i + 2], 14);
      if (frame[i] !== 1 && frame[i + 1] < 2) break;
      i += frame[i] === 1 ? 1 : frame[i + 1];
    }
    this.sides.set(key, { most: end, edge: 0, hasEdge: false, scale });
    if ((frame[at + 13] & ACK) === 0) {
      const [from, to] = key.split(" ");
      this.sides.delete(`${to} ${from}`);
    }
  }
}
