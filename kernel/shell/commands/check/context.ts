/** State shared by the steps of `check`: the URL, and the results of earlier steps. */
import { Url } from "../../../../net/service/http/url";
import { NetworkStack } from "../../../../net/service/stack";
import { Ipv4Address, NOT_AN_ADDRESS, UNSPECIFIED } from "../../../../net/wire/address";
import { NetworkStatus } from "../../network-status";

/** In place of a chain id: any. */
export const ANY_CHAIN: i64 = -1;

/** One run of `check`. */
export class CheckContext {
  /** The router on the way to the URL's host; 0 if there is none. */
  gateway: Ipv4Address = 0;
  /** The address of the URL's host; 0 until it is known. */
  address: Ipv4Address = 0;
  /** The first step that failed, or "". */
  failedStep: string = "";

  constructor(
    readonly stack: NetworkStack,
    readonly network: NetworkStatus,
    readonly url: Url,
    /** The chain id that the server must have, or ANY_CHAIN. */
    readonly chain: i64,
  ) {
    if (url.address != NOT_AN_ADDRESS) this.address = url.address as u32;
  }

  /** Determines the gateway. For a name, whose address is not known yet: the default route's. */
  findGateway(): void {
    const to = this.address == 0 ? UNSPECIFIED : this.address;
    const route = this.stack.ip.rules.lookup(to, UNSPECIFIED, 0);
    this.gateway = route == null ? 0 : route.gateway;
  }
}
