/**
 * Probes: questions whose answers only show the state of a server. One kind is a copy of a lookup's
 * question, sent to a silent server to see whether it is back. The other is a question of a lookup
 * that another server has answered, kept open to see whether this server is dead or only slow.
 */
import { DNS_PROBES, DNS_SOCKETS } from "../../../core/limits";
import { earlier, NEVER, SECOND } from "../../../core/time";
import { TYPE_A } from "../../wire/dns";
import { DnsExchange, DnsTransport } from "./exchange";
import { DnsError } from "./failure";
import { DnsQuestion } from "./question";
import { openExchange } from "./secure-exchange";
import { ServerList, ServerState } from "./server";

/** How long to wait for the answer. */
const PATIENCE: i64 = 8 * SECOND;

class Probe {
  constructor(
    readonly exchange: DnsExchange,
    readonly state: ServerState,
    readonly sentAt: i64,
  ) {}
}

/** The open probes, at most DNS_PROBES. */
export class DnsProbes {
  private readonly probes: Array<Probe> = [];

  constructor(
    private readonly transport: DnsTransport,
    private readonly servers: ServerList,
  ) {}

  /** Reports whether no probe is open. */
  get idle(): bool {
    return this.probes.length == 0;
  }

  /**
   * Queries `name` at a dead server that is due for a probe, unless that is `asked`, which a lookup
   * is about to query anyway.
   */
  sendDue(name: string, asked: ServerState, now: i64): void {
    if (this.probes.length >= (DNS_PROBES as i32)) return;
    if (this.transport.sockets >= DNS_SOCKETS) return;
    const state = this.servers.dueForProbe(now);
    if (state == null || state === asked) return;
    state.probed(now);
    // Without EDNS and mixed case, so that any server that is not dead answers it.
    const question = new DnsQuestion(this.transport.random, name, TYPE_A, false, false);
    const exchange = openExchange(this.transport, state.server, question, now);
    if (exchange != null) this.probes.push(new Probe(exchange, state, now));
  }

  /** Takes over a question sent at `sentAt`; closes it if there are too many probes. */
  adopt(exchange: DnsExchange, state: ServerState, sentAt: i64): void {
    if (this.probes.length >= (DNS_PROBES as i32)) exchange.close();
    else this.probes.push(new Probe(exchange, state, sentAt));
  }

  poll(now: i64): void {
    for (let i = this.probes.length - 1; i >= 0; i--) {
      const probe = this.probes[i];
      const reply = probe.exchange.poll(now);
      if (reply == null && now < probe.sentAt + PATIENCE) continue;
      if (reply != null && reply.error == DnsError.None) {
        probe.state.answered(now - probe.sentAt, reply.hasOpt);
      }
      probe.exchange.close();
      this.probes.splice(i, 1);
    }
  }

  pollAt(): i64 {
    let at = NEVER;
    for (let i = 0; i < this.probes.length; i++) {
      at = earlier(at, this.probes[i].sentAt + PATIENCE);
    }
    return at;
  }
}
