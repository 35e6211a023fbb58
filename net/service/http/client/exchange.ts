/**
 * One HTTP request and its response, from resolving the name to the last byte of the body. May use
 * several connections, for redirects and a retry (RFC 9110, RFC 9112 section 9).
 *
 *     Opening -> Exchanging -> done
 *        ^ redirect, or the idle connection had been closed
 *        +---------------+
 */
import { HTTP_DISCARD_BYTES } from "../../../../core/limits";
import { earlier, MILLISECOND, NEVER, SECOND } from "../../../../core/time";
import { Stream, StreamStatus } from "../../stream/stream";
import { setTrafficClass } from "../../stream/tcp-stream";
import { CountingSink } from "../message/body";
import { BodyKind } from "../message/framing";
import { HttpHead } from "../message/head";
import { Url } from "../url";
import { ConnectionOpening } from "./connection-opening";
import { HttpFailure, TOO_SLOW, transferFailure, truncationMessage } from "./failure";
import { Redirect, redirectOf } from "./redirect";
import { HopHead, HttpRequest } from "./request";
import { RequestSender } from "./request-sender";
import { ReceiverState, ResponseReceiver } from "./response-receiver";
import { HttpRoute } from "./route";
import { HttpServices, HttpTimes } from "./services";

/**
 * After this long without a byte sent or received, an exchange fails, or ends well if the response
 * is already complete. Time during which the sink is full does not count.
 */
const SILENCE: i64 = 120 * SECOND;
/** How soon a full sink is polled again. */
const SINK_RETRY: i64 = 5 * MILLISECOND;

const enum Phase {
  Opening = 0,
  Exchanging = 1,
  Done = 2,
}

/** Made by `HttpClient.request`, which polls it until `done`. */
export class HttpExchange {
  done: bool = false;
  failure: HttpFailure = HttpFailure.None;
  /** Why it failed, such as "Could not resolve host: a.test: no name servers configured". */
  message: string = "";
  /** The head of the final response; null until it arrives. */
  head: HttpHead | null = null;
  /** The URL and the method of the last hop. */
  url: Url;
  method: string;
  redirects: u32 = 0;
  /** Bytes received of the last hop's body. */
  bodyBytes: u64 = 0;
  /** Whether the connection has served an earlier request. */
  reused: bool = false;
  /** Whether a part of the request may have reached the server. */
  sent: bool = false;
  readonly times: HttpTimes;

  private phase: Phase = Phase.Opening;
  private readonly hop: HopHead;
  private readonly sender: RequestSender = new RequestSender();
  private readonly receiver: ResponseReceiver = new ResponseReceiver();
  private stream: Stream | null = null;
  /** The route to the server of `url`, and the connection that is being opened on it. */
  private route: HttpRoute;
  private opening: ConnectionOpening | null = null;
  /** The pool's generation when the connection was opened, or taken from the pool. */
  private generation: u32 = 0;
  /** The deadline for resolving and connecting. */
  private openDeadline: i64 = NEVER;
  private readonly deadline: i64;
  private silentSince: i64;
  private retried: bool = false;
  private redirect: Redirect | null = null;
  private sinkFull: bool = false;
  private polledAt: i64 = 0;

  constructor(
    readonly request: HttpRequest,
    private readonly services: HttpServices,
    now: i64,
  ) {
    this.url = request.url;
    this.method = request.method;
    this.hop = new HopHead(request, services.userAgent);
    this.route = new HttpRoute(request.url, request.route, services.proxies);
    this.times = new HttpTimes(now);
    this.deadline = request.timeout > 0 ? now + request.timeout : NEVER;
    this.silentSince = now;
    this.limitConnecting(now);
    if (request.error != "") this.fail(HttpFailure.Request, request.error, now);
    else this.checkUrl(request.url, now);
  }

  /** Returns the status of the final response, or 0. */
  status(): u32 {
    const head = this.head;
    return head == null ? 0 : head.status;
  }

  /** Returns how many bytes of the request's body were sent over the last connection. */
  bodySent(): u64 {
    return this.sender.bodySent;
  }

  /**
   * Proceeds as far as possible without blocking. `work` bounds the decoding of compressed content
   * (INFLATE_TURN_WORK). Returns true if it took a step, even one that moved no bytes, or if there
   * is more to decode. The step that ends the exchange does not count.
   */
  poll(now: i64, work: u32): bool {
    this.receiver.allow(work);
    let moved = false;
    while (!this.done && this.step(now)) moved = true;
    if (this.done) return moved;
    if (this.receiver.budgetSpent) moved = true;
    if (moved || this.sinkFull) this.silentSince = now;
    this.polledAt = now;
    const opening = this.opening;
    const waited = (now - this.times.started) / MILLISECOND;
    if (opening != null && now >= earlier(this.openDeadline, this.deadline)) {
      this.timedOut(opening.timeoutText(waited), now);
    } else if (now >= this.deadline) this.timedOut(this.lateText(waited), now);
    else if (now >= this.silentSince + SILENCE) this.timedOut(TOO_SLOW, now);
    return moved;
  }

