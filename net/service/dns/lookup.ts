/**
 * The lookup of one name's addresses: queries one server after another with growing timeouts (RFC
 * 1035 section 7.2, RFC 1123 section 6.1.3.3) and follows aliases, for at most 15 seconds. A query
 * stays open while the next one is sent, so that a slow server's answer counts too.
 */
import { DNS_ALIASES, DNS_SOCKETS } from "../../../core/limits";
import { earlier, SECOND } from "../../../core/time";
import { Ipv4Address } from "../../wire/address";
import { TYPE_A } from "../../wire/dns";
import { AnswerKind, DnsAnswer } from "./answer";
import { Attempt, Attempts, Candidate } from "./attempt";
import { DnsTransport, StreamExchange } from "./exchange";
import { DnsError, isServerFault } from "./failure";
import { nameComplaint } from "./name";
import { DnsProbes } from "./probe";
import { DnsQuery } from "./query";
import { DnsQuestion } from "./question";
import { DnsReply } from "./reply";
import { openExchange } from "./secure-exchange";
import { ServerState } from "./server";

/** The time limit of a lookup. */
const WHOLE_TIME: i64 = 15 * SECOND;
/**
 * The timeout of a query in the first round, with one server and with several. It doubles each
 * round, up to eight times this value.
 */
const FIRST_WAIT: i64 = 2 * SECOND;
const FIRST_WAIT_OF_SEVERAL: i64 = SECOND;
/** The timeout of a query over TLS, handshake included, in the first round. */
const FIRST_SECURE_WAIT: i64 = 4 * SECOND;
/** The timeout of a query over TCP, and a shorter one if UDP can still give an answer. */
const STREAM_WAIT: i64 = 5 * SECOND;
const STREAM_WAIT_WITH_FALLBACK: i64 = 2 * SECOND;

/** Shared by all queries for the same name. The result is valid once `done` is set. */
export class DnsLookup {
  /** The queries that this lookup will complete. */
  readonly queries: Array<DnsQuery> = [];
  done: bool = false;
  error: DnsError = DnsError.None;
  addresses: Array<Ipv4Address> = [];
  canonicalName: string;
  /** Seconds: the smallest TTL of all answers along the aliases. */
  ttl: u32 = u32.MAX_VALUE;
  /** Whether the answer was truncated and the query over TCP failed. */
  truncated: bool = false;
  /** What went wrong, if `error` alone does not say; else "". */
  detail: string = "";
  /** The server that sent the last answer; 0 if there was none. */
  answeredBy: Ipv4Address = 0;
  readonly attempts: Attempts = new Attempts();

  /** The servers in the order in which to query them. */
  private readonly servers: Array<Candidate> = [];
  /** The truncated answer with the most addresses, and the index of its server. */
  private part: DnsAnswer | null = null;
  private partServerIndex: i32 = 0;
  /** Index of the server being queried. */
  private serverIndex: i32 = 0;
  /** Number of times that all servers have been tried. */
  private round: i32 = 0;
  private readonly deadline: i64;
  /** The names queried so far, and the number of aliases followed. */
  private readonly asked: Array<string> = [];
  private aliases: u32 = 0;

  constructor(
    /** The name to look up, in canonical form. */
    readonly name: string,
    /** At least one, in the order in which to query them. */
    servers: Array<ServerState>,
    private readonly transport: DnsTransport,
    private readonly probes: DnsProbes,
    now: i64,
  ) {
    this.canonicalName = name;
    for (let i = 0; i < servers.length; i++) this.servers.push(new Candidate(servers[i]));
    this.deadline = now + WHOLE_TIME;
    this.asked.push(name);
    this.ask(now);
  }

  /** Takes responses, and moves on after a timeout. */
  poll(now: i64): void {
    const open = this.attempts.open;
    for (let i = open.length - 1; i >= 0 && !this.done; i--) {
      if (i >= open.length) continue;
      const attempt = open[i];
      const reply = attempt.exchange.poll(now);
      if (reply != null) this.take(attempt, reply, now);
      else if (now >= attempt.expiresAt) this.timedOut(attempt, now);
    }
    if (!this.done && now >= this.deadline) this.giveUp(now);
  }

  /** Returns when to poll next, in microseconds since boot, if nothing arrives first. */
  pollAt(): i64 {
    return this.done ? 0 : earlier(this.deadline, this.attempts.pollAt());
  }

  /** Closes all sockets. */
  close(): void {
    this.attempts.close();
  }

  private timedOut(attempt: Attempt, now: i64): void {
    if (attempt.stream) {
      this.streamFailed(attempt, DnsError.Truncated, now);
      return;
    }
    const server = this.servers[attempt.serverIndex];
    attempt.expire(server.state, now);
    if (server.state.mayDropExtensions()) server.plain = true;
    if (attempt === this.attempts.current) this.askNext(now);
  }

