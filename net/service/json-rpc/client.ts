/**
 * The JSON-RPC 2.0 client over HTTP: sends single calls and batches by POST. Distinguishes failures
 * of HTTP, JSON and the protocol from the server's error objects.
 */
import {
  JSON_BYTES,
  JSON_BYTES_MAXIMUM,
  RPC_BATCH_CALLS,
  RPC_EXPLANATION_LENGTH,
} from "../../../core/limits";
import { MemoryGauge } from "../../../core/memory-gauge";
import { NOT_A_NUMBER, parseDecimalText } from "../../../core/text";
import { SECOND } from "../../../core/time";
import { HttpClient } from "../http/client/client";
import { HttpExchange } from "../http/client/exchange";
import { HttpFailure } from "../http/client/failure";
import { HttpField, HttpRequest } from "../http/client/request";
import { BytesSource, CollectingSink } from "../http/message/body";
import { parseOwnedJson } from "../json/parser";
import { JsonValue } from "../json/value";
import { RpcCall, RpcFailure, RpcOutcome } from "./call";
import { failAll, isErrorResponse, settleBatch, settleCall } from "./settle";

/** The default time limit of an exchange. */
const DEFAULT_TIMEOUT: i64 = 30 * SECOND;
const JSON_TYPE: string = "application/json";
/** A response may be as long as the free memory divided by this; see `maximumResponse`. */
const MEMORY_DIVISOR: u32 = 12;
/** The maximum of `retryAfter`, in seconds. */
const MAX_RETRY_SECONDS: i64 = 3600;

/** Sends calls; poll the HTTP client, then the exchanges. */
export class JsonRpcClient {
  private nextId: u32 = 1;
  private memory: MemoryGauge | null = null;
  /** The exchange whose response may be longer than JSON_BYTES, or null. */
  private large: RpcExchange | null = null;

  constructor(private readonly http: HttpClient) {}

  /**
   * Sends one call. `timeout` is in microseconds; 0 means 30 s. `fields` are header fields to send,
   * such as Authorization, or to omit.
   */
  call(
    url: string,
    call: RpcCall,
    timeout: i64,
    now: i64,
    fields: Array<HttpField> = [],
  ): RpcExchange {
    call.id = this.nextId++;
    return this.send(post(url, call.text(), timeout, fields), [call], false, now);
  }

  /** Sends 1 to RPC_BATCH_CALLS calls in one request; `timeout` and `fields` as for `call`. */
  batch(
    url: string,
    calls: Array<RpcCall>,
    timeout: i64,
    now: i64,
    fields: Array<HttpField> = [],
  ): RpcExchange {
    const texts: Array<string> = [];
    for (let i = 0; i < calls.length; i++) {
      calls[i].id = this.nextId++;
      texts.push(calls[i].text());
    }
    const request = post(url, `[${texts.join(",")}]`, timeout, fields);
    return this.send(request, calls, true, now);
  }

  /** From now on, lets one response at a time exceed JSON_BYTES if enough memory is free. */
  setMemoryGauge(gauge: MemoryGauge): void {
    this.memory = gauge;
  }

  /**
   * Returns the maximum length of a response. Because garbage is collected only between turns, a
   * response of R bytes can take 8 R: the block that collects it and the smaller block before that
   * (2 R), and the table of its values (2 R) with all the smaller tables before that (4 R). Only
   * one response at a time may exceed JSON_BYTES.
   */
  private maximumResponse(): u32 {
    const memory = this.memory;
    const large = this.large;
    if (memory == null || (large != null && !large.http.done)) return JSON_BYTES;
    return max(JSON_BYTES, min(JSON_BYTES_MAXIMUM, memory.freeBytes() / MEMORY_DIVISOR));
  }

  private send(request: HttpRequest, calls: Array<RpcCall>, isBatch: bool, now: i64): RpcExchange {
    const maximum = this.maximumResponse();
    const sink = new CollectingSink(maximum);
    request.sink = sink;
    request.maximumBody = maximum;
    if (calls.length == 0 || (calls.length as u32) > RPC_BATCH_CALLS) {
      request.error = `a batch has 1 to ${RPC_BATCH_CALLS} calls`;
    }
    for (let i = 0; i < calls.length; i++) {
      if (calls[i].outcome == RpcOutcome.Failed) request.error = calls[i].reason;
    }
    const exchange = new RpcExchange(this, calls, isBatch, this.http.request(request, now), sink);
    if (maximum > JSON_BYTES && !exchange.done) this.large = exchange;
    return exchange;
  }

