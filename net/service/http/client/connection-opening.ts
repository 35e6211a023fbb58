/**
 * Opens a connection on the route to a server: resolves the name, connects to the first address
 * that answers, asks the proxy, if any, for a tunnel, and completes the TLS handshake.
 *
 *     name > ConnectionRace (TCP, and TLS without a tunnel) > ProxyTunnel > TLS through the tunnel
 */
import { earlier, NEVER, SECOND } from "../../../../core/time";
import { Ipv4Address } from "../../../wire/address";
import { ConnectionRace } from "../../stream/connection-race";
import { Connector } from "../../stream/connector";
import { PortOpener } from "../../stream/opener";
import { Stream, StreamFailure, StreamStatus } from "../../stream/stream";
import { setTrafficClass, useFastOpen } from "../../stream/tcp-stream";
import { Url } from "../url";
import { connectFailure, HttpFailure, TLS_TIMEOUT } from "./failure";
import { NameAnswer } from "./ports";
import { HttpRequest } from "./request";
import { HttpRoute } from "./route";
import { HttpServices, HttpTimes } from "./services";
import { ProxyTunnel, TUNNEL_TIMEOUT } from "./tunnel";

/** The time limit to connect to one address, TLS handshake included. */
const CONNECT_TIME: i64 = 30 * SECOND;

/** Opens connections with what the request asks of TCP. */
class RequestOpener extends PortOpener {
  constructor(
    private readonly request: HttpRequest,
    connector: Connector,
    port: u32,
    secureHost: string,
  ) {
    super(connector, port, secureHost);
  }

  open(address: Ipv4Address, now: i64): Stream | null {
    const stream = super.open(address, now);
    if (stream == null) return null;
    setTrafficClass(stream, this.request.trafficClass);
    if (this.request.fastOpen) useFastOpen(stream);
    return stream;
  }
}

/** One connection that is being opened. */
export class ConnectionOpening {
  /** The connection, once it is open; null before that. */
  stream: Stream | null = null;
  failure: HttpFailure = HttpFailure.None;
  message: string = "";
  private tunnel: ProxyTunnel | null = null;
  private answer: NameAnswer | null = null;
  private addresses: Array<u32>;
  private race: ConnectionRace | null = null;
  /** TLS through the tunnel. */
  private secured: Stream | null = null;
  /** Whether a handshake through a tunnel was repeated because its cached session failed. */
  private renewed: bool = false;

  constructor(
    private readonly services: HttpServices,
    private readonly request: HttpRequest,
    private readonly url: Url,
    private readonly route: HttpRoute,
    /** The head of the CONNECT request, or "". */
    private readonly connectHead: string,
    private readonly times: HttpTimes,
  ) {
    this.addresses = route.addresses.slice(0);
    const proxy = route.proxy;
    if (proxy != null && proxy.failure != HttpFailure.None) this.fail(proxy.failure, proxy.message);
  }

  /** Proceeds without waiting, up to `stream` or `failure`. Returns true if it took a step. */
  poll(now: i64): bool {
    if (this.failure != HttpFailure.None) return false;
    if (this.secured != null) return this.secure(now);
    const tunnel = this.tunnel;
    if (tunnel != null) return this.awaitTunnel(tunnel, now);
    const race = this.race;
    return race == null ? this.resolve(now) : this.connect(race, now);
  }

  /** Returns when to call `poll` next if nothing arrives first. */
  pollAt(): i64 {
    const race = this.race;
    const tunnel = this.tunnel;
    let at = race == null ? NEVER : race.pollAt();
    if (tunnel != null && !tunnel.open) at = earlier(at, tunnel.deadline);
    // It has not been polled yet.
    return race == null && tunnel == null && this.answer == null ? 0 : at;
  }

  /** Returns curl's message for a timeout in the current step, after `milliseconds`. */
  timeoutText(milliseconds: i64): string {
    const race = this.race;
    const tunnel = this.tunnel;
    if (this.secured != null) return TLS_TIMEOUT;
    if (tunnel != null) return TUNNEL_TIMEOUT;
    if (race != null && race.connectedAt > 0) return TLS_TIMEOUT;
    const what = race == null ? "Resolving" : "Connection";
    return `${what} timed out after ${milliseconds} milliseconds`;
  }

