/**
 * A whole network stack: an IP layer over its interfaces, and the services on top. It owns neither
 * a device nor a clock; its owner calls `poll` once a turn.
 */
import { REASSEMBLIES, REASSEMBLY_MEMORY } from "../../core/limits";
import { MemoryGauge } from "../../core/memory-gauge";
import { Pollable, PollableList } from "../../core/pollable";
import { Random } from "../../core/random";
import { earlier } from "../../core/time";
import { TimeOfDay } from "../../core/time-of-day";
import { PRODUCT } from "../../core/version";
import { IpLayer } from "../iface/layer";
import { FramePool } from "../phy/pool";
import { ResolverLookup, TcpConnector } from "./connector";
import { DnsResolver } from "./dns/resolver";
import { HostConfiguration } from "./host-configuration";
import { HttpClient } from "./http/client/client";
import { JsonRpcClient } from "./json-rpc/client";
import { NtpClient } from "./ntp/client";
import { TlsEngine } from "./tls/engine";
import { TlsService } from "./tls/service";
import { WebSocketClient } from "./websocket/client";

/** The stack of one host. */
export class NetworkStack {
  readonly ip: IpLayer;
  readonly configuration: HostConfiguration;
  readonly dns: DnsResolver;
  readonly ntp: NtpClient;
  readonly tls: TlsService;
  readonly http: HttpClient;
  /** For `curl -k`: does not verify servers and shares no connections with `http`. */
  readonly insecureHttp: HttpClient;
  readonly webSocket: WebSocketClient;
  readonly rpc: JsonRpcClient;
  /** The services above IP, in polling order. */
  private readonly services: PollableList = new PollableList();

  constructor(
    readonly pool: FramePool,
    readonly random: Random,
    engine: TlsEngine,
    time: TimeOfDay,
  ) {
    const ip = new IpLayer(pool, random);
    const tls = new TlsService(engine);
    const connector = new TcpConnector(ip, tls, false, true);
    const dns = new DnsResolver(ip.udp, random, new TcpConnector(ip, tls, false, false));
    const ntp = new NtpClient(ip.udp, dns, random, time);
    const lookup = new ResolverLookup(dns);
    const http = new HttpClient(lookup, connector, PRODUCT);
    this.ip = ip;
    this.tls = tls;
    this.dns = dns;
    this.ntp = ntp;
    this.configuration = new HostConfiguration(ip, dns, ntp, random);
    this.http = http;
    this.insecureHttp = new HttpClient(lookup, new TcpConnector(ip, tls, true, true), PRODUCT);
    const webSocket = new WebSocketClient(http, PRODUCT, random);
    this.webSocket = webSocket;
    this.rpc = new JsonRpcClient(http, webSocket, random);
    this.services.add(this.configuration);
    this.services.add(this.dns);
    this.services.add(this.ntp);
    this.services.add(this.tls);
    this.services.add(this.http);
    this.services.add(this.insecureHttp);
    this.services.add(this.webSocket);
    this.services.add(this.rpc);
  }

  /** Limits connections, JSON-RPC responses and reassembly by the free memory. */
  setMemoryGauge(gauge: MemoryGauge): void {
    if (gauge.freeBytes() >= REASSEMBLY_MEMORY) this.ip.ingress.reassembly.extend(REASSEMBLIES);
    this.ip.tcp.setMemoryGauge(gauge);
    this.rpc.setMemoryGauge(gauge);
  }

  /** Adds a service, polled after the existing ones. */
  addService(service: Pollable): void {
    this.services.add(service);
  }

  /** One turn. Returns true to be called again at once. */
  poll(now: i64): bool {
    const more = this.ip.poll(now);
    return this.services.poll(now) || more;
  }

  /** Returns when to call `poll` next if nothing arrives first, in microseconds since boot. */
  pollAt(now: i64): i64 {
    return earlier(this.ip.pollAt(now), this.services.pollAt(now));
  }

  /** Called when the trusted roots change: drops TLS sessions and idle verified connections. */
  trustChanged(): void {
    this.dns.closeIdle();
    this.tls.sessions.clear();
    this.http.closeIdle();
  }
}
