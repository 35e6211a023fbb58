/** What HTTP asks of the stack: names from the resolver, streams from TCP, TLS over them. */
import { IpLayer } from "../iface/ip";
import { DnsQuery } from "./dns/query";
import { DnsResolver } from "./dns/resolver";
import { Connector, NameAnswer, NameLookup } from "./http/client/ports";
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
  address(index: u32): u32 {
    return this.query.addresses[index];
  }
  failure(): string {
    return this.query.failure();
  }
  cancel(): void {
    this.resolver.cancel(this.query);
  }
}

export class ResolverLookup implements NameLookup {
  constructor(private readonly resolver: DnsResolver) {}

  lookup(name: string, now: i64): NameAnswer {
    return new Answer(this.resolver, this.resolver.resolve(name, now));
  }
}

/** Why there is no TLS in a stack that was given no engine. */
const NO_TLS: string = "https is not supported: TLS is not built in";

export class TcpConnector implements Connector {
  private reason: string = "";

  constructor(
    private readonly ip: IpLayer,
    private readonly tls: TlsService | null,
    /** Whoever answers is taken (`curl -k`): for debugging alone. */
    private readonly insecure: bool = false,
  ) {}

  open(host: string, address: u32, port: u32, secure: bool, now: i64): Stream | null {
    const tls = this.tls;
    if (secure && tls == null) {
      this.reason = NO_TLS;
      return null;
    }
    const connection = this.ip.connect(now, address, port);
    if (connection == null) {
      this.reason = "too many connections";
      return null;
    }
    const stream = new TcpStream(connection);
    if (!secure || tls == null) return stream;
    const options = TlsOptions.client(host, port);
    options.insecure = this.insecure;
    const secured = tls.connect(stream, options, now);
    if (secured != null) return secured;
    stream.abort();
    this.reason = tls.refusal;
    return null;
  }

  refusal(): string {
    return this.reason;
  }
}