  /** Returns when to call `poll` next, in microseconds since boot. */
  pollAt(): i64 {
    if (this.done) return NEVER;
    // The exchange has not been polled yet.
    const opening = this.opening;
    if (this.phase == Phase.Opening && opening == null) return 0;
    const at = earlier(this.deadline, this.silentSince + SILENCE);
    if (this.sinkFull) return earlier(at, this.polledAt + SINK_RETRY);
    return opening == null ? at : earlier(at, earlier(this.openDeadline, opening.pollAt()));
  }

  /** Cancels the exchange in any phase. */
  cancel(now: i64): void {
    if (!this.done) this.fail(HttpFailure.Cancelled, "cancelled", now);
  }

  /** Takes one step. Returns false if there is nothing to do but wait. */
  private step(now: i64): bool {
    return this.phase == Phase.Opening ? this.open(now) : this.transfer(now);
  }

  private limitConnecting(now: i64): void {
    const limit = this.request.connectTimeout;
    this.openDeadline = limit > 0 ? now + limit : NEVER;
  }

  private checkUrl(url: Url, now: i64): bool {
    if (url.error == "") return true;
    const kind = url.unsupported ? HttpFailure.Unsupported : HttpFailure.Url;
    const words = url.unsupported ? "" : "URL using bad/illegal format: ";
    return this.fail(kind, words + url.error, now);
  }

  private fail(kind: HttpFailure, message: string, now: i64): bool {
    this.failure = kind;
    this.message = message;
    return this.finish(now);
  }

  /** Returns curl's message for a transfer that takes longer than allowed. */
  private lateText(milliseconds: i64): string {
    const framing = this.receiver.framing;
    const known = this.receiver.state == ReceiverState.Body && framing.kind == BodyKind.Length;
    const total = known ? ` out of ${framing.length}` : "";
    const text = `Operation timed out after ${milliseconds} milliseconds`;
    return `${text} with ${this.bodyBytes}${total} bytes received`;
  }

  private timedOut(message: string, now: i64): void {
    const stream = this.stream;
    const answered = this.receiver.state == ReceiverState.Complete && this.redirect == null;
    if (this.phase == Phase.Exchanging && answered && stream != null) this.complete(stream, now);
    else this.fail(HttpFailure.TimedOut, message, now);
  }

  /** Releases all resources. Returns false. */
  private finish(now: i64): bool {
    const opening = this.opening;
    if (opening != null) opening.cancel();
    this.opening = null;
    const stream = this.stream;
    if (stream != null) stream.abort();
    this.stream = null;
    this.times.finished = now;
    this.phase = Phase.Done;
    this.done = true;
    return false;
  }

  /** Takes an idle connection, or opens one. */
  private open(now: i64): bool {
    const opening = this.opening;
    if (opening == null) return this.takeIdle(now) || this.startOpening();
    const moved = opening.poll(now);
    const stream = opening.stream;
    if (stream != null) return this.begin(stream, now);
    if (opening.failure != HttpFailure.None) {
      return this.fail(opening.failure, opening.message, now);
    }
    return moved;
  }

  private takeIdle(now: i64): bool {
    const pool = this.services.pool;
    this.generation = pool.generation;
    if (this.retried || this.request.fresh) return false;
    const proxy = this.route.proxy;
    if (proxy != null && proxy.failure != HttpFailure.None) return false;
    let idle = pool.take(this.route.key);
    while (idle != null && !this.services.connector.reaches(idle)) {
      idle.abort();
      idle = pool.take(this.route.key);
    }
    if (idle == null) return false;
    this.reused = true;
    this.times.nameLookup += this.times.since(now);
    return this.begin(idle, now);
  }

  private startOpening(): bool {
    const route = this.route;
    const connect = this.hop.connectText(route);
    this.reused = false;
    this.opening = new ConnectionOpening(
      this.services,
      this.request,
      this.url,
      route,
      connect,
      this.times,
    );
    return true;
  }

  /** Starts to send the request over an open connection. */
  private begin(stream: Stream, now: i64): bool {
    this.stream = stream;
    this.sent = true;
    this.opening = null;
    this.times.preTransfer += this.times.since(now);
    this.phase = Phase.Exchanging;
    this.silentSince = now;
    stream.setKeepAlive(this.request.keepAlive);
    setTrafficClass(stream, this.request.trafficClass);
    const body = this.hop.withBody ? this.request.body : null;
    if (body != null) body.rewind();
    const head = this.hop.text(this.method, this.url, this.route.plainProxy());
    const watcher = this.request.watcher;
    if (watcher != null) {
      watcher.connected(stream, this.reused);
      watcher.sent(head);
    }
    this.sender.start(head, body);
    this.receiver.start(this.method == "HEAD" || this.request.headOnly);
    return true;
  }

  private transfer(now: i64): bool {
    const stream = this.stream!;
    stream.poll(now);
    const sent = this.sender.send(stream);
    const received = this.receive(stream, now);
    return sent || received;
  }

