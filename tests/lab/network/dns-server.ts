/** A DNS server that can misbehave, for A records over UDP (RFC 1035). */
import { be16 } from "../packets/bytes.ts";
import { a, encodeAnswer, ns, readQuestion } from "../packets/dns.ts";
import type { Datagram, Peer } from "./peer.ts";
import { MILLISECOND } from "./world.ts";

export interface DnsBehavior {
  /** Chances of silence, of SERVFAIL, of REFUSED, and of a referral as lame servers send it. */
  silence: number;
  fail: number;
  refuse: number;
  refer: number;
  /** Chances of a wrong id and of garbage before the real response. */
  wrongId: number;
  garbage: number;
  /** Upper bound of the delay in milliseconds. */
  delay: number;
}

export const politeDns: DnsBehavior = {
  silence: 0,
  fail: 0,
  refuse: 0,
  refer: 0,
  wrongId: 0,
  garbage: 0,
  delay: 0,
};

export class DnsServer {
  behavior = politeDns;
  queries = 0;

  constructor(
    private readonly peer: Peer,
    /** Addresses by name, separated by blanks; other names do not exist. */
    readonly names: Record<string, string>,
  ) {
    peer.udp.set(53, (datagram) => this.receive(datagram));
  }

  private receive({ source, sourcePort, data }: Datagram): void {
    const { world } = this.peer;
    const { behavior } = this;
    const { random } = world;
    this.queries++;
    if (data.length < 17 || data[2] & 0x80 || random.chance(behavior.silence)) return;
    const reply = (bytes: Buffer) => this.peer.sendUdp(53, source, sourcePort, bytes);
    const query = Buffer.from(data);
    world.after(Math.ceil(random.fraction() * behavior.delay * MILLISECOND), () => {
      const answer = this.answer(query);
      if (random.chance(behavior.garbage)) reply(random.bytes(random.between(0, 80)));
      if (random.chance(behavior.wrongId)) {
        const wrong = Buffer.from(answer);
        wrong.writeUInt16BE(be16(wrong, 0) ^ 0x0101, 0);
        wrong.set([6, 6, 6, 6], wrong.length - 4);
        reply(wrong);
      }
      reply(answer);
    });
  }

  private answer(query: Buffer): Buffer {
    const { name, type } = readQuestion(query);
    const { behavior } = this;
    const { random } = this.peer.world;
    const id = be16(query, 0);
    const questions = [{ name, type }];
    if (random.chance(behavior.fail)) return encodeAnswer(id, name, { code: 2, questions });
    if (random.chance(behavior.refuse)) return encodeAnswer(id, name, { code: 5, questions });
    if (random.chance(behavior.refer)) {
      return encodeAnswer(id, name, { questions, authority: [ns("", "a.root-servers.net")] });
    }
    const found = this.names[name.toLowerCase()];
    const addresses = found && type === 1 ? found.split(" ") : [];
    const answers = addresses.map((address) => a([12], address, 30));
    return encodeAnswer(id, name, { code: found ? 0 : 3, questions, answers });
  }
}
