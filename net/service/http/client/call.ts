/** A request whose response is kept in memory: the simplest way to use the HTTP client. */
import { HTTP_CALL_BYTES } from "../../../../core/limits";
import { CollectingSink } from "../message/body";
import { HttpClient } from "./client";
import { HttpExchange } from "./exchange";
import { HttpRequest } from "./request";

/** One request and its response. Polling the client advances it. */
export class HttpCall {
  readonly exchange: HttpExchange;
  private readonly sink: CollectingSink;

  /** Starts the request. It fails if the response's body exceeds HTTP_CALL_BYTES. */
  constructor(client: HttpClient, request: HttpRequest, now: i64) {
    const sink = new CollectingSink(HTTP_CALL_BYTES);
    request.sink = sink;
    this.sink = sink;
    this.exchange = client.request(request, now);
  }

  /** Whether the exchange is over, successful or not. */
  get done(): bool {
    return this.exchange.done;
  }
  /** The status of the response, or 0. */
  get status(): u32 {
    return this.exchange.status();
  }
  /** Why the exchange failed, or "". */
  get message(): string {
    return this.exchange.message;
  }
  /** The body received so far, decoded as UTF-8. */
  text(): string {
    return String.UTF8.decodeUnsafe(this.sink.pointer(), this.sink.length);
  }
}
