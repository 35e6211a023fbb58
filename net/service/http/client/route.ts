/** How a request reaches the server of its URL: directly, through a proxy, or by a detour. */
import { Ipv4Address, NOT_AN_ADDRESS, parseIpv4 } from "../../../wire/address";
import { Url } from "../url";
import { HttpProxies, HttpProxy } from "./proxy";

/** Addresses of a host, given instead of looked up (`curl --resolve`). */
export class HostEntry {
  constructor(
    /** In lower case; `*` stands for all hosts. */
    readonly host: string,
    readonly port: u32,
    /** If empty, the host is looked up, and earlier entries for it do not count. */
    readonly addresses: Array<Ipv4Address>,
  ) {}
}

/** Where to connect instead of a host and port (`curl --connect-to`). */
export class HostDetour {
  constructor(
    /** In lower case; "" stands for all hosts. */
    readonly host: string,
    /** 0 stands for all ports. */
    readonly port: u32,
    /** "" keeps the host. */
    readonly toHost: string,
    /** 0 keeps the port. */
    readonly toPort: u32,
  ) {}
}

/** Settings of a request that change how servers are reached. */
export class RouteSettings {
  readonly entries: Array<HostEntry> = [];
  readonly detours: Array<HostDetour> = [];
  /** Null: those of the client. */
  proxies: HttpProxies | null = null;
  /** Whether http uses a tunnel through the proxy as well. */
  tunnels: bool = false;
}

/** The route to one server. */
export class HttpRoute {
  /** Where to connect: to the server, the detour or the proxy. */
  readonly host: string;
  readonly port: u32;
  /** The addresses of `host`; empty if it has to be looked up. */
  readonly addresses: Array<Ipv4Address>;
  readonly proxy: HttpProxy | null;
  /** `HOST:PORT` for CONNECT (RFC 9110 section 9.3.6), or "". */
  readonly tunnel: string;
  /** Requests whose routes have equal keys can share connections. */
  readonly key: string;

  constructor(url: Url, settings: RouteSettings, defaults: HttpProxies) {
    const chosen = settings.proxies;
    const proxy = (chosen == null ? defaults : chosen).proxyFor(url);
    let host = url.host;
    let port = url.port;
    const detour = detourOf(settings.detours, host, port);
    if (detour != null && detour.toHost != "") host = detour.toHost;
    if (detour != null && detour.toPort != 0) port = detour.toPort;
    const tunnels = proxy != null && (url.secure || settings.tunnels || detour != null);
    const tunnel = tunnels ? `${host}:${port}` : "";
    this.proxy = proxy;
    this.tunnel = tunnel;
    if (proxy != null) {
      host = proxy.host;
      port = proxy.port;
    }
    this.host = host;
    this.port = port;
    const addresses = addressesOf(settings.entries, host, port, proxy);
    this.addresses = addresses;
    let key = `${host}:${port} ${addresses.join(",")}`;
    // Without a tunnel, one connection to a proxy serves requests to any server.
    if (proxy == null || tunnels) key = `${url.scheme()} ${url.host}:${url.port} ${key}`;
    if (proxy != null) key = `${proxy.credential} ${tunnel} proxy ${key}`;
    this.key = key;
  }

  /** Returns the proxy if requests go through it without a tunnel, else null. */
  plainProxy(): HttpProxy | null {
    return this.tunnel == "" ? this.proxy : null;
  }
}

function detourOf(detours: Array<HostDetour>, host: string, port: u32): HostDetour | null {
  for (let i = 0; i < detours.length; i++) {
    const detour = detours[i];
    if (detour.host != "" && detour.host != host) continue;
    if (detour.port == 0 || detour.port == port) return detour;
  }
  return null;
}

/** Returns the given addresses of a host; the last entry for it counts. */
function addressesOf(
  entries: Array<HostEntry>,
  host: string,
  port: u32,
  proxy: HttpProxy | null,
): Array<Ipv4Address> {
  const literal = proxy == null ? parseIpv4(host) : proxy.address;
  if (literal != NOT_AN_ADDRESS) return [literal as u32];
  let general: HostEntry | null = null;
  for (let i = entries.length - 1; i >= 0; i--) {
    const entry = entries[i];
    if (entry.port != port) continue;
    if (entry.host == host) return entry.addresses;
    if (entry.host == "*" && general == null) general = entry;
  }
  return general == null ? [] : general.addresses;
}
