/** Frames that nobody asked for: what an attacker or a broken host puts on a wire. */
import { arpFrame, ICMP, ipFrame, setHeaderSum, sum, TCP, UDP } from "./packet.ts";
import type { Random } from "./random.ts";

export interface Target {
  hardware: Uint8Array;
  address: number;
}

/** One made-up sender and who it is aimed at. */
interface Shot {
  target: Target;
  random: Random;
  from: Uint8Array;
  /** The first address of the target's network. */
  near: number;
  source: number;
}

/** What a believed lie leads to, for whoever checks that none is. */
export const LIE = "6.6.6.6";

const makers = {
  syn: (shot: Shot) => tcp(shot, 2),
  segments: (shot: Shot) => tcp(shot, shot.random.between(0, 63)),
  resets: (shot: Shot) => tcp({ ...shot, source: server(shot) }, 4),
  /** From the target to itself. */
  land: (shot: Shot) => tcp({ ...shot, source: shot.target.address }, 2),
  udp: (shot: Shot) => udp(shot, anyPort(shot), port(shot), shot.random.between(0, 1400)),
  echo: (shot: Shot) => icmp(shot, 8, 0, shot.random.between(0, 1400)),
  /** Pings to everybody, so that everybody answers a victim (RFC 2644). */
  smurf: (shot: Shot) => {
    const everybody = { hardware: new Uint8Array(6).fill(255), address: shot.near + 255 };
    return icmp({ ...shot, target: everybody }, 8, 0, 56);
  },
  arp: (shot: Shot) => {
    const { target, random, near, from } = shot;
    const other = random.chance(0.7) ? target.address : near + random.between(1, 254);
    const sender = near + random.between(100, 250);
    return arpFrame(1, { hardware: from, address: sender }, { hardware: from, address: other });
  },
  /** Answers that claim the addresses of others, the target's own included. */
  poison: (shot: Shot) => {
    const { target, random, near, from } = shot;
    const address = near + random.pick([2, 3, 15, 16, 17]);
    return arpFrame(random.between(1, 2), { hardware: from, address }, target);
  },
  fragments: (shot: Shot) => makeFragment(icmp(shot, 8, 0, shot.random.between(0, 1400)), shot),
  errors: (shot: Shot) => error(shot),
  names: (shot: Shot) => names(shot),
  leases: (shot: Shot) => leases(shot),
  garbage: (shot: Shot) => {
    const { random } = shot;
    const frame = icmp(shot, random.between(0, 20), random.between(0, 20), 200);
    for (let i = random.between(1, 20); i > 0; i--) {
      frame[random.between(14, frame.length - 1)] = random.between(0, 255);
    }
    return frame;
  },
};
export type FloodKind = keyof typeof makers;
export const floodKinds = Object.keys(makers) as FloodKind[];

/** One frame of a flood of `kind`; the senders are made up. */
export function floodFrame(kind: FloodKind, target: Target, random: Random): Buffer {
  const from = Uint8Array.of(2, 0x66, ...random.bytes(4));
  const near = (target.address & 0xffffff00) >>> 0;
  const far = ((random.between(1, 223) << 24) | (random.bits() & 0xffffff)) >>> 0;
  const source = random.chance(0.5) ? near + random.between(100, 250) : far;
  return makers[kind]({ target, random, from, near, source });
}

/** One of the servers of the simulator's worlds. */
function server({ near, random }: Shot): number {
  return near + random.between(2, 3);
}
function anyPort({ random }: Shot): number {
  return random.between(1024, 65535);
}
/** One that somebody may listen at. */
function port({ random }: Shot): number {
  return random.chance(0.5) ? random.pick([80, 8080, 68]) : random.between(1, 65535);
}

function ip(shot: Shot, protocol: number, length: number, fill: (f: Buffer, at: number) => void) {
  const { target, from, source } = shot;
  const hardware = { to: target.hardware, from };
  return ipFrame(hardware, { source, destination: target.address, protocol }, length, fill);
}

