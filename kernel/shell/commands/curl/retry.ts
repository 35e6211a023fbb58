/** `curl --retry`: which failures are transient, and how long to wait before the next attempt. */
import { NOT_A_NUMBER, parseDecimalText } from "../../../../core/text";
import { MINUTE, SECOND } from "../../../../core/time";
import { HttpExchange } from "../../../../net/service/http/client/exchange";
import { HttpFailure } from "../../../../net/service/http/client/failure";
import { Options } from "../../options";

/** The statuses that curl retries. */
const TRANSIENT: StaticArray<u32> = [408, 429, 500, 502, 503, 504];
const FIRST_DELAY: i64 = SECOND;
const LONGEST_DELAY: i64 = 10 * MINUTE;
/** The largest number of retries, and of seconds. */
const MOST: i64 = 1_000_000;

export class Retries {
  /** The warning to print: that a retry follows, or why none does; "" if there is none. */
  warning: string = "";
  private left: i64;
  private delay: i64;
  private readonly grows: bool;
  private readonly maximum: i64;
  private readonly retryRefused: bool;
  private readonly retriesAll: bool;

  /** `startedAt` is when --retry-max-time began, in microseconds since boot. */
  constructor(
    options: Options,
    private readonly startedAt: i64,
  ) {
    this.left = options.number("retry", 0, 0, MOST);
    const delay = options.number("retry-delay", 0, 0, MOST) * SECOND;
    this.grows = delay == 0;
    this.delay = delay == 0 ? FIRST_DELAY : delay;
    this.maximum = options.number("retry-max-time", 0, 0, MOST) * SECOND;
    this.retryRefused = options.has("retry-connrefused");
    this.retriesAll = options.has("retry-all-errors");
  }

  /** Returns the microseconds to wait before the next attempt; -1 if there is none. */
  next(exchange: HttpExchange, code: i32, now: i64): i64 {
    this.warning = "";
    if (this.left == 0) return -1;
    if (this.maximum > 0 && now - this.startedAt >= this.maximum) return -1;
    const problem = this.problemOf(exchange, code);
    if (problem == "") return -1;
    let wait = this.delay;
    const asked = problem == ": HTTP error" ? retryAfter(exchange) : 0;
    if (asked > 0) {
      wait = max(wait, asked);
      if (this.maximum > 0 && now + wait - this.startedAt > this.maximum) {
        this.warning =
          "The Retry-After: time would make this command line exceed the maximum allowed time " +
          "for retries.";
        return -1;
      }
    }
    const plan = `Will retry in ${wait / SECOND} seconds. ${this.left} retries left.`;
    this.warning = `Problem ${problem}. ${plan}`;
    this.left--;
    if (this.grows) this.delay = min(this.delay * 2, LONGEST_DELAY);
    return wait;
  }

  /** Returns the transient problem, in curl's words, or "". */
  private problemOf(exchange: HttpExchange, code: i32): string {
    const late = code == HttpFailure.TimedOut;
    if (late || code == HttpFailure.Resolve || code == HttpFailure.ResolveProxy) return ": timeout";
    const isRefused = code == HttpFailure.Connect && exchange.message.includes("refused");
    if (this.retryRefused && isRefused) return ": connection refused";
    const answered = exchange.failure == HttpFailure.None;
    if (answered && TRANSIENT.includes(exchange.status())) return ": HTTP error";
    return this.retriesAll && code != 0 ? "(retrying all errors)" : "";
  }
}

/**
 * Returns the delay of Retry-After (RFC 9110 section 10.2.3) in microseconds; 0 if there is none or
 * it is a date.
 */
function retryAfter(exchange: HttpExchange): i64 {
  const head = exchange.head;
  if (head == null) return 0;
  const text = head.get("retry-after");
  if (text == null) return 0;
  const seconds = parseDecimalText(text);
  return seconds == NOT_A_NUMBER ? 0 : min(seconds, MOST) * SECOND;
}
