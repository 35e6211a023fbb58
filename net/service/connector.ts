/** What HTTP asks of the stack: names from the resolver, streams from TCP. */
import { IpLayer } from "../iface/ip";
import { DnsQuery } from "./dns/query";
import { DnsResolver } from "./dns/resolver";
import { Connector, NameAnswer, NameLookup } from "./http/seams";
import { Stream } from "./stream";
import { TcpStream } from "./tcp-stream";

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

export class TcpConnector implements Connector {
  private reason: string = "";

  constructor(private readonly ip: IpLayer) {}

  open(_host: string, address: u32, port: u32, secure: bool, now: i64): Stream | null {
    if (secure) {
      this.reason = "https is not supported yet: TLS is not built in";
      return null;
    }
    const connection = this.ip.tcp.connect(now, address, port, this.ip);
    if (connection != null) return new TcpStream(connection);
    this.reason = this.ip.sourceAddress(address) == 0 ? "no route to host" : "too many connections";
    return null;
  }

  refusal(): string {
    return this.reason;
  }
}