  /** Called once every call of `exchange` is settled, so that its memory can be freed. */
  settled(exchange: RpcExchange): void {
    if (this.large == exchange) this.large = null;
  }
}

function post(url: string, body: string, timeout: i64, fields: Array<HttpField>): HttpRequest {
  const request = new HttpRequest(url);
  request.setMethod("POST");
  for (let i = 0; i < fields.length; i++) request.setField(fields[i]);
  if (!request.has("content-type")) request.addField("Content-Type", JSON_TYPE);
  if (!request.has("accept")) request.addField("Accept", JSON_TYPE);
  request.body = BytesSource.ofText(body);
  request.timeout = timeout > 0 ? timeout : DEFAULT_TIMEOUT;
  return request;
}

/** One HTTP request with its calls. */
export class RpcExchange {
  /** Whether every call is settled. */
  done: bool = false;
  /** The server's Retry-After in seconds, 0 to 3,600; -1 if absent or not a number. */
  retryAfter: i64 = -1;

  constructor(
    private readonly client: JsonRpcClient,
    readonly calls: Array<RpcCall>,
    private readonly isBatch: bool,
    /** The underlying HTTP exchange, for its status, times and kind of failure. */
    readonly http: HttpExchange,
    private readonly sink: CollectingSink,
  ) {
    this.poll();
  }

  /** Checks for the response. Returns true once every call is settled. */
  poll(): bool {
    if (this.done || !this.http.done) return this.done;
    this.done = true;
    this.settle();
    this.client.settled(this);
    return true;
  }

  /** Cancels the HTTP request, which fails the calls. */
  cancel(now: i64): void {
    this.http.cancel(now);
    this.poll();
  }

  private settle(): void {
    const http = this.http;
    if (http.failure != HttpFailure.None) {
      const bad = http.failure == HttpFailure.Request;
      failAll(this.calls, bad ? RpcFailure.Request : RpcFailure.Http, http.message);
      return;
    }
    this.readRetryAfter();
    const good = http.status() / 100 == 2;
    const parsed = parseOwnedJson(this.sink.block(), this.sink.length);
    const value = parsed.value;
    if (value != null && (good || isErrorResponse(value))) {
      if (this.isBatch) settleBatch(this.calls, value, !good);
      else settleCall(this.calls[0], value, !good);
    } else if (!good) {
      failAll(this.calls, RpcFailure.Status, this.statusText(value));
    } else if (this.sink.length == 0) {
      failAll(this.calls, RpcFailure.NotJson, "the response is empty");
    } else {
      failAll(this.calls, RpcFailure.NotJson, `${this.notJsonText()}: ${parsed.error}`);
    }
  }

  private readRetryAfter(): void {
    const text = this.http.head!.get("retry-after");
    if (text == null) return;
    const seconds = parseDecimalText(text);
    if (seconds != NOT_A_NUMBER) this.retryAfter = min(seconds, MAX_RETRY_SECONDS);
  }

  /** Returns a message such as "HTTP 429 Too Many Requests: over quota, retry after 7 s". */
  private statusText(body: JsonValue | null): string {
    const head = this.http.head!;
    let text = `HTTP ${head.status} ${head.reason()}`.trimEnd();
    const location = head.get("location");
    if (body != null) text += explanation(body);
    if (location != null && head.status < 400) text += `, redirects to ${location}`;
    return this.retryAfter < 0 ? text : `${text}, retry after ${this.retryAfter} s`;
  }

  private notJsonText(): string {
    const type = this.http.head!.get("content-type");
    const coding = this.http.head!.get("content-encoding");
    const prefix = coding == null || coding == "identity" ? "" : `unrequested ${coding} coding, `;
    return prefix + (type == null || type == JSON_TYPE ? "not JSON" : `${type} is not JSON`);
  }
}

/** Returns ": " and the error message in a JSON body that is not JSON-RPC; "" if it has none. */
function explanation(body: JsonValue): string {
  const error = body.get("error");
  let text = body.get("message");
  if (text == null && error != null) text = error.isString() ? error : error.get("message");
  if (text == null || !text.isString()) return "";
  return ": " + text.textPrefix(RPC_EXPLANATION_LENGTH);
}