  /** Handles the response or the error of an attempt. */
  private take(attempt: Attempt, reply: DnsReply, now: i64): void {
    if (attempt.stream && reply.error != DnsError.None) {
      this.streamFailed(attempt, reply.error, now);
      return;
    }
    const state = this.servers[attempt.serverIndex].state;
    const current = this.attempts.drop(attempt);
    if (reply.error != DnsError.None) {
      state.unreachable(now);
      if (this.detail == "") this.detail = reply.detail;
      this.fault(attempt.serverIndex, reply.error, current, now);
      return;
    }
    const question = attempt.exchange.question;
    const answer = DnsAnswer.read(reply.pointer, reply.length, question.name);
    if (!attempt.stream) state.answered(attempt.exchange.sentAt, now, answer.hasOpt);
    if (!reply.caseKept && !attempt.stream && question.mixedCase) {
      this.caseLost(attempt, current, now);
      return;
    }
    this.learn(attempt, reply, now);
    if (question.edns && rejectsEdns(answer)) {
      state.ednsFailed(now);
      this.serverIndex = attempt.serverIndex;
      this.ask(now);
    } else if (answer.kind == AnswerKind.Truncated) {
      this.takePart(attempt, answer, current, now);
    } else if (answer.badVersion || answer.lame || isServerFault(answer.error)) {
      const error = answer.badVersion ? DnsError.OtherCode : answer.error;
      this.fault(attempt.serverIndex, error, current, now);
    } else {
      this.conclude(attempt.serverIndex, answer, now);
    }
  }

  /** Notes what the reply shows about the features of the server. */
  private learn(attempt: Attempt, reply: DnsReply, now: i64): void {
    const question = attempt.exchange.question;
    const server = this.servers[attempt.serverIndex];
    const state = server.state;
    if (attempt.stream && !reply.caseKept) state.mixedCaseFailed(now);
    if (attempt.stream || !server.plain || question.edns || question.mixedCase) return;
    // The server dropped a query with EDNS and mixed case, and answers one without. Blame EDNS
    // first. If the next query, which has only mixed case, is dropped too, blame that.
    if (state.usesEdns(now)) state.ednsFailed(now);
    else if (state.usesMixedCase(now)) state.mixedCaseFailed(now);
  }

  /** Takes a complete answer. */
  private conclude(index: i32, answer: DnsAnswer, now: i64): void {
    this.serverIndex = index;
    this.answeredBy = this.servers[index].state.server.address;
    this.aliases += answer.aliases;
    this.canonicalName = answer.canonicalName;
    if (answer.ttl < this.ttl) this.ttl = answer.ttl;
    if (answer.kind == AnswerKind.Alias) {
      this.askForAlias(now);
      return;
    }
    this.addresses = answer.addresses;
    this.finish(this.aliases > DNS_ALIASES ? DnsError.AliasLoop : answer.error);
  }

  /** Queries the same server for the name that the aliases lead to; fails if they form a loop. */
  private askForAlias(now: i64): void {
    const name = this.canonicalName;
    if (this.aliases > DNS_ALIASES || this.asked.includes(name)) {
      this.finish(DnsError.AliasLoop);
    } else if (nameComplaint(name) != "") {
      this.finish(DnsError.BadAnswer);
    } else {
      this.asked.push(name);
      this.close();
      this.part = null;
      this.ask(now);
    }
  }

  /** Notes that a server cannot help. Queries the next one if this was the current query. */
  private fault(index: i32, error: DnsError, current: bool, now: i64): void {
    this.servers[index].fault = error;
    if (current || this.attempts.current == null) this.askNext(now);
  }

  /** Queries the next server that has no fault; gives up if there is none. */
  private askNext(now: i64): void {
    const count = this.servers.length;
    for (let i = 0; i < count; i++) {
      if (++this.serverIndex == count) {
        this.serverIndex = 0;
        this.round++;
      }
      if (this.servers[this.serverIndex].fault == DnsError.None) {
        this.ask(now);
        return;
      }
    }
    this.giveUp(now);
  }

  /** Sends a query to the current server, over UDP or, if it has a name, over TLS. */
  private ask(now: i64): void {
    const server = this.servers[this.serverIndex];
    const state = server.state;
    const secure = state.server.secure;
    this.attempts.current = null;
    if (!secure && this.transport.sockets >= DNS_SOCKETS && !this.attempts.dropOldest()) {
      this.probes.dropOldest();
    }
    const question = new DnsQuestion(
      this.transport.random,
      this.canonicalName,
      TYPE_A,
      !server.plain && state.usesEdns(now),
      !server.plain && !secure && state.usesMixedCase(now),
    );
    const exchange = openExchange(this.transport, state.server, question, now);
    if (exchange == null) {
      if (secure && this.detail == "") this.detail = this.transport.connector.refusal();
      const error = secure ? DnsError.SecureFailed : DnsError.NoResources;
      this.fault(this.serverIndex, error, true, now);
      return;
    }
    let first = this.servers.length > 1 ? FIRST_WAIT_OF_SEVERAL : FIRST_WAIT;
    if (secure) first = FIRST_SECURE_WAIT;
    const wait = first << (min(this.round, 3) as i64);
    this.attempts.add(new Attempt(exchange, this.serverIndex, false, wait), true);
  }

