/**
 * Implements interfaces that other services use: `NameLookup` with the resolver, `Connector` with
 * TCP and TLS.
 */

import { IpLayer } from "../iface/layer";
import { Path } from "../socket/path";
import { Ipv4Address } from "../wire/address";
import { DnsQuery } from "./dns/query";
import { DnsResolver } from "./dns/resolver";
import { NameAnswer, NameLookup } from "./http/client/ports";
import { Connector } from "./stream/connector";
import { Stream } from "./stream/stream";
import { TcpStream } from "./stream/tcp-stream";
import { TlsService } from "./tls/service";
import { TlsOptions } from "./tls/shared";

class Answer implements NameAnswer {
  constructor(
    private readonly resolver: DnsResolver,
    private readonly query: DnsQuery,
  ) {}

  finished(): bool {
    return this.query.done;
  }
  addressCount(): u32 {
    return this.query.addresses.length;
  }
  address(index: u32): Ipv4Address {
    return this.query.addresses[index];
  }
  failure(): string {
    return this.query.failure();
  }
  cancel(): void {
    this.resolver.cancel(this.query);
  }
}

/** Looks up names with the stub resolver. */
export class ResolverLookup implements NameLookup {
  constructor(private readonly resolver: DnsResolver) {}

  lookup(name: string, now: i64): NameAnswer {
    return new Answer(this.resolver, this.resolver.resolve(name, now));
  }
}

/** Opens TCP and TLS connections. */
export class TcpConnector implements Connector {
  /** Why the last attempt returned null. */
  private reason: string = "";
  private readonly path: Path = new Path();

  constructor(
    private readonly ip: IpLayer,
    private readonly tls: TlsService,
    /** Skips the verification of servers, as `curl -k` does; for debugging only. */
    private readonly insecure: bool,
    /** Offers http/1.1 by ALPN, which servers of other protocols may reject. */
    private readonly forHttp: bool,
  ) {}

  connect(address: Ipv4Address, port: u32, now: i64): Stream | null {
    return this.open(address, port, now);
  }

  connectSecure(host: string, address: Ipv4Address, port: u32, now: i64): Stream | null {
    const stream = this.open(address, port, now);
    if (stream == null) return null;
    const secured = this.secure(stream, host, port, now);
    if (secured == null) stream.abort();
    return secured;
  }

  secure(stream: Stream, host: string, port: u32, now: i64): Stream | null {
    const options = TlsOptions.client(host, port);
    options.insecure = this.insecure;
    options.alpn = this.forHttp;
    const secured = this.tls.connect(stream, options, now);
    if (secured == null) this.reason = this.tls.refusal;
    return secured;
  }

  reaches(stream: Stream): bool {
    const below = stream.transport();
    if (!(below instanceof TcpStream)) return true;
    this.path.along((below as TcpStream).connection.endpoints);
    return this.ip.lookUp(this.path);
  }

  refusal(): string {
    return this.reason;
  }

  private open(address: Ipv4Address, port: u32, now: i64): Stream | null {
    const connection = this.ip.connect(now, address, port);
    if (connection != null) return new TcpStream(connection);
    this.reason = "too many connections";
    return null;
  }
}
