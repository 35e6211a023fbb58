/**
 * The JSON-RPC 2.0 client: sends single calls and batches, by POST or over a WebSocket.
 * Distinguishes failures of HTTP, WebSocket, JSON and the protocol from the server's error objects.
 */
import {
  JSON_BYTES,
  JSON_BYTES_MAXIMUM,
  JSON_TURN_BYTES,
  RPC_BATCH_CALLS,
} from "../../../core/limits";
import { MemoryGauge } from "../../../core/memory-gauge";
import { Pollable } from "../../../core/pollable";
import { Random } from "../../../core/random";
import { earlier, NEVER, SECOND } from "../../../core/time";
import { HttpClient } from "../http/client/client";
import { HttpFailure } from "../http/client/failure";
import { HttpField, HttpRequest } from "../http/client/request";
import { BytesSource, CollectingSink } from "../http/message/body";
import { WebSocketClient } from "../websocket/client";
import { isWebSocketUrl } from "../websocket/handshake";
import { Backoff } from "./backoff";
import { RpcCall, RpcFailure, RpcOutcome } from "./call";
import { RpcExchange } from "./exchange";
import { HttpRpcExchange, JSON_TYPE } from "./http-exchange";
import { onlyRead } from "./repeat";
import { SocketRpcExchange } from "./socket-exchange";
import { RpcSubscription } from "./subscription";

/** The default time limit of an exchange. */
const DEFAULT_TIMEOUT: i64 = 30 * SECOND;
/** The maximum memory that a response takes, as a multiple of its length: see `maximumResponse`. */
const MEMORY_FACTOR: u64 = 4;
/** The free memory divided by the maximum length of a response; some has to remain free. */
const MEMORY_DIVISOR: u64 = 6;

/** Sends calls, and advances the exchanges. */
export class JsonRpcClient extends Pollable {
  private nextId: u32 = 1;
  private memory: MemoryGauge | null = null;
  private readonly active: Array<RpcExchange> = [];
  private readonly subscriptions: Array<RpcSubscription> = [];

  constructor(
    private readonly http: HttpClient,
    private readonly webSocket: WebSocketClient,
    /** For the jitter of delays. */
    readonly random: Random,
  ) {
    super();
    this.dormant = true;
  }

  /**
   * Sends one call to an http, https, ws or wss URL. `timeout` is in microseconds; 0 means 30 s.
   * `fields` are header fields to send, such as Authorization, or to omit.
   */
  call(
    url: string,
    call: RpcCall,
    timeout: i64,
    now: i64,
    fields: Array<HttpField> = [],
  ): RpcExchange {
    return this.send(url, [call], false, new Sending(timeout, fields, now));
  }

  /** Sends 1 to RPC_BATCH_CALLS calls in one request; `timeout` and `fields` as for `call`. */
  batch(
    url: string,
    calls: Array<RpcCall>,
    timeout: i64,
    now: i64,
    fields: Array<HttpField> = [],
  ): RpcExchange {
    return this.send(url, calls, true, new Sending(timeout, fields, now));
  }

  /**
   * Subscribes at the first of the ws or wss URLs that accepts; the others are tried when the
   * connection is lost. `next` returns the results of the notifications.
   */
  subscribe(urls: Array<string>, call: RpcCall, fields: Array<HttpField> = []): RpcSubscription {
    this.number(call);
    // The next id is that of the call that ends the subscription.
    this.nextId++;
    const backoff = new Backoff(this.random);
    const subscription = new RpcSubscription(urls, call, fields, this.webSocket, backoff);
    this.subscriptions.push(subscription);
    this.dormant = false;
    return subscription;
  }

  /** Lets responses exceed JSON_BYTES, from now on, if enough memory is free. */
  setMemoryGauge(gauge: MemoryGauge): void {
    this.memory = gauge;
  }

  /** Gives a call its id. */
  private number(call: RpcCall): void {
    call.id = this.nextId++;
  }

  /** Returns growing delays for requests that are sent again. */
  backoff(): Backoff {
    return new Backoff(this.random);
  }

  /** Advances all exchanges and subscriptions. Returns true if a response is being parsed. */
  poll(now: i64): bool {
    let parsing = false;
    const share = JSON_TURN_BYTES / max(this.active.length + this.subscriptions.length, 1);
    for (let i = this.active.length - 1; i >= 0; i--) {
      const exchange = this.active[i];
      exchange.advance(now, share);
      if (exchange.done) this.active.splice(i, 1);
      else if (exchange.advanceAt() == 0) parsing = true;
    }
    for (let i = this.subscriptions.length - 1; i >= 0; i--) {
      const subscription = this.subscriptions[i];
      subscription.advance(now, share);
      if (subscription.over) this.subscriptions.splice(i, 1);
      else if (subscription.advanceAt() == 0) parsing = true;
    }
    this.dormant = this.active.length == 0 && this.subscriptions.length == 0;
    return parsing;
  }

