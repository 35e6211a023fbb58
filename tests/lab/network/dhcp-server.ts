/** A DHCP server (RFC 2131) that can misbehave. */
import { address, be16, be32 } from "../packets/bytes.ts";
import {
  COOKIE,
  DhcpType,
  dhcpMessage,
  HEADER,
  ips,
  leaseOptions,
  type Options,
  readOptions,
} from "../packets/dhcp.ts";
import type { Datagram, Peer } from "./peer.ts";
import { hardwareKey } from "./switch.ts";
import { MILLISECOND } from "./world.ts";

export interface DhcpBehavior {
  /** Seconds. */
  lease: number;
  /** Chances of no reply, of a NAK instead of an ACK, of a repeated reply. */
  silence: number;
  refuse: number;
  twice: number;
  /** Upper bound in milliseconds of the delay before a reply. */
  delay: number;
  /** Chance of garbage before the reply. */
  garbage: number;
}

/** Unusual but allowed or common behavior of a server. */
export interface DhcpOddities {
  /** The port from which it replies; 67 if undefined. */
  port?: number;
  /**
   * Option 54: an address, by default the peer's; none; or at random the peer's or the next
   * one, as anycast relays send it.
   */
  identifier?: number | "none" | "changing";
}

export const politeDhcp: DhcpBehavior = {
  lease: 3600,
  silence: 0,
  refuse: 0,
  twice: 0,
  delay: 0,
  garbage: 0,
};

export class DhcpServer {
  behavior = politeDhcp;
  /** Every address ever offered, by hardware address. */
  readonly leases = new Map<number, number>();
  acknowledged = 0;

  constructor(
    private readonly peer: Peer,
    /**
     * `mask` is 255.255.255.0 unless given. `more` are other options, which replace those of the
     * same code; empty ones are left out.
     */
    readonly options: DhcpOddities & {
      router: number;
      servers: number[];
      first: string;
      mask?: string;
      more?: Options;
    },
  ) {
    peer.udp.set(67, (datagram) => this.receive(datagram));
  }

  private receive({ data }: Datagram): void {
    if (data.length < HEADER || data[0] !== 1 || be32(data, 236) !== COOKIE) return;
    const { random } = this.peer.world;
    const options = readOptions(data);
    const type = options.get(53)?.[0];
    const own = options.get(54);
    const mine =
      own === undefined ||
      be32(own, 0) === this.identifier ||
      this.options.identifier === "changing";
    if (random.chance(this.behavior.silence) || !mine) return;
    if (type === DhcpType.Discover) this.answer(data, DhcpType.Offer);
    else if (type === DhcpType.Inform) this.answer(data, DhcpType.Ack);
    else if (type === DhcpType.Request) {
      const lease = this.leaseFor(data);
      const wanted = options.get(50);
      const asked = wanted ? be32(wanted, 0) : be32(data, 12);
      const refused = asked !== lease || random.chance(this.behavior.refuse);
      this.answer(data, refused ? DhcpType.Nak : DhcpType.Ack);
    }
  }

  private get identifier(): number {
    const { identifier } = this.options;
    return typeof identifier === "number" ? identifier : this.peer.address;
  }

  private leaseFor(data: Buffer): number {
    const key = hardwareKey(data, 28);
    let lease = this.leases.get(key);
    if (lease === undefined) {
      lease = address(this.options.first) + this.leases.size;
      this.leases.set(key, lease);
    }
    return lease;
  }

  private answer(request: Buffer, type: number): void {
    const { world } = this.peer;
    const { behavior } = this;
    const copy = Buffer.from(request);
    const times = world.random.chance(behavior.twice) ? 2 : 1;
    for (let i = 0; i < times; i++) {
      const wait = world.random.fraction() * behavior.delay * MILLISECOND;
      world.after(Math.ceil(wait), () => {
        const bytes = this.message(copy, type);
        if (world.random.chance(behavior.garbage)) {
          const bad = Buffer.from(bytes);
          for (let k = 0; k < 8; k++) bad[world.random.between(0, bad.length - 1)] ^= 255;
          // Change the xid, so that no client accepts it.
          bad.writeUInt32BE((be32(bad, 4) ^ 0x5555) >>> 0, 4);
          this.peer.sendUdp(67, 0xffffffff, 68, bad);
        }
        if (type === DhcpType.Ack) this.acknowledged++;
        const direct = be32(copy, 12);
        const { port = 67 } = this.options;
        if (direct !== 0 && type === DhcpType.Ack) this.peer.sendUdp(port, direct, 68, bytes);
        else this.peer.sendUdp(port, 0xffffffff, 68, bytes);
      });
    }
  }

  private message(request: Buffer, type: number): Buffer {
    const informs = readOptions(request).get(53)?.[0] === DhcpType.Inform;
    const { mask, router, servers, identifier, more = [] } = this.options;
    const options: Options = [[53, [type]]];
    const { random } = this.peer.world;
    if (identifier === "changing") options.push([54, ips(this.identifier + random.between(0, 1))]);
    else if (identifier !== "none") options.push([54, ips(this.identifier)]);
    if (type !== DhcpType.Nak) {
      const usual = leaseOptions(this.behavior.lease, { mask, router, dnsServers: servers });
      const kept = usual.filter(([code]) => !more.some(([other]) => other === code));
      const all = [...kept, ...more].filter(([, data]) => data.length > 0);
      options.push(...all.filter(([code]) => !informs || code !== 51));
    }
    return dhcpMessage({
      xid: be32(request, 4),
      flags: be16(request, 10),
      chaddr: request.subarray(28, 44),
      yiaddr: type === DhcpType.Nak || informs ? 0 : this.leaseFor(request),
      options,
    });
  }
}
