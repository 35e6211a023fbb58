/** State shared by the steps of `check`: the URL, and the results of earlier steps. */
import { Interface } from "../../../../net/iface/interface";
import { HttpProxy } from "../../../../net/service/http/client/proxy";
import { Url } from "../../../../net/service/http/url";
import { NetworkStack } from "../../../../net/service/stack";
import { Ipv4Address, NOT_AN_ADDRESS, UNSPECIFIED } from "../../../../net/wire/address";
import { NetworkStatus } from "../../network-status";

/** Stands for any chain id. */
export const ANY_CHAIN: i64 = -1;

/** One run of `check`. */
export class CheckContext {
  /** The router on the way to `host`; 0 if there is none. */
  gateway: Ipv4Address = 0;
  /** The interface on that way; null if there is no route, or none that leaves by an interface. */
  iface: Interface | null = null;
  /** The addresses of `host`, the best first; none until they are known. */
  addresses: Array<Ipv4Address> = [];
  /** Where the steps connect: to the URL's host, or to the proxy for it. */
  readonly host: string;
  readonly port: u32;
  /** The proxy, or null. */
  readonly proxy: HttpProxy | null;
  /** The first step that failed, or "". */
  failedStep: string = "";

  constructor(
    readonly stack: NetworkStack,
    readonly network: NetworkStatus,
    readonly url: Url,
    /** The chain id that the server must have, or ANY_CHAIN. */
    readonly chain: i64,
  ) {
    const proxy = stack.http.proxies().proxyFor(url);
    const literal = proxy == null ? url.address : proxy.address;
    this.proxy = proxy;
    this.host = proxy == null ? url.host : proxy.host;
    this.port = proxy == null ? url.port : proxy.port;
    if (literal != NOT_AN_ADDRESS) this.addresses.push(literal as u32);
  }

  /** Determines gateway and interface: the default route's while the host's address is unknown. */
  findGateway(): void {
    const to = this.addresses.length == 0 ? UNSPECIFIED : this.addresses[0];
    const route = this.stack.ip.rules.lookup(to, UNSPECIFIED, 0);
    if (route == null || route.hops.length == 0) return;
    this.gateway = route.gateway;
    this.iface = route.hops[0].iface;
  }
}