function tcp(shot: Shot, flags: number): Buffer {
  const { random } = shot;
  return ip(shot, TCP, 20, (frame, at) => {
    frame.writeUInt16BE(flags === 4 ? 80 : anyPort(shot), at);
    frame.writeUInt16BE(port(shot), at + 2);
    frame.writeUInt32BE(random.bits(), at + 4);
    frame.writeUInt32BE(random.bits(), at + 8);
    frame[at + 12] = 0x50;
    frame[at + 13] = flags;
    frame.writeUInt16BE(random.between(0, 65535), at + 14);
  });
}

function udp(shot: Shot, from: number, to: number, data: number | Buffer): Buffer {
  const length = 8 + (typeof data === "number" ? data : data.length);
  return ip(shot, UDP, length, (frame, at) => {
    frame.writeUInt16BE(from, at);
    frame.writeUInt16BE(to, at + 2);
    frame.writeUInt16BE(length, at + 4);
    if (typeof data !== "number") frame.set(data, at + 8);
  });
}

function icmp(shot: Shot, type: number, code: number, data: number | Buffer): Buffer {
  const { random } = shot;
  return ip(shot, ICMP, 8 + (typeof data === "number" ? data : data.length), (frame, at) => {
    frame[at] = type;
    frame[at + 1] = code;
    frame.writeUInt32BE(random.bits(), at + 4);
    if (typeof data !== "number") frame.set(data, at + 8);
  });
}

/** An ICMP error about a packet that the target might have sent (RFC 5927). */
function error(shot: Shot): Buffer {
  const { random, target } = shot;
  const quote = Buffer.alloc(28);
  quote.set([0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, random.pick([TCP, TCP, UDP, ICMP])]);
  quote.writeUInt32BE(target.address, 12);
  quote.writeUInt32BE(server(shot), 16);
  quote.writeUInt16BE(~sum(quote, 0, 20) & 0xffff, 10);
  quote.writeUInt16BE(random.chance(0.5) ? 80 : anyPort(shot), 20);
  quote.writeUInt16BE(random.pick([80, 53, 67]), 22);
  quote.writeUInt32BE(random.bits(), 24);
  const type = random.pick([3, 3, 3, 4, 5, 11, 12]);
  const frame = icmp(shot, type, random.between(0, type === 3 ? 15 : 1), quote);
  return frame;
}

/** A name server's answer that guesses identifier and port. */
function names(shot: Shot): Buffer {
  const head = Buffer.from([0, 0, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]);
  head.writeUInt16BE(shot.random.between(0, 65535));
  const question = Buffer.from("\x03web\x04test\0\0\x01\0\x01", "latin1");
  const answer = [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...LIE.split(".").map(Number)];
  const message = Buffer.concat([head, question, Buffer.from(answer)]);
  return udp({ ...shot, source: shot.near + 2 }, 53, anyPort(shot), message);
}

/** A DHCP server's offer, lease or refusal for a transaction that is guessed. */
function leases(shot: Shot): Buffer {
  const { random, target, near } = shot;
  const message = Buffer.alloc(300);
  message.set([2, 1, 6, 0]);
  message.writeUInt32BE(random.bits(), 4);
  message.writeUInt32BE(near + 66, 16);
  message.set(target.hardware, 28);
  const own = [10, 0, 2, 2];
  const type = [53, 1, random.pick([2, 5, 6]), 54, 4, ...own, 51, 4, 0, 0, 14, 16];
  message.set([99, 130, 83, 99, ...type, 1, 4, 255, 255, 255, 0, 3, 4, ...own, 255], 236);
  return udp({ ...shot, source: near + 2 }, 67, 68, message);
}

/** A few identifications and any offset: fragments that overlap, and never become whole. */
function makeFragment(frame: Buffer, { random }: Shot): Buffer {
  frame.writeUInt16BE(random.between(1, 6), 18);
  frame.writeUInt16BE((random.chance(0.7) ? 0x2000 : 0) | random.between(0, 8191), 20);
  setHeaderSum(frame);
  return frame;
}
