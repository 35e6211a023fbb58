/** The steps of `check` for the URL's host: name lookup, TCP connection, TLS handshake. */
import { SECOND } from "../../../../core/time";
import { DnsQuery } from "../../../../net/service/dns/query";
import { TlsOptions } from "../../../../net/service/tls/shared";
import { SOCKET_ERROR_WORDS, SocketError } from "../../../../net/socket/error";
import { TcpConnection } from "../../../../net/socket/tcp/connection";
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
    if (context.address != 0) return;
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
    context.address = query.addresses[0];
    const address = formatIpv4(context.address);
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

/** Connects to the host's port. */
export class TcpStep extends Step {
  private connection: TcpConnection | null = null;
  private target: string = "";

  constructor() {
    super("tcp", 5 * SECOND);
  }

  protected start(context: CheckContext, now: i64): void {
    const ip = context.stack.ip;
    this.connection = ip.connect(now, context.address, context.port);
  }

  poll(context: CheckContext, now: i64): Verdict {
    const address = formatIpv4(context.address);
    if (context.stack.ip.pathTo(context.address).source.isUnspecified) {
      return this.verdict(Verdict.Fail, `${address}: Network is unreachable: no route to it`);
    }
    const connection = this.connection;
    if (connection == null) return this.verdict(Verdict.Fail, "no free connection");
    const to = `${address}:${context.port}`;
    this.target = to;
    if (connection.established()) {
      const time = formatMilliseconds(now - this.startedAt);
      return this.verdict(Verdict.Ok, `${to} handshake in ${time} ms`);
    }
    if (connection.error == SocketError.None) return Verdict.Pending;
    return this.verdict(Verdict.Fail, `${to}: ${SOCKET_ERROR_WORDS[connection.error]}`);
  }

  end(_context: CheckContext): void {
    const connection = this.connection;
    if (connection != null) connection.detach();
    this.connection = null;
  }

  timeoutText(): string {
    return `${this.target}: no reply, the port is filtered or the host is down`;
  }
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