  /** Gives up. */
  cancel(): void {
    const answer = this.answer;
    if (answer != null && !answer.finished()) answer.cancel();
    const race = this.race;
    if (race != null) race.cancel();
    const secured = this.secured;
    const tunnel = this.tunnel;
    if (secured != null) secured.abort();
    else if (tunnel != null) tunnel.stream.abort();
    this.answer = null;
    this.race = null;
    this.secured = null;
    this.tunnel = null;
  }

  private fail(failure: HttpFailure, message: string): bool {
    this.failure = failure;
    this.message = message;
    return false;
  }

  private resolve(now: i64): bool {
    const host = this.route.host;
    if (this.addresses.length == 0) {
      let answer = this.answer;
      if (answer == null) answer = this.services.lookup.lookup(host, now);
      this.answer = answer;
      if (!answer.finished()) return false;
      const count = answer.addressCount();
      if (count == 0) {
        const reason = answer.failure();
        if (this.route.proxy == null) {
          return this.fail(HttpFailure.Resolve, `Could not resolve host: ${host}: ${reason}`);
        }
        return this.fail(HttpFailure.ResolveProxy, `Could not resolve proxy: ${host}: ${reason}`);
      }
      for (let i: u32 = 0; i < count; i++) this.addresses.push(answer.address(i));
    }
    this.times.nameLookup += this.times.since(now);
    this.start();
    return true;
  }

  private start(): void {
    const route = this.route;
    const secureHost = this.url.secure && route.tunnel == "" ? this.url.host : "";
    const connector = this.services.connector;
    const opener = new RequestOpener(this.request, connector, route.port, secureHost);
    this.race = new ConnectionRace(opener, this.addresses, CONNECT_TIME);
  }

  private connect(race: ConnectionRace, now: i64): bool {
    const stream = race.poll(now);
    if (stream == null) {
      return race.lost ? this.raceLost(race) : false;
    }
    this.race = null;
    this.times.connect += this.times.since(race.connectedAt);
    if (this.route.tunnel == "") return this.opened(stream, now);
    this.tunnel = new ProxyTunnel(stream, this.connectHead, now);
    return true;
  }

  /** Fails with curl's message. */
  private raceLost(race: ConnectionRace): bool {
    const kind = race.failure;
    race.cancel();
    if (race.inHandshake && kind == StreamFailure.TimedOut) {
      return this.fail(HttpFailure.TimedOut, TLS_TIMEOUT);
    }
    const to = `${this.route.host} port ${this.route.port}`;
    return this.fail(connectFailure(kind), `Failed to connect to ${to}: ${race.reason}`);
  }

  private opened(stream: Stream, now: i64): bool {
    this.stream = stream;
    this.secured = null;
    if (this.url.secure) this.times.appConnect += this.times.since(now);
    return true;
  }

  /** Waits for the proxy's response, then begins TLS with the server. */
  private awaitTunnel(tunnel: ProxyTunnel, now: i64): bool {
    const moved = tunnel.poll(now);
    const head = tunnel.head;
    if (head != null) {
      const watcher = this.request.watcher;
      if (watcher != null) watcher.tunnel(tunnel.stream, tunnel.request, head);
      this.request.sink.head(head);
    }
    if (tunnel.failure != HttpFailure.None) return this.fail(tunnel.failure, tunnel.message);
    if (!tunnel.open) return moved;
    if (!this.url.secure) return this.opened(tunnel.stream, now);
    const connector = this.services.connector;
    this.secured = connector.secure(tunnel.stream, this.url.host, this.url.port, now);
    if (this.secured == null) return this.fail(HttpFailure.Handshake, connector.refusal());
    return true;
  }

  /** Waits for the end of the handshake through the tunnel. */
  private secure(now: i64): bool {
    const stream = this.secured!;
    stream.poll(now);
    const status = stream.status();
    if (status == StreamStatus.Connecting) return false;
    if (status != StreamStatus.Failed) return this.opened(stream, now);
    const kind = stream.failureKind();
    if (kind == StreamFailure.Session && !this.renewed) {
      this.renewed = true;
      stream.abort();
      this.secured = null;
      this.tunnel = null;
      this.start();
      return true;
    }
    const late = kind == StreamFailure.TimedOut;
    return this.fail(connectFailure(kind), late ? TLS_TIMEOUT : stream.failure());
  }
}
