/**
 * Probes: questions whose answers only show the state of a server. One kind is a copy of a lookup's
 * question, sent to a slow or dead server to see whether it has recovered. The other is a question
 * of a lookup that another server has answered, kept open to see whether this server is dead or
 * only slow.
 */
import { DNS_PROBES } from "../../../core/limits";
import { earlier, NEVER, SECOND } from "../../../core/time";
import { DnsOpt, TYPE_A } from "../../wire/dns";
import { DnsExchange, DnsTransport } from "./exchange";
import { DnsError } from "./failure";
import { DnsQuestion } from "./question";
import { DnsReply } from "./reply";
import { openExchange } from "./secure-exchange";
import { ServerList, ServerState } from "./server";

/** How long to wait for the answer. */
const PATIENCE: i64 = 8 * SECOND;

class Probe {
  constructor(
    readonly exchange: DnsExchange,
    readonly state: ServerState,
  ) {}

  get expiresAt(): i64 {
    return this.exchange.since + PATIENCE;
  }

  /** Notes what a reply, or silence, shows about the server. */
  note(reply: DnsReply | null, now: i64): void {
    const state = this.state;
    const sentAt = this.exchange.sentAt;
    if (reply == null) {
      if (!state.dead && sentAt >= 0) state.silent(now);
    } else if (reply.error == DnsError.None) {
      const withEdns = DnsOpt.find(reply.pointer, reply.length) != null;
      state.answered(sentAt, now, withEdns);
    } else {
      state.unreachable(now);
    }
  }
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
   * Queries `name` at a server that is due for a probe, unless that is `asked`, which a lookup is
   * about to query anyway.
   */
  sendDue(name: string, asked: ServerState, now: i64): void {
    if (this.probes.length >= (DNS_PROBES as i32)) return;
    const state = this.servers.dueForProbe(now);
    if (state == null || state === asked) return;
    state.probed(now);
    // Without EDNS and mixed case, so that any server that is not dead answers it.
    const question = new DnsQuestion(this.transport.random, name, TYPE_A, false, false);
    const exchange = openExchange(this.transport, state.server, question, now);
    if (exchange != null) this.probes.push(new Probe(exchange, state));
  }

  /** Takes over an open query; closes it if there are too many probes. */
  adopt(exchange: DnsExchange, state: ServerState): void {
    if (this.probes.length >= (DNS_PROBES as i32)) exchange.close();
    else this.probes.push(new Probe(exchange, state));
  }

  /** Closes the oldest probe with a socket; returns false if there is none. */
  dropOldest(): bool {
    for (let i = 0; i < this.probes.length; i++) {
      if (!this.probes[i].exchange.usesSocket) continue;
      this.probes[i].exchange.close();
      this.probes.splice(i, 1);
      return true;
    }
    return false;
  }

  poll(now: i64): void {
    for (let i = this.probes.length - 1; i >= 0; i--) {
      const probe = this.probes[i];
      const reply = probe.exchange.poll(now);
      if (reply == null && now < probe.expiresAt) continue;
      probe.note(reply, now);
      probe.exchange.close();
      this.probes.splice(i, 1);
    }
  }

  pollAt(): i64 {
    let at = NEVER;
    for (let i = 0; i < this.probes.length; i++) {
      at = earlier(at, this.probes[i].expiresAt);
    }
    return at;
  }
}
