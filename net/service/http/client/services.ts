/** The state that the exchanges of a client share, and the timestamps of each exchange. */
import { HTTP_IDLE_CONNECTIONS } from "../../../../core/limits";
import { Pollable } from "../../../../core/pollable";
import { SECOND } from "../../../../core/time";
import { Connector } from "../../stream/connector";
import { IdleStreams } from "../../stream/idle-streams";
import { NameLookup } from "./ports";
import { HttpProxies } from "./proxy";

/**
 * How long a connection may be idle. Servers have limits too (nginx 75 s, Node 5 s); a request on a
 * connection that the server has closed is retried on a new one.
 */
const IDLE_TIME: i64 = 30 * SECOND;

/**
 * Times of an exchange in microseconds, as curl counts them. Those of events are sums over all hops
 * of the time from the start of the hop to the event; 0 before the first event.
 */
export class HttpTimes {
  nameLookup: i64 = 0;
  /** TCP is connected. A reused connection adds nothing here or to `appConnect`. */
  connect: i64 = 0;
  /** TLS is connected. */
  appConnect: i64 = 0;
  /** The request can be sent. */
  preTransfer: i64 = 0;
  /** The first byte of the response has arrived, interim responses included. */
  startTransfer: i64 = 0;
  /** From the start of the exchange to that of the last hop; 0 without redirects. */
  redirect: i64 = 0;
  /** When the exchange ended, in microseconds since boot. */
  finished: i64 = 0;
  private hop: i64;

  /** `started` is in microseconds since boot. */
  constructor(readonly started: i64) {
    this.hop = started;
  }

  /** Returns the time from the start of the hop to `now`; at least 1, because 0 means "not yet". */
  since(now: i64): i64 {
    return max<i64>(now - this.hop, 1);
  }

  /** Begins the next hop. */
  nextHop(now: i64): void {
    this.redirect = now - this.started;
    this.hop = now;
  }
}

/** State shared by all exchanges of a client. */
export class HttpServices {
  readonly pool: IdleStreams;
  /** The proxies for requests without their own. */
  proxies: HttpProxies = new HttpProxies();

  /** `owner` polls `pool`. */
  constructor(
    owner: Pollable,
    readonly lookup: NameLookup,
    readonly connector: Connector,
    readonly userAgent: string,
  ) {
    this.pool = new IdleStreams(owner, HTTP_IDLE_CONNECTIONS, IDLE_TIME);
  }
}
