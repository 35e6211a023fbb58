/** A request whose whole answer is kept in memory: the simplest way to use the HTTP client. */
import { HTTP_CALL_BYTES } from "../../../../core/limits";
import { CollectingSink } from "../message/body";
import { HttpClient } from "./client";
import { HttpExchange } from "./exchange";
import { HttpRequest } from "./request";

export class HttpCall {
  readonly exchange: HttpExchange;
  private readonly sink: CollectingSink;

  /** Begins the request; an answer of more than HTTP_CALL_BYTES ends it with a failure. */
  constructor(client: HttpClient, request: HttpRequest, now: i64) {
    const sink = new CollectingSink(HTTP_CALL_BYTES);
    request.sink = sink;
    this.sink = sink;
    this.exchange = client.request(request, now);
  }

  /** True when it is over, well or not. */
  get done(): bool {
    return this.exchange.done;
  }
  /** The status of the answer, 0 while there is none. */
  get status(): u32 {
    return this.exchange.status();
  }
  /** What went wrong, in words; "" when nothing did. */
  get message(): string {
    return this.exchange.message;
  }
  /** The body so far as text: UTF-8. */
  text(): string {
    return String.UTF8.decodeUnsafe(this.sink.pointer(), this.sink.length);
  }
}