  /** Keeps a truncated answer, and repeats the query over TCP. */
  private takePart(attempt: Attempt, answer: DnsAnswer, current: bool, now: i64): void {
    const part = this.part;
    if (part == null || part.addresses.length < answer.addresses.length) {
      this.part = answer;
      this.partServerIndex = attempt.serverIndex;
    }
    this.askByStream(attempt, current, now);
  }

  /**
   * Handles a response with the name in another case: either the server does not keep the case, or
   * the response is forged. A query over TCP settles this; if TCP fails, the query is repeated over
   * UDP in lower case.
   */
  private caseLost(attempt: Attempt, current: bool, now: i64): void {
    const server = this.servers[attempt.serverIndex];
    // A late response: another one has already led to a query over TCP.
    if (server.caseLost && !current) return;
    server.caseLost = true;
    this.askByStream(attempt, current, now);
  }

  /**
   * Repeats a query over TCP. It stays the current query if it was; otherwise the wait for another
   * server goes on.
   */
  private askByStream(attempt: Attempt, current: bool, now: i64): void {
    const server = this.servers[attempt.serverIndex];
    const address = server.state.server;
    const stream = server.state.usesStreams(now)
      ? this.transport.connector.connect(address.address, address.port, now)
      : null;
    if (stream == null) {
      this.withoutStream(attempt.serverIndex, DnsError.Truncated, current, now);
      return;
    }
    const question = attempt.exchange.question;
    const again = new DnsQuestion(
      this.transport.random,
      question.name,
      TYPE_A,
      question.edns,
      question.mixedCase,
    );
    const fallback = this.havePart() || server.caseLost;
    const wait = fallback ? STREAM_WAIT_WITH_FALLBACK : STREAM_WAIT;
    const exchange = new StreamExchange(again, stream, now);
    this.attempts.add(new Attempt(exchange, attempt.serverIndex, true, wait), current);
  }

  private streamFailed(attempt: Attempt, error: DnsError, now: i64): void {
    const current = this.attempts.drop(attempt);
    if (error == DnsError.Truncated) this.servers[attempt.serverIndex].state.streamFailed(now);
    // If the server's answer over TCP is invalid, do not trust its truncated one over UDP.
    else if (this.partServerIndex == attempt.serverIndex) this.part = null;
    this.withoutStream(attempt.serverIndex, error, current, now);
  }

  /**
   * Continues without TCP: uses the truncated answer, or repeats a query whose name came back in
   * another case, or queries the next server.
   */
  private withoutStream(index: i32, error: DnsError, current: bool, now: i64): void {
    const server = this.servers[index];
    if (this.havePart()) {
      this.usePart(now);
    } else if (server.caseLost && this.part == null && error == DnsError.Truncated) {
      server.state.mixedCaseFailed(now);
      this.serverIndex = index;
      this.ask(now);
    } else {
      this.fault(index, error, current, now);
    }
  }

  private havePart(): bool {
    const part = this.part;
    return part != null && part.addresses.length > 0;
  }

  private usePart(now: i64): void {
    const part = this.part!;
    this.truncated = true;
    // Not cached, so that the next query also learns that the answer is truncated.
    part.ttl = 0;
    part.kind = AnswerKind.Final;
    this.conclude(this.partServerIndex, part, now);
  }

  /** Uses the truncated answer if there is one; else fails. */
  private giveUp(now: i64): void {
    if (this.havePart()) {
      this.usePart(now);
      return;
    }
    this.ttl = 0;
    this.finish(this.firstFault());
  }

  /** Returns the first fault of any server, which says more than a timeout; else TimedOut. */
  private firstFault(): DnsError {
    for (let i = 0; i < this.servers.length; i++) {
      if (this.servers[i].fault != DnsError.None) return this.servers[i].fault;
    }
    return DnsError.TimedOut;
  }

  private finish(error: DnsError): void {
    const open = this.attempts.open;
    // Late answers to the queries that are still open show which servers are slow, not dead.
    for (let i = 0; i < open.length; i++) {
      const attempt = open[i];
      if (attempt.stream || error != DnsError.None) continue;
      this.probes.adopt(attempt.exchange, this.servers[attempt.serverIndex].state);
      open.splice(i--, 1);
    }
    this.close();
    this.error = error;
    if (error != DnsError.SecureFailed) this.detail = "";
    if (error != DnsError.None) this.addresses = [];
    this.done = true;
  }
}

function rejectsEdns(answer: DnsAnswer): bool {
  const error = answer.error;
  return answer.badVersion || error == DnsError.FormatError || error == DnsError.NotImplemented;
}
