/** The words of `rpc`: options, URLs, methods and params. */
import { RPC_BATCH_CALLS, RPC_SERVERS } from "../../../../core/limits";
import { SECOND } from "../../../../core/time";
import { HttpField } from "../../../../net/service/http/client/request";
import { parseUrl } from "../../../../net/service/http/url";
import { RpcCall, RpcOutcome } from "../../../../net/service/json-rpc/call";
import { isSubscribing } from "../../../../net/service/json-rpc/subscription";
import { isWebSocketUrl, parseWebSocketUrl } from "../../../../net/service/websocket/handshake";
import { HEADER_FORMS, parseHeaderOption } from "../../header-option";
import { Options } from "../../options";
import { printable } from "../../terminal/printable";

const OPTIONS: StaticArray<string> = [
  "b|batch",
  "c|count:",
  "h|help",
  "H|header:",
  "q|quorum:",
  "retry:",
  "retry-max-time:",
  "S|subscribe",
  "t|timeout:",
];
const MAX_SECONDS: i64 = 86_400;
const MAX_RETRIES: i64 = 100;
const DEFAULT_RETRIES: i64 = 2;
const DEFAULT_RETRY_TIME: i64 = 10 * SECOND;
const PARAMS_FORM: string = 'params are one JSON array in quotes: \'["0x0", "latest"]\'';

/** The parsed command line. */
export class RpcArguments {
  /** What is wrong; "" if nothing is. */
  failure: string = "";
  readonly help: bool;
  readonly urls: Array<string> = [];
  readonly calls: Array<RpcCall> = [];
  /** Header fields for every request. */
  readonly fields: Array<HttpField> = [];
  /** Whether to send all calls in one request. */
  readonly isBatch: bool;
  readonly subscribes: bool;
  /** Notifications after which a subscription ends; 0: never. */
  readonly count: i64;
  /** Servers that must agree; 0: servers are queried one after the other. */
  readonly quorum: i64;
  /** How often to retry after transient faults. */
  readonly retries: i64;
  /** How long after the first try retries may start, in microseconds; 0: no limit. */
  readonly retryTime: i64;
  /** Microseconds for each try; 0: the client's default. */
  readonly timeout: i64;
  /** The index of the operand to read next. */
  private next: i32 = 0;

  constructor(words: Array<string>) {
    const options = new Options(words, OPTIONS);
    this.help = options.has("h");
    this.isBatch = options.has("b");
    this.subscribes = options.has("S");
    this.count = options.number("c", 0, 1, i64.MAX_VALUE);
    this.quorum = options.number("q", 0, 1, RPC_SERVERS);
    this.retries = options.number("retry", DEFAULT_RETRIES, 0, MAX_RETRIES);
    this.retryTime = options.seconds("retry-max-time", DEFAULT_RETRY_TIME, MAX_SECONDS);
    this.timeout = options.seconds("t", 0, MAX_SECONDS);
    if (options.failure != "") this.failure = options.failure;
    else if (this.takeHeaders(options.values("H")) && this.takeUrls(options.operands)) {
      this.takeCalls(options.operands);
    }
    if (this.failure == "") this.failure = this.conflict(options.has("c"));
  }

  private fail(reason: string): bool {
    if (this.failure == "") this.failure = reason;
    return false;
  }

  private takeHeaders(headers: Array<string>): bool {
    for (let i = 0; i < headers.length; i++) {
      const field = parseHeaderOption(headers[i]);
      if (field == null) return this.fail(`-H ${printable(headers[i])}: ${HEADER_FORMS}`);
      this.fields.push(field);
    }
    return true;
  }

  /** The first operand is a URL; so are those directly after it that contain "://". */
  private takeUrls(operands: Array<string>): bool {
    if (operands.length == 0) return this.fail("missing URL");
    const first = operands[0];
    if (looksLikeMethod(first)) return this.fail(`missing URL before ${printable(first)}`);
    this.urls.push(first);
    this.next = 1;
    while (this.next < operands.length && operands[this.next].includes("://")) {
      this.urls.push(operands[this.next++]);
    }
    if ((this.urls.length as u32) <= RPC_SERVERS) return true;
    return this.fail(`too many URLs: ${this.urls.length} (at most ${RPC_SERVERS})`);
  }