  private receive(stream: Stream, now: i64): bool {
    const receiver = this.receiver;
    const before = receiver.taken;
    this.sinkFull = false;
    if (receiver.state == ReceiverState.Head && receiver.readHead(stream)) this.headRead(now);
    if (before == 0 && receiver.taken > 0) {
      this.times.startTransfer += this.times.since(now);
    }
    if (this.done) return false;
    if (receiver.state == ReceiverState.Body) {
      this.sinkFull = receiver.readBody(stream);
      this.bodyBytes = receiver.bodyBytes;
    }
    if (receiver.state == ReceiverState.Failed) {
      return this.fail(receiver.failure, receiver.message, now);
    }
    if (this.redirect != null && receiver.mayExceed(HTTP_DISCARD_BYTES)) return this.follow(now);
    const status = stream.status();
    const over = status == StreamStatus.Finished || status == StreamStatus.Failed;
    if (receiver.state == ReceiverState.Complete) {
      // An early response: continue to send the request if possible.
      if (!over && this.sender.sending()) return receiver.taken != before;
      return this.complete(stream, now);
    }
    if (over && !this.sinkFull && stream.readable() == 0) return this.ended(stream, status, now);
    return receiver.taken != before;
  }

  /**
   * Called for each hop when the head of its response (not of an interim one) is complete. Decides
   * whether to follow a redirect, and what to do with the body.
   */
  private headRead(now: i64): void {
    const head = this.receiver.head;
    const status = head.status;
    // The server rejects the request, so do not send the rest of its body.
    if (status >= 400) this.sender.stop();
    const watcher = this.request.watcher;
    if (watcher != null) watcher.received(head);
    const cookies = this.request.cookies;
    if (cookies != null) cookies.receive(head, this.url);
    this.request.sink.head(head);
    const next = this.request.followRedirects ? redirectOf(head, this.url, this.method) : null;
    this.redirect = next;
    if (next == null) {
      this.head = head;
      this.receiver.startBody(this.request.sink, this.request.maximumBody, this.request.compressed);
    } else if (next.error != "") {
      this.fail(next.url.unsupported ? HttpFailure.Unsupported : HttpFailure.Url, next.error, now);
    } else if (this.redirects >= this.request.maximumRedirects) {
      const message = `Maximum (${this.request.maximumRedirects}) redirects followed`;
      this.fail(HttpFailure.TooManyRedirects, message, now);
    } else {
      this.receiver.startBody(new CountingSink(), 0, false);
    }
  }

  /** Called when the response is complete: keeps or closes the connection, and ends the hop. */
  private complete(stream: Stream, now: i64): bool {
    const idle = stream.status() == StreamStatus.Open && stream.readable() == 0;
    const persistent = this.receiver.framing.persistent && !this.request.closes();
    if (persistent && this.sender.complete() && idle) {
      this.services.pool.put(this.route.key, stream, this.generation, now);
    } else if (this.sender.complete()) {
      stream.release();
    } else {
      stream.abort();
    }
    this.stream = null;
    return this.redirect == null ? this.finish(now) : this.follow(now);
  }

  /** Follows a redirect. */
  private follow(now: i64): bool {
    const redirect = this.redirect!;
    this.times.nextHop(now);
    const stream = this.stream;
    if (stream != null) stream.abort();
    this.stream = null;
    this.redirect = null;
    this.redirects++;
    if (!this.url.sameOrigin(redirect.url)) this.hop.sameOrigin = false;
    else redirect.url.userinfo = this.url.userinfo;
    if (!redirect.keepsBody) this.hop.withBody = false;
    this.method = redirect.method;
    this.url = redirect.url;
    this.route = new HttpRoute(this.url, this.request.route, this.services.proxies);
    this.retried = false;
    this.bodyBytes = 0;
    this.phase = Phase.Opening;
    this.limitConnecting(now);
    return true;
  }

  /** Called when the connection has ended, cleanly or not, and all input has been read. */
  private ended(stream: Stream, status: StreamStatus, now: i64): bool {
    const receiver = this.receiver;
    if (receiver.end(status == StreamStatus.Finished)) return this.complete(stream, now);
    const silent = receiver.taken == 0;
    // A server may close an idle connection just before a request arrives (section 9.3.1). Like
    // curl, send the request again, even if its method is not idempotent.
    if (silent && this.reused && !this.retried) {
      stream.abort();
      this.stream = null;
      this.retried = true;
      this.phase = Phase.Opening;
      return true;
    }
    if (status == StreamStatus.Failed) {
      const kind = transferFailure(stream.failureKind());
      return this.fail(kind, stream.failure(), now);
    }
    if (!receiver.hasStatus()) {
      return this.fail(HttpFailure.Empty, "Empty reply from server", now);
    }
    const message = truncationMessage(receiver.state == ReceiverState.Body);
    return this.fail(HttpFailure.Incomplete, message, now);
  }
}
