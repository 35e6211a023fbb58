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
import { DnsExchange, DnsTransport, StreamExchange } from "./exchange";
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

/** One query to one server. */
class Attempt {
  constructor(
    readonly exchange: DnsExchange,
    /** Index of the server in the order of the lookup. */
    readonly server: i32,
    readonly sentAt: i64,
    readonly stream: bool,
  ) {}
}

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
  /** When to poll next, in microseconds since boot, if nothing arrives first. */
  pollAt: i64;

  /** Open queries; the last is the one whose timeout counts. */
  private attempts: Array<Attempt> = [];
  /** The fault of each server, or None; a server with a fault is not queried again. */
  private readonly faults: StaticArray<DnsError>;
  /** For each server, whether to query it without EDNS and mixed case from now on. */
  private readonly plain: StaticArray<bool>;
  /** The truncated answer with the most addresses. */
  private part: DnsAnswer | null = null;
  private partServer: i32 = 0;
  /** Index of the server being queried. */
  private server: i32 = 0;
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
    private readonly servers: Array<ServerState>,
    private readonly transport: DnsTransport,
    private readonly probes: DnsProbes,
    now: i64,
  ) {
    this.canonicalName = name;
    this.faults = new StaticArray<DnsError>(servers.length);
    this.plain = new StaticArray<bool>(servers.length);
    this.deadline = now + WHOLE_TIME;
    this.pollAt = now;
    this.asked.push(name);
    this.ask(now);
  }

  /** Takes responses, and moves on after a timeout. */
  poll(now: i64): void {
    for (let i = this.attempts.length - 1; i >= 0 && !this.done; i--) {
      if (i >= this.attempts.length) continue;
      const attempt = this.attempts[i];
      const reply = attempt.exchange.poll(now);
      if (reply != null) this.take(attempt, reply, now);
    }
    if (this.done) return;
    if (now >= this.deadline) this.giveUp(DnsError.TimedOut, now);
    else if (now >= this.pollAt) this.timedOut(now);
  }

  /** Closes all sockets. */
  close(): void {
    for (let i = 0; i < this.attempts.length; i++) this.attempts[i].exchange.close();
    this.attempts = [];
  }

  /** Handles the timeout of the last query. */
  private timedOut(now: i64): void {
    const attempt = this.attempts[this.attempts.length - 1];
    if (attempt.stream) {
      this.streamFailed(attempt, DnsError.Truncated, now);
      return;
    }
    const state = this.servers[attempt.server];
    state.silent(now);
    if (state.mayDropExtensions()) this.plain[attempt.server] = true;
    this.askNext(now);
  }

  /** Handles the response or the error of an attempt. */
  private take(attempt: Attempt, reply: DnsReply, now: i64): void {
    const last = this.attempts.indexOf(attempt) == this.attempts.length - 1;
    if (attempt.stream && reply.error != DnsError.None) {
      this.streamFailed(attempt, reply.error, now);
      return;
    }
    const state = this.servers[attempt.server];
    this.drop(attempt);
    if (reply.error != DnsError.None) {
      state.silent(now);
      if (this.detail == "") this.detail = reply.detail;
      this.fault(attempt, reply.error, last, now);
      return;
    }
    if (!attempt.stream) state.answered(now - attempt.sentAt, reply.hasOpt);
    if (!reply.caseKept && !attempt.stream && attempt.exchange.question.mixedCase) {
      this.caseLost(attempt, now);
      return;
    }
    this.learn(attempt, reply, state, now);
    const answer = DnsAnswer.read(reply.pointer, reply.length, attempt.exchange.question.name);
    if (this.rejectsEdns(answer, reply) && attempt.exchange.question.edns) {
      state.ednsFailed(now);
      this.server = attempt.server;
      this.ask(now);
    } else if (answer.kind == AnswerKind.Truncated) {
      this.takePart(attempt, answer, now);
    } else if (reply.badVersion() || answer.lame || isServerFault(answer.error)) {
      const error = reply.badVersion() ? DnsError.OtherCode : answer.error;
      this.fault(attempt, error, last, now);
    } else {
      this.conclude(attempt.server, answer, now);
    }
  }

  /** Notes what the reply shows about the features of the server. */
  private learn(attempt: Attempt, reply: DnsReply, state: ServerState, now: i64): void {
    const question = attempt.exchange.question;
    if (attempt.stream && !reply.caseKept) state.mixedCaseFailed(now);
    // The server was silent before, and answers a question without EDNS and mixed case. Perhaps
    // only one of the two was the cause, so give them up one at a time.
    if (attempt.stream || !this.plain[attempt.server] || question.edns || question.mixedCase)
      return;
    if (state.usesEdns(now)) state.ednsFailed(now);
    else if (state.usesMixedCase(now)) state.mixedCaseFailed(now);
  }

  private rejectsEdns(answer: DnsAnswer, reply: DnsReply): bool {
    const error = answer.error;
    return reply.badVersion() || error == DnsError.FormatError || error == DnsError.NotImplemented;
  }

  /** Takes a complete answer. */
  private conclude(server: i32, answer: DnsAnswer, now: i64): void {
    this.server = server;
    this.answeredBy = this.servers[server].server.address;
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

  /** Notes that a server cannot help; queries the next one unless a later query is under way. */
  private fault(attempt: Attempt, error: DnsError, last: bool, now: i64): void {
    this.faults[attempt.server] = error;
    if (last || this.attempts.length == 0) this.askNext(now);
  }

  /** Queries the next server without a fault; gives up if none is left. */
  private askNext(now: i64): void {
    const count = this.servers.length;
    for (let i = 0; i < count; i++) {
      if (++this.server == count) {
        this.server = 0;
        this.round++;
      }
      if (this.faults[this.server] == DnsError.None) {
        this.ask(now);
        return;
      }
    }
    this.giveUp(DnsError.TimedOut, now);
  }

  /** Sends a query to the current server, over UDP or, if it has a name, over TLS. */
  private ask(now: i64): void {
    const state = this.servers[this.server];
    const secure = state.server.secure;
    const plain = this.plain[this.server];
    if (this.transport.sockets >= DNS_SOCKETS && this.attempts.length > 0) {
      this.drop(this.attempts[0]);
    }
    const question = new DnsQuestion(
      this.transport.random,
      this.canonicalName,
      TYPE_A,
      !plain && state.usesEdns(now),
      !plain && !secure && state.usesMixedCase(now),
    );
    const exchange = openExchange(this.transport, state.server, question, now);
    if (exchange == null) {
      if (secure) this.detail = this.transport.connector.refusal();
      this.giveUp(secure ? DnsError.SecureFailed : DnsError.NoResources, now);
      return;
    }
    this.attempts.push(new Attempt(exchange, this.server, now, false));
    let first = this.servers.length > 1 ? FIRST_WAIT_OF_SEVERAL : FIRST_WAIT;
    if (secure) first = FIRST_SECURE_WAIT;
    this.pollAt = earlier(this.deadline, now + (first << (min(this.round, 3) as i64)));
  }

  /** Keeps a truncated answer, and repeats the query over TCP. */
  private takePart(attempt: Attempt, answer: DnsAnswer, now: i64): void {
    const part = this.part;
    if (part == null || part.addresses.length < answer.addresses.length) {
      this.part = answer;
      this.partServer = attempt.server;
    }
    this.askByStream(attempt, now);
  }

  /**
   * Handles a response with the name in another case: either the server does not keep the case, or
   * the response is forged. A query over TCP settles this; if TCP fails, the query is repeated over
   * UDP in lower case.
   */
  private caseLost(attempt: Attempt, now: i64): void {
    this.plain[attempt.server] = true;
    this.askByStream(attempt, now);
  }

  /** Repeats the query over TCP. */
  private askByStream(attempt: Attempt, now: i64): void {
    const state = this.servers[attempt.server];
    const server = state.server;
    const connector = this.transport.connector;
    this.server = attempt.server;
    const stream = state.usesStreams(now)
      ? connector.connect(server.address, server.port, now)
      : null;
    const question = attempt.exchange.question;
    const again = new DnsQuestion(
      this.transport.random,
      question.name,
      TYPE_A,
      question.edns,
      question.mixedCase,
    );
    if (stream == null) {
      this.withoutStream(attempt.server, DnsError.Truncated, now);
      return;
    }
    this.attempts.push(new Attempt(new StreamExchange(again, stream), attempt.server, now, true));
    const wait =
      this.havePart() || this.plain[attempt.server] ? STREAM_WAIT_WITH_FALLBACK : STREAM_WAIT;
    this.pollAt = earlier(this.deadline, now + wait);
  }

  private streamFailed(attempt: Attempt, error: DnsError, now: i64): void {
    this.drop(attempt);
    if (error == DnsError.Truncated) this.servers[attempt.server].streamFailed(now);
    // If the server's answer over TCP is invalid, do not trust its truncated one over UDP.
    else if (this.partServer == attempt.server) this.part = null;
    this.withoutStream(attempt.server, error, now);
  }

  /**
   * Continues without TCP: uses the truncated answer, or repeats a query whose name came back in
   * another case, or queries the next server.
   */
  private withoutStream(server: i32, error: DnsError, now: i64): void {
    if (this.havePart()) {
      this.usePart(now);
    } else if (this.plain[server] && this.part == null && error == DnsError.Truncated) {
      this.servers[server].mixedCaseFailed(now);
      this.plain[server] = false;
      this.server = server;
      this.ask(now);
    } else {
      this.faults[server] = error;
      this.askNext(now);
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
    this.conclude(this.partServer, part, now);
  }

  /** Uses the truncated answer if there is one; else fails with the first fault or `error`. */
  private giveUp(error: DnsError, now: i64): void {
    if (this.havePart()) {
      this.usePart(now);
      return;
    }
    this.ttl = 0;
    this.finish(this.firstFault(error));
  }

  /** Returns the first fault of any server, which says more than a timeout; else `otherwise`. */
  private firstFault(otherwise: DnsError): DnsError {
    for (let i = 0; i < this.faults.length; i++) {
      if (this.faults[i] != DnsError.None) return this.faults[i];
    }
    return otherwise;
  }

  private drop(attempt: Attempt): void {
    attempt.exchange.close();
    this.attempts.splice(this.attempts.indexOf(attempt), 1);
  }

  private finish(error: DnsError): void {
    // Late answers to the queries that are still open show which servers are slow, not dead.
    for (let i = 0; i < this.attempts.length; i++) {
      const attempt = this.attempts[i];
      if (attempt.stream || error != DnsError.None) continue;
      this.probes.adopt(attempt.exchange, this.servers[attempt.server], attempt.sentAt);
      this.attempts.splice(i--, 1);
    }
    this.close();
    this.error = error;
    if (error != DnsError.SecureFailed) this.detail = "";
    if (error != DnsError.None) this.addresses = [];
    this.done = true;
  }
}
