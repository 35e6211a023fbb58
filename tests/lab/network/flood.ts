/** Unsolicited frames, as from an attacker or a broken host. */
import * as build from "../packets/build.ts";
import { ARP, BROADCAST, hardware, ICMP, IPV4, TCP, UDP } from "../packets/bytes.ts";
import { DhcpType, dhcpMessage, ips } from "../packets/dhcp.ts";
import { a, encodeAnswer } from "../packets/dns.ts";
import { tcpSegment } from "../packets/tcp.ts";
import type { Random } from "../random.ts";

export interface Target {
  hardware: Uint8Array;
  address: number;
}

/** A made-up sender and its target. */
interface Shot {
  target: Target;
  random: Random;
  from: Uint8Array;
  /** The first address of the target's network. */
  near: number;
  source: number;
}

/** The address in forged DNS responses, so that checks can tell whether one was accepted. */
export const LIE = "6.6.6.6";

const makers = {
  syn: (shot: Shot) => tcp(shot, 2),
  segments: (shot: Shot) => tcp(shot, shot.random.between(0, 63)),
  resets: (shot: Shot) => tcp({ ...shot, source: server(shot) }, 4),
  /** From the target to itself. */
  land: (shot: Shot) => tcp({ ...shot, source: shot.target.address }, 2),
  udp: (shot: Shot) => udp(shot, anyPort(shot), port(shot), shot.random.between(0, 1400)),
  echo: (shot: Shot) => icmp(shot, 8, 0, shot.random.between(0, 1400)),
  /** Broadcast pings in a victim's name (RFC 2644). */
  smurf: (shot: Shot) => {
    const everybody = { hardware: hardware(BROADCAST), address: shot.near + 255 };
    return icmp({ ...shot, target: everybody }, 8, 0, 56);
  },
  arp: (shot: Shot) => {
    const { target, random, near, from } = shot;
    const other = random.chance(0.7) ? target.address : near + random.between(1, 254);
    const sender = near + random.between(100, 250);
    return arp(BROADCAST, { operation: 1, senderHardware: from, sender, target: other });
  },
  /** ARP packets that claim the addresses of others, the target's included. */
  poison: (shot: Shot) => {
    const { target, random, near, from } = shot;
    const sender = near + random.pick([2, 3, 15, 16, 17]);
    const operation = random.between(1, 2);
    const fields = { operation, senderHardware: from, sender, target: target.address };
    if (operation === 1) return arp(BROADCAST, fields);
    return arp(target.hardware, { ...fields, targetHardware: target.hardware });
  },
  fragments,
  errors,
  names,
  leases,
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

/** Makes one frame of a flood of `kind`, from a made-up sender. */
export function floodFrame(kind: FloodKind, target: Target, random: Random): Buffer {
  const from = Uint8Array.of(2, 0x66, ...random.bytes(4));
  const near = (target.address & 0xffffff00) >>> 0;
  const far = ((random.between(1, 223) << 24) | (random.bits() & 0xffffff)) >>> 0;
  const source = random.chance(0.5) ? near + random.between(100, 250) : far;
  return makers[kind]({ target, random, from, near, source });
}

/** Returns one of the servers of the simulator's worlds. */
function server({ near, random }: Shot): number {
  return near + random.between(2, 3);
}
function anyPort({ random }: Shot): number {
  return random.between(1024, 65535);
}
/** Returns a port, often one with a listener. */
function port({ random }: Shot): number {
  return random.chance(0.5) ? random.pick([80, 8080, 68]) : random.between(1, 65535);
}

function arp(to: string | Uint8Array, fields: build.ArpFields): Buffer {
  return build.ethernet(to, fields.senderHardware, ARP, build.arp(fields));
}

/** A packet to the target; by default without identification and not to be fragmented. */
function ip(
  shot: Shot,
  protocol: number,
  payload: Uint8Array,
  more: Partial<build.Ipv4Fields> = {},
): Buffer {
  const { target, from, source } = shot;
  const ends = { source, destination: target.address, protocol };
  const packet = build.ipv4({ ...ends, payload, id: 0, fragment: 0x4000, ...more });
  return build.ethernet(target.hardware, from, IPV4, packet);
}

function tcp(shot: Shot, flags: number): Buffer {
  const { random, source, target } = shot;
  const segment = tcpSegment({
    source,
    destination: target.address,
    sourcePort: flags === 4 ? 80 : anyPort(shot),
    destinationPort: port(shot),
    sequence: random.bits(),
    acknowledgment: random.bits(),
    flags,
    window: random.between(0, 65535),
  });
  return ip(shot, TCP, segment);
}

/** A datagram with `data`, or with that number of zeros. */
function udp(shot: Shot, from: number, to: number, data: number | Buffer): Buffer {
  const payload = typeof data === "number" ? Buffer.alloc(data) : data;
  const ends = [
    { address: shot.source, port: from },
    { address: shot.target.address, port: to },
  ] as const;
  return ip(shot, UDP, build.udpDatagram(...ends, payload));
}

function icmpMessage(shot: Shot, type: number, code: number, data: number | Buffer): Buffer {
  const payload = typeof data === "number" ? Buffer.alloc(data) : data;
  return build.icmp(type, code, shot.random.bits(), payload);
}

function icmp(shot: Shot, type: number, code: number, data: number | Buffer): Buffer {
  return ip(shot, ICMP, icmpMessage(shot, type, code, data));
}

/** An ICMP error about a packet that the target could have sent (RFC 5927). */
function errors(shot: Shot): Buffer {
  const { random, target } = shot;
  const protocol = random.pick([TCP, TCP, UDP, ICMP]);
  const begin = Buffer.alloc(8);
  begin.writeUInt16BE(random.chance(0.5) ? 80 : anyPort(shot), 0);
  begin.writeUInt16BE(random.pick([80, 53, 67]), 2);
  begin.writeUInt32BE(random.bits(), 4);
  const quote = build.ipv4({
    source: target.address,
    destination: server(shot),
    protocol,
    payload: begin,
    id: 0,
    fragment: 0x4000,
    totalLength: 40,
  });
  const type = random.pick([3, 3, 3, 4, 5, 11, 12]);
  return icmp(shot, type, random.between(0, type === 3 ? 15 : 1), quote);
}

/** A forged DNS response with a guessed identifier and port. */
function names(shot: Shot): Buffer {
  const id = shot.random.between(0, 65535);
  const message = encodeAnswer(id, "web.test", { answers: [a([12], LIE, 60)] });
  return udp({ ...shot, source: shot.near + 2 }, 53, anyPort(shot), message);
}

/** A forged DHCP offer, ACK or NAK with a guessed transaction. */
function leases(shot: Shot): Buffer {
  const { random, target, near } = shot;
  const message = dhcpMessage({
    xid: random.bits(),
    chaddr: target.hardware,
    yiaddr: near + 66,
    options: [
      [53, [random.pick([DhcpType.Offer, DhcpType.Ack, DhcpType.Nak])]],
      [54, ips("10.0.2.2")],
      [51, [0, 0, 14, 16]],
      [1, ips("255.255.255.0")],
      [3, ips("10.0.2.2")],
    ],
  });
  return udp({ ...shot, source: near + 2 }, 67, 68, message);
}

/** Fragments with few identifications and random offsets: they overlap and hardly ever complete. */
function fragments(shot: Shot): Buffer {
  const { random } = shot;
  const message = icmpMessage(shot, 8, 0, random.between(0, 1400));
  const id = random.between(1, 6);
  const fragment = (random.chance(0.7) ? 0x2000 : 0) | random.between(0, 8191);
  return ip(shot, ICMP, message, { id, fragment });
}
