/** The steps of `check` for the URL's host: name lookup, TCP connection, TLS handshake. */
import { NEVER, SECOND } from "../../../../core/time";
import { TcpConnector } from "../../../../net/service/connector";
import { DnsQuery } from "../../../../net/service/dns/query";
import { ConnectionRace } from "../../../../net/service/stream/connection-race";
import { PortOpener } from "../../../../net/service/stream/opener";
import { Stream } from "../../../../net/service/stream/stream";
import { TlsOptions } from "../../../../net/service/tls/shared";
import { formatIpv4 } from "../../../../net/wire/address";
import { SecureConnection } from "../../secure-connection";
import { formatMilliseconds } from "../../time-text";
import { CheckContext } from "./context";
import { Step, Verdict } from "./step";

/** Resolves the host's name. */
export class DnsStep extends Step {
  private query: DnsQuery | null = null;
  private servers: string = "";

  constructor() {
    super("dns", 6 * SECOND);
  }

  protected start(context: CheckContext, now: i64): void {
    if (context.addresses.length > 0) return;
    this.query = context.stack.dns.resolve(context.host, now);
    const states = context.stack.dns.servers.order();
    const texts: Array<string> = [];
    for (let i = 0; i < states.length; i++) texts.push(states[i].server.toString());
    this.servers = `name server${texts.length == 1 ? "" : "s"} ${texts.join(", ")}`;
  }

  poll(context: CheckContext, now: i64): Verdict {
    const query = this.query;
    if (query == null) return this.verdict(Verdict.Skip, `${context.host} is an address`);
    if (!query.done) return Verdict.Pending;
    if (query.addresses.length == 0) {
      return this.verdict(Verdict.Fail, `${context.host}: ${query.failure()}`);
    }
    context.addresses = query.addresses;
    const address = formatIpv4(query.addresses[0]);
    const time = formatMilliseconds(now - this.startedAt);
    return this.verdict(Verdict.Ok, `${context.host} is ${address}, in ${time} ms`);
  }

  end(context: CheckContext): void {
    const query = this.query;
    if (query != null) context.stack.dns.cancel(query);
  }

  timeoutText(): string {
    return `no reply from ${this.servers}`;
  }
}

/** Connects to the host's port, at the first of its addresses that answers. */
export class TcpStep extends Step {
  private race: ConnectionRace | null = null;
  private stream: Stream | null = null;
  private target: string = "";

  constructor() {
    super("tcp", 5 * SECOND);
  }

  protected start(context: CheckContext, _now: i64): void {
    const stack = context.stack;
    const connector = new TcpConnector(stack.ip, stack.tls, false, false);
    const opener = new PortOpener(connector, context.port);
    this.race = new ConnectionRace(opener, context.addresses, NEVER);
    const texts: Array<string> = [];
    for (let i = 0; i < context.addresses.length; i++) {
      texts.push(`${formatIpv4(context.addresses[i])}:${context.port}`);
    }
    this.target = texts.join(", ");
  }

  poll(context: CheckContext, now: i64): Verdict {
    if (!hasRoute(context)) {
      const address = formatIpv4(context.addresses[0]);
      return this.verdict(Verdict.Fail, `${address}: Network is unreachable: no route to it`);
    }
    const race = this.race!;
    const stream = race.poll(now);
    this.stream = stream;
    if (stream == null && !race.lost) return Verdict.Pending;
    const to = `${formatIpv4(race.address)}:${context.port}`;
    if (stream == null) return this.verdict(Verdict.Fail, `${to}: ${race.reason}`);
    const time = formatMilliseconds(now - this.startedAt);
    return this.verdict(Verdict.Ok, `${to} handshake in ${time} ms`);
  }

  end(_context: CheckContext): void {
    const race = this.race;
    const stream = this.stream;
    if (race != null) race.cancel();
    if (stream != null) stream.release();
    this.race = null;
    this.stream = null;
  }

  timeoutText(): string {
    return `${this.target}: no reply, the port is filtered or the host is down`;
  }
}

/** Reports whether there is a route to one of the host's addresses. */
function hasRoute(context: CheckContext): bool {
  const addresses = context.addresses;
  for (let i = 0; i < addresses.length; i++) {
    if (!context.stack.ip.pathTo(addresses[i]).source.isUnspecified) return true;
  }
  return false;
}

/** Completes a TLS handshake and verifies the host's certificate. */
export class TlsStep extends Step {
  private connection: SecureConnection | null = null;

  constructor() {
    super("tls", 7 * SECOND);
  }

  protected start(context: CheckContext, now: i64): void {
    const url = context.url;
    if (!url.secure || context.proxy != null) return;
    const options = TlsOptions.client(url.host, url.port);
    this.connection = new SecureConnection(context.stack, options, now);
  }

  poll(context: CheckContext, now: i64): Verdict {
    const connection = this.connection;
    const proxy = context.proxy;
    if (proxy != null) {
      const via = `${proxy.host}:${proxy.port}`;
      const direct = context.url.secure ? `; try directly: tls ${context.url.host}` : "";
      return this.verdict(Verdict.Skip, `the http step connects through the proxy ${via}${direct}`);
    }
    if (connection == null) {
      const secure = `check https://${context.url.host}`;
      return this.verdict(Verdict.Skip, `no encryption with an http URL (try: ${secure})`);
    }
    if (!connection.poll(now)) return Verdict.Pending;
    const stream = connection.stream;
    if (connection.failure != "" || stream == null) {
      return this.verdict(Verdict.Fail, `${context.url.host}: ${connection.failure}`);
    }
    const time = formatMilliseconds(stream.times.finished - stream.times.began);
    return this.verdict(Verdict.Ok, `${context.url.host} verified, ${stream.summary}, ${time} ms`);
  }

  end(_context: CheckContext): void {
    const connection = this.connection;
    if (connection != null) connection.close();
    this.connection = null;
  }

  timeoutText(): string {
    return "the server accepts connections, and does not complete a TLS handshake";
  }
}
