/**
 * The HTTP/1.1 client (RFC 9110, RFC 9112): requests that run side by side, and a pool of
 * connections that wait for the next one. Content codings are not asked for and not undone.
 */
import { HTTP_EXCHANGES } from "../../../../core/limits";
import { Pollable } from "../../../../core/pollable";
import { earlier } from "../../../../core/time";
import { Connector } from "../../stream/connector";
import { HttpExchange, HttpServices } from "./exchange";
import { NameLookup } from "./ports";
import { HttpRequest } from "./request";

export class HttpClient implements Pollable {
  private readonly services: HttpServices;
  private exchanges: Array<HttpExchange> = [];

  /** `userAgent` is the value of the User-Agent header: `anonymos/0.1.0`. */
  constructor(lookup: NameLookup, connector: Connector, userAgent: string) {
    this.services = new HttpServices(lookup, connector, userAgent);
  }

  /** Begins a request. Whoever polls this client moves it on; `done` tells when it is over. */
  request(request: HttpRequest, now: i64): HttpExchange {
    if ((this.exchanges.length as u32) >= HTTP_EXCHANGES) {
      request.error = `at most ${HTTP_EXCHANGES} requests at once`;
    }
    const exchange = new HttpExchange(request, this.services, now);
    if (!exchange.done) this.exchanges.push(exchange);
    return exchange;
  }

  /** Moves everything on; true when bytes moved, so that TCP has something to do. */
  poll(now: i64): bool {
    let moved = false;
    for (let i = this.exchanges.length - 1; i >= 0; i--) {
      if (this.exchanges[i].poll(now)) moved = true;
      if (this.exchanges[i].done) this.exchanges.splice(i, 1);
    }
    this.services.pool.poll(now);
    return moved;
  }

  pollAt(_now: i64): i64 {
    let at = this.services.pool.pollAt();
    for (let i = 0; i < this.exchanges.length; i++) at = earlier(at, this.exchanges[i].pollAt());
    return at;
  }

  /** Connections that wait for another request. */
  idleConnections(): u32 {
    return this.services.pool.count();
  }

  /** Ends the connections that wait for another request. */
  closeIdle(): void {
    this.services.pool.clear();
  }

  /** Ends all requests and connections: the network is going down. */
  close(now: i64): void {
    for (let i = 0; i < this.exchanges.length; i++) this.exchanges[i].cancel(now);
    this.exchanges = [];
    this.services.pool.clear();
  }
}
