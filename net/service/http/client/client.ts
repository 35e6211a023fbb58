/**
 * The HTTP/1.1 client (RFC 9110, RFC 9112): concurrent requests, and a pool of idle connections.
 * Content codings are requested and decoded only for requests with `compressed` set.
 */
import { HTTP_EXCHANGES, INFLATE_TURN_WORK } from "../../../../core/limits";
import { Pollable } from "../../../../core/pollable";
import { earlier } from "../../../../core/time";
import { Connector } from "../../stream/connector";
import { Url } from "../url";
import { ConnectionOpening } from "./connection-opening";
import { HttpExchange } from "./exchange";
import { NameLookup } from "./ports";
import { HttpProxies } from "./proxy";
import { HopHead, HttpRequest } from "./request";
import { HttpRoute } from "./route";
import { HttpServices, HttpTimes } from "./services";

/** Runs up to HTTP_EXCHANGES requests at once. */
export class HttpClient extends Pollable {
  private readonly services!: HttpServices;
  private exchanges: Array<HttpExchange> = [];

  /** `userAgent` is the value of the User-Agent field: `anonymos/0.1.0`. */
  constructor(lookup: NameLookup, connector: Connector, userAgent: string) {
    super();
    this.services = new HttpServices(this, lookup, connector, userAgent);
  }

  /**
   * Starts a request, which `poll` advances until the exchange is `done`. An invalid request, or
   * one over the limit, fails at once.
   */
  request(request: HttpRequest, now: i64): HttpExchange {
    if ((this.exchanges.length as u32) >= HTTP_EXCHANGES) {
      request.error = `too many requests at once (at most ${HTTP_EXCHANGES})`;
    }
    request.checkLength();
    const exchange = new HttpExchange(request, this.services, now);
    if (!exchange.done) {
      this.exchanges.push(exchange);
      this.dormant = false;
    }
    return exchange;
  }

  /**
   * Starts to open a connection to the server of `url` for something other than a request, such as
   * a WebSocket: directly, or through a tunnel of the proxy. The caller polls the result.
   */
  open(url: Url, now: i64): ConnectionOpening {
    const services = this.services;
    const request = new HttpRequest("");
    request.route.tunnels = true;
    const route = new HttpRoute(url, request.route, services.proxies);
    const connect = new HopHead(request, services.userAgent).connectText(route);
    return new ConnectionOpening(services, request, url, route, connect, new HttpTimes(now));
  }

  /** Polls all connections. Returns true if one took a step: TCP may then have work to do. */
  poll(now: i64): bool {
    let moved = false;
    const share = INFLATE_TURN_WORK / max(this.exchanges.length, 1);
    for (let i = this.exchanges.length - 1; i >= 0; i--) {
      if (this.exchanges[i].poll(now, share)) moved = true;
      if (this.exchanges[i].done) this.exchanges.splice(i, 1);
    }
    this.services.pool.poll(now);
    this.dormant = this.exchanges.length == 0 && this.services.pool.count == 0;
    return moved;
  }

  /** Returns when to call `poll` next, in microseconds since boot. */
  pollAt(_now: i64): i64 {
    let at = this.services.pool.pollAt();
    for (let i = 0; i < this.exchanges.length; i++) at = earlier(at, this.exchanges[i].pollAt());
    return at;
  }

  /** The number of idle connections. */
  idleConnections(): u32 {
    return this.services.pool.count;
  }

  /** Returns the proxies for requests without their own. */
  proxies(): HttpProxies {
    return this.services.proxies;
  }

  /** Sets the proxies for requests without their own. */
  setProxies(proxies: HttpProxies): void {
    this.services.proxies = proxies;
  }

  /** Closes the idle connections, and those in use as soon as their response is complete. */
  closeIdle(): void {
    this.services.pool.clear();
  }

  /** Cancels all requests and closes all connections. */
  close(now: i64): void {
    for (let i = 0; i < this.exchanges.length; i++) this.exchanges[i].cancel(now);
    this.exchanges = [];
    this.services.pool.clear();
  }
}