  private takeCalls(operands: Array<string>): void {
    if (this.next == operands.length) this.fail("missing method");
    while (this.next < operands.length && this.failure == "") {
      const method = operands[this.next++];
      const more = this.next < operands.length ? operands[this.next] : "";
      const hasParams = isParams(more) || (!this.isBatch && more != "");
      if (hasParams) this.next++;
      this.takeCall(method, hasParams ? more : "");
      if (this.isBatch || this.next == operands.length) continue;
      const extra = printable(operands[this.next]);
      const isUrl = extra.includes("://");
      this.fail(`extra operand '${extra}': ${isUrl ? "URLs come before the method" : PARAMS_FORM}`);
    }
    if ((this.calls.length as u32) > RPC_BATCH_CALLS) {
      this.fail(`too many calls: ${this.calls.length} (at most ${RPC_BATCH_CALLS})`);
    }
  }

  private takeCall(method: string, params: string): void {
    if (params.includes("://") && !isParams(params)) {
      this.fail(`${printable(params)}: URLs come before the method`);
      return;
    }
    const call = new RpcCall(method, params);
    if (call.outcome == RpcOutcome.Failed) this.fail(`${printable(call.reason)}; ${PARAMS_FORM}`);
    this.calls.push(call);
  }

  /** Returns why options do not go together, or "". */
  private conflict(counts: bool): string {
    if (counts && !this.subscribes) return "-c requires -S";
    if (this.quorum > (this.urls.length as i64)) {
      return `-q ${this.quorum} requires at least ${this.quorum} URLs`;
    }
    if (this.isBatch && (this.quorum > 0 || this.subscribes)) {
      return "-b cannot be combined with -q or -S";
    }
    const twice = this.quorum > 0 ? this.urlGivenTwice() : "";
    if (twice != "") return `-q counts each server once: ${printable(twice)} is given twice`;
    if (!this.subscribes) {
      const subscribing = !this.isBatch && this.calls[0].method.endsWith("_subscribe");
      return subscribing ? `${printable(this.calls[0].method)} requires -S` : "";
    }
    if (this.quorum > 0) return "-S cannot be combined with -q";
    for (let i = 0; i < this.urls.length; i++) {
      if (!isWebSocketUrl(this.urls[i])) return "-S requires a URL with ws:// or wss://";
    }
    const method = this.calls[0].method;
    if (isSubscribing(method)) return "";
    return `-S requires a method that subscribes, such as eth_subscribe, not ${printable(method)}`;
  }

  /** Returns a URL that is the same as an earlier one, apart from its spelling, or "". */
  private urlGivenTwice(): string {
    const seen: Array<string> = [];
    for (let i = 0; i < this.urls.length; i++) {
      const url = normalForm(this.urls[i]);
      if (seen.includes(url)) return this.urls[i];
      seen.push(url);
    }
    return "";
  }
}

/**
 * Returns a URL in the form that all its spellings share: scheme and host in lower case, without
 * userinfo, default port, fragment or final slashes.
 */
function normalForm(url: string): string {
  const isSocket = isWebSocketUrl(url);
  const parsed = isSocket ? parseWebSocketUrl(url) : parseUrl(url, "http");
  let text = parsed.error == "" ? parsed.text() : url;
  while (text.endsWith("/")) text = text.substring(0, text.length - 1);
  return isSocket ? `ws ${text}` : text;
}

/** Reports whether a word is params, an array or object, rather than the next method. */
function isParams(word: string): bool {
  const text = word.trimStart();
  return text.startsWith("[") || text.startsWith("{");
}

/** Reports whether a word is a method such as eth_chainId, and not a host. */
function looksLikeMethod(word: string): bool {
  if (word.includes(".") || word.includes(":") || word.includes("/")) return false;
  return word.indexOf("_") > 0;
}