  pollAt(_now: i64): i64 {
    let at = NEVER;
    for (let i = 0; i < this.active.length; i++) at = earlier(at, this.active[i].advanceAt());
    for (let i = 0; i < this.subscriptions.length; i++) {
      at = earlier(at, this.subscriptions[i].advanceAt());
    }
    return at;
  }

  /**
   * Returns the maximum length of a response. Because garbage is collected only between turns, a
   * response of R bytes can take 4 R: 2 R for the block that collects it and the smaller block it
   * replaced, and 2 R for the table of its values. The memory for responses in progress is
   * reserved.
   */
  private maximumResponse(): u32 {
    const memory = this.memory;
    if (memory == null) return JSON_BYTES;
    let free: u64 = memory.freeBytes();
    for (let i = 0; i < this.active.length; i++) {
      const taken = MEMORY_FACTOR * this.active[i].maximum;
      free = free > taken ? free - taken : 0;
    }
    return max<u64>(JSON_BYTES, min<u64>(JSON_BYTES_MAXIMUM, free / MEMORY_DIVISOR)) as u32;
  }

  private send(url: string, calls: Array<RpcCall>, isBatch: bool, how: Sending): RpcExchange {
    const texts: Array<string> = [];
    let fault = "";
    for (let i = 0; i < calls.length; i++) {
      this.number(calls[i]);
      texts.push(calls[i].text());
      if (calls[i].outcome == RpcOutcome.Failed) fault = calls[i].reason;
    }
    if (calls.length == 0 || (calls.length as u32) > RPC_BATCH_CALLS) {
      fault = `a batch has 1 to ${RPC_BATCH_CALLS} calls`;
    }
    how.text = isBatch ? `[${texts.join(",")}]` : texts[0];
    how.isBatch = isBatch;
    const exchange = isWebSocketUrl(url)
      ? this.overSocket(url, calls, how, fault)
      : this.overHttp(url, calls, how, fault);
    exchange.advance(how.now, 0);
    if (!exchange.done) this.active.push(exchange);
    if (!exchange.done) this.dormant = false;
    return exchange;
  }

  private overHttp(url: string, calls: Array<RpcCall>, how: Sending, fault: string): RpcExchange {
    const maximum = this.maximumResponse();
    const sink = new CollectingSink(maximum);
    const request = post(url, how);
    request.sink = sink;
    request.maximumBody = maximum;
    request.fresh = !onlyRead(calls);
    if (fault != "") request.error = fault;
    const http = this.http.request(request, how.now);
    return new HttpRpcExchange(calls, how.isBatch, maximum, http, sink);
  }

  private overSocket(url: string, calls: Array<RpcCall>, how: Sending, fault: string): RpcExchange {
    const maximum = this.maximumResponse();
    const client = this.webSocket;
    const socket = fault == "" ? client.connect(url, how.now, how.fields, maximum) : null;
    if (socket == null) return new RefusedExchange(calls, fault == "" ? client.refusal : fault);
    const end = how.now + how.timeout;
    return new SocketRpcExchange(calls, how.isBatch, maximum, socket, how.text, end);
  }
}

/** How calls are sent. */
class Sending {
  text: string = "";
  isBatch: bool = false;
  readonly timeout: i64;

  constructor(
    timeout: i64,
    readonly fields: Array<HttpField>,
    readonly now: i64,
  ) {
    this.timeout = timeout > 0 ? timeout : DEFAULT_TIMEOUT;
  }
}

/** An exchange whose calls cannot be sent. */
class RefusedExchange extends RpcExchange {
  constructor(calls: Array<RpcCall>, reason: string) {
    super(calls, false, 0);
    this.failure = HttpFailure.Request;
    this.fail(RpcFailure.Request, reason);
  }
  status(): u32 {
    return 0;
  }
  wasSent(): bool {
    return false;
  }
  advance(_now: i64, _most: u32): void {}
  cancel(_now: i64): void {}
}

function post(url: string, how: Sending): HttpRequest {
  const request = new HttpRequest(url);
  request.setMethod("POST");
  for (let i = 0; i < how.fields.length; i++) request.setField(how.fields[i]);
  if (!request.has("content-type")) request.addField("Content-Type", JSON_TYPE);
  if (!request.has("accept")) request.addField("Accept", JSON_TYPE);
  request.body = BytesSource.ofText(how.text);
  request.timeout = how.timeout;
  return request;
}
