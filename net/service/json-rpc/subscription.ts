/**
 * A subscription over a WebSocket (eth_subscribe of geth and others): returns the results of its
 * notifications, one at a time. If the connection is lost, it reconnects, with growing delays, and
 * subscribes again. Notifications in between are lost: servers do not keep them.
 */
import { RPC_SUBSCRIPTION_LENGTH } from "../../../core/limits";
import { NEVER, SECOND } from "../../../core/time";
import { HttpFailure } from "../http/client/failure";
import { HttpField } from "../http/client/request";
import { JsonParser } from "../json/parser";
import { JsonValue } from "../json/value";
import { showJson } from "../json/writer";
import { WebSocketClient } from "../websocket/client";
import { SocketState, WebSocket } from "../websocket/socket";
import { Backoff } from "./backoff";
import { RpcCall, RpcFailure, RpcOutcome } from "./call";
import { refusalText, retryAfterOf } from "./refusal";
import { hasFewMembers, isNotification, settleCall } from "./settle";

/** How long the server may take to confirm that the subscription begins or ends. */
const CONFIRM_TIME: i64 = 30 * SECOND;
const END_TIME: i64 = 1 * SECOND;
/** Characters shown of a result that is not an id. */
const RESULT_SHOWN: u32 = 60;

const enum Phase {
  /** No connection: the next attempt is at `wakeAt`. */
  Waiting = 0,
  Connecting = 1,
  Subscribing = 2,
  Active = 3,
  Ending = 4,
  Over = 5,
}

/** Made by `JsonRpcClient.subscribe`, which advances it. */
export class RpcSubscription {
  /** The call that subscribes, with its outcome once the subscription has failed. */
  readonly call: RpcCall;
  /** The kind of failure, as curl's exit code. */
  failure: HttpFailure = HttpFailure.None;
  /** The last event, such as "URL: subscribed, ID"; the reader sets it to "". */
  news: string = "";
  private phase: Phase = Phase.Waiting;
  private wakeAt: i64 = 0;
  private socket: WebSocket | null = null;
  private parser: JsonParser | null = null;
  private pending: JsonValue | null = null;
  /** The server's id of the subscription, as JSON text. */
  private id: string = "";
  /** The index of the URL in use. */
  private urlIndex: i32 = 0;
  /**
   * Attempts since the last success. After a loss, the first one waits, and the rest of that round
   * through the servers does not; later, each waits.
   */
  private attempts: i32 = 0;
  private confirmed: bool = false;

  constructor(
    private readonly urls: Array<string>,
    call: RpcCall,
    private readonly fields: Array<HttpField>,
    private readonly client: WebSocketClient,
    private readonly backoff: Backoff,
  ) {
    this.call = call;
    if (call.outcome == RpcOutcome.Failed) this.phase = Phase.Over;
  }

  /** Whether the subscription has ended: by `cancel`, or for the reason in `call` and `failure`. */
  get over(): bool {
    return this.phase == Phase.Over;
  }

  /** The URL of the server in use, or tried next. */
  get url(): string {
    return this.urls[this.urlIndex];
  }

  /** Returns the result of the next notification, or null. Until it is taken, nothing is read. */
  next(): JsonValue | null {
    const pending = this.pending;
    this.pending = null;
    return pending;
  }

  /** Ends the subscription: unsubscribes, and closes the connection in the background. */
  cancel(now: i64): void {
    this.pending = null;
    this.parser = null;
    const socket = this.socket;
    const method = unsubscribeMethod(this.call.method);
    if (this.phase != Phase.Active || socket == null || method == "") {
      this.finish();
      return;
    }
    const call = new RpcCall(method, `[${this.id}]`);
    call.id = this.call.id + 1;
    this.phase = Phase.Ending;
    this.wakeAt = now + END_TIME;
    if (!sendCall(socket, call)) this.finish();
  }

  /** Continues without waiting; parses at most `most` bytes. JsonRpcClient calls it every turn. */
  advance(now: i64, most: u32): void {
    if (this.phase == Phase.Waiting && now >= this.wakeAt) this.connect(now);
    const socket = this.socket;
    if (socket == null || this.over) return;
    if (this.phase == Phase.Connecting && socket.state == SocketState.Open) {
      this.phase = Phase.Subscribing;
      this.wakeAt = now + CONFIRM_TIME;
      if (!sendCall(socket, this.call)) this.lost("the request is too long", now);
    }
    this.read(socket, now, most);
    if (this.over || this.phase == Phase.Waiting) return;
    if (now >= this.wakeAt) this.late(now);
  }

  /** Returns when to call `advance` next if nothing arrives first, in microseconds since boot. */
  advanceAt(): i64 {
    if (this.over) return NEVER;
    if (this.pending != null) return this.wakeAt;
    if (this.parser != null) return 0;
    const socket = this.socket;
    return socket == null || !socket.hasMessage() ? this.wakeAt : 0;
  }

  private connect(now: i64): void {
    const socket = this.client.connect(this.url, now, this.fields);
    this.phase = Phase.Connecting;
    this.wakeAt = NEVER;
    this.attempts++;
    this.socket = socket;
    if (socket != null) return;
    // There are too many connections. A confirmed subscription tries again later.
    if (this.confirmed) {
      this.lost(this.client.refusal, now);
      return;
    }
    this.call.fail(RpcFailure.Request, this.client.refusal);
    this.failure = HttpFailure.Request;
    this.finish();
  }

