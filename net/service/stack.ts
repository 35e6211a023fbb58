/**
 * A whole network stack: one IP layer over its interfaces, and the services on top. It owns no
 * device and no clock; who has them calls `poll` once a turn.
 */
import { TCP_BACKLOG } from "../../core/limits";
import { log } from "../../core/log";
import { Random } from "../../core/random";
import { earlier, NEVER } from "../../core/time";
import { TimeOfDay } from "../../core/time-of-day";
import { VERSION } from "../../core/version";
import { InterfaceSettings } from "../../kernel/config/configuration";
import { NameServer } from "../../kernel/config/values";
import { Interface } from "../iface/interface";
import { IpLayer } from "../iface/ip";
import { NetworkDevice } from "../phy/device";
import { FramePool } from "../phy/pool";
import { formatHardware } from "../wire/address";
import { ResolverLookup, TcpConnector } from "./connector";
import { DnsResolver } from "./dns/resolver";
import { ConnectorStreams } from "./dns/streams";
import { HttpClient } from "./http/client/client";
import { HttpServer } from "./http/server/server";
import { InterfaceSetup } from "./interface-configurator";
import { JsonRpcClient } from "./json-rpc/client";
import { NtpClient } from "./ntp/client";
import { StatusSite } from "./status-site";
import { StreamListener } from "./stream/stream";
import { TcpStreamListener } from "./stream/tcp-stream";
import { TlsEngine } from "./tls/engine";
import { TlsListener, TlsService } from "./tls/service";

const USER_AGENT: string = `anonymos/${VERSION}`;
/** The name of a machine that was given none. */
const DEFAULT_HOSTNAME: string = "anonymos";

export class NetworkStack {
  readonly ip: IpLayer;
  readonly dns: DnsResolver;
  readonly http: HttpClient;
  readonly rpc: JsonRpcClient;
  /** One for each interface, in their order. */
  readonly setups: Array<InterfaceSetup> = [];
  /** TLS, or null where no engine was given. */
  readonly tls: TlsService | null;
  /** Keeps the clock right, or null where there is none to be set. */
  readonly ntp: NtpClient | null;
  /** What serves HTTP in the background, or null. */
  httpd: HttpServer | null = null;
  /** Given by hand, or "". */
  private ownHostname: string = "";
  /** `curl -k`: connections of its own, with whoever answers. Made when it is wanted. */
  private insecureClient: HttpClient | null = null;
  /** Sum of the setups' changes when the name servers were last told to the resolver. */
  private changesSeen: u32 = 0;

  constructor(
    readonly pool: FramePool,
    readonly random: Random,
    engine: TlsEngine | null = null,
    time: TimeOfDay | null = null,
  ) {
    const ip = new IpLayer(pool, random);
    const dns = new DnsResolver(ip.udp, random);
    this.ip = ip;
    this.dns = dns;
    let tls: TlsService | null = null;
    if (engine != null) tls = new TlsService(engine);
    this.tls = tls;
    let ntp: NtpClient | null = null;
    if (time != null) ntp = new NtpClient(ip.udp, dns, random, time);
    this.ntp = ntp;
    const connector = new TcpConnector(ip, tls);
    dns.streams = new ConnectorStreams(connector);
    const http = new HttpClient(new ResolverLookup(dns), connector, USER_AGENT);
    this.http = http;
    this.rpc = new JsonRpcClient(http);
  }

  /** Takes a device into use as the next interface and begins to configure it. */
  addDevice(device: NetworkDevice, settings: InterfaceSettings, now: i64): InterfaceSetup {
    const iface = this.ip.addInterface(device);
    const setup = new InterfaceSetup(this.ip, iface, settings, this.random);
    this.setups.push(setup);
    log(
      `${iface.name}: ${device.driverName()}, ${formatHardware(iface.hardware)}, ` +
        `link ${iface.linkUp ? "up" : "down"}`,
    );
    setup.start(now, this.hostname());
    return setup;
  }

  /** One turn; true: call again at once. */
  poll(now: i64): bool {
    const more = this.ip.poll(now);
    const ntp = this.ntp;
    let changes: u32 = 0;
    for (let i = 0; i < this.setups.length; i++) {
      this.setups[i].poll(now);
      changes += this.setups[i].changes;
    }
    if (changes != this.changesSeen) {
      this.changesSeen = changes;
      this.dns.setServers(this.nameServers());
      if (ntp != null) ntp.setServers(this.timeServers(), now);
    }
    this.dns.poll(now);
    if (ntp != null) ntp.poll(now);
    const tls = this.tls;
    const shook = tls != null && tls.poll(now);
    const moved = this.http.poll(now);
    const insecure = this.insecureClient;
    const doubtful = insecure != null && insecure.poll(now);
    const httpd = this.httpd;
    const served = httpd != null && httpd.poll(now);
    return more || shook || moved || doubtful || served;
  }

