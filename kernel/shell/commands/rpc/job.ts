/**
 * The job of `rpc`: queries the servers in turn until one is usable, retries them all later if
 * their faults are transient, and prints the last response.
 */
import { SECOND } from "../../../../core/time";
import { HttpFailure } from "../../../../net/service/http/client/failure";
import { Backoff } from "../../../../net/service/json-rpc/backoff";
import { RpcFailure, RpcOutcome } from "../../../../net/service/json-rpc/call";
import { RpcExchange } from "../../../../net/service/json-rpc/exchange";
import { isTransient, isUnavailable, mayRepeat } from "../../../../net/service/json-rpc/repeat";
import { NetworkStack } from "../../../../net/service/stack";
import { EXIT_INTERRUPTED, Job, RUNNING } from "../../command";
import { Session } from "../../session";
import { printable } from "../../terminal/printable";
import { RpcArguments } from "./arguments";
import { OutcomePrinter, reasonOf } from "./printer";

/** Runs until every outcome is printed. */
export class RpcJob extends Job {
  private exchange: RpcExchange | null = null;
  private printer: OutcomePrinter | null = null;
  /** Index of the current server. */
  private server: i32 = 0;
  private retries: i64;
  /** When the first request was sent, and when the next one is due. */
  private startedAt: i64 = 0;
  private dueAt: i64 = 0;
  private readonly backoff: Backoff;

  constructor(
    private readonly session: Session,
    private readonly stack: NetworkStack,
    private readonly given: RpcArguments,
  ) {
    super();
    this.retries = given.retries;
    this.backoff = stack.rpc.backoff();
    this.startedAt = session.now;
  }

  poll(now: i64): i32 {
    let exchange = this.exchange;
    if (exchange == null) {
      if (now < this.dueAt) return RUNNING;
      exchange = this.send(now);
      this.exchange = exchange;
    }
    if (!exchange.poll()) return RUNNING;
    let printer = this.printer;
    if (printer == null) {
      if (this.repeats(exchange, now)) return RUNNING;
      const given = this.given;
      const url = given.urls[this.server];
      const batch = given.isBatch;
      printer = new OutcomePrinter(this.session, given.calls, batch, exchange.failure, url);
      this.printer = printer;
    }
    return printer.print() ? printer.code : RUNNING;
  }

  pollAt(): i64 {
    if (this.exchange == null) return this.dueAt;
    return this.printer == null ? super.pollAt() : 0;
  }

  cancel(): i32 {
    const exchange = this.exchange;
    if (exchange != null) exchange.cancel(this.session.now);
    return EXIT_INTERRUPTED;
  }

  private send(now: i64): RpcExchange {
    const given = this.given;
    const url = given.urls[this.server];
    const rpc = this.stack.rpc;
    if (given.isBatch) return rpc.batch(url, given.calls, given.timeout, now, given.fields);
    return rpc.call(url, given.calls[0], given.timeout, now, given.fields);
  }

  /** Reports whether the calls are to be sent again, and prints why. */
  private repeats(exchange: RpcExchange, now: i64): bool {
    const last = this.server + 1 == this.given.urls.length;
    const wanted = last ? this.retries > 0 && isTransient(exchange) : isUseless(exchange);
    if (!wanted) return false;
    if (!mayRepeat(exchange)) {
      if (!last) this.report("not sent again, as it may have been carried out");
      return false;
    }
    if (last) return this.waits(exchange, now);
    this.report(`trying ${this.given.urls[this.server + 1]}`);
    this.restart(this.server + 1, now);
    return true;
  }

  /** Schedules a retry from the first server on, unless it would be later than --retry-max-time. */
  private waits(exchange: RpcExchange, now: i64): bool {
    const delay = this.backoff.next(exchange.retryAfter);
    const limit = this.given.retryTime;
    if (limit > 0 && now + delay > this.startedAt + limit) return false;
    this.retries--;
    const tenths = (delay + SECOND / 20) / (SECOND / 10);
    this.report(`trying again in ${tenths / 10}.${tenths % 10} s`);
    this.restart(0, now + delay);
    return true;
  }

  private restart(server: i32, dueAt: i64): void {
    this.server = server;
    this.dueAt = dueAt;
    this.exchange = null;
    for (let i = 0; i < this.given.calls.length; i++) this.given.calls[i].reset();
  }

  private report(action: string): void {
    const url = this.given.urls[this.server];
    this.session.error("rpc", printable(`${url}: ${reasonOf(this.given.calls)}, ${action}`));
  }
}

/**
 * Reports whether another server should be asked: this one is overloaded or broken, or no call got
 * a response, and none was invalid or cancelled.
 */
function isUseless(exchange: RpcExchange): bool {
  if (isUnavailable(exchange)) return true;
  for (let i = 0; i < exchange.calls.length; i++) {
    const call = exchange.calls[i];
    if (call.outcome != RpcOutcome.Failed || call.failure == RpcFailure.Request) return false;
  }
  return exchange.failure != HttpFailure.Cancelled;
}