  /** Parses a piece of a message, or takes the next one; notices that the connection is lost. */
  private read(socket: WebSocket, now: i64, most: u32): void {
    if (this.pending != null || this.socket == null) return;
    const parser = this.parser;
    if (parser != null) {
      if (!parser.step(most)) return;
      this.parser = null;
      const result = parser.result();
      const value = result.value;
      if (value != null) this.take(value, now);
      else this.lost(`not JSON: ${result.error}`, now);
      return;
    }
    const message = socket.take();
    if (message != null) this.parser = new JsonParser(message.bytes, message.length);
    else if (socket.message != "" || socket.isOver()) this.closed(socket, now);
  }

  private closed(socket: WebSocket, now: i64): void {
    this.failure = socket.failure;
    const refusal = socket.refusal;
    if (refusal == null) this.lost(socket.message, now);
    else this.lost(refusalText(refusal, null), now, retryAfterOf(refusal));
  }

  private take(value: JsonValue, now: i64): void {
    if (this.phase == Phase.Ending) {
      if (!isNotification(value)) this.finish();
    } else if (isNotification(value)) {
      if (this.phase == Phase.Active) this.notify(value);
    } else if (this.phase == Phase.Subscribing) this.confirm(value, now);
  }

  /** Keeps the result of a notification of this subscription. */
  private notify(value: JsonValue): void {
    const params = value.get("params");
    if (params == null || !hasFewMembers(params)) return;
    const id = params.get("subscription");
    if (id == null || showJson(id, RPC_SUBSCRIPTION_LENGTH) != this.id) return;
    this.pending = params.get("result");
    this.backoff.reset();
  }

  private confirm(value: JsonValue, now: i64): void {
    const call = this.call;
    call.reset();
    settleCall(call, value, false);
    const result = call.result;
    if (result != null && !isSubscriptionId(result)) {
      const shown = showJson(result, RESULT_SHOWN);
      call.fail(RpcFailure.Envelope, `the result is not the id of a subscription: ${shown}`);
    }
    if (call.outcome == RpcOutcome.Result && result != null) {
      this.id = showJson(result, RPC_SUBSCRIPTION_LENGTH);
      this.phase = Phase.Active;
      this.wakeAt = NEVER;
      this.news = `${this.url}: subscribed, ${this.id}`;
      this.confirmed = true;
      this.attempts = 0;
    } else if (this.confirmed) {
      const error = call.outcome == RpcOutcome.Error;
      this.lost(error ? `error ${call.code}: ${call.message}` : call.reason, now);
    } else this.finish();
  }

  /** Reconnects later, or to the next server; fails if all were tried and none ever confirmed. */
  private lost(reason: string, now: i64, retryAfter: i64 = -1): void {
    const url = this.url;
    this.drop();
    if (this.phase == Phase.Ending) {
      this.phase = Phase.Over;
      return;
    }
    this.urlIndex = (this.urlIndex + 1) % this.urls.length;
    const more = this.attempts < this.urls.length;
    if (!this.confirmed && !more) {
      this.call.fail(
        this.failure == HttpFailure.None ? RpcFailure.Status : RpcFailure.Http,
        reason,
      );
      this.phase = Phase.Over;
      return;
    }
    const delay = more && this.attempts > 0 ? 0 : this.backoff.next(retryAfter);
    this.phase = Phase.Waiting;
    this.wakeAt = now + delay;
    const seconds = `${delay / SECOND}.${(delay % SECOND) / (SECOND / 10)} s`;
    const how = delay == 0 ? `trying ${this.url}` : `connecting again in ${seconds}`;
    this.news = `${url}: ${reason}, ${how}`;
  }

  private late(now: i64): void {
    if (this.phase == Phase.Ending) this.finish();
    else {
      this.failure = HttpFailure.TimedOut;
      this.lost("no response to the subscription", now);
    }
  }

  private drop(): void {
    const socket = this.socket;
    if (socket != null) socket.close();
    this.socket = null;
    this.parser = null;
  }

  private finish(): void {
    this.drop();
    this.phase = Phase.Over;
  }
}

function sendCall(socket: WebSocket, call: RpcCall): bool {
  const bytes = String.UTF8.encode(call.text());
  return socket.send(changetype<usize>(bytes), bytes.byteLength, true);
}

/** Ids of subscriptions are strings, or numbers with Solana. */
function isSubscriptionId(result: JsonValue): bool {
  return result.isString() || result.isInteger();
}

/** Reports whether a method subscribes, according to its name. */
export function isSubscribing(method: string): bool {
  return method.includes("ubscribe") && !method.includes("nsubscribe");
}

/** Returns eth_unsubscribe for eth_subscribe, slotUnsubscribe for slotSubscribe; "" for others. */
function unsubscribeMethod(method: string): string {
  const cut = method.length - "subscribe".length;
  if (method.endsWith("_subscribe")) return method.substring(0, cut) + "unsubscribe";
  return method.endsWith("Subscribe") ? method.substring(0, cut) + "Unsubscribe" : "";
}