  /** When `poll` has something to do though nothing is received. */
  pollAt(now: i64): i64 {
    let at = earlier(this.ip.pollAt(now), earlier(this.dns.pollAt(), this.http.pollAt()));
    for (let i = 0; i < this.setups.length; i++) at = earlier(at, this.setups[i].pollAt());
    const tls = this.tls;
    if (tls != null) at = earlier(at, tls.pollAt());
    const ntp = this.ntp;
    if (ntp != null) at = earlier(at, ntp.pollAt());
    const insecure = this.insecureClient;
    if (insecure != null) at = earlier(at, insecure.pollAt());
    const httpd = this.httpd;
    return httpd == null ? at : earlier(at, httpd.pollAt());
  }

  /**
   * Serves the status site on `port`, through TLS where `secure`. False: the port is in use,
   * httpd runs already, or there is no TLS.
   */
  startHttpd(port: u32, secure: bool = false): bool {
    const tls = this.tls;
    if (this.httpd != null || (secure && tls == null)) return false;
    const listener = this.ip.tcp.listen(port, TCP_BACKLOG);
    if (listener == null) return false;
    let streams: StreamListener = new TcpStreamListener(listener);
    if (secure && tls != null) streams = new TlsListener(streams, tls);
    this.httpd = new HttpServer(streams, new StatusSite(this), USER_AGENT);
    return true;
  }

  /** A client that takes whoever answers, and shares no connection with the other. */
  insecureHttp(): HttpClient {
    let client = this.insecureClient;
    if (client == null) {
      const connector = new TcpConnector(this.ip, this.tls, true);
      client = new HttpClient(new ResolverLookup(this.dns), connector, USER_AGENT);
      this.insecureClient = client;
    }
    return client;
  }

  /** What is trusted has changed: nothing that rests on what was before is used again. */
  trustChanged(): void {
    const tls = this.tls;
    if (tls != null) tls.sessions.clear();
    this.http.closeIdle();
  }

  /** Ends the server and its connections; false: there is none. */
  stopHttpd(): bool {
    const httpd = this.httpd;
    if (httpd == null) return false;
    httpd.close();
    this.httpd = null;
    return true;
  }

  /** The name servers of all interfaces, in their order. */
  nameServers(): Array<NameServer> {
    let servers: Array<NameServer> = [];
    for (let i = 0; i < this.setups.length; i++) {
      servers = servers.concat(this.setups[i].nameServers());
    }
    return servers;
  }

  /** The time servers of all interfaces that have an address: names or addresses. */
  timeServers(): Array<string> {
    let servers: Array<string> = [];
    if (!this.configured()) return servers;
    for (let i = 0; i < this.setups.length; i++) {
      servers = servers.concat(this.setups[i].timeServers());
    }
    return servers;
  }

  setupOf(iface: Interface): InterfaceSetup | null {
    const index = iface.index as i32;
    return index < this.setups.length ? this.setups[index] : null;
  }

  /** What the machine calls itself: given by hand, else what DHCP says, else "anonymos". */
  hostname(): string {
    if (this.ownHostname != "") return this.ownHostname;
    for (let i = 0; i < this.setups.length; i++) {
      const lease = this.setups[i].dhcp.lease;
      if (lease != null && lease.hostname != "") return lease.hostname;
    }
    return DEFAULT_HOSTNAME;
  }

  setHostname(name: string): void {
    this.ownHostname = name;
    for (let i = 0; i < this.setups.length; i++) this.setups[i].dhcp.hostname = this.hostname();
  }

  /** True while an interface that is up has an address. */
  configured(): bool {
    for (let i = 0; i < this.ip.interfaces.length; i++) {
      const iface = this.ip.interfaces[i];
      if (iface.up && iface.configured()) return true;
    }
    return false;
  }

  /** Why no interface is configured, in words. */
  reason(): string {
    if (this.setups.length == 0) return "no network device was found";
    return this.setups[0].reason();
  }

  /** Microseconds for which DHCP has granted an own address; NEVER = for ever, -1 = not DHCP's. */
  leaseTimeLeft(iface: Interface, address: u32, now: i64): i64 {
    const setup = this.setupOf(iface);
    if (setup == null) return -1;
    const lease = setup.dhcp.lease;
    if (lease == null || lease.address != address) return -1;
    return lease.expiresAt == NEVER ? NEVER : lease.expiresAt - now;
  }
}
