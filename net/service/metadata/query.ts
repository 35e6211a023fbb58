/**
 * Fetches user data and host name from a metadata service. A request is repeated, up to
 * METADATA_TRIES times, while the service does not answer or its status is 5xx or 429. The status
 * 404 means that there is no user data, or no host name, unless somebody has named the URL. Another
 * status than 200 ends the query, and so does a failure that the next try would repeat.
 *
 *     Token -> UserData -> Hostname -> Done        any -> Failed
 */
import { CONFIG_FILE_BYTES, METADATA_TRIES } from "../../../core/limits";
import { latin1 } from "../../../core/text";
import { NEVER, SECOND } from "../../../core/time";
import { HttpClient } from "../http/client/client";
import { HttpExchange } from "../http/client/exchange";
import { HttpFailure } from "../http/client/failure";
import { HttpProxies } from "../http/client/proxy";
import { HttpRequest } from "../http/client/request";
import { CollectingSink } from "../http/message/body";
import { MetadataProvider } from "./provider";

/** How long a request may take, and how long to wait before the next try. */
const TIMEOUT: i64 = 5 * SECOND;
const PAUSE: i64 = 2 * SECOND;
const TOKEN_LIFETIME: string = "X-aws-ec2-metadata-token-ttl-seconds";

const enum Step {
  Token = 0,
  UserData = 1,
  Hostname = 2,
  Done = 3,
  Failed = 4,
}

/** Whether a request fails in the same way when it is repeated. */
function isFinal(failure: HttpFailure): bool {
  if (failure == HttpFailure.Certificate || failure == HttpFailure.TooManyRedirects) return true;
  return failure == HttpFailure.Sink || failure == HttpFailure.TooLarge;
}

export class MetadataQuery {
  /** The user data; null if there is none. */
  userData: StaticArray<u8> | null = null;
  hostname: string = "";
  /** Why the last request failed, or "". */
  failure: string = "";
  private step: Step;
  private token: string = "";
  private tries: u32 = 0;
  private exchange: HttpExchange | null = null;
  private sink: CollectingSink = new CollectingSink(0);
  /** When to send the next request. */
  private nextAt: i64 = 0;

  constructor(
    private readonly http: HttpClient,
    private readonly provider: MetadataProvider,
  ) {
    const proof = provider.proof;
    this.step = proof == null || proof.tokenPath == "" ? Step.UserData : Step.Token;
  }

  get done(): bool {
    return this.step >= Step.Done;
  }

  poll(now: i64): void {
    const exchange = this.exchange;
    if (this.done) return;
    if (exchange == null) {
      if (now >= this.nextAt) this.exchange = this.http.request(this.request(), now);
    } else if (exchange.done) {
      this.exchange = null;
      this.finish(exchange, now);
    }
  }

  /** Returns when to poll next; the HTTP client wakes the kernel while a request runs. */
  pollAt(): i64 {
    return this.done || this.exchange != null ? NEVER : this.nextAt;
  }

  private request(): HttpRequest {
    const provider = this.provider;
    const proof = provider.proof;
    let path = provider.userDataPath;
    if (this.step == Step.Token) path = proof!.tokenPath;
    if (this.step == Step.Hostname) path = provider.hostnamePath;
    const request = new HttpRequest(provider.server + path);
    if (this.step == Step.Token) {
      request.method = "PUT";
      request.addField(TOKEN_LIFETIME, "300");
    } else if (proof != null) {
      request.addField(proof.field, this.token == "" ? proof.value : this.token);
    }
    // Never through a proxy: the address means another machine there.
    if (provider.isLocal) request.route.proxies = new HttpProxies();
    request.timeout = TIMEOUT;
    this.sink = new CollectingSink(CONFIG_FILE_BYTES);
    request.sink = this.sink;
    return request;
  }

  private finish(exchange: HttpExchange, now: i64): void {
    const status = exchange.status();
    const failed = exchange.message != "";
    const optional = this.step != Step.Token && !this.provider.expectsData;
    if (!failed && status == 200) this.take();
    else if (!failed && status == 404 && optional) this.advance();
    else {
      this.failure = failed ? exchange.message : `HTTP status ${status}`;
      this.nextAt = now + PAUSE;
      const final = failed ? isFinal(exchange.failure) : status < 500 && status != 429;
      if (++this.tries >= METADATA_TRIES || final) this.step = Step.Failed;
      return;
    }
    this.failure = "";
    this.tries = 0;
  }

  private advance(): void {
    this.step++;
    if (this.step == Step.Hostname && this.provider.hostnamePath == "") this.step = Step.Done;
  }

  /** Takes the body of a successful response. */
  private take(): void {
    const sink = this.sink;
    const step = this.step;
    this.advance();
    if (step == Step.UserData) {
      const bytes = new StaticArray<u8>(sink.length);
      memory.copy(changetype<usize>(bytes), sink.pointer(), sink.length);
      this.userData = bytes;
      return;
    }
    const text = latin1(sink.pointer(), sink.length).trim();
    if (step == Step.Token) this.token = text;
    else this.hostname = text;
  }
}
