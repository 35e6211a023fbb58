/**
 * Questions whose answers nobody waits for any more: they only show whether a silent server is back
 * (a copy of a lookup's question), or slow (a lookup's question that another server answered).
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

/** At most DNS_PROBES questions. */
export class DnsProbes {
  private readonly probes: Array<Probe> = [];

  constructor(
    private readonly transport: DnsTransport,
    private readonly servers: ServerList,
  ) {}

  /** Reports whether none is open. */
  get idle(): bool {
    return this.probes.length == 0;
  }

  /** Asks for `name` if a dead server is due, unless a lookup is about to ask it anyway. */
  sendDue(name: string, asked: ServerState, now: i64): void {
    if (this.probes.length >= (DNS_PROBES as i32)) return;
    if (this.transport.sockets >= DNS_SOCKETS) return;
    const state = this.servers.dueForProbe(now);
    if (state == null || state === asked) return;
    state.probed(now);
    // The plainest question: whatever it cannot do, it is not dead.
    const question = new DnsQuestion(this.transport.random, name, TYPE_A, false, false);
    const exchange = openExchange(this.transport, state.server, question, now);
    if (exchange != null) this.probes.push(new Probe(exchange, state, now));
  }

  /** Watches a question sent at `sentAt`, or closes it if there are too many. */
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
